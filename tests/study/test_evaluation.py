import numpy as np
import pytest

from apnet_desktop.bundle.prediction import Route
from apnet_desktop.study.evaluation import RouteEvaluation, compare_routes, evaluate_route, evaluate_subgroups
from apnet_desktop.study.statistics.censoring import End, HorizonOutcome, horizon_outcome


def _cohort(censored: bool) -> tuple[HorizonOutcome, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(4)
    risk = 1 / (1 + np.exp(-generator.normal(-1, 1.2, 300)))
    truth = generator.random(300) < risk
    months = np.where(truth, generator.uniform(1, 24, 300), 60.0)
    ends = np.where(truth, End.RECURRENCE, End.CENSORED)
    if censored:
        leaves = generator.uniform(0, 60, 300)
        ends = np.where(leaves < months, End.CENSORED, ends)
        months = np.minimum(months, leaves)
    return horizon_outcome(months, ends, 24.0), risk, generator.random(300)


def test_measures_of_a_calibrated_route_survive_their_json() -> None:
    state, risk, _ = _cohort(censored=False)
    evaluation = evaluate_route(Route.FUSED, state, risk, 0.3, seed=1, replicates=200)
    assert evaluation.auroc is not None
    assert evaluation.auroc.value == pytest.approx(evaluation.auroc_bootstrap.value)
    assert evaluation.calibration.slope is not None
    assert evaluation.calibration.slope.holds(1)
    assert sum(evaluation.histogram.events) == evaluation.events == state.event.sum()
    assert sum(evaluation.histogram.non_events) == 300 - evaluation.events
    assert RouteEvaluation.model_validate_json(evaluation.model_dump_json()) == evaluation


def test_censored_patients_are_neither_and_weights_travel() -> None:
    state, risk, _ = _cohort(censored=True)
    evaluation = evaluate_route(Route.FUSED, state, risk, 0.3, seed=1, replicates=200)
    assert evaluation.auroc is None
    assert evaluation.patients == state.known.sum() < 300
    table = evaluation.classification.table
    total = table.true_positive + table.false_positive + table.false_negative + table.true_negative
    assert total == pytest.approx(300, rel=0.05)
    assert evaluation.calibration.observed_over_expected is not None
    assert evaluation.calibration.observed_over_expected.value == pytest.approx(1, abs=0.2)


def test_the_better_route_is_told_from_noise_and_from_itself_it_is_not() -> None:
    state, risk, noise = _cohort(censored=False)
    clinical, image = compare_routes(
        state, {Route.FUSED: risk, Route.CLINICAL: noise, Route.IMAGE: risk}, seed=1, replicates=200
    )
    assert clinical.delong is not None
    assert clinical.delong.distinguishable
    assert clinical.bootstrap.distinguishable
    assert not image.bootstrap.distinguishable


def test_small_subgroups_show_counts_only() -> None:
    state, risk, _ = _cohort(censored=False)
    level = tuple("rare" if n < 15 else "common" for n in range(300))
    common, rare = evaluate_subgroups(state, risk, {"scanner": level}, seed=1, replicates=100)
    assert (rare.patients, rare.auroc) == (15, None)
    assert common.auroc is not None
    assert common.patients == 285
