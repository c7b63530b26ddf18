"""The cohort in a store: its members, and the folder that training and evaluation take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from apnet_desktop.cases.assessment import Assessment
from apnet_desktop.cases.audit import AuditAction
from apnet_desktop.cases.case_rows import CaseRows
from apnet_desktop.cases.database import Database
from apnet_desktop.cases.deidentify import Deidentify
from apnet_desktop.cases.files import clear, private_folder, write_file
from apnet_desktop.cases.follow_up import FollowUp
from apnet_desktop.cases.names import safe_name
from apnet_desktop.cases.readings import Agreement
from apnet_desktop.cases.spreadsheet import table_bytes
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.record import FactorValue
from apnet_desktop.ct.file_names import text_path
from apnet_desktop.ct.roi import Roi
from apnet_desktop.errors import CaseError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

if TYPE_CHECKING:
    from apnet_desktop.cases.store import CaseStore

__all__ = ["CohortExport", "CohortMembers", "MissingCase", "export_cohort"]


class CohortMembers:
    """Which cases belong to the cohort, under which id.

    Args:
        database: The store's database.
        rows: Its table of cases.
    """

    def __init__(self, database: Database, rows: CaseRows) -> None:
        self._database = database
        self._rows = rows

    def add(self, case_id: str, patient: str) -> None:
        """Takes a case into the cohort under an id of its own.

        Raises:
            CaseError: There is no such case, or the store cannot be written.
        """
        with self._database.transaction() as connection:
            self._rows.row(case_id)
            connection.execute("INSERT INTO members (case_id, patient) VALUES (?, ?)", (case_id, patient))

    def size(self) -> int:
        """How many members there are, those in the bin too.

        Raises:
            CaseError: The store cannot be read.
        """
        return int(self._database.rows("SELECT count(*) FROM members")[0][0])

    def patients(self) -> set[str]:
        """Ids of the patients in the cohort.

        Raises:
            CaseError: The store cannot be read.
        """
        return {str(row["patient"]) for row in self._database.rows("SELECT patient FROM members")}

    def members(self) -> list[tuple[str, str]]:
        """Case id and patient id of each member that is not in the bin, by patient id.

        Raises:
            CaseError: The store cannot be read.
        """
        rows = self._database.rows(
            "SELECT case_id, patient FROM members JOIN cases ON cases.id = case_id "
            "WHERE state <> 'deleted' ORDER BY patient"
        )
        return [(str(row["case_id"]), str(row["patient"])) for row in rows]


class MissingCase(FrozenModel):
    """A member of the cohort and what it lacks, or what is to be looked at."""

    patient: str
    message: Message


class CohortExport(FrozenModel):
    """What was exported.

    Attributes:
        folder: The cohort.
        patients: Rows of its table.
        missing: Members that are not in it.
        agreement: Pairs of readers and how well they agree.
        warnings: What a person has to look at before it leaves the house: patient and sentence.
    """

    folder: str
    patients: int
    missing: tuple[MissingCase, ...]
    agreement: tuple[Agreement, ...]
    warnings: tuple[MissingCase, ...] = ()


def export_cohort(
    store: CaseStore,
    folder: Path,
    schema: FactorSchema,
    deidentify: Deidentify,
    progress: Callable[[float], None] | None = None,
) -> CohortExport:
    """Writes the cohort of a store as `apnet train` and `apnet evaluate` take it: `cohort.csv`, `ct/`, `roi/`.

    The ROI of a case is its own if a person confirmed it, else that of the first finished reading. Patient ids are
    those of the cohort; names and birth dates do not go along.

    Args:
        store: The store.
        folder: An empty or new folder.
        schema: The factors that become columns.
        deidentify: Does each CT: `deidentify_series`, here or in another process.
        progress: Called with the fraction that is done; it may raise `Stopped`.

    Raises:
        CaseError: The folder is not empty or cannot be written, or a case is damaged; nothing stays in the folder.
    """
    private_folder(folder)
    if any(folder.iterdir()):
        raise CaseError(Message.of("cases.export_not_empty", folder=str(folder)))
    try:
        return _export(store, folder, schema, deidentify, progress)
    except BaseException:
        clear(folder)
        raise


def _export(
    store: CaseStore,
    folder: Path,
    schema: FactorSchema,
    deidentify: Deidentify,
    progress: Callable[[float], None] | None,
) -> CohortExport:
    rows: list[list[str]] = [
        ["patient", "ct", "roi", "follow_up_months", "end", *(factor.id for factor in schema.factors)]
    ]
    missing: list[MissingCase] = []
    warnings: dict[tuple[str, str], Message] = {}
    secret = store.secret()
    private_folder(folder / "ct")
    members = store.cohort.members()
    for number, (case_id, patient) in enumerate(members):
        if progress is not None:
            progress(number / len(members))
        assessment, outcome = store.load(case_id), store.follow_ups.load(case_id)
        roi = _roi(store, assessment)
        lacking = _lacking(assessment, roi, outcome)
        if lacking is not None or roi is None or outcome is None or assessment.series is None:
            missing.append(MissingCase(patient=patient, message=lacking or Message.of("cases.member_no_ct")))
            continue
        name = safe_name(patient, f"patient-{number}")
        if (folder / "ct" / name).exists():
            # Two ids that differ only in what no file name may hold.
            name = f"{name}-{number}"
        source = text_path(assessment.series.path)
        done = deidentify(assessment.series.series.series_uid, source, folder / "ct" / name, secret, name)
        warnings |= {(patient, warning.id): warning for warning in done.warnings}
        _write_roi(roi, private_folder(folder / "roi") / f"{name}.nii.gz")
        values = [_cell(assessment.record.value(factor.id)) for factor in schema.factors]
        rows.append([patient, f"ct/{name}", f"roi/{name}.nii.gz", f"{outcome.months:.2f}", outcome.end.value, *values])
    agreement = store.readings.agreement()
    write_file(folder / "cohort.csv", table_bytes(rows))
    if agreement:
        write_file(folder / "agreement.csv", _agreement_table(agreement))
    store.audit.append(AuditAction.EXPORT, "", {"what": "cohort", "patients": len(rows) - 1})
    return CohortExport(
        folder=str(folder),
        patients=len(rows) - 1,
        missing=tuple(missing),
        agreement=tuple(agreement),
        warnings=tuple(MissingCase(patient=patient, message=message) for (patient, _), message in warnings.items()),
    )


def _roi(store: CaseStore, assessment: Assessment) -> Roi | None:
    if assessment.roi is not None and assessment.roi.confirmation is not None:
        return assessment.roi
    readings = store.readings.of_case(assessment.case_id)
    return store.readings.roi(assessment.case_id, readings[0]) if readings else None


def _lacking(assessment: Assessment, roi: Roi | None, outcome: FollowUp | None) -> Message | None:
    if assessment.series is None:
        return Message.of("cases.member_no_ct")
    if roi is None:
        return Message.of("cases.member_no_roi")
    return Message.of("cases.member_no_outcome") if outcome is None else None


def _write_roi(roi: Roi, path: Path) -> None:
    import numpy as np

    from apnet_desktop.ct.grid_files import write_grid

    write_grid(roi.mask.astype(np.uint8), roi.geometry, path)


def _cell(value: FactorValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return repr(float(value)).removesuffix(".0")
    return "+".join(value) if isinstance(value, tuple) else str(value)


def _agreement_table(agreement: list[Agreement]) -> bytes:
    header = ["patient", "first_reader", "second_reader", "dice", "first_volume_ml", "second_volume_ml"]
    rows = [
        [one.patient, one.first, one.second, f"{one.dice:.4f}", f"{one.first_volume:.2f}", f"{one.second_volume:.2f}"]
        for one in agreement
    ]
    return table_bytes([header, *rows])
