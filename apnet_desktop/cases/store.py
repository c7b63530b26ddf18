"""The case store: a SQLite database and, beside it, a folder for each case with its masks and reports."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.cases.assessment import Assessment, Override, ReportVersion, SeriesReference, StepStatus
from apnet_desktop.cases.audit import AuditAction, AuditTrail
from apnet_desktop.cases.backup import Backups
from apnet_desktop.cases.case_rows import CaseRows, identity_columns
from apnet_desktop.cases.clock import Clock, SystemClock
from apnet_desktop.cases.cohort import CohortMembers
from apnet_desktop.cases.database import Database
from apnet_desktop.cases.files import clear, private_folder, user_data_folder
from apnet_desktop.cases.follow_up import FollowUps
from apnet_desktop.cases.lifecycle import CaseLifecycle
from apnet_desktop.cases.listing import CaseQuery, CaseSummary, count_cases, list_cases
from apnet_desktop.cases.lock import StoreLock
from apnet_desktop.cases.readings import Readings
from apnet_desktop.cases.report_storage import ReportStorage
from apnet_desktop.cases.roi_storage import RoiStorage
from apnet_desktop.cases.steps import next_step
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.roi import Roi
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Message

__all__ = ["CaseStore"]


class CaseStore:
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
        try:
            self._database = Database(self.folder / "cases.db", read_only=read_only)
        except BaseException:
            self._release()
            raise
        self.audit = AuditTrail(self._database, self._clock, person)
        self._rows = CaseRows(self._database, self._clock)
        scratch = self.folder / "partial"
        if not read_only:
            clear(private_folder(scratch, parents=False))
        self._rois = RoiStorage(self._database, self._rows, self.audit, self.case_folder, scratch)
        self.reports = ReportStorage(self._database, self._rows, self.audit, self._clock, self.case_folder, scratch)
        self.readings = Readings(self._database, self._rows, self.audit, self.case_folder, scratch)
        self.follow_ups = FollowUps(self._database, self._rows, self.audit)
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

    # Parts of a case

    def save_series(self, case_id: str, series: SeriesReference) -> None:
        """Keeps the CT of a case: where it lies and what it is.

        Raises:
            CaseError: The store cannot be written, or there is no such case.
        """
        with self._database.transaction() as connection:
            before = self._rows.row(case_id)["series"]
            date = series.series.study_date
            connection.execute(
                "UPDATE cases SET series = ?, series_uid = ?, study_date = ? WHERE id = ?",
                (series.model_dump_json(), series.series.series_uid, date.isoformat() if date else "", case_id),
            )
            self._name_patient(case_id)
            self.audit.append(
                AuditAction.EDIT_SERIES, case_id,
                {"before": _digest_in(before), "after": series.volume_digest, "copied": series.copied},
            )  # fmt: skip
            self._rows.touch(case_id)

    def save_roi(self, case_id: str, roi: Roi | None, slices: Iterable[int] | None = None) -> None:
        """Keeps the ROI of a case; None takes it away.

        Args:
            case_id: The case.
            roi: The ROI as it is now.
            slices: Indices k of the slices that changed since the ROI was last saved. With them only those slices are
                journalled, which is quick enough after every stroke; without, the whole mask is written to a new file.

        Raises:
            CaseError: The store cannot be written, or there is no such case; what was saved before is still there.
        """
        self._rois.save(case_id, roi, slices)

    def save_record(self, case_id: str, record: ClinicalRecord) -> None:
        """Keeps the clinical record of a case; the audit trail gets each factor that changed, before and after.

        Raises:
            CaseError: The store cannot be written, or there is no such case.
        """
        with self._database.transaction() as connection:
            row = self._rows.row(case_id)
            before = ClinicalRecord.model_validate_json(row["record"]) if row["record"] else ClinicalRecord()
            connection.execute("UPDATE cases SET record = ? WHERE id = ?", (record.model_dump_json(), case_id))
            self._name_patient(case_id)
            for factor in sorted({*before.values, *record.values}):
                if (before.answered(factor), before.value(factor)) != (record.answered(factor), record.value(factor)):
                    self.audit.append(
                        AuditAction.EDIT_RECORD,
                        case_id,
                        {"factor": factor, "before": _shown(before, factor), "after": _shown(record, factor)},
                    )
            self._rows.touch(case_id)

    def _name_patient(self, case_id: str) -> None:
        """Renews the columns by which the worklist names the patient."""
        row = self._rows.row(case_id)
        named = Assessment(
            case_id=case_id,
            series=SeriesReference.model_validate_json(row["series"]) if row["series"] else None,
            record=ClinicalRecord.model_validate_json(row["record"]) if row["record"] else ClinicalRecord(),
        )
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE cases SET name = ?, patient_id = ?, birth_date = ?, sex = ? WHERE id = ?",
                (*identity_columns(named.identity), case_id),
            )

    def save_prediction(self, case_id: str, prediction: Prediction) -> None:
        """Keeps the last prediction of a case.

        Raises:
            CaseError: The store cannot be written, or there is no such case.
        """
        fused = prediction.fused
        with self._database.transaction() as connection:
            self._rows.row(case_id)
            connection.execute(
                "UPDATE cases SET prediction = ?, risk = ? WHERE id = ?",
                (prediction.model_dump_json(), fused.risk if fused else None, case_id),
            )
            details: dict[str, str | int | float | bool | None] = {
                "prediction": prediction.provenance.prediction_id,
                "risk": fused.risk if fused else None,
                "application": prediction.provenance.application_version,
                "bundle": prediction.provenance.bundle_sha256,
            }
            details |= prediction.provenance.inputs.model_dump()
            self.audit.append(AuditAction.PREDICT, case_id, details)
            self._rows.touch(case_id)

    def save_override(self, case_id: str, override: Override) -> None:
        """Keeps a person's decision to go on in spite of a refused check.

        Raises:
            CaseError: The store cannot be written, or there is no such case.
        """
        with self._database.transaction() as connection:
            self._rows.row(case_id)
            connection.execute(
                "INSERT INTO overrides VALUES (?, ?, ?) "
                "ON CONFLICT (case_id, check_id) DO UPDATE SET content = excluded.content",
                (case_id, override.check_id, override.model_dump_json()),
            )
            self.audit.append(AuditAction.OVERRIDE, case_id, {"check": override.check_id, "reason": override.reason})
            self._rows.touch(case_id)

    def save_note(self, case_id: str, note: str) -> None:
        """Keeps a person's own words on a case, for the worklist.

        Raises:
            CaseError: The store cannot be written, or there is no such case.
        """
        with self._database.transaction() as connection:
            self._rows.row(case_id)
            connection.execute("UPDATE cases SET note = ? WHERE id = ?", (note, case_id))
            self._rows.touch(case_id)

    def save_ct_path(self, case_id: str, path: str) -> None:
        """Keeps where the CT lies that a case waits to read; see `Assessment.ct_path`.

        Raises:
            CaseError: The store cannot be written, or there is no such case.
        """
        with self._database.transaction() as connection:
            self._rows.row(case_id)
            connection.execute("UPDATE cases SET ct_path = ? WHERE id = ?", (path, case_id))

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

    def save_steps(self, case_id: str, states: tuple[StepStatus, ...]) -> None:
        """Keeps where the four steps stand, for the worklist; not an edit of the case.

        Raises:
            CaseError: The store cannot be written.
        """
        waiting = next_step(states)
        message = next((status.message for status in states if status.step is waiting), None)
        values = (
            ",".join(status.state.value for status in states),
            waiting.value if waiting else "",
            message.model_dump_json() if message else "",
            case_id,
        )
        with self._database.transaction() as connection:
            connection.execute("UPDATE cases SET steps = ?, next_step = ?, next_message = ? WHERE id = ?", values)

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

    # The case that is open, so that a crash can be told from a good end

    def open_case(self, case_id: str) -> Assessment:
        """Loads a case and remembers that it is open, until `close_case`.

        Raises:
            CaseError: See `load`; or the store cannot be written.
        """
        assessment = self.load(case_id)
        with self._database.transaction():
            self._rows.set_fact("open_case", case_id)
            self.audit.append(AuditAction.OPEN, case_id)
        return assessment

    def close_case(self, case_id: str) -> None:
        """Says that a case was closed in good order.

        Raises:
            CaseError: The store cannot be written.
        """
        with self._database.transaction():
            self._rows.set_fact("open_case", "")
            self.audit.append(AuditAction.CLOSE, case_id)

    def interrupted_case(self) -> str | None:
        """The case that was open when the program last ended without closing it; ask before `open_case`."""
        case_id = self._rows.fact("open_case")
        return case_id if case_id and self._rows.exists(case_id) else None


def _digest_in(stored: str | None) -> str | None:
    return SeriesReference.model_validate_json(stored).volume_digest if stored else None


def _shown(record: ClinicalRecord, factor: str) -> str | float | bool | None:
    """A factor's value as the audit trail keeps it: None if not answered, "unknown" if said to be."""
    if not record.answered(factor):
        return None
    value = record.value(factor)
    if value is None:
        return "unknown"
    if isinstance(value, tuple):
        return ", ".join(value)
    return value if isinstance(value, bool | float | int | str) else value.isoformat()
