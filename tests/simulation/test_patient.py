import json

import numpy as np
import pytest

from apnet_desktop.clinical.factor import FactorKind, FactorSchema
from apnet_desktop.locations import resources_folder
from apnet_desktop.simulation.patient import SimulatedPatient, simulate_patient
from apnet_desktop.simulation.settings import DEFAULT, EXTERNAL, OTHER_CONSTANTS


@pytest.fixture(scope="module")
def crowd() -> list[SimulatedPatient]:
    return [simulate_patient(3, index) for index in range(300)]


def test_a_patient_is_the_same_each_time_and_another_seed_is_another(crowd: list[SimulatedPatient]) -> None:
    again = simulate_patient(3, 17)
    assert again.record.digest() == crowd[17].record.digest()
    assert again.series == crowd[17].series
    assert again.identity == crowd[17].identity
    assert simulate_patient(4, 17).record.digest() != crowd[17].record.digest()


def test_records_fit_the_default_form(crowd: list[SimulatedPatient]) -> None:
    schema = FactorSchema.model_validate_json(
        (resources_folder() / "clinical" / "default-schema.json").read_text(encoding="utf-8")
    )
    for patient in crowd:
        for id, value in patient.record.values.items():
            factor = schema.factor(id)
            if value is None:
                continue
            if factor.kind is FactorKind.NUMBER:
                assert isinstance(value, float), id
                assert factor.limits is None or factor.limits.contains(value), (id, value)
            elif factor.kind is FactorKind.YES_NO:
                assert isinstance(value, bool), id
            else:
                assert value in {choice.id for choice in factor.choices}, (id, value)


def test_grade_complication_and_record_agree(crowd: list[SimulatedPatient]) -> None:
    for patient in crowd:
        values = patient.true_values
        assert (values["atlanta_grade"] == "severe") == (values["organ_failure"] == "persistent")
        necrotic = patient.request.necrosis_share > 0
        assert (values["local_complication"] in ("anc", "won")) == necrotic
        weeks = float(patient.drawn.hours_since_onset[0]) / 168
        assert (values["local_complication"] in ("pseudocyst", "won")) <= (weeks > 4)


def test_identity_fits_the_record(crowd: list[SimulatedPatient]) -> None:
    for patient in crowd:
        born, scanned = patient.identity.birth_date, patient.series.study_date
        assert born is not None
        age = scanned.year - born.year - ((scanned.month, scanned.day) < (born.month, born.day))
        assert age == patient.factor("age")
        assert patient.identity.sex == patient.true_values["sex"]
    assert len({patient.identity.patient_id for patient in crowd}) == len(crowd)


def test_unknown_is_a_value_of_its_own(crowd: list[SimulatedPatient]) -> None:
    missing = [id for patient in crowd for id, value in patient.record.values.items() if value is None]
    assert {"triglycerides", "hdl_cholesterol", "smoking"} <= set(missing)
    assert all(json.loads(patient.record.model_dump_json()) for patient in crowd)


def test_scanners_phases_and_noise_vary_within_what_is_stated(crowd: list[SimulatedPatient]) -> None:
    assert len({patient.series.scanner.id for patient in crowd}) == 4
    assert len({patient.series.thickness for patient in crowd}) >= 3
    assert np.mean([patient.series.portal_venous for patient in crowd]) == pytest.approx(0.85, abs=0.06)
    noise = [patient.series.noise for patient in crowd]
    assert min(noise) >= 10
    assert max(noise) <= 25
    assert all(patient.series.thickness <= 5 for patient in crowd)


def test_the_external_scanner_is_unseen_in_development() -> None:
    assert not set(EXTERNAL.scanners) & set(DEFAULT.scanners)
    assert {simulate_patient(3, index, EXTERNAL).series.scanner.id for index in range(20)} == set(EXTERNAL.scanners)


def test_other_constants_are_other() -> None:
    assert not set(OTHER_CONSTANTS.scanners) & set(DEFAULT.scanners)
    low, high = OTHER_CONSTANTS.noise
    assert high < DEFAULT.noise[0]
    assert low > 0
