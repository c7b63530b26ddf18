"""Reads a cohort folder: one row a patient in `cohort.csv`, CT folders and masks beside it.

Columns: `patient` (id), `ct` (folder or file, relative), `roi` (mask file, relative), `follow_up_months` (from
discharge to the end of follow-up), `end` (`recurrence`, `death` or `censored`), then one column for each factor of the
schema, by its id and in its own unit; an empty cell is *unknown*. Other columns are ignored and named in a note.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.clinical.entry import parse_value
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.errors import ClinicalError, StudyError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.simulation.cohort import RECIPE_FILE
from apnet_desktop.study.statistics.censoring import End, HorizonOutcome, horizon_outcome

__all__ = ["TABLE_NAME", "Cohort", "CohortRefusedError", "Patient", "Refusal", "read_cohort"]

TABLE_NAME = "cohort.csv"
_FIXED = ("patient", "ct", "roi", "follow_up_months", "end")
_ENDS = {"recurrence": End.RECURRENCE, "death": End.DEATH, "censored": End.CENSORED}
_LARGEST_TABLE = 200 * 2**20


class Refusal(FrozenModel):
    """One cell that cannot be used: row as a spreadsheet counts it (the header is row 1), and column."""

    row: int
    column: str
    message: Message


class CohortRefusedError(StudyError):
    """A cohort table cannot be used; `refusals` lists every reason, the message the first."""

    def __init__(self, table: Path, refusals: tuple[Refusal, ...]) -> None:
        first = refusals[0]
        super().__init__(
            Message.of(
                "study.table_refused",
                file=table.name,
                row=first.row,
                column=first.column,
                reason=first.message.text(),
                more=len(refusals) - 1,
            )
        )
        self.refusals = refusals


@dataclass(frozen=True)
class Patient:
    """One patient of a cohort.

    Attributes:
        id: Patient id, unique in the cohort.
        record: Clinical record at the moment of prediction.
        ct: CT folder or file; None if the row names none.
        roi: Mask file; None if the row names none.
        months: Months from discharge to the end of follow-up.
        end: How follow-up ended.
        row: Row in the table.
    """

    id: str
    record: ClinicalRecord
    ct: Path | None
    roi: Path | None
    months: float
    end: End
    row: int


@dataclass(frozen=True)
class Cohort:
    """A cohort that passed every check of its table.

    Attributes:
        folder: Where it lies.
        schema: Factors whose columns the table has.
        patients: In the order of the table.
        ignored_columns: Columns that are no factor and no fixed column.
    """

    folder: Path
    schema: FactorSchema
    patients: tuple[Patient, ...]
    ignored_columns: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Patient ids in the order of the table."""
        return tuple(patient.id for patient in self.patients)

    def outcome(self, horizon_months: float) -> HorizonOutcome:
        """Event and censoring weight of each patient at the horizon.

        Raises:
            StudyError: Nobody is followed to the horizon.
        """
        months = np.array([patient.months for patient in self.patients])
        ends: NDArray[np.int_] = np.array([int(patient.end) for patient in self.patients])
        try:
            return horizon_outcome(months, ends, horizon_months)
        except ValueError as error:
            raise StudyError(Message.of("study.horizon_not_reached", months=horizon_months)) from error


def read_cohort(folder: Path, schema: FactorSchema, require_images: bool = True) -> Cohort:
    """Reads and checks the table of a cohort folder.

    Args:
        folder: The cohort.
        schema: Factors that a column may hold; of them the cohort uses those whose column is there.
        require_images: Refuse rows whose CT or mask is not there. A cohort that `apnet simulate --inputs` wrote names
            none: its pictures are rendered from its seeds.

    Raises:
        CohortRefusedError: Cells that cannot be used, every one by row and column.
        StudyError: No table, no rows, or a column is missing or there twice.
    """
    table = folder / TABLE_NAME
    header, rows = _cells(table)
    present = tuple(factor.id for factor in schema.factors if factor.id in header)
    rendered = (folder / RECIPE_FILE).is_file()
    reader = _RowReader(folder, schema.subset(present), require_images, rendered)
    patients = [reader.read(number, dict(zip(header, cells, strict=True))) for number, cells in rows]
    if reader.refusals:
        raise CohortRefusedError(table, tuple(reader.refusals))
    ignored = tuple(name for name in header if name not in (*_FIXED, *present))
    return Cohort(folder, schema.subset(present), tuple(p for p in patients if p is not None), ignored)


def _cells(table: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    if not table.is_file():
        raise StudyError(Message.of("study.no_table", folder=str(table.parent), file=TABLE_NAME))
    if table.stat().st_size > _LARGEST_TABLE:
        raise StudyError(Message.of("study.table_too_large", file=table.name))
    try:
        text = table.read_bytes().decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise StudyError(Message.of("study.table_unreadable", file=table.name)) from error
    if len(lines) < 2:
        raise StudyError(Message.of("study.table_empty", file=table.name))
    header = [name.strip() for name in lines[0]]
    for name in header:
        if header.count(name) > 1:
            raise StudyError(Message.of("study.column_twice", file=table.name, column=name))
    missing = [name for name in _FIXED if name not in header]
    if missing:
        raise StudyError(Message.of("study.column_missing", file=table.name, columns=", ".join(missing)))
    rows = [(number, cells) for number, cells in enumerate(lines[1:], start=2) if any(cells)]
    for number, cells in rows:
        if len(cells) != len(header):
            found = Message.of("study.cells_differ", cells=len(cells), columns=len(header))
            raise CohortRefusedError(table, (Refusal(row=number, column="-", message=found),))
    return header, rows


class _RowReader:
    """Turns rows into patients and keeps every refusal."""

    def __init__(self, folder: Path, schema: FactorSchema, require_images: bool, rendered: bool) -> None:
        self._folder = folder.resolve()
        self._schema = schema
        self._require_images = require_images
        self._may_be_empty = rendered or not require_images
        self._row_of: dict[str, int] = {}
        self.refusals: list[Refusal] = []

    def _refuse(self, row: int, column: str, message: Message) -> None:
        self.refusals.append(Refusal(row=row, column=column, message=message))

    def read(self, row: int, cells: dict[str, str]) -> Patient | None:
        before = len(self.refusals)
        patient = self._id(row, cells["patient"].strip())
        months = self._months(row, cells["follow_up_months"].strip())
        end = _ENDS.get(cells["end"].strip().casefold())
        if end is None:
            self._refuse(row, "end", Message.of("study.bad_end", value=cells["end"][:40]))
        ct = self._path(row, "ct", cells["ct"].strip())
        roi = self._path(row, "roi", cells["roi"].strip())
        record = self._record(row, cells)
        if len(self.refusals) > before or end is None:
            return None
        return Patient(patient, record, ct, roi, months, end, row)

    def _id(self, row: int, patient: str) -> str:
        if not patient:
            self._refuse(row, "patient", Message.of("study.no_id"))
        elif patient in self._row_of:
            self._refuse(row, "patient", Message.of("study.id_twice", value=patient[:60], row=self._row_of[patient]))
        self._row_of.setdefault(patient, row)
        return patient

    def _months(self, row: int, text: str) -> float:
        try:
            months = float(text)
        except ValueError:
            months = math.nan
        if not 0 <= months <= 1200:
            self._refuse(row, "follow_up_months", Message.of("study.bad_months", value=text[:40]))
        return months

    def _path(self, row: int, column: str, text: str) -> Path | None:
        if not text:
            if not self._may_be_empty:
                self._refuse(row, column, Message.of("study.no_path"))
            return None
        plain = PurePosixPath(text.replace("\\", "/"))
        path = (self._folder / plain).resolve()
        if plain.is_absolute() or not path.is_relative_to(self._folder):
            self._refuse(row, column, Message.of("study.path_outside", value=text[:120]))
        elif self._require_images and not path.exists():
            self._refuse(row, column, Message.of("study.path_missing", value=text[:120]))
        return path

    def _record(self, row: int, cells: dict[str, str]) -> ClinicalRecord:
        values: dict[str, FactorValue] = {}
        for factor in self._schema.factors:
            text = cells[factor.id].strip()
            if not text:
                values[factor.id] = None
                continue
            try:
                values[factor.id] = parse_value(factor, text).value
            except ClinicalError as error:
                self._refuse(row, factor.id, error.message)
        return ClinicalRecord(values=values, schema_version=self._schema.version)
