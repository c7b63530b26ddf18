"""Checks a printed code, a JSON twin or a PDF against what the store knows of its reports."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from apnet_desktop.errors import ReportError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.report.json_twin import canonical_json, code_of, normalised_code

__all__ = ["StoredReport", "Verdict", "Verification", "verify"]

_LARGEST = 64 * 1024 * 1024
_PAYLOAD = re.compile(r"APNET-REPORT:1:[^:\s]*:[^:\s]*:([0-9a-f]{64})")
_CLAIM = re.compile(rb"apnet-report:([^:<\s]{1,200}):([0-9a-f]{64})")


class StoredReport(FrozenModel):
    """What the store knows of one report.

    Attributes:
        case_id: Of its case.
        report_id: Of this version.
        version: 1, 2, 3, ...
        pdf_sha256: Of the PDF.
        twin_sha256: Of the JSON twin.
        time: When it was made.
        reviewed_by: Who reviewed it; empty while it is a draft.
    """

    case_id: str
    report_id: str
    version: int
    pdf_sha256: str
    twin_sha256: str
    time: datetime
    reviewed_by: str = ""


class Verdict(StrEnum):
    """What a verification found, from best to worst."""

    GENUINE = "genuine"
    SUPERSEDED = "superseded"
    ALTERED = "altered"
    UNKNOWN = "unknown"


class Verification(FrozenModel):
    """The verdict, one sentence for the person, and the stored report that was found."""

    verdict: Verdict
    message: Message
    stored: StoredReport | None = None


def verify(what: bytes | str, stored: Iterable[StoredReport]) -> Verification:
    """Checks one report.

    Args:
        what: The bytes of a PDF or a JSON twin, or the code as typed, or the text of the QR.
        stored: Every report of the store.

    Raises:
        ReportError: It is none of these, or too large to be one.
    """
    reports = tuple(stored)
    if isinstance(what, str):
        return _of_text(what, reports)
    if len(what) > _LARGEST:
        raise ReportError(Message.of("report.verify.too_large", megabytes=_LARGEST // 2**20))
    if what[:1024].lstrip().startswith(b"%PDF-"):
        return _of_pdf(what, reports)
    if what.lstrip()[:1] == b"{":
        return _of_json(what, reports)
    raise ReportError(Message.of("report.verify.not_a_report"))


def _of_text(typed: str, reports: tuple[StoredReport, ...]) -> Verification:
    payload = _PAYLOAD.fullmatch(typed.strip())
    if payload is not None:
        found = next((report for report in reports if report.twin_sha256 == payload.group(1)), None)
        return _known(found, reports) if found is not None else _unknown()
    code = normalised_code(typed)
    if code is None:
        raise ReportError(Message.of("report.verify.not_a_code"))
    found = next((report for report in reports if report.twin_sha256 and code_of(report.twin_sha256) == code), None)
    return _known(found, reports) if found is not None else _unknown()


def _of_pdf(pdf: bytes, reports: tuple[StoredReport, ...]) -> Verification:
    digest = hashlib.sha256(pdf).hexdigest()
    found = next((report for report in reports if report.pdf_sha256 == digest), None)
    if found is not None:
        return _known(found, reports)
    claim = _CLAIM.search(pdf)
    if claim is None:
        return _unknown()
    claimed = claim.group(2).decode("ascii")
    return _altered(next((report for report in reports if report.twin_sha256 == claimed), None))


def _of_json(twin: bytes, reports: tuple[StoredReport, ...]) -> Verification:
    try:
        value = json.loads(twin)
        digest = hashlib.sha256(canonical_json(value)).hexdigest()
    except (ValueError, RecursionError) as error:
        raise ReportError(Message.of("report.verify.damaged_json")) from error
    found = next((report for report in reports if report.twin_sha256 == digest), None)
    if found is not None:
        return _known(found, reports)
    claimed = value.get("report_id")
    return _altered(next((report for report in reports if report.report_id == claimed), None))


def _known(found: StoredReport, reports: tuple[StoredReport, ...]) -> Verification:
    later = max((report.version for report in reports if report.case_id == found.case_id), default=found.version)
    values: dict[str, str | int] = {
        "report": found.report_id,
        "version": found.version,
        "time": found.time.strftime("%Y-%m-%d %H:%M"),
    }
    if later > found.version:
        message = Message.of("report.verify.superseded", later=later, **values)
        return Verification(verdict=Verdict.SUPERSEDED, message=message, stored=found)
    if found.reviewed_by:
        message = Message.of("report.verify.reviewed", person=found.reviewed_by, **values)
    else:
        message = Message.of("report.verify.draft", **values)
    return Verification(verdict=Verdict.GENUINE, message=message, stored=found)


def _altered(claimed: StoredReport | None) -> Verification:
    if claimed is None:
        return _unknown()
    message = Message.of("report.verify.altered", report=claimed.report_id, version=claimed.version)
    return Verification(verdict=Verdict.ALTERED, message=message, stored=claimed)


def _unknown() -> Verification:
    return Verification(verdict=Verdict.UNKNOWN, message=Message.of("report.verify.unknown"))
