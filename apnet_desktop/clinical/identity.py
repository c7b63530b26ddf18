"""Whether two sources speak of one patient: what differs, both values side by side."""

from __future__ import annotations

import unicodedata

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["Difference", "differences_with_ct", "identity_message", "same_patient"]


class Difference(FrozenModel):
    """One field in which two sources differ.

    Attributes:
        field: `patient_id`, `name`, `birth_date`, `sex` or `age`.
        first: As the first source (the CT) says.
        second: As the second source (the record) says.
    """

    field: str
    first: str
    second: str


def same_patient(first: PatientIdentity, second: PatientIdentity) -> tuple[Difference, ...]:
    """What differs between two identities; empty if nothing does. A field that one of them lacks is not compared.

    Names are compared without case, accents, order of parts and punctuation. A name in Chinese characters cannot be
    compared with one in Latin letters; that is no difference only if both give the same patient ID.
    """
    found = []
    same_id = bool(first.patient_id.strip()) and _folded(first.patient_id) == _folded(second.patient_id)
    if first.patient_id.strip() and second.patient_id.strip() and not same_id:
        found.append(Difference(field="patient_id", first=first.patient_id, second=second.patient_id))
    if first.name.strip() and second.name.strip() and not _same_name(first.name, second.name, same_id):
        found.append(Difference(field="name", first=first.name, second=second.name))
    if first.birth_date and second.birth_date and first.birth_date != second.birth_date:
        found.append(
            Difference(field="birth_date", first=first.birth_date.isoformat(), second=second.birth_date.isoformat())
        )
    if first.sex and second.sex and first.sex != second.sex:
        found.append(Difference(field="sex", first=first.sex, second=second.sex))
    return tuple(found)


def differences_with_ct(
    record: ClinicalRecord, identity: PatientIdentity, age_at_study: int | None
) -> tuple[Difference, ...]:
    """What differs between a record and the patient of the CT, the record's own sex and age included.

    The record's age is that at admission: one year more or less than at the CT is no difference.
    """
    found = list(same_patient(identity, record.identity)) if record.identity is not None else []
    sex, age = record.value("sex"), record.number("age")
    compared = any(difference.field == "sex" for difference in found)
    if isinstance(sex, str) and identity.sex in ("M", "F") and sex != identity.sex and not compared:
        found.append(Difference(field="sex", first=identity.sex, second=sex))
    if age is not None and age_at_study is not None and abs(age - age_at_study) > 1:
        found.append(Difference(field="age", first=str(age_at_study), second=f"{age:g}"))
    return tuple(found)


def identity_message(differences: tuple[Difference, ...]) -> Message:
    """The sentence that stops the path: every differing field with both values. It names a patient: not for a log."""
    first = differences[0]
    return Message.of(
        f"clinical.other_patient.{first.field}", first=first.first, second=first.second, more=len(differences) - 1
    )


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if not unicodedata.combining(character) and character.isalnum())


def _parts(name: str) -> tuple[str, ...]:
    separated = "".join(
        character if character.isalnum() or unicodedata.combining(character) else " "
        for character in unicodedata.normalize("NFKD", name)
    )
    return tuple(sorted(part for part in (_folded(word) for word in separated.split()) if part))


def _same_name(first: str, second: str, same_id: bool) -> bool:
    if same_id and _ideographic(first) != _ideographic(second):
        return True
    if _ideographic(first) and _ideographic(second):
        return _folded(first) == _folded(second)
    return _parts(first) == _parts(second)


def _ideographic(name: str) -> bool:
    return any("CJK UNIFIED" in unicodedata.name(character, "") for character in name)
