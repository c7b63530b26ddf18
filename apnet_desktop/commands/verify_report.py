"""`apnet report verify FILE`: is this report one of ours, unchanged, and the latest of its case?"""

from __future__ import annotations

from pathlib import Path

from apnet_desktop.cases.store import CaseStore
from apnet_desktop.commands.output import Output
from apnet_desktop.report.verify import StoredReport, Verdict, verify

__all__ = ["stored_reports", "verify_report"]


def verify_report(what: str, output: Output) -> bool:
    """Checks a PDF, a JSON twin or a typed code against the store; True if it is genuine and the latest.

    Raises:
        CaseError: The store cannot be read.
        ReportError: It is no report and no code.
    """
    with CaseStore(read_only=True) as store:
        stored = stored_reports(store)
    path = Path(what)
    found = verify(path.read_bytes() if path.is_file() else what, stored)
    output.value(found.model_dump(mode="json") | {"text": found.message.text(output.language)})
    output.raw(found.message.text(output.language))
    return found.verdict is Verdict.GENUINE


def stored_reports(store: CaseStore) -> tuple[StoredReport, ...]:
    """What a store knows of its reports.

    Raises:
        CaseError: The store cannot be read.
    """
    return tuple(
        StoredReport(
            case_id=case_id,
            report_id=report.report_id or f"{case_id}-{report.version}",
            version=report.version,
            pdf_sha256=report.sha256,
            twin_sha256=report.twin_sha256,
            time=report.time,
            reviewed_by=report.reviewed_by,
        )
        for case_id, report in store.reports.every()
    )
