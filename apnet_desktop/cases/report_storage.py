"""Keeps the reports of a case: files that never change, numbered versions, and who reviewed them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from apnet_desktop.cases.assessment import ReportVersion
from apnet_desktop.cases.audit import AuditAction
from apnet_desktop.cases.files import known_errors, write_file
from apnet_desktop.cases.storage_parts import Storage
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Language, Message

__all__ = ["ReportStorage"]


class ReportStorage(Storage):
    """The reports of a store."""

    def next_version(self, case_id: str) -> int:
        """The version that the next report of a case will have.

        Raises:
            CaseError: There is no such case.
        """
        self._rows.row(case_id)
        rows = self._database.rows("SELECT max(version) FROM reports WHERE case_id = ?", (case_id,))
        return int(rows[0][0] or 0) + 1

    def add(
        self,
        case_id: str,
        pdf: bytes,
        *,
        person: str,
        language: Language,
        prediction_id: str,
        twin: bytes | None = None,
        html: bytes | None = None,
        reviewed: bool = False,
        report_id: str = "",
        time: datetime | None = None,
    ) -> ReportVersion:
        """Keeps one report of a case as its next version.

        Args:
            case_id: The case.
            pdf: The report.
            person: Who wrote it, and reviewed it if `reviewed`.
            language: Its language.
            prediction_id: The prediction that it prints.
            twin: Its machine-readable twin.
            html: Its twin for screen readers.
            reviewed: True if it is printed as reviewed.
            report_id: The id that it prints.
            time: The time that it prints; now if None.

        Raises:
            CaseError: The store cannot be written, or there is no such case.
        """
        version = self.next_version(case_id)
        moment = time or self._clock.now()
        report = ReportVersion(
            version=version,
            report_id=report_id,
            file=f"report-{version}.pdf",
            sha256=hashlib.sha256(pdf).hexdigest(),
            twin_sha256=hashlib.sha256(twin).hexdigest() if twin is not None else "",
            time=moment,
            person=person,
            language=language.value,
            prediction_id=prediction_id,
            reviewed_by=person if reviewed else "",
            reviewed_at=moment if reviewed else None,
        )
        folder = self._case_folder(case_id)
        write_file(folder / report.file, pdf, self._scratch)
        for extension, content in (("json", twin), ("html", html)):
            if content is not None:
                write_file(folder / f"report-{version}.{extension}", content, self._scratch)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO reports VALUES (?, ?, ?, ?)",
                (case_id, version, report.sha256, report.model_dump_json()),
            )
            self._audit.append(
                AuditAction.REVIEW if reviewed else AuditAction.REPORT,
                case_id,
                {"version": version, "sha256": report.sha256, "prediction": prediction_id, "person": person},
            )
            self._rows.touch(case_id)
        return report

    def read(self, case_id: str, report: ReportVersion) -> bytes:
        """The PDF of a report, checked against its digest.

        Raises:
            CaseError: The file is gone or was changed.
        """
        path = self._case_folder(case_id) / Path(report.file).name
        with known_errors(path):
            pdf = path.read_bytes()
        if hashlib.sha256(pdf).hexdigest() != report.sha256:
            raise CaseError(Message.of("cases.report_changed", file=path.name))
        return pdf

    def twins(self, case_id: str, report: ReportVersion) -> dict[str, bytes]:
        """The twins that are kept beside the PDF of a report, by extension: "json", "html".

        Raises:
            CaseError: A file cannot be read, or the JSON twin was changed.
        """
        found = {}
        for extension in ("json", "html"):
            path = self._case_folder(case_id) / Path(report.file).with_suffix(f".{extension}").name
            with known_errors(path):
                if path.is_file():
                    found[extension] = path.read_bytes()
        twin = found.get("json")
        if twin is not None and hashlib.sha256(twin).hexdigest() != report.twin_sha256:
            raise CaseError(Message.of("cases.report_changed", file=Path(report.file).with_suffix(".json").name))
        return found

    def every(self) -> list[tuple[str, ReportVersion]]:
        """Case and version of every report of the store, oldest first in each case.

        Raises:
            CaseError: The store cannot be read.
        """
        rows = self._database.rows("SELECT case_id, content FROM reports ORDER BY case_id, version")
        return [(str(row["case_id"]), ReportVersion.model_validate_json(row["content"])) for row in rows]

    def find(self, sha256: str) -> tuple[str, ReportVersion] | None:
        """Case and version of the report whose PDF or twin has this SHA-256; None if this store wrote none such.

        Raises:
            CaseError: The store cannot be read.
        """
        rows = self._database.rows(
            "SELECT case_id, content FROM reports WHERE sha256 = ? OR json_extract(content, '$.twin_sha256') = ?",
            (sha256, sha256),
        )
        return (str(rows[0]["case_id"]), ReportVersion.model_validate_json(rows[0]["content"])) if rows else None
