"""The machine-readable twin of a report: canonical JSON, its hash, and the short code that a person can type."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

from apnet_desktop.report.content import ReportContent

__all__ = ["CODE_LENGTH", "canonical_json", "code_of", "json_twin", "normalised_code", "twin_digest", "typed_code"]

CODE_LENGTH = 16
"""Characters of the typed code: 80 bits of the hash, so that no two reports of a hospital share one by chance."""
_FORMAT = "apnet-report"
_FORMAT_VERSION = 1
# Crockford's alphabet: no I, L, O or U, so nothing can be misread.
_FROM_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_MISREAD = str.maketrans("ILO", "110")


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces: one text for one value (after RFC 8785)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def json_twin(content: ReportContent) -> bytes:
    """The twin as a file. Pictures are named by size and SHA-256 instead of carried."""
    value = content.model_dump(mode="json")
    for plain, picture in zip(value["pictures"], content.pictures, strict=True):
        del plain["png"]
        del plain["outlines"]
        plain["png_sha256"] = picture.digest
    value["format"] = _FORMAT
    value["format_version"] = _FORMAT_VERSION
    value["status"] = content.status.value
    value["is_finding"] = content.is_finding
    return canonical_json(value)


def twin_digest(content: ReportContent) -> str:
    """SHA-256 of the twin, in hexadecimal."""
    return hashlib.sha256(json_twin(content)).hexdigest()


def code_of(digest: str) -> str:
    """The typed code of a twin's digest, in groups of four."""
    letters = base64.b32encode(bytes.fromhex(digest)).decode("ascii").translate(_FROM_BASE32)[:CODE_LENGTH]
    return "-".join(letters[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def typed_code(content: ReportContent) -> str:
    """The code printed under the QR."""
    return code_of(twin_digest(content))


def normalised_code(typed: str) -> str | None:
    """A code as a person typed it, in its one form; None if it cannot be a code."""
    letters = re.sub(r"[\s-]", "", typed).upper().translate(_MISREAD)
    if not re.fullmatch(rf"[0-9A-HJKMNP-TV-Z]{{{CODE_LENGTH}}}", letters):
        return None
    return "-".join(letters[start : start + 4] for start in range(0, CODE_LENGTH, 4))
