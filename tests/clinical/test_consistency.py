"""Values that contradict each other are told, by name; values that agree are not."""

from __future__ import annotations

from datetime import date

import pytest

from apnet_desktop.checks import CheckState
from apnet_desktop.clinical.consistency import contradictions
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.validation import check_record
from apnet_desktop.language import Language

STAY: dict[str, FactorValue] = {"admission_date": date(2026, 3, 1), "discharge_date": date(2026, 3, 12)}


@pytest.mark.parametrize(
    ("values", "factor"),
    [
        ({"atlanta_grade": "moderately_severe", "organ_failure": "persistent"}, "atlanta_grade"),
        ({"atlanta_grade": "severe", "organ_failure": "transient"}, "atlanta_grade"),
        ({"atlanta_grade": "severe", "organ_failure": "none"}, "atlanta_grade"),
        ({"atlanta_grade": "mild", "local_complication": "anc"}, "atlanta_grade"),
        ({"organ_failure": "transient", "renal_failure_hours": 49.0}, "organ_failure"),
        ({"organ_failure": "none", "renal_failure_hours": 3.0}, "organ_failure"),
        ({"aetiology": "hypertriglyceridaemia", "triglycerides": 2.8}, "aetiology"),
        ({**STAY, "length_of_stay": 20.0}, "length_of_stay"),
        ({"height": 170.0, "weight": 70.0, "body_mass_index": 31.0}, "body_mass_index"),
    ],
)
def test_a_contradiction_is_named(values: dict[str, FactorValue], factor: str) -> None:
    record = ClinicalRecord(values=values)
    assert [name for name, _ in contradictions(record)] == [factor]
    check = next(one for one in check_record(record, default_schema()) if one.id == f"clinical.consistency.{factor}")
    assert check.state is CheckState.WARNED
    for language in Language:
        assert check.message.text(language)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"atlanta_grade": "severe", "organ_failure": "persistent"},
        {"atlanta_grade": "severe", "organ_failure": None},
        {"atlanta_grade": "moderately_severe", "organ_failure": "transient", "renal_failure_hours": 48.0},
        {"atlanta_grade": "mild", "organ_failure": "none", "local_complication": "none"},
        {"aetiology": "hypertriglyceridaemia", "triglycerides": 5.65},
        {"aetiology": "biliary", "triglycerides": 1.0},
        {**STAY, "length_of_stay": 12.0},
        {**STAY, "length_of_stay": 11.0},
        {"height": 170.0, "weight": 70.0, "body_mass_index": 24.2},
        {"height": None, "weight": 70.0, "body_mass_index": 24.2},
        {"height": 170.0, "weight": 70.0},
        {"height": 0.0, "weight": 70.0, "body_mass_index": 24.2},
    ],
)
def test_what_agrees_is_not_named(values: dict[str, FactorValue]) -> None:
    assert contradictions(ClinicalRecord(values=values)) == ()
