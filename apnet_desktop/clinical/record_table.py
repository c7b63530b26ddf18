"""Clinical records as tables: a CSV file with a header row, a row pasted from a spreadsheet, and writing one."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

from apnet_desktop.clinical.factor import Factor, FactorKind, FactorSchema
from apnet_desktop.clinical.importing import ImportedRecord, RecordBuilder, nearest_name
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.clinical.units import canonical_unit
from apnet_desktop.clinical.validation import known_factor
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import ClinicalError
from apnet_desktop.language import Message

__all__ = ["IDENTITY_COLUMNS", "record_as_csv", "record_from_paste", "record_from_table", "split_table"]

IDENTITY_COLUMNS = {
    "patient_id": "patient_id",
    "patientid": "patient_id",
    "mrn": "patient_id",
    "病历号": "patient_id",
    "住院号": "patient_id",
    "name": "name",
    "patient_name": "name",
    "patientname": "name",
    "姓名": "name",
    "birth_date": "birth_date",
    "birthdate": "birth_date",
    "date_of_birth": "birth_date",
    "出生日期": "birth_date",
}
_WITH_UNIT = re.compile(r"(?P<name>.*?)\s*[(（\[](?P<unit>.*)[)）\]]\s*")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "\0")
_MOST_CELLS = 2_000_000  # a table of 20,000 patients and 100 factors


def split_table(text: str) -> list[list[str]]:
    """The cells of a table separated by comma, semicolon or tab; empty lines are left out.

    Raises:
        ClinicalError: It is no such table.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max("\t;,", key=first.count)
    if text.count(delimiter) > _MOST_CELLS:
        raise ClinicalError(Message.of("clinical.too_many_columns"))
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise ClinicalError(Message.of("clinical.not_a_table")) from error
    stripped = [[cell.strip() for cell in row] for row in rows]
    filled = [row for row in stripped if any(row)]
    # Rows of empty cells are left over by spreadsheets; alone below a header they are a record without answers.
    return filled if len(filled) != 1 else filled + [row for row in stripped if len(row) > 1 and not any(row)][:1]


def record_from_table(
    rows: list[list[str]], builder: RecordBuilder, file: str, patient_id: str | None = None
) -> ImportedRecord:
    """The record of one row below a header row, or of a column of factors beside a column of values.

    Args:
        rows: Header row first.
        builder: Collects; strict if a missing column is to be refused.
        file: Name for the sentences.
        patient_id: Which row, if there are several.

    Raises:
        ClinicalError: No header, no row, several rows and no patient ID, a missing column, or a value refused.
    """
    if not rows:
        raise ClinicalError(Message.of("clinical.empty_file", file=file))
    header = [cell.casefold() for cell in rows[0]]
    if "factor" in header and "value" in header:
        return _from_list(rows[1:], header.index("factor"), header.index("value"), builder, header)
    columns = [_column(cell, builder) for cell in rows[0]]
    if not any(factor is not None for factor, _ in columns):
        raise ClinicalError(Message.of("clinical.no_header", file=file))
    row = _row_of(rows, file, patient_id)
    _check_columns(rows[0], columns, builder, file)
    for (factor, unit), cell in zip(columns, row, strict=False):
        if factor is not None:
            _add(builder, factor, cell, unit)
    _identity(builder, dict(zip(header, row, strict=False)))
    return builder.finish()


def _add(builder: RecordBuilder, factor: Factor, cell: str, unit: str | None) -> None:
    if factor.kind is FactorKind.NUMBER and unit is not None:
        try:
            unit = canonical_unit(factor, unit)
        except ClinicalError as error:
            if cell:
                builder.refuse(error, factor, cell)
            return
    builder.text(factor, _as_was(cell), unit)


def _column(cell: str, builder: RecordBuilder) -> tuple[Factor | None, str | None]:
    whole = builder.named(cell)
    if whole is not None:
        return whole, None
    match = _WITH_UNIT.fullmatch(cell)
    if match is None:
        return None, None
    return builder.named(match["name"]), match["unit"].strip() or None


def _row_of(rows: list[list[str]], file: str, patient_id: str | None) -> list[str]:
    body = rows[1:]
    if not body:
        raise ClinicalError(Message.of("clinical.no_row", file=file))
    if patient_id is not None:
        at = [index for index, cell in enumerate(rows[0]) if IDENTITY_COLUMNS.get(cell.casefold()) == "patient_id"]
        body = [row for row in body if at and len(row) > at[0] and _as_was(row[at[0]]) == patient_id]
        if not body:
            raise ClinicalError(Message.of("clinical.no_such_row", file=file, patient_id=patient_id))
    if len(body) > 1:
        raise ClinicalError(Message.of("clinical.several_rows", file=file, count=len(body)))
    if len(body[0]) > len(rows[0]):
        raise ClinicalError(Message.of("clinical.too_many_cells", file=file, cells=len(body[0]), columns=len(rows[0])))
    return body[0]


def _check_columns(
    names: list[str], columns: list[tuple[Factor | None, str | None]], builder: RecordBuilder, file: str
) -> None:
    present = [factor.id for factor, _ in columns if factor is not None]
    twice = next((id for id in present if present.count(id) > 1), None)
    if twice is not None:
        raise ClinicalError(Message.of("clinical.column_twice", file=file, column=twice))
    missing = [factor.id for factor in builder.schema.factors if factor.id not in present]
    if missing and builder.complete:
        shown = ", ".join(missing[:5]) + ("…" if len(missing) > 5 else "")
        builder.refuse(ClinicalError(Message.of("clinical.missing_columns", file=file, columns=shown)))
    for name, (factor, _) in zip(names, columns, strict=True):
        if factor is None and name and name.casefold() not in IDENTITY_COLUMNS:
            near = nearest_name(builder.schema, name)
            id = "clinical.column_misspelled" if near else "clinical.column_not_used"
            builder.notice(Message.of(id, file=file, column=name[:60], near=near or ""))


def _from_list(
    rows: list[list[str]], name_at: int, value_at: int, builder: RecordBuilder, header: list[str]
) -> ImportedRecord:
    unit_at = header.index("unit") if "unit" in header else None
    identity: dict[str, str] = {}
    for row in rows:
        name, cell = (row[at] if at < len(row) else "" for at in (name_at, value_at))
        if name.casefold() in IDENTITY_COLUMNS:
            identity[name.casefold()] = cell
            continue
        factor, unit = _column(name, builder)
        if unit_at is not None and unit_at < len(row):
            unit = row[unit_at] or unit
        if factor is None:
            builder.refuse(ClinicalError(Message.of("clinical.unknown_factor", name=name[:60])))
        else:
            _add(builder, factor, cell, unit)
    _identity(builder, identity)
    return builder.finish()


def _identity(builder: RecordBuilder, cells: dict[str, str]) -> None:
    found = {IDENTITY_COLUMNS[key]: _as_was(cell) for key, cell in cells.items() if key in IDENTITY_COLUMNS}
    if not any(found.values()):
        return
    born = None
    if found.get("birth_date"):
        try:
            born = date.fromisoformat(found["birth_date"].replace("/", "-").replace(".", "-"))
        except ValueError:
            builder.refuse(ClinicalError(Message.of("clinical.birth_date", typed=found["birth_date"][:40])))
    sex = builder.record.value("sex")
    builder.identity(
        PatientIdentity(
            name=found.get("name", ""),
            patient_id=found.get("patient_id", ""),
            birth_date=born,
            sex=sex if isinstance(sex, str) else "",
        )
    )


def record_from_paste(text: str, schema: FactorSchema, today: date | None = None) -> ImportedRecord:
    """What was pasted from a spreadsheet: a header row and a row, or one row or column in the order of the form.

    Raises:
        ClinicalError: It is neither.
    """
    rows = split_table(text)
    builder = RecordBuilder(schema, strict=False, today=today)
    if not rows:
        raise ClinicalError(Message.of("clinical.paste_empty"))
    if any(_column(cell, builder)[0] is not None for cell in rows[0]):
        return record_from_table(rows, builder, "")
    cells = rows[0] if len(rows) == 1 else [row[0] for row in rows if len(row) == 1]
    if len(cells) != len(schema.factors) or (len(rows) > 1 and len(cells) != len(rows)):
        raise ClinicalError(Message.of("clinical.paste_size", cells=len(cells), factors=len(schema.factors)))
    for factor, cell in zip(schema.factors, cells, strict=True):
        builder.text(factor, cell)
    return builder.finish()


def record_as_csv(record: ClinicalRecord, schema: FactorSchema) -> str:
    """A header row and a row: an empty cell was not answered, `unknown` was.

    A text that a spreadsheet would run as a formula is led by an apostrophe, which reading takes off again.
    """
    ids = [factor.id for factor in schema.factors]
    ids += [id for id in record.values if id not in ids]
    names: list[str] = []
    cells: list[str] = []
    identity = record.identity or PatientIdentity()
    if record.identity is not None:
        names += ["patient_id", "name", "birth_date"]
        born = identity.birth_date.isoformat() if identity.birth_date else ""
        cells += [_harmless(identity.patient_id), _harmless(identity.name), born]
    for id in ids:
        factor = known_factor(schema, id)
        names.append(f"{id} ({factor.unit})" if factor is not None and factor.unit else id)
        cells.append(_cell(record.values[id]) if record.answered(id) else "")
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows([names, cells])
    return target.getvalue()


def _harmless(text: str) -> str:
    text = text.replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA) else text


def _as_was(cell: str) -> str:
    """Takes off the apostrophe that `_harmless` put on, but not that of 't Hooft."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _cell(value: FactorValue) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return repr(float(value)).removesuffix(".0")
    if isinstance(value, tuple):
        return "+".join(value)
    return str(value)
