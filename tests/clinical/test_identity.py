"""Two sources, one patient? Every field that differs is named with both values."""

from __future__ import annotations

from datetime import date

import pytest

from apnet_desktop.clinical.identity import differences_with_ct, identity_message, same_patient
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.language import Language

CT = PatientIdentity(name="Müller Anna", patient_id="A-17", birth_date=date(1970, 5, 1), sex="F")


@pytest.mark.parametrize(
    "other",
    [
        CT,
        PatientIdentity(),
        PatientIdentity(name="Anna MÜLLER"),
        PatientIdentity(name="Muller, Anna"),
        PatientIdentity(name="Müller^Anna"),
        PatientIdentity(patient_id=" a-17 "),
        PatientIdentity(patient_id="A-17", name="穆安娜"),
    ],
)
def test_the_same_patient(other: PatientIdentity) -> None:
    assert same_patient(CT, other) == ()


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (PatientIdentity(patient_id="A-18"), "patient_id"),
        (PatientIdentity(patient_id="017"), "patient_id"),
        (PatientIdentity(name="Müller Hanna"), "name"),
        (PatientIdentity(name="穆安娜"), "name"),
        (PatientIdentity(birth_date=date(1970, 1, 5)), "birth_date"),
        (PatientIdentity(sex="M"), "sex"),
        (PatientIdentity(sex="O"), "sex"),
    ],
)
def test_another_patient_is_named_with_both_values(other: PatientIdentity, field: str) -> None:
    (difference,) = same_patient(CT, other)
    assert difference.field == field
    for language in Language:
        sentence = identity_message((difference,)).text(language)
        assert difference.first in sentence
        assert difference.second in sentence


def test_two_chinese_names_are_compared() -> None:
    first, second = PatientIdentity(name="张三"), PatientIdentity(name="张 三")
    assert same_patient(first, second) == ()
    assert len(same_patient(first, PatientIdentity(name="李四"))) == 1


def test_a_record_s_own_age_and_sex_are_compared_with_the_ct() -> None:
    record = ClinicalRecord(values={"age": 70.0, "sex": "M"})
    found = differences_with_ct(record, CT, 54)
    assert {(difference.field, difference.first, difference.second) for difference in found} == {
        ("sex", "F", "M"),
        ("age", "54", "70"),
    }
    assert differences_with_ct(ClinicalRecord(values={"age": 53.0, "sex": "F"}), CT, 54) == ()
    assert differences_with_ct(ClinicalRecord(values={"age": None, "sex": None}), CT, 54) == ()
