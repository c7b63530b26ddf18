"""The case store: a SQLite database and, beside it, a folder for each case with its masks and reports."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from pathlib import Path

from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.cases.assessment import Assessment, Override, ReportVersion, SeriesReference
from apnet_desktop.cases.audit import AuditAction, AuditTrail
from apnet_desktop.cases.backup import Backups
from apnet_desktop.cases.case_parts import CaseParts
from apnet_desktop.cases.case_rows import CaseRows
from apnet_desktop.cases.clock import Clock, SystemClock
from apnet_desktop.cases.cohort import CohortMembers
from apnet_desktop.cases.database import Database
from apnet_desktop.cases.files import clear, private_folder, user_data_folder
from apnet_desktop.cases.follow_up import FollowUps
from apnet_desktop.cases.interruption import Interruption
from apnet_desktop.cases.lifecycle import CaseLifecycle
from apnet_desktop.cases.listing import CaseQuery, CaseSummary, count_cases, list_cases
from apnet_desktop.cases.lock import StoreLock
from apnet_desktop.cases.readings import Readings
from apnet_desktop.cases.report_storage import ReportStorage
from apnet_desktop.cases.roi_storage import RoiStorage
from apnet_desktop.cases.storage_parts import StorageParts
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.file_names import text_path
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Message

__all__ = ["CaseStore"]


class CaseStore(CaseParts):
    """All cases of one user. One writer at a time; every call that returns has reached the disk.

    Layout of the folder: `cases.db` (and SQLite's own files beside it), `store.lock`, `backups/`, `partial/` for files
    that are being written, and `cases/<case id>/` with masks and reports. Case ids are random: no file name says whose
    case it is. Files are for their owner only.

    Args:
        folder: Where the store lies; the user's data folder if None. Made if absent, unless `read_only`.
        person: Name of the person at the keyboard, for the audit trail.
        clock: For time stamps.
        read_only: Looks only; may be opened beside the one writer.

    Raises:
        CaseError: Another window has the store open; it is from a newer version (left as it is), damaged, or its
            folder cannot be used.
    """

    def __init__(
        self, folder: Path | None = None, *, person: str = "", clock: Clock | None = None, read_only: bool = False
    ) -> None:
        self.folder = folder or user_data_folder()
        self.read_only = read_only
        self._clock = clock or SystemClock()
        self._lock: StoreLock | None = None
        if not read_only:
            private_folder(self.folder)
            self._lock = StoreLock(self.folder / "store.lock")
        scratch = self.folder / "partial"
        try:
            if not read_only:
                clear(private_folder(scratch, parents=False))
            self._database = Database(self.folder / "cases.db", read_only=read_only)
        except BaseException:
            self._release()
            raise
        self.audit = AuditTrail(self._database, self._clock, person)
        self._rows = CaseRows(self._database, self._clock)
        parts = StorageParts(self._database, self._rows, self.audit, self._clock, self.case_folder, scratch)
        self._rois = RoiStorage(parts)
        self.reports = ReportStorage(parts)
        self.readings = Readings(parts)
        self.follow_ups = FollowUps(parts)
        self.interruption = Interruption(parts)
        self.cohort = CohortMembers(self._database, self._rows)
        self.backups = Backups(self._database, self._rows, self.folder)
        self.lifecycle = CaseLifecycle(self, self._database, self._rows, self._clock)

    def close(self) -> None:
        """Closes the store; another window may open it. What changed since the last back-up is backed up first.

        Raises:
            CaseError: The back-up cannot be written; the store is closed all the same.
        """
        try:
            if not self.read_only:
                self.backups.renew()
        finally:
            self._database.close()
            self._release()

    def health(self) -> tuple[str, ...]:
        """What SQLite's own check of every page and index finds; nothing if the database is sound.

        Raises:
            CaseError: The database is too damaged to be checked.
        """
        return self._database.check()

    def __enter__(self) -> CaseStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # Cases

    def create(self, assessment: Assessment | None = None) -> str:
        """Makes a new case and gives its id: a random name that says nothing of the patient.

        Args:
            assessment: What to begin with; its `case_id`, reports and overrides are not taken over.

        Raises:
            CaseError: The store cannot be written.
        """
        case_id = secrets.token_hex(8)
        now = self._clock.now().isoformat()
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO cases (id, change, created, modified) VALUES (?, 0, ?, ?)", (case_id, now, now)
            )
            self.audit.append(AuditAction.CREATE, case_id)
            self._rows.touch(case_id)
            if assessment is not None:
                self.save_record(case_id, assessment.record)
                if assessment.series is not None:
                    self.save_series(case_id, assessment.series)
                if assessment.roi is not None:
                    self.save_roi(case_id, assessment.roi)
        return case_id

    def load(self, case_id: str) -> Assessment:
        """The case exactly as it was after the last finished stroke, value or decision.

        Raises:
            CaseError: There is no such case, or a part of it is damaged.
        """
        row = self._rows.row(case_id)
        reports = self._database.rows("SELECT content FROM reports WHERE case_id = ? ORDER BY version", (case_id,))
        overrides = self._database.rows("SELECT content FROM overrides WHERE case_id = ? ORDER BY check_id", (case_id,))
        try:
            return Assessment(
                case_id=case_id,
                series=SeriesReference.model_validate_json(row["series"]) if row["series"] else None,
                roi=self._rois.load(case_id, row["roi"]) if row["roi"] else None,
                record=ClinicalRecord.model_validate_json(row["record"]) if row["record"] else ClinicalRecord(),
                prediction=Prediction.model_validate_json(row["prediction"]) if row["prediction"] else None,
                reports=tuple(ReportVersion.model_validate_json(report["content"]) for report in reports),
                overrides=tuple(Override.model_validate_json(override["content"]) for override in overrides),
                note=row["note"],
                ct_path=row["ct_path"],
            )
        except ValueError as error:
            raise CaseError(Message.of("cases.case_damaged", case=case_id)) from error

    def case_folder(self, case_id: str) -> Path:
        """The folder of a case's masks and reports; made if absent.

        Raises:
            CaseError: It cannot be made.
        """
        private_folder(self.folder / "cases", parents=False)
        return private_folder(self.folder / "cases" / case_id, parents=False)

    def secret(self) -> str:
        """The store's secret, from which pseudonyms and new UIDs are made; made on first use, never exported.

        Raises:
            CaseError: The store cannot be written.
        """
        known = self._rows.fact("secret")
        if not known:
            known = secrets.token_hex(32)
            self._rows.set_fact("secret", known)
        return known

    def scratch_folder(self) -> Path:
        """A new folder for files on their way; whoever asks removes it, else the next opening of the store does.

        Raises:
            CaseError: It cannot be made.
        """
        return private_folder(self.folder / "partial" / secrets.token_hex(8), parents=False)

    def transaction(self) -> AbstractContextManager[object]:
        """Makes several changes one: all reach the disk, or none.

        Raises:
            CaseError: The store cannot be written.
        """
        return self._database.transaction()

    # The worklist

    def list_cases(self, query: CaseQuery | None = None, limit: int = 500, offset: int = 0) -> list[CaseSummary]:
        """Rows `offset` to `offset + limit` of the worklist, last changed first.

        Raises:
            CaseError: The store cannot be read.
        """
        return list_cases(self._database, query or CaseQuery(), limit, offset)

    def count_cases(self, query: CaseQuery | None = None) -> int:
        """How many cases the worklist has in all.

        Raises:
            CaseError: The store cannot be read.
        """
        return count_cases(self._database, query or CaseQuery())

    def find_series(self, series_uid: str) -> str | None:
        """The last changed active case of a series, None if there is none."""
        rows = self._database.rows(
            "SELECT id FROM cases WHERE series_uid = ? AND state = 'active' ORDER BY change DESC LIMIT 1", (series_uid,)
        )
        return str(rows[0]["id"]) if rows else None

    def ct_folders(self, limit: int = 20) -> tuple[Path, ...]:
        """The folders above the CTs of the last changed cases: where a CT that moved may lie now. Each once.

        Raises:
            CaseError: The store cannot be read.
        """
        rows = self._database.rows(
            "SELECT json_extract(series, '$.path') AS path FROM cases WHERE series IS NOT NULL "
            "ORDER BY change DESC LIMIT ?",
            (10 * limit,),
        )
        above = dict.fromkeys(text_path(str(row["path"])).parent for row in rows)
        own = self.folder.absolute()
        return tuple(folder for folder in above if not folder.is_relative_to(own))[:limit]

    # The case that is open, so that a crash can be told from a good end

    def open_case(self, case_id: str, reader: str = "") -> Assessment:
        """Loads a case and remembers that it is open, until `close_case`.

        Args:
            case_id: The case.
            reader: Who draws its ROI for a cohort (`OpenReading`); empty where the case itself is open.

        Raises:
            CaseError: See `load`; or the store cannot be written.
        """
        assessment = self.load(case_id)
        with self._database.transaction():
            self.interruption.mark(case_id, reader)
            self.audit.append(AuditAction.OPEN, case_id, {"reader": reader} if reader else None)
        return assessment

    def close_case(self, case_id: str) -> None:
        """Says that a case was closed in good order.

        Raises:
            CaseError: The store cannot be written.
        """
        with self._database.transaction():
            self.interruption.clear()
            self.audit.append(AuditAction.CLOSE, case_id)
