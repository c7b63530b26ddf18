"""Names of the files that a report is written to; they say nothing of the patient unless a person wants that."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from apnet_desktop.report.content import ReportContent

__all__ = ["file_name", "report_file_name"]

_LONGEST = 80


def report_file_name(content: ReportContent, extension: str, *, with_identity: bool = False) -> str:
    """A name that every file system takes, without folders.

    Args:
        content: The report.
        extension: Without the dot: "pdf", "json", "html", "dcm".
        with_identity: True puts name and patient ID in front, because a person asked for it.
    """
    who = (content.identity.name, content.identity.patient_id) if with_identity else ()
    return file_name(content.report_id, content.version, extension, who)


def file_name(report_id: str, version: int, extension: str, who: Sequence[str] = ()) -> str:
    """The same from its parts.

    Args:
        report_id: Id of the report.
        version: 1, 2, ...
        extension: Without the dot.
        who: Name and patient ID where they may stand in front.
    """
    parts = ["apnet-report", *who, report_id, f"v{version}"]
    stem = "-".join(filter(None, (_safe(part) for part in parts)))
    return f"{_shortened(stem)}.{extension}"


def _safe(part: str) -> str:
    """Letters, digits and single hyphens of any script; what else there is becomes a hyphen."""
    kept = "".join(
        character if unicodedata.category(character)[0] in "LN" or character in "._" else "-"
        for character in unicodedata.normalize("NFC", part)
    )
    return "-".join(filter(None, kept.strip("._").split("-")))


def _shortened(stem: str) -> str:
    """At most 80 characters and 200 bytes: file systems count one or the other."""
    stem = stem[:_LONGEST]
    while len(stem.encode()) > 200:
        stem = stem[:-1]
    return stem.rstrip("-._")
