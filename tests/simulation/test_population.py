import numpy as np
import pytest

from apnet_desktop.simulation.population import (
    AETIOLOGIES,
    MISSING,
    NORMALS,
    UNIFORMS,
    Population,
    draw_population,
)
from apnet_desktop.simulation.settings import DEFAULT


@pytest.fixture(scope="module")
def people() -> Population:
    rng = np.random.default_rng(12)
    count = 60_000
    return draw_population(rng.standard_normal((count, NORMALS)), rng.random((count, UNIFORMS)), DEFAULT)


def test_everybody_is_in_scope(people: Population) -> None:
    """Moderately severe or severe: organ failure or a local complication (Revised Atlanta 2012), and an adult."""
    assert (people.factors["age"] >= 18).all()
    mild = (people.factors["organ_failure"] == 0) & (people.complication == 0)
    assert not mild.any()


def test_necrosis_fluid_and_words_agree(people: Population) -> None:
    assert ((people.necrosis_share > 0) == (people.complication == 2)).all()
    assert ((people.collection_volume > 0) == (people.complication > 0)).all()


def test_ct_lies_inside_the_stay_and_walls_need_four_weeks(people: Population) -> None:
    assert (people.hours_since_onset <= people.factors["length_of_stay"] * 24).all()
    assert (people.hours_since_onset >= 48).all()
    assert (people.late == (people.hours_since_onset > 28 * 24)).all()


def test_published_shares(people: Population) -> None:
    """China's moderately severe and severe cases: biliary first, triglycerides second; most are men."""
    shares = np.bincount(people.factors["aetiology"].astype(int)) / len(people)
    by_name = dict(zip(AETIOLOGIES, shares, strict=True))
    assert by_name["biliary"] == pytest.approx(0.42, abs=0.03)
    assert by_name["hypertriglyceridaemia"] == pytest.approx(0.27, abs=0.05)
    assert by_name["alcohol"] == pytest.approx(0.12, abs=0.04)
    assert people.factors["sex"].mean() == pytest.approx(0.62, abs=0.01)
    occluded = people.vein_occluded.mean()
    assert occluded == pytest.approx(0.166, abs=0.04)  # splanchnic thrombosis in 16.6 % (PMC4584234)


def test_triglycerides_as_a_cause_are_high_and_hdl_falls_with_them(people: Population) -> None:
    fat, cause = people.factors["triglycerides"], people.factors["aetiology"]
    assert fat[cause == AETIOLOGIES.index("hypertriglyceridaemia")].min() >= 5.65
    assert np.median(fat[cause == AETIOLOGIES.index("biliary")]) < 2.3
    assert np.corrcoef(np.log(fat), people.factors["hdl_cholesterol"])[0, 1] < -0.3


def test_laboratory_follows_the_severity_that_the_picture_shows(people: Population) -> None:
    wet = people.effusion
    assert people.factors["c_reactive_protein"][wet].mean() > people.factors["c_reactive_protein"][~wet].mean()
    assert people.factors["albumin"][wet].mean() < people.factors["albumin"][~wet].mean()
    assert people.factors["calcium"][wet].mean() < people.factors["calcium"][~wet].mean()


@pytest.mark.parametrize("factor", sorted(MISSING))
def test_what_is_missing_depends_on_its_value(people: Population, factor: str) -> None:
    gone, value = people.missing[factor], people.factors[factor]
    assert 0.005 < gone.mean() < 0.35
    slope = MISSING[factor][1]
    assert np.sign(value[gone].mean() - value[~gone].mean()) == np.sign(slope)


def test_a_patient_does_not_depend_on_who_else_is_drawn(people: Population) -> None:
    rng = np.random.default_rng(12)
    normals, uniforms = rng.standard_normal((60_000, NORMALS)), rng.random((60_000, UNIFORMS))
    alone = draw_population(normals[77:78], uniforms[77:78], DEFAULT)
    for name, column in alone.factors.items():
        assert column[0] == people.factors[name][77]
    assert alone.collection_volume[0] == people.collection_volume[77]
