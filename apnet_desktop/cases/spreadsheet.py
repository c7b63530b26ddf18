"""Tables that a spreadsheet opens as text: nothing in a cell is run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from apnet_desktop.cases.files import known_errors
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Message

__all__ = ["harmless", "read_table", "table_bytes"]

# OWASP ASVS 5.0, 1.2.10: what spreadsheet programs take for the start of a formula, and what they skip before one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_LARGEST = 64 * 2**20
_MOST_ROWS = 100_000


def harmless(cell: str) -> str:
    """The cell as it may be written: a text that could be run is led by an apostrophe, a number stays a number."""
    if not cell.lstrip(" ").startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell.replace("\0", "")
    return cell


def table_bytes(rows: Iterable[Iterable[str]]) -> bytes:
    """A table in UTF-8 with a mark at its start, by which spreadsheet programs know the encoding."""
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return target.getvalue().encode("utf-8-sig")


def read_table(path: Path) -> list[list[str]]:
    """The cells of a table separated by comma, semicolon or tab, in UTF-8 or GB18030; empty lines are left out.

    Raises:
        CaseError: The file cannot be read, is no such table, or is too large.
    """
    with known_errors(path):
        if path.stat().st_size > _LARGEST:
            raise CaseError(Message.of("cases.table_too_large", file=path.name))
        content = path.read_bytes()
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise CaseError(Message.of("cases.table_unreadable", file=path.name))
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max("\t;,", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise CaseError(Message.of("cases.table_unreadable", file=path.name)) from error
    found = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if len(found) < 2 or len(found) > _MOST_ROWS:
        raise CaseError(Message.of("cases.table_unreadable", file=path.name))
    return found
