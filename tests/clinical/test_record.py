"""A record: unknown and not answered are two things; the digest follows the values and nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from apnet_desktop.clinical.factor import Interval
from apnet_desktop.clinical.record import ClinicalRecord, Measurement
from apnet_desktop.ct.identity import PatientIdentity

FULL = ClinicalRecord(
    values={
        "age": 61.0,
        "sex": "M",
        "diabetes": False,
        "smoking": None,
        "contributing_causes": ("drug", "other"),
        "admission_date": date(2026, 3, 1),
    },
    typed={"creatinine": "1.2 mg/dL"},
    confirmed=("triglycerides",),
    trends={"creatinine": (Measurement(value=90.0, day=date(2026, 3, 1)),)},
    references={"creatinine": Interval(lower=45.0, upper=84.0)},
    identity=PatientIdentity(name="张三", patient_id="7"),
)


def test_survives_its_own_json() -> None:
    again = ClinicalRecord.model_validate_json(FULL.model_dump_json())
    assert again == FULL
    assert isinstance(again.values["diabetes"], bool)
    assert isinstance(again.values["admission_date"], date)


def test_unknown_is_answered_and_absent_is_not() -> None:
    assert FULL.answered("smoking")
    assert FULL.value("smoking") is None
    assert not FULL.answered("creatinine")


def test_true_is_no_number() -> None:
    assert ClinicalRecord(values={"diabetes": True}).number("diabetes") is None


def test_a_new_value_forgets_what_was_typed_confirmed_and_measured_before() -> None:
    record = ClinicalRecord().with_value("creatinine", 106.08, "1.2 mg/dL", confirmed=True)
    again = record.with_value("creatinine", 90.0)
    assert again.typed == {}
    assert again.confirmed == ()
    assert record.without("creatinine") == ClinicalRecord()


def test_the_digest_follows_values_only() -> None:
    record = ClinicalRecord(values={"age": 61.0, "sex": "M"})
    assert record.digest() == ClinicalRecord(values={"sex": "M", "age": 61.0}).digest()
    assert record.digest() == record.model_copy(update={"typed": {"age": "61 a"}}).digest()
    assert record.digest() == record.model_copy(update={"identity": PatientIdentity(name="A")}).digest()
    for other in (record.with_value("age", 62.0), record.with_value("smoking", None), record.without("sex")):
        assert other.digest() != record.digest()
    assert record.with_value("diabetes", True).digest() != record.with_value("diabetes", 1.0).digest()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_refuses_what_is_no_number(value: float) -> None:
    with pytest.raises(ValidationError):
        ClinicalRecord(values={"age": value})


def test_restricted_to_a_model_s_factors() -> None:
    assert set(FULL.restricted(("age", "smoking")).values) == {"age", "smoking"}
