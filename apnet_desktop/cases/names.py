"""File names made from what people or files say, safe on every system."""

from __future__ import annotations

import unicodedata

__all__ = ["safe_name"]

# Windows refuses these as names, with any ending (Microsoft: Naming Files, Paths, and Namespaces).
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"
}
_FORBIDDEN = set('<>:"/\\|?*')
_LONGEST = 120


def safe_name(text: str, fallback: str = "unnamed") -> str:
    """A file name, without ending, that looks like `text` and can be no path, device, option or hidden file.

    Args:
        text: Anything: a name, a UID, an attack.
        fallback: A safe name that is taken if nothing of `text` is left.
    """
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(
        "_" if character in _FORBIDDEN or character.isspace() else character
        for character in composed
        # Control characters, right-to-left marks, lone surrogates, private and unassigned code points.
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    name = kept.strip("._-~ $%")
    while len(name.encode("utf-8")) > _LONGEST:
        name = name[:-1]
    name = name.rstrip("._ ")
    if not name:
        return fallback
    return f"_{name}" if name.split(".")[0].rstrip("_ ").casefold() in _DEVICES else name
