"""Named checks of a record: each bad thing is refused or warned by name, with the remedy."""

from __future__ import annotations

from datetime import date

import pytest

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.factor import KnownAt
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.validation import check_record
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.language import Language

SCHEMA = default_schema().subset(("age", "sex", "creatinine", "triglycerides", "diabetes", "length_of_stay"))
TODAY = date(2026, 6, 30)
GOOD: dict[str, FactorValue] = {
    "age": 61.0,
    "sex": "M",
    "creatinine": 90.0,
    "triglycerides": 3.0,
    "diabetes": False,
    "length_of_stay": 12.0,
}


def checks(values: dict[str, FactorValue], version: int = 1, moment: KnownAt = KnownAt.DISCHARGE) -> dict[str, Check]:
    record = ClinicalRecord(values=values, schema_version=version)
    return {check.id: check for check in check_record(record, SCHEMA, moment, today=TODAY)}


def test_a_good_record_passes_every_check() -> None:
    found = checks(GOOD)
    assert {check.state for check in found.values()} == {CheckState.PASSED}
    assert set(found) == {
        f"clinical.{what}"
        for what in ("schema", "factor", "patient", "value", "usual", "time", "consistency", "missing")
    }


@pytest.mark.parametrize(
    ("changes", "id", "state", "names"),
    [
        ({"age": -1.0}, "clinical.value.age", CheckState.REFUSED, "Age"),
        ({"age": 17.0}, "clinical.value.age", CheckState.REFUSED, "Age"),
        ({"creatinine": 1.2}, "clinical.value.creatinine", CheckState.REFUSED, "mg/dL"),
        ({"sex": "male?"}, "clinical.value.sex", CheckState.REFUSED, "Sex"),
        ({"sex": 1.0}, "clinical.value.sex", CheckState.REFUSED, "Sex"),
        ({"diabetes": 1.0}, "clinical.value.diabetes", CheckState.REFUSED, "Diabetes"),
        ({"age": True}, "clinical.value.age", CheckState.REFUSED, "Age"),
        ({"contributing_causes": "drug"}, "clinical.value.contributing_causes", CheckState.REFUSED, "Contributing"),
        ({"contributing_causes": ("luck",)}, "clinical.value.contributing_causes", CheckState.REFUSED, "luck"),
        ({"sex": ("M",)}, "clinical.value.sex", CheckState.REFUSED, "Sex"),
        ({"age": "61"}, "clinical.value.age", CheckState.REFUSED, "Age"),
        ({"triglycerides": 20.0}, "clinical.usual.triglycerides", CheckState.WARNED, "20 mmol/L"),
        ({"shoe_size": 43.0}, "clinical.factor.shoe_size", CheckState.REFUSED, "shoe_size"),
        ({"admission_date": date(2026, 7, 1)}, "clinical.value.admission_date", CheckState.REFUSED, "2026-07-01"),
        ({"triglycerides_6_months": 2.0}, "clinical.time.triglycerides_6_months", CheckState.REFUSED, "6 months"),
        (
            {"later_cholecystectomy": date(2026, 6, 1)},
            "clinical.time.later_cholecystectomy",
            CheckState.REFUSED,
            "Later",
        ),
        ({"diabetes": None}, "clinical.missing", CheckState.WARNED, "Diabetes"),
    ],
)
def test_names_what_is_wrong(changes: dict[str, FactorValue], id: str, state: CheckState, names: str) -> None:
    check = checks({**GOOD, **changes})[id]
    assert check.state is state
    assert names in check.message.text()
    assert check.message.text(Language.CHINESE)


def test_later_factors_are_refused_by_the_moment_of_prediction() -> None:
    assert checks(GOOD, moment=KnownAt.ADMISSION)["clinical.time.length_of_stay"].state is CheckState.REFUSED
    assert checks(GOOD, moment=KnownAt.DISCHARGE)["clinical.time"].state is CheckState.PASSED
    unknown = checks({**GOOD, "length_of_stay": None}, moment=KnownAt.ADMISSION)
    assert unknown["clinical.time"].state is CheckState.PASSED


@pytest.mark.parametrize(("version", "word"), [(0, "version 0"), (2, "version 2")])
def test_a_record_of_another_schema_version_is_refused(version: int, word: str) -> None:
    check = checks(GOOD, version=version)["clinical.schema"]
    assert check.state is CheckState.REFUSED
    assert word in check.message.text()


def test_discharge_before_admission_is_refused() -> None:
    found = checks({**GOOD, "admission_date": date(2026, 3, 10), "discharge_date": date(2026, 3, 1)})
    assert found["clinical.time.discharge_date"].state is CheckState.REFUSED


def test_a_confirmed_unusual_value_says_that_it_was_confirmed() -> None:
    record = ClinicalRecord(values=GOOD).with_value("triglycerides", 20.0, confirmed=True)
    check = next(check for check in check_record(record, SCHEMA) if check.id == "clinical.usual.triglycerides")
    assert "confirmed" in check.message.text()
    assert check.state is CheckState.WARNED


def test_another_patient_is_refused() -> None:
    record = ClinicalRecord(values=GOOD, identity=PatientIdentity(patient_id="8"))
    found = check_record(record, SCHEMA, identity=PatientIdentity(patient_id="7"), age_at_study=61)
    check = next(check for check in found if check.id == "clinical.patient")
    assert check.state is CheckState.REFUSED
    assert "7" in check.message.text()
    assert "8" in check.message.text()
