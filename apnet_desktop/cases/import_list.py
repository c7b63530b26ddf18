"""Import list: each row of a table becomes a case of the cohort; bad rows are listed and the rest goes on."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from apnet_desktop.cases.audit import AuditAction
from apnet_desktop.cases.follow_up import FollowUp, FollowUpEnd
from apnet_desktop.cases.spreadsheet import read_table
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.factor import Factor, FactorSchema
from apnet_desktop.clinical.importing import RecordBuilder
from apnet_desktop.clinical.units import canonical_unit
from apnet_desktop.ct.file_names import path_text
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import CaseError, ClinicalError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["ImportedList", "RefusedRow", "import_list"]

# Column names by what they hold; the rest are factors, or are ignored by name.
_COLUMNS = {
    "patient": ("patient", "id", "patient_id", "patientid", "病历号", "住院号", "编号"),
    "name": ("name", "patient_name", "姓名"),
    "ct": ("ct", "ct_folder", "folder", "path", "ct路径", "影像路径"),
    "discharge": ("discharge", "discharge_date", "出院日期"),
    "end": ("end", "outcome", "结局"),
    "end_date": ("end_date", "outcome_date", "结局日期", "随访截止日期"),
    "definition": ("definition", "recurrence_definition", "复发定义"),
}
_ENDS = {
    "recurrence": FollowUpEnd.RECURRENCE, "复发": FollowUpEnd.RECURRENCE, "death": FollowUpEnd.DEATH,
    "死亡": FollowUpEnd.DEATH, "censored": FollowUpEnd.CENSORED, "删失": FollowUpEnd.CENSORED,
    "失访": FollowUpEnd.CENSORED,
}  # fmt: skip
_UNIT = re.compile(r"(?P<name>.*?)\s*[(（\[](?P<unit>.*)[)）\]]\s*")
_LONGEST_ID = 64


class RefusedRow(FrozenModel):
    """One row that became no case: row as a spreadsheet counts it (the header is row 1), column, and why."""

    row: int
    column: str
    message: Message


class ImportedList(FrozenModel):
    """What became of a list.

    Attributes:
        case_ids: The new cases, in the order of the table.
        refused: Rows that became no case, with every reason.
        ignored_columns: Columns that are no factor and nothing else that is known.
    """

    case_ids: tuple[str, ...]
    refused: tuple[RefusedRow, ...]
    ignored_columns: tuple[str, ...]


def import_list(store: CaseStore, path: Path, schema: FactorSchema, today: date | None = None) -> ImportedList:
    """Makes a case of each row of a table.

    Columns: `patient` (id, needed), `name`, `ct` (folder or file, absolute or below the table's folder), factors by id
    or label with a unit in brackets if it is not their own, `discharge`, `end` (`recurrence`, `death`, `censored`) and
    `end_date`, `definition`. The CT is not read here: the case remembers where it lies. A patient who is in the cohort
    already is refused, so that a list can be imported again after its bad rows were mended.

    Args:
        store: The store.
        path: The table: CSV with comma, semicolon or tab, UTF-8 or GB18030.
        schema: Factors that a column may hold.
        today: Later dates are refused; today if None.

    Raises:
        CaseError: The table cannot be read, or has no column of patients; or the store cannot be written.
    """
    header, *body = read_table(path)
    columns = _Columns(header, schema)
    if "patient" not in columns.fixed:
        raise CaseError(Message.of("cases.list_no_patient", file=path.name))
    known = store.cohort.patients()
    case_ids: list[str] = []
    refused: list[RefusedRow] = []
    for number, cells in enumerate(body, start=2):
        row = _Row(number, cells, columns, schema, path.parent, today or date.today())  # noqa: DTZ011 - a date as people write it
        found = row.read(known)
        if found is None:
            refused += row.refused
            continue
        case_ids.append(_store_row(store, found))
        known.add(found.patient)
    store.audit.append(AuditAction.IMPORT, "", {"cases": len(case_ids), "refused": len({one.row for one in refused})})
    return ImportedList(case_ids=tuple(case_ids), refused=tuple(refused), ignored_columns=columns.ignored)


class _Found:
    """A row that can become a case."""

    def __init__(self, patient: str, ct: Path | None, builder: RecordBuilder, follow_up: FollowUp | None) -> None:
        self.patient = patient
        self.ct = ct
        self.record = builder.finish().record
        self.follow_up = follow_up


def _store_row(store: CaseStore, found: _Found) -> str:
    with store.transaction():
        case_id = store.create()
        store.cohort.add(case_id, found.patient)
        store.save_record(case_id, found.record)
        if found.ct is not None:
            store.save_ct_path(case_id, path_text(found.ct))
        if found.follow_up is not None:
            store.follow_ups.save(case_id, found.follow_up)
    return case_id


class _Columns:
    """What each column of the table holds."""

    def __init__(self, header: list[str], schema: FactorSchema) -> None:
        self.fixed: dict[str, int] = {}
        self.factors: list[tuple[int, Factor, str | None, str]] = []
        ignored: list[str] = []
        for number, name in enumerate(header):
            fixed = next((key for key, names in _COLUMNS.items() if name.casefold() in names), None)
            factor, unit = _factor(name, schema)
            if fixed is not None and fixed not in self.fixed:
                self.fixed[fixed] = number
            elif factor is not None and factor.id not in {one.id for _, one, _, _ in self.factors}:
                self.factors.append((number, factor, unit, name))
            else:
                ignored.append(name)
        self.ignored = tuple(ignored)


def _factor(name: str, schema: FactorSchema) -> tuple[Factor | None, str | None]:
    names = RecordBuilder(schema, strict=True)
    whole = names.named(name)
    match = _UNIT.fullmatch(name)
    if whole is not None or match is None:
        return whole, None
    return names.named(match["name"]), match["unit"].strip() or None


class _Row:
    """Reads one row and keeps every reason against it."""

    def __init__(
        self, number: int, cells: list[str], columns: _Columns, schema: FactorSchema, folder: Path, today: date
    ) -> None:
        self._number = number
        self._cells = [cell.removeprefix("'") for cell in cells]
        self._columns = columns
        self._schema = schema
        self._folder = folder
        self._today = today
        self.refused: list[RefusedRow] = []

    def read(self, known: set[str]) -> _Found | None:
        """The row as a case to be; None if something is against it."""
        patient = self._patient(known)
        builder = RecordBuilder(self._schema, strict=True, today=self._today)
        builder.identity(PatientIdentity(name=self._cell("name"), patient_id=patient, entered_by_hand=True))
        for number, factor, unit, name in self._columns.factors:
            self._value(builder, factor, unit, self._at(number), name)
        ct, follow_up = self._ct(), self._follow_up()
        return None if self.refused else _Found(patient, ct, builder, follow_up)

    def _refuse(self, column: str, message: Message) -> None:
        self.refused.append(RefusedRow(row=self._number, column=column, message=message))

    def _at(self, number: int) -> str:
        return self._cells[number] if number < len(self._cells) else ""

    def _cell(self, key: str) -> str:
        number = self._columns.fixed.get(key)
        return "" if number is None else self._at(number)

    def _patient(self, known: set[str]) -> str:
        patient = self._cell("patient")
        if not patient or len(patient) > _LONGEST_ID:
            self._refuse("patient", Message.of("cases.list_no_id"))
        elif patient in known:
            self._refuse("patient", Message.of("cases.list_twice", patient=patient))
        return patient

    def _value(self, builder: RecordBuilder, factor: Factor, unit: str | None, cell: str, name: str) -> None:
        try:
            builder.text(factor, cell, canonical_unit(factor, unit) if unit is not None else None)
        except ClinicalError as error:
            self._refuse(name, error.message)

    def _ct(self) -> Path | None:
        cell = self._cell("ct")
        if not cell:
            return None
        path = self._folder / cell
        if "\0" in cell or not path.exists():
            self._refuse("ct", Message.of("cases.list_no_ct", path=cell[:200]))
            return None
        return path.resolve()

    def _follow_up(self) -> FollowUp | None:
        written = {key: self._cell(key) for key in ("discharge", "end", "end_date")}
        if not written["end"]:
            return None
        end = _ENDS.get(written["end"].casefold())
        if end is None:
            self._refuse("end", Message.of("cases.list_end", value=written["end"][:40]))
        discharge, end_date = (self._date(key, written[key]) for key in ("discharge", "end_date"))
        if end is None or discharge is None or end_date is None:
            return None
        try:
            return FollowUp(discharge=discharge, end=end, end_date=end_date, definition=self._cell("definition")[:500])
        except ValidationError:
            self._refuse("end_date", Message.of("cases.list_backwards"))
            return None

    def _date(self, column: str, cell: str) -> date | None:
        try:
            day = date.fromisoformat(cell.replace("/", "-"))
        except ValueError:
            self._refuse(column, Message.of("cases.list_date", value=cell[:40]))
            return None
        if day > self._today:
            self._refuse(column, Message.of("cases.list_future", value=cell[:40]))
            return None
        return day
