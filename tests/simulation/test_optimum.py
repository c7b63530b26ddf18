import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score

from apnet_desktop.simulation import risk as formula
from apnet_desktop.simulation.expectation import clinical_expectation, full_expectation
from apnet_desktop.simulation.findings import CAUSES
from apnet_desktop.simulation.image_expectation import image_expectation
from apnet_desktop.simulation.optimum import (
    RasterModel,
    asked_causes,
    compute_optimum,
    expected_auc,
    fit_raster,
    known_optimum,
    reading_limit,
)
from apnet_desktop.simulation.population import NORMALS, UNIFORMS, Population, draw_population, logistic
from apnet_desktop.simulation.settings import DEFAULT, EXTERNAL, OTHER_CONSTANTS

Floats = NDArray[np.float64]
ONES, ZEROS = dict.fromkeys(CAUSES, 1.0), dict.fromkeys(CAUSES, 0.0)
EXACT = RasterModel(ONES, ZEROS, {name: np.zeros(1) for name in CAUSES}, ONES, 0)
COUNT = 40_000


@pytest.fixture(scope="module")
def people() -> Population:
    rng = np.random.default_rng(31)
    return draw_population(rng.standard_normal((COUNT, NORMALS)), rng.random((COUNT, UNIFORMS)), DEFAULT)


@pytest.fixture(scope="module")
def image(people: Population) -> Floats:
    return formula.image_scores(asked_causes(people))


@pytest.fixture(scope="module")
def risk(people: Population, image: Floats) -> Floats:
    return logistic(formula.INTERCEPT + formula.clinical_score(people.factors) + image)


@pytest.fixture(scope="module")
def expectations(people: Population, image: Floats) -> dict[str, Floats]:
    return {
        "clinical": clinical_expectation(people, DEFAULT, EXACT.measured),
        "image": image_expectation(people, image, DEFAULT),
        "both": full_expectation(people, image, DEFAULT),
    }


def columns(people: Population, route: str) -> Floats:
    """What a route is given, as a table with gaps."""
    factors = [np.where(people.missing.get(id, False), np.nan, column) for id, column in people.factors.items()]
    shown = [*asked_causes(people).values(), people.vein_occluded, people.effusion, people.late, people.complication]
    chosen = {"clinical": factors, "image": shown, "both": [*factors, *shown]}[route]
    return np.stack([np.asarray(column, float) for column in chosen], axis=1)


def test_expected_auc_is_the_auc_of_drawn_outcomes() -> None:
    rng = np.random.default_rng(1)
    chance = rng.beta(1, 2, 4000)
    score = np.round(chance + rng.normal(0, 0.2, 4000), 1)  # many ties
    drawn = [roc_auc_score(rng.random(4000) < chance, score) for _ in range(300)]
    assert expected_auc(score, chance) == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / np.sqrt(300))
    assert expected_auc(np.zeros(4000), chance) == pytest.approx(0.5)


@pytest.mark.parametrize("route", ["clinical", "image", "both"])
def test_an_expectation_is_calibrated(expectations: dict[str, Floats], risk: Floats, route: str) -> None:
    """Among patients with the same E[risk | given], the mean risk is that value."""
    expected = expectations[route]
    for part in np.array_split(np.argsort(expected), 10):
        error = (risk[part] - expected[part]).std() / np.sqrt(len(part))
        assert abs(risk[part].mean() - expected[part].mean()) < 4 * error


@pytest.mark.parametrize("route", ["clinical", "image", "both"])
def test_nobody_beats_the_expectation(
    people: Population, expectations: dict[str, Floats], risk: Floats, route: str
) -> None:
    """A boosted regression on 20,000 patients' true risks, far more than any model gets, stays below it, but near."""
    table, half = columns(people, route), COUNT // 2
    learner = HistGradientBoostingRegressor(max_iter=250, learning_rate=0.06, random_state=0)
    learner.fit(table[:half], risk[:half])
    learnt = expected_auc(learner.predict(table[half:]), risk[half:])
    best = expected_auc(expectations[route][half:], risk[half:])
    assert learnt < best + 0.001
    assert learnt > best - 0.02


@pytest.mark.parametrize("route", ["clinical", "image", "both"])
def test_no_part_of_the_given_explains_what_is_left(
    people: Population, expectations: dict[str, Floats], risk: Floats, route: str
) -> None:
    """The residual is uncorrelated with everything that the route is given: the mark of a conditional expectation."""
    residual = risk - expectations[route]
    for column in columns(people, route).T:
        seen = ~np.isnan(column)
        for part in (np.where(seen, 0.0, 1.0), np.where(seen, column, np.nanmean(column))):
            if part.std() > 0:
                assert abs(np.corrcoef(part, residual)[0, 1]) < 4.5 / np.sqrt(COUNT)


def test_the_optimum_is_where_it_was_set() -> None:
    found = compute_optimum(100_000, raster=EXACT)
    assert found.prevalence.value == pytest.approx(0.29, abs=0.01)
    assert found.clinical.value == pytest.approx(0.74, abs=0.01)
    assert found.image.value == pytest.approx(0.85, abs=0.01)
    assert found.both.value == pytest.approx(0.90, abs=0.01)
    assert found.clinical.value < found.image.value < found.both.value < found.risk.value
    assert found.both.error < 0.001
    known = known_optimum(DEFAULT)
    assert (known["clinical"], known["image"], known["fused"]) == pytest.approx(
        (found.clinical.value, found.image.value, found.both.value), abs=0.002
    )
    assert known_optimum(OTHER_CONSTANTS) == {}, "nobody computed it"


def test_the_external_cohort_has_its_base_rate() -> None:
    found = compute_optimum(50_000, settings=EXTERNAL, raster=EXACT)
    assert found.prevalence.value == pytest.approx(0.15, abs=0.01)


@pytest.mark.soak
def test_the_raster_keeps_what_was_asked_for() -> None:
    model = fit_raster(200, 91)
    for name in CAUSES:
        assert model.explained[name] > (0.93 if name == "duct_ratio" else 0.99), name
        assert model.slopes[name] == pytest.approx(1.0, abs=0.05)


def test_a_blurred_reading_lowers_the_limit(expectations: dict[str, Floats], risk: Floats) -> None:
    perfect = reading_limit(dict.fromkeys(CAUSES, 1.0), patients=2000, donors=3000)
    good = reading_limit(dict.fromkeys(CAUSES, 0.7), patients=2000, donors=3000)
    poor = reading_limit(dict.fromkeys(CAUSES, 0.1), patients=2000, donors=3000)
    best = expected_auc(expectations["image"], risk)
    assert good[0] < best
    assert poor[0] < good[0] - 0.05
    assert poor[1] < good[1] < expected_auc(expectations["both"], risk)
    assert perfect[0] <= best + 0.01
    assert all(both > picture for picture, both in (good, poor))
