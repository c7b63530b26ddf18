"""Reads and writes clinical records: our own JSON, CSV by its header row, and a FHIR R4 Bundle."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from apnet_desktop.clinical.factor import Factor, FactorKind, FactorSchema
from apnet_desktop.clinical.importing import ImportedRecord, RecordBuilder, nearest_name
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.record_table import record_as_csv, record_from_table, split_table
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import ClinicalError
from apnet_desktop.language import Message

__all__ = ["FORMAT", "import_record", "import_row", "read_record", "write_record"]

FORMAT = "apnet-clinical-record"
_LARGEST = 20 * 1024 * 1024  # bytes; a FHIR export of one admission is below 2 MiB


def import_row(path: Path, schema: FactorSchema, patient_id: str | None) -> ImportedRecord:
    """The record of a file; of a CSV with several rows, that of the CT's patient.

    Raises:
        ClinicalError: The file cannot be used.
    """
    try:
        return import_record(path, schema)
    except ClinicalError as error:
        if error.message.id != "clinical.several_rows" or patient_id is None:
            raise
        return import_record(path, schema, patient_id)


def read_record(
    path: Path, schema: FactorSchema, patient_id: str | None = None, today: date | None = None
) -> ClinicalRecord:
    """The record in a file. Strict: the first thing that is wrong refuses the file.

    Args:
        path: `.json` (ours or FHIR R4) or `.csv`, told apart by content.
        schema: The bundle's factors. A CSV must have a column for each, an empty cell has not been answered; of the
            default schema, which is no bundle's, it may have any.
        patient_id: Which row of a CSV with several.
        today: Dates after it are refused; default: today.

    Raises:
        ClinicalError: One sentence naming file or field and remedy.
    """
    return _read(path, schema, patient_id, today, strict=True).record


def import_record(
    path: Path, schema: FactorSchema, patient_id: str | None = None, today: date | None = None
) -> ImportedRecord:
    """As `read_record`, for a form: what can be read is read, the rest is told in the notices.

    Raises:
        ClinicalError: The file as a whole cannot be used.
    """
    return _read(path, schema, patient_id, today, strict=False)


def _read(path: Path, schema: FactorSchema, patient_id: str | None, today: date | None, strict: bool) -> ImportedRecord:
    text = _text_of(path)
    builder = RecordBuilder(schema, strict, today, complete=schema != default_schema())
    if text.lstrip().startswith(("{", "[")):
        content = _json_of(text, path.name)
        if "resourceType" in content:
            from apnet_desktop.clinical.record_fhir import record_from_fhir

            return record_from_fhir(content, builder, path.name)
        return _from_json(content, builder, path.name)
    return record_from_table(split_table(text), builder, path.name, patient_id)


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise ClinicalError(Message.of("clinical.file_too_large", file=path.name))
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ClinicalError(Message.of("clinical.unreadable", file=path.name, reason=reason)) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and text.strip():
            return text
        break
    raise ClinicalError(Message.of("clinical.empty_file" if not raw.strip() else "clinical.not_text", file=path.name))


def _json_of(text: str, file: str) -> dict[str, Any]:
    """The JSON object in a text; numbers with a point stay texts, so that `12.50` keeps its precision."""
    try:
        content = json.loads(text, parse_float=str, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise ClinicalError(Message.of("clinical.not_json", file=file, line=line)) from error
    if not isinstance(content, dict):
        raise ClinicalError(Message.of("clinical.not_a_record", file=file))
    return content


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _from_json(content: dict[str, Any], builder: RecordBuilder, file: str) -> ImportedRecord:
    values = content.get("values", {key: value for key, value in content.items() if key not in _OWN_KEYS})
    if not isinstance(values, dict) or (not values and "values" not in content):
        raise ClinicalError(Message.of("clinical.not_a_record", file=file))
    _check_version(content.get("schema_version", builder.schema.version), builder)
    for name, value in values.items():
        factor = builder.factor(name)
        if factor is None:
            near = nearest_name(default_schema(), name)
            id = "clinical.factor_misspelled" if near else "clinical.unknown_factor"
            builder.refuse(ClinicalError(Message.of(id, name=name[:60], near=near or "")))
        else:
            _json_value(builder, factor, value)
    if isinstance(content.get("identity"), dict):
        _json_identity(builder, content["identity"], file)
    _json_extras(builder, content)
    return builder.finish()


_OWN_KEYS = {"format", "schema_version", "identity", "typed", "confirmed", "trends", "references"}


def _check_version(found: object, builder: RecordBuilder) -> None:
    expected = builder.schema.version
    if found == expected:
        return
    if not isinstance(found, int) or found > expected:
        raise ClinicalError(Message.of("clinical.record_newer", found=str(found)[:20], expected=expected))
    builder.refuse(ClinicalError(Message.of("clinical.record_older", found=found, expected=expected)))


def _json_value(builder: RecordBuilder, factor: Factor, value: Any) -> None:
    """A value is a number, text, true or false, null for unknown, a list, or {"value": 1.2, "unit": "mg/dL"}."""
    match value:
        case None:
            builder.value(factor, None)
        case bool() if factor.kind is FactorKind.YES_NO:
            builder.value(factor, value)
        case {"value": inner, "unit": str(unit)} if factor.kind is FactorKind.NUMBER and not isinstance(inner, bool):
            builder.text(factor, f"{inner} {unit}")
        case str() | int() if not isinstance(value, bool):
            builder.text(factor, str(value))
        case list() if factor.kind is FactorKind.MULTI_CHOICE and not value:
            builder.value(factor, ())
        case list() if factor.kind is FactorKind.MULTI_CHOICE:
            builder.text(factor, ",".join(str(part) for part in value))
        case _:
            error = ClinicalError(
                Message.of(
                    "clinical.wrong_kind",
                    factor=factor.id,
                    en=factor.label.en,
                    zh=factor.label.zh,
                    typed=str(value)[:40],
                )
            )
            builder.refuse(error, factor, str(value))


def _json_identity(builder: RecordBuilder, identity: dict[str, Any], file: str) -> None:
    try:
        builder.identity(PatientIdentity.model_validate_json(json.dumps(identity)))
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"]) or "identity"
        raise ClinicalError(Message.of("clinical.identity_field", file=file, field=field)) from error


def _json_extras(builder: RecordBuilder, content: dict[str, Any]) -> None:
    """What our own files keep beside the values; another program's file has none of it."""
    typed = content.get("typed")
    kept = {key: text for key, text in typed.items() if isinstance(text, str)} if isinstance(typed, dict) else {}
    confirmed = content.get("confirmed")
    sure = tuple(key for key in confirmed if isinstance(key, str)) if isinstance(confirmed, list) else ()
    record = builder.record
    numbers = {
        "trends": content.get("trends") if isinstance(content.get("trends"), dict) else {},
        "references": content.get("references") if isinstance(content.get("references"), dict) else {},
    }
    try:
        extras = ClinicalRecord.model_validate_json(json.dumps(numbers))
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        builder.refuse(ClinicalError(Message.of("clinical.record_field", field=field)))
        extras = ClinicalRecord()
    builder.record = record.model_copy(
        update={
            "typed": {key: text for key, text in {**kept, **record.typed}.items() if record.answered(key)},
            "confirmed": tuple(key for key in sure if record.answered(key)),
            "trends": extras.trends,
            "references": extras.references,
        }
    )


def write_record(record: ClinicalRecord, path: Path, schema: FactorSchema | None = None) -> None:
    """Writes a record so that `read_record` gives it back; the extension says how: `.json` or `.csv`.

    Args:
        record: What to write.
        path: Written whole or not at all.
        schema: Columns of a CSV; default: the default schema.

    Raises:
        ClinicalError: The file cannot be written, or the extension is none of the two.
    """
    if path.suffix.lower() == ".csv":
        text = "\ufeff" + record_as_csv(record, schema or default_schema())
    elif path.suffix.lower() == ".json":
        content = {"format": FORMAT, **json.loads(record.model_dump_json())}
        text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    else:
        raise ClinicalError(Message.of("clinical.extension", file=path.name))
    try:
        _write_whole(path, text)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ClinicalError(Message.of("clinical.unwritable", file=path.name, reason=reason)) from error


def _write_whole(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
