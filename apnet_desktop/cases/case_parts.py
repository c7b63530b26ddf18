"""The parts of a case in the store: each is saved by one call, with its entry in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable

from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.cases.assessment import Assessment, Override, SeriesReference, StepStatus
from apnet_desktop.cases.audit import AuditAction, AuditTrail
from apnet_desktop.cases.case_rows import CaseRows, identity_columns
from apnet_desktop.cases.database import Database
from apnet_desktop.cases.roi_storage import RoiStorage
from apnet_desktop.cases.steps import next_step
from apnet_desktop.checks import CheckState
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.roi import Roi

__all__ = ["CaseParts"]


class CaseParts:
    """What `CaseStore` can save of a case; `CaseStore` opens what this needs."""

    audit: AuditTrail
    _database: Database
    _rows: CaseRows
    _rois: RoiStorage

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

        One calculation is one entry *predict* of the audit trail. The same prediction, come back with the checks that
        follow a risk, is *finish_checks*: what was known when is told apart, and no calculation counts twice.

        Raises:
            CaseError: The store cannot be written, or there is no such case.
        """
        fused = prediction.fused
        id = prediction.provenance.prediction_id
        with self._database.transaction() as connection:
            stored = self._rows.row(case_id)["prediction"]
            known = stored is not None and Prediction.model_validate_json(stored).provenance.prediction_id == id
            connection.execute(
                "UPDATE cases SET prediction = ?, risk = ? WHERE id = ?",
                (prediction.model_dump_json(), fused.risk if fused else None, case_id),
            )
            details: dict[str, str | int | float | bool | None] = {
                "prediction": id,
                "risk": fused.risk if fused else None,
                "application": prediction.provenance.application_version,
                "bundle": prediction.provenance.bundle_sha256,
            }
            details |= prediction.provenance.inputs.model_dump()
            noticed = [check.id for check in prediction.checks if check.state is not CheckState.PASSED]
            details["noticed"] = ",".join(noticed)
            self.audit.append(AuditAction.FINISH_CHECKS if known else AuditAction.PREDICT, case_id, details)
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
            before = self._rows.row(case_id)["note"]
            connection.execute("UPDATE cases SET note = ? WHERE id = ?", (note, case_id))
            self.audit.append(AuditAction.NOTE, case_id, {"before": before, "after": note})
            self._rows.touch(case_id)

    def save_ct_path(self, case_id: str, path: str) -> None:
        """Keeps where the CT lies that a case waits to read; see `Assessment.ct_path`.

        Raises:
            CaseError: The store cannot be written, or there is no such case.
        """
        with self._database.transaction() as connection:
            self._rows.row(case_id)
            connection.execute("UPDATE cases SET ct_path = ? WHERE id = ?", (path, case_id))

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
