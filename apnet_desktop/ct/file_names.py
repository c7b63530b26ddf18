"""Paths as text that survives JSON, whatever bytes a file system holds, and as a person reads them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

__all__ = ["path_text", "readable_name", "text_path"]

_ENCODED = "bytes:"


def path_text(path: Path) -> str:
    """The path as text without lone surrogates: itself, or percent-encoded where its bytes are not UTF-8."""
    text = str(path)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return _ENCODED + quote_from_bytes(os.fsencode(text))
    return text


def text_path(text: str) -> Path:
    """The path that `path_text` wrote."""
    if text.startswith(_ENCODED):
        return Path(os.fsdecode(unquote_to_bytes(text[len(_ENCODED) :])))
    return Path(text)


def readable_name(name: str) -> str:
    """A file name for a person: bytes that are not UTF-8 read as GB18030 if they can be, control characters shown."""
    raw = name.encode("utf-8", "surrogateescape") if not name.isascii() else name.encode("ascii")
    for encoding in ("utf-8", "gb18030"):
        try:
            name = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        name = raw.decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in name)
