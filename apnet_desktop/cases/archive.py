"""A case as one ZIP without identity, and back: CT, ROI, record, prediction."""

from __future__ import annotations

import hashlib
import io
import json
import re
import secrets
import shutil
import zipfile
import zlib
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.cases.audit import AuditAction
from apnet_desktop.cases.deidentify import DEIDENTIFICATION_METHOD, Deidentify, pseudonym
from apnet_desktop.cases.files import known_errors, private_folder, write_file
from apnet_desktop.cases.mask_file import RoiHeader, pack_mask, read_mask
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.ct.file_names import path_text, text_path
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import CaseError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["ArchiveManifest", "ExportedCase", "export_case", "import_case", "is_case_archive"]

_MEMBER = re.compile(
    r"manifest\.json|record\.json|prediction\.json|roi\.json|roi\.mask|ct/([0-9]{5}\.dcm|volume\.nii\.gz)"
)
_MOST_MEMBERS = 20_000
_MOST_BYTES = 8 * 2**30
_MOST_RATIO = 200
_HARMLESS_BYTES = 64 * 2**20
_LARGEST_TEXT = 16 * 2**20
_CHUNK = 2**20
# A ZIP's own time stamps would say when the case was handled.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class ArchiveManifest(FrozenModel):
    """`manifest.json` of a case archive.

    Attributes:
        format: What it is.
        format_version: Of this layout.
        pseudonym: The patient's name and ID in it.
        deidentification: Profile and edition.
        files: SHA-256 of each other member.
    """

    format: Literal["apnet-case"] = "apnet-case"
    format_version: Literal[1] = 1
    pseudonym: str
    deidentification: str
    files: dict[str, str]


class ExportedCase(FrozenModel):
    """What was exported.

    Attributes:
        path: The ZIP.
        pseudonym: The patient's name and ID in it.
        warnings: What a person has to look at before it leaves the house.
    """

    path: str
    pseudonym: str
    warnings: tuple[Message, ...]


def export_case(store: CaseStore, case_id: str, target: Path, deidentify: Deidentify) -> ExportedCase:
    """Writes a case without identity as a ZIP.

    Dates of the record are all shifted by one number of days that belongs to the patient, so that intervals stay.
    Readers' and reviewers' names, notes, reasons and the checks' sentences stay in the store.

    Args:
        store: The store.
        case_id: The case.
        target: The ZIP; an existing file is replaced when the new one is whole.
        deidentify: Does the CT: `deidentify_series`, here or in another process.

    Raises:
        CaseError: There is no such case, it has no CT, or the ZIP cannot be written.
        CtError: The CT cannot be read.
    """
    assessment = store.load(case_id)
    if assessment.series is None:
        raise CaseError(Message.of("cases.member_no_ct"))
    secret = store.secret()
    name = pseudonym(secret, assessment.identity.patient_id or case_id)
    scratch = store.scratch_folder()
    try:
        source = text_path(assessment.series.path)
        done = deidentify(assessment.series.series.series_uid, source, scratch / "ct", secret, name)
        record = _without_identity(assessment.record, name, _days(secret, name))
        write_file(scratch / "record.json", record.model_dump_json().encode())
        if assessment.roi is not None:
            header = RoiHeader.of(assessment.roi).model_copy(update={"author": "", "confirmation": None})
            write_file(scratch / "roi.json", header.model_dump_json().encode())
            write_file(scratch / "roi.mask", pack_mask(assessment.roi.mask))
        if assessment.prediction is not None:
            plain = assessment.prediction.model_copy(update={"checks": ()})
            write_file(scratch / "prediction.json", plain.model_dump_json().encode())
        _zip(scratch, name, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    with known_errors(target), target.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    store.audit.append(AuditAction.EXPORT, case_id, {"what": "de-identified case", "pseudonym": name, "sha256": digest})
    return ExportedCase(path=str(target), pseudonym=name, warnings=done.warnings)


def import_case(store: CaseStore, path: Path) -> str:
    """Makes a case of an archive that `export_case` wrote. Its CT waits to be read, its ROI to be confirmed.

    Args:
        store: The store.
        path: The ZIP. It is not trusted: every name, size and digest is checked before anything is kept.

    Returns:
        Id of the new case.

    Raises:
        CaseError: It is no such archive, is damaged or hostile, or the store cannot be written.
    """
    scratch = store.scratch_folder()
    try:
        manifest = _unzip(path, scratch)
        record, header, prediction = _parts(path, scratch)
        mask = read_mask(scratch / "roi.mask", header.geometry) if header is not None else None
        with store.transaction():
            case_id = store.create()
            store.save_record(case_id, record)
            if header is not None and mask is not None:
                store.save_roi(case_id, header.roi(mask))
            if prediction is not None:
                store.save_prediction(case_id, prediction)
            folder = store.case_folder(case_id) / "ct"
            if (scratch / "ct").exists():
                with known_errors(folder):
                    (scratch / "ct").replace(folder)
                store.save_ct_path(case_id, path_text(folder))
            store.audit.append(AuditAction.IMPORT, case_id, {"pseudonym": manifest.pseudonym})
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return case_id


def is_case_archive(path: Path) -> bool:
    """True if `path` is a ZIP that says it is an exported case, and no ZIP of a CT; `import_case` judges it."""
    if path.suffix.lower() != ".zip":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            content = json.loads(_inflate(archive, "manifest.json", _LARGEST_TEXT))
    except (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, CaseError):
        return False
    return isinstance(content, dict) and content.get("format") == "apnet-case"


def _parts(path: Path, folder: Path) -> tuple[ClinicalRecord, RoiHeader | None, Prediction | None]:
    try:
        record = ClinicalRecord.model_validate_json((folder / "record.json").read_bytes())
        roi, prediction = folder / "roi.json", folder / "prediction.json"
        return (
            record,
            RoiHeader.model_validate_json(roi.read_bytes()) if roi.exists() else None,
            Prediction.model_validate_json(prediction.read_bytes()) if prediction.exists() else None,
        )
    except (ValidationError, OSError) as error:
        raise CaseError(Message.of("cases.archive_damaged", file=path.name)) from error


def _without_identity(record: ClinicalRecord, name: str, days: int) -> ClinicalRecord:
    shift = timedelta(days=days)

    def shifted(value: FactorValue) -> FactorValue:
        return value - shift if isinstance(value, date) else value

    return record.model_copy(
        update={
            "values": {key: shifted(value) for key, value in record.values.items()},
            # What was typed for a date is the date.
            "typed": {key: text for key, text in record.typed.items() if not isinstance(record.values.get(key), date)},
            "trends": {
                key: tuple(one.model_copy(update={"day": one.day - shift}) for one in trend)
                for key, trend in record.trends.items()
            },
            "identity": PatientIdentity(name=name, patient_id=name),
        }
    )


def _days(secret: str, name: str) -> int:
    """Between one and ten years, always the same for one patient of one store."""
    return 365 + int(hashlib.sha256(f"{secret}:{name}:days".encode()).hexdigest(), 16) % 3285


def _zip(folder: Path, name: str, target: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    digests: dict[str, str] = {}
    partial = target.with_name(f"{secrets.token_hex(4)}.partial")
    with known_errors(target):
        try:
            partial.touch(mode=0o600)
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                for path in files:
                    content = path.read_bytes()
                    member = path.relative_to(folder).as_posix()
                    digests[member] = hashlib.sha256(content).hexdigest()
                    _add(archive, member, content)
                manifest = ArchiveManifest(pseudonym=name, deidentification=DEIDENTIFICATION_METHOD, files=digests)
                _add(archive, "manifest.json", manifest.model_dump_json(indent=1).encode())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _add(archive: zipfile.ZipFile, member: str, content: bytes) -> None:
    info = zipfile.ZipInfo(member, _NO_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    archive.writestr(info, content)


def _unzip(path: Path, folder: Path) -> ArchiveManifest:
    """Takes the members that an archive may have, each to the one place that is meant for it."""
    damaged = CaseError(Message.of("cases.archive_damaged", file=path.name))
    try:
        with known_errors(path), zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _refuse_hostile(members, path)
            manifest = ArchiveManifest.model_validate_json(_inflate(archive, "manifest.json", _LARGEST_TEXT))
            if {member.filename for member in members} != {*manifest.files, "manifest.json"}:
                raise damaged
            for member in members:
                if member.filename == "manifest.json":
                    continue
                content = _inflate(archive, member.filename, member.file_size)
                if hashlib.sha256(content).hexdigest() != manifest.files[member.filename]:
                    raise damaged
                place = folder / member.filename
                private_folder(place.parent)
                write_file(place, content)
            return manifest
    except (zipfile.BadZipFile, ValidationError, KeyError, NotImplementedError, RuntimeError, EOFError) as error:
        raise damaged from error


def _refuse_hostile(members: list[zipfile.ZipInfo], path: Path) -> None:
    names = [member.filename for member in members]
    total = sum(member.file_size for member in members)
    stored = sum(member.compress_size for member in members)
    bomb = total > _HARMLESS_BYTES and total > _MOST_RATIO * max(stored, 1)
    if bomb or total > _MOST_BYTES or len(members) > _MOST_MEMBERS:
        raise CaseError(Message.of("cases.archive_too_large", file=path.name))
    if len(set(names)) != len(names) or not all(_MEMBER.fullmatch(name) for name in names):
        raise CaseError(Message.of("cases.archive_strange", file=path.name))


def _inflate(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    """Inflates a member, and stops where it holds more than it says."""
    target = io.BytesIO()
    with archive.open(name) as stream:
        while chunk := stream.read(_CHUNK):
            target.write(chunk)
            if target.tell() > size:
                raise zipfile.BadZipFile
    return target.getvalue()
