"""FHIR R4 Bundles: by code and with units; another patient, an unknown unit or a bound are told, never guessed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apnet_desktop.clinical.record_files import import_record, read_record
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.errors import ClinicalError
from apnet_desktop.language import Language

SCHEMA = default_schema()
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"value": "x"}, {"type": {"coding": [{"code": "MR"}]}, "value": "0017"}],
    "name": [{"use": "nickname", "text": "San"}, {"use": "official", "text": "张三"}],
    "gender": "male",
    "birthDate": "1970-05-01",
}


def observation(code: str, value: float | str, unit: str | None, **more: Any) -> dict[str, Any]:
    quantity: dict[str, Any] = {"value": value}
    if unit is not None:
        quantity |= {"unit": unit, "code": unit, "system": "http://unitsofmeasure.org"}
    return {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "valueQuantity": quantity,
        **more,
    }


def condition(system: str, code: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": system, "code": code}]},
        **more,
    }


def bundle(folder: Path, *resources: dict[str, Any]) -> Path:
    content = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": part} for part in resources]}
    path = folder / "bundle.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_patient(tmp_path: Path) -> None:
    identity = read_record(bundle(tmp_path, PATIENT), SCHEMA).identity
    assert identity is not None
    assert (identity.name, identity.patient_id, identity.birth_date, identity.sex) == (
        "张三",
        "0017",
        date(1970, 5, 1),
        "M",
    )


@pytest.mark.parametrize(
    ("code", "value", "unit", "factor", "expected"),
    [
        ("2160-0", 1.2, "mg/dL", "creatinine", 106.08),
        ("14682-9", 106, "umol/L", "creatinine", 106),
        ("14682-9", 106, "µmol/L", "creatinine", 106),
        ("2571-8", 1000, "mg/dL", "triglycerides", 11.29),
        ("3094-0", 25, "mg/dL", "urea", 8.925),
        ("3091-6", 60, "mg/dL", "urea", 9.99),
        ("22664-7", 8.5, "mmol/L", "urea", 8.5),
        ("6690-2", 12.5, "10*3/uL", "white_cell_count", 12.5),
        ("6690-2", 12.5, "10*9/L", "white_cell_count", 12.5),
        ("1988-5", 15, "mg/dL", "c_reactive_protein", 150),
        ("8310-5", 101.3, "[degF]", "temperature", 38.5),
        ("2703-7", 8, "kPa", "arterial_oxygen", 60.00496),
        ("3150-0", 60, "%", "inspired_oxygen", 60),
        ("2744-1", 7.31, "[pH]", "arterial_ph", 7.31),
        ("1920-8", 250, "[IU]/L", "aspartate_aminotransferase", 250),
    ],
)
def test_observations_by_code_with_units(
    tmp_path: Path, code: str, value: float, unit: str, factor: str, expected: float
) -> None:
    record = read_record(bundle(tmp_path, PATIENT, observation(code, value, unit)), SCHEMA)
    assert record.number(factor) == pytest.approx(expected)


def test_blood_pressure_from_its_component(tmp_path: Path) -> None:
    panel = observation("85354-9", 1, "1")
    del panel["valueQuantity"]
    panel["component"] = [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
            "valueQuantity": {"value": 88, "unit": "mmHg", "code": "mm[Hg]"},
        }
    ]
    assert read_record(bundle(tmp_path, PATIENT, panel), SCHEMA).number("systolic_blood_pressure") == 88


def test_the_precision_of_the_source_is_kept(tmp_path: Path) -> None:
    path = bundle(tmp_path, PATIENT)
    text = json.dumps(observation("2160-0", 1.2, "mg/dL")).replace("1.2", "1.20")
    path.write_text('{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": ' + text + "}]}")
    assert read_record(path, SCHEMA).typed["creatinine"] == "1.20 mg/dL"


def test_a_trend_is_taken_by_the_factor_s_rule_and_told(tmp_path: Path) -> None:
    days = {"2026-03-01": 90, "2026-03-03": 180, "2026-03-02": 120}
    parts = [observation("14682-9", value, "umol/L", effectiveDateTime=day) for day, value in days.items()]
    whites = [
        observation("6690-2", value, "10*9/L", effectiveDateTime=day)
        for day, value in {"2026-03-03": 9, "2026-03-01": 15}.items()
    ]
    imported = import_record(bundle(tmp_path, PATIENT, *parts, *whites), SCHEMA)
    assert imported.record.number("creatinine") == 180
    assert [point.value for point in imported.record.trends["creatinine"]] == [90, 120, 180]
    assert imported.record.number("white_cell_count") == 15
    assert {notice.id for notice in imported.notices} == {"clinical.trend.highest", "clinical.trend.first"}


@pytest.mark.parametrize("side", [{"value": 0.5, "unit": "mg/dL"}, {"value": 0.5}])
def test_the_laboratory_s_own_reference_interval(tmp_path: Path, side: dict[str, Any]) -> None:
    part = observation("2160-0", 1.2, "mg/dL", referenceRange=[{"low": side}])
    record = read_record(bundle(tmp_path, PATIENT, part), SCHEMA)
    assert record.references["creatinine"].lower == pytest.approx(44.2)
    assert record.references["creatinine"].upper is None


def test_an_interval_in_an_unknown_unit_is_left_out_and_the_value_kept(tmp_path: Path) -> None:
    part = observation("2160-0", 1.2, "mg/dL", referenceRange=[{"low": {"value": 1, "unit": "furlong"}}])
    record = read_record(bundle(tmp_path, PATIENT, part), SCHEMA)
    assert record.number("creatinine") == pytest.approx(106.08)
    assert record.references == {}


@pytest.mark.parametrize(
    ("system", "code", "factor", "value"),
    [
        ("http://hl7.org/fhir/sid/icd-10", "K85.1", "aetiology", "biliary"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "K85.20", "aetiology", "alcohol"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "E11.9", "diabetes", True),
        ("http://snomed.info/sct", "44054006", "diabetes", True),
        ("http://snomed.info/sct", "38341003", "hypertension", True),
    ],
)
def test_conditions_by_code(tmp_path: Path, system: str, code: str, factor: str, value: object) -> None:
    assert read_record(bundle(tmp_path, PATIENT, condition(system, code)), SCHEMA).value(factor) == value


@pytest.mark.parametrize(
    "more",
    [
        {"verificationStatus": {"coding": [{"code": "refuted"}]}},
        {"clinicalStatus": {"coding": [{"code": "resolved"}]}},
    ],
)
def test_a_refuted_or_resolved_condition_says_nothing(tmp_path: Path, more: dict[str, Any]) -> None:
    path = bundle(tmp_path, PATIENT, condition("http://snomed.info/sct", "44054006", **more))
    assert not read_record(path, SCHEMA).answered("diabetes")


@pytest.mark.parametrize(
    ("code", "answer"),
    [("8517006", "former"), ("266919005", "never"), ("77176002", "current"), ("449868002", "current")],
)
def test_smoking_by_coded_answer(tmp_path: Path, code: str, answer: str) -> None:
    part = observation("72166-2", 1, None)
    del part["valueQuantity"]
    part["valueCodeableConcept"] = {"coding": [{"system": "http://snomed.info/sct", "code": code}]}
    assert read_record(bundle(tmp_path, PATIENT, part), SCHEMA).value("smoking") == answer


def test_a_result_entered_in_error_is_passed_over(tmp_path: Path) -> None:
    part = {**observation("14682-9", 90, "umol/L"), "status": "entered-in-error"}
    assert not read_record(bundle(tmp_path, PATIENT, part), SCHEMA).answered("creatinine")


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        ((PATIENT, {**PATIENT, "id": "p2"}), "2 patients"),
        ((PATIENT, {**observation("2160-0", 1, "mg/dL"), "subject": {"reference": "Patient/p2"}}), "Patient/p2"),
        ((PATIENT, {**observation("2160-0", 1, "mg/dL"), "status": None}), "Observation"),
        ((PATIENT, {**observation("2160-0", 1, "mg/dL"), "colour": "red"}), "colour"),
        ((PATIENT, observation("2160-0", 1.2, "furlong")), "furlong"),
        ((PATIENT, observation("2160-0", 1.2, None)), "without a unit"),
        ((PATIENT, observation("2160-0", 9999, "mg/dL")), "Creatinine"),
        ((PATIENT, observation("3094-0", 25, "mg/L")), "mg/L"),
    ],
)
def test_each_bad_bundle_is_one_sentence(tmp_path: Path, parts: tuple[dict[str, Any], ...], names: str) -> None:
    with pytest.raises(ClinicalError) as caught:
        read_record(bundle(tmp_path, *parts), SCHEMA)
    assert names in str(caught.value)
    assert caught.value.message.text(Language.CHINESE)


def test_a_bound_is_not_taken_for_a_value(tmp_path: Path) -> None:
    part = observation("1988-5", 5, "mg/L")
    part["valueQuantity"]["comparator"] = "<"
    imported = import_record(bundle(tmp_path, PATIENT, part), SCHEMA)
    assert not imported.record.answered("c_reactive_protein")
    assert imported.refused == {"c_reactive_protein": "<5 mg/L"}


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ({"resourceType": "Observation"}, "Observation"),
        ({"resourceType": "Nonsense"}, "Nonsense"),
        ({"resourceType": 5}, "5"),
        ({"resourceType": "Bundle", "entry": 3}, "entry"),
        ({"resourceType": "Bundle", "type": "collection"}, "no value"),
        ({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Nonsense"}}]}, "no value"),
        ({"resourceType": "Bundle", "entry": [None, {"resource": 7}]}, "no value"),
        ({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "name": 7}}]}, "Patient"),
    ],
)
def test_what_is_no_bundle_of_a_patient(tmp_path: Path, content: dict[str, Any], names: str) -> None:
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ClinicalError) as caught:
        read_record(path, SCHEMA)
    assert names in str(caught.value)


def test_results_of_other_codes_are_not_even_validated(tmp_path: Path) -> None:
    """An admission's export holds thousands of them, and a bundle is read in the window's process."""
    others = [{**observation("99999-9", 1, "mg/dL"), "colour": "not FHIR"} for _ in range(50)]
    record = read_record(bundle(tmp_path, PATIENT, *others, observation("2160-0", 1.2, "mg/dL")), SCHEMA)
    assert record.number("creatinine") == pytest.approx(106.08)
