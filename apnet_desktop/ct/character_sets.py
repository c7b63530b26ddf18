"""Reads text of DICOM headers in any script, also where the files name no character set or the wrong one.

PS3.3 C.12.1.1.2, PS3.5 6.1 and annexes H, I, J. Many Chinese systems write GB18030 and leave (0008,0005) empty.
"""

from __future__ import annotations

import re
import warnings

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.valuerep import PersonName

from apnet_desktop.ct.header import Header
from apnet_desktop.ct.series import NameReading

__all__ = ["header_name", "header_text", "name_readings", "name_text", "written_name"]

_GUESSES = ("utf-8", "gb18030")
_SHOWN = {"utf-8": "ISO_IR 192", "gb18030": "GB18030", "latin-1": "ISO_IR 100"}
_PYTHON = {shown: encoding for encoding, shown in _SHOWN.items()}
# These let any byte pass, so they prove nothing when a file declares them.
_ANYTHING_GOES = ("", "ISO_IR 6", "ISO_IR 100")
_ESCAPES = re.compile(r"\x1b(?:\$[()]?|[()\-.])[@-Z]")
_DELIMITERS = {0x0A, 0x0C, 0x0D, 0x5C}


def _decode(raw: bytes, declared: tuple[str, ...], override: str) -> str:
    if override:
        return raw.decode(_PYTHON.get(override, override), "replace")
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    if _undeclared(declared):
        for encoding in _GUESSES if not declared or declared == ("",) else ("utf-8",):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
        return raw.decode("latin-1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return decode_bytes(raw, convert_encodings(list(declared)), _DELIMITERS)
        except (LookupError, UnicodeError):
            pass
    for encoding in _GUESSES:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _declared(header: Header) -> tuple[str, ...]:
    raw = header.raw("SpecificCharacterSet").decode("ascii", "replace").strip(" \0")
    return tuple(part.strip() for part in raw.split("\\")) if raw else ()


def _undeclared(declared: tuple[str, ...]) -> bool:
    return not declared or (len(declared) == 1 and declared[0] in _ANYTHING_GOES)


def _clean(text: str) -> str:
    # pydicom leaves the escape sequences of ISO 2022 IR 58 in the text.
    text = _ESCAPES.sub("", text)
    return "".join(c for c in text.replace("\0", " ").strip() if c.isprintable()).strip()


def header_text(header: Header, keyword: str, override: str = "") -> str:
    """A text of the header, in the script that it declares or most likely uses, without control characters."""
    return _clean(_decode(header.raw(keyword), _declared(header), override))


def header_name(header: Header, override: str = "") -> str:
    """The patient's name for a person: "Family Given", or the ideographic form where there is one (张三)."""
    return name_text(written_name(header, override))


def written_name(header: Header, override: str = "") -> str:
    """The patient's name as the header carries it, with its component groups ("Zhang^San=张^三")."""
    raw = header.raw("PatientName")
    declared = _declared(header)
    if override or (raw.isascii() and b"\x1b" not in raw) or _undeclared(declared):
        return _clean(_decode(raw, declared, override))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            name = PersonName(raw.strip(b" \0"), convert_encodings(list(declared)))
            text = str(name.decode())
        except (LookupError, UnicodeError, ValueError, AttributeError):
            text = _decode(raw, declared, "")
    if "\ufffd" in text:
        text = _decode(raw, (), "")
    return _clean(text)


def name_text(text: str) -> str:
    """A DICOM person name ("Zhang^San=张^三") as a person writes it; PS3.5 6.2.1."""
    groups = [_clean(group) for group in text.split("=")]
    chosen = next((group for group in (*groups[1:2], *groups[:1]) if group.strip("^ ")), "")
    family, *given = (part.strip() for part in chosen.split("^"))
    parts = [family, *given[:2]]
    if any("\u2e80" <= character <= "\U0003ffff" for character in chosen):
        return "".join(parts)
    return " ".join(part for part in parts if part)


def name_readings(header: Header, override: str = "") -> tuple[NameReading, ...]:
    """Other readings of the name where the files do not say, or may say wrongly, in which script it is written.

    Args:
        header: Of one file.
        override: In which character set a person has the name read; empty: as the files say.
    """
    raw = header.raw("PatientName")
    if raw.isascii() or not _undeclared(_declared(header)):
        return ()
    shown = header_name(header, override)
    readings = []
    for encoding in (*_GUESSES, "latin-1"):
        try:
            name = name_text(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
        if name != shown:
            readings.append(NameReading(character_set=_SHOWN[encoding], name=name))
    return tuple(readings)
