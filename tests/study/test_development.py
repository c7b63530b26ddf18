"""Development on made-up tokens with a known truth: no network, no images."""

import dataclasses

import numpy as np
import pytest

from apnet_desktop.bundle.calibration import logit
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.factor import Factor, FactorKind, FactorSchema, Label
from apnet_desktop.study.development import Cases, Development, DevelopmentSettings, develop, fit_folds
from apnet_desktop.study.partition import stratified_partition
from apnet_desktop.study.statistics.calibration_measures import calibration_slope
from apnet_desktop.study.statistics.censoring import HorizonOutcome
from apnet_desktop.study.statistics.discrimination import auroc

SCHEMA = FactorSchema(
    factors=tuple(Factor(id=f"factor_{n}", label=Label(en=str(n), zh=str(n)), kind=FactorKind.NUMBER) for n in range(4))
)
PRIOR = np.full((3, 5), 1 / 3)


def _cases(size: int, seed: int, signal: float = 1.0) -> tuple[Cases, np.ndarray]:
    """Two findings and one factor matter; three scales read the findings with noise of their own."""
    generator = np.random.default_rng(seed)
    findings = generator.normal(0, 1, (size, 5))
    factors = generator.normal(0, 1, (size, 4))
    truth = 1 / (1 + np.exp(-(signal * (1.1 * findings[:, 0] + 0.8 * findings[:, 1] + 0.9 * factors[:, 0]) - 1.2)))
    event = generator.random(size) < truth
    tokens = findings[:, None, :] + generator.normal(0, 0.5, (size, 3, 5))
    table = factors.copy()
    table[generator.random(table.shape) < 0.1] = np.nan
    state = HorizonOutcome(event, np.ones(size), np.ones(size, dtype=bool))
    ids = tuple(f"P{seed}-{n}" for n in range(size))
    return Cases(ids, tokens.reshape(size, 3, 5), tokens, table, state), truth


def _silent(what: str, done: float) -> None:
    assert 0 <= done <= 1


@pytest.fixture(scope="module")
def developed() -> tuple[Cases, Development]:
    # Twice a study of the paper's size: one such cohort's slope has a standard deviation of 0.25.
    cases, _ = _cases(368, 1)
    settings = DevelopmentSettings(folds=4, seed=3, refits=12)
    return cases, develop(cases, SCHEMA, PRIOR, settings, _silent)


def _applied(development: Development, cases: Cases) -> dict[Route, np.ndarray]:
    clinical = development.encoding.encode(cases.table)
    nothing = np.zeros((len(cases.ids), 0))
    raw = {
        Route.IMAGE: [head.logits(cases.tokens, nothing) for head in development.models.image],
        Route.FUSED: [head.logits(cases.tokens, clinical) for head in development.models.fused],
        Route.CLINICAL: [booster.predict(cases.table, raw_score=True) for booster in development.models.boosters],
    }
    return {route: development.calibration.route(route).probabilities(np.stack(s)) for route, s in raw.items()}


def test_fused_route_beats_each_part_on_fresh_patients_and_is_calibrated(
    developed: tuple[Cases, Development],
) -> None:
    _, development = developed
    fresh, truth = _cases(20_000, 2)
    risks = _applied(development, fresh)
    areas = {route: auroc(fresh.state.event, risk) for route, risk in risks.items()}
    optimum = auroc(fresh.state.event, truth)
    assert areas[Route.FUSED] > areas[Route.IMAGE] > 0.65
    assert areas[Route.FUSED] > areas[Route.CLINICAL] > 0.58
    assert (areas[Route.FUSED] - 0.5) / (optimum - 0.5) > 0.85
    slope = calibration_slope(fresh.state.event, risks[Route.FUSED])
    assert slope is not None
    assert 0.7 < slope.value < 1.5


def test_every_patient_is_scored_once_by_a_model_that_did_not_see_him(developed: tuple[Cases, Development]) -> None:
    cases, development = developed
    for scores in development.models.scores.values():
        assert np.isfinite(scores).all()
    # Turning one patient's outcome round must not move his own out-of-fold score.
    event = cases.state.event.copy()
    event[7] = not event[7]
    turned = dataclasses.replace(cases, state=HorizonOutcome(event, cases.state.weights, cases.state.known))
    again = fit_folds(turned, SCHEMA, development.encoding, PRIOR, development.partition, 3, _silent)
    for route, scores in again.scores.items():
        assert scores[7] == development.models.scores[route][7]
    moved = np.abs(again.scores[Route.FUSED] - development.models.scores[Route.FUSED])
    assert (moved > 0).sum() > 100


def test_threshold_keeps_its_rule_and_intervals_hold_their_risk(developed: tuple[Cases, Development]) -> None:
    cases, development = developed
    risk = development.risks[Route.FUSED]
    caught = (risk >= development.threshold)[cases.state.event].mean()
    assert caught >= 0.8
    assert (risk >= development.threshold + 0.03)[cases.state.event].mean() < 0.86
    curve = development.calibration.route(Route.FUSED).interval
    middle = float(np.median(logit(risk)))
    lower, upper = curve.at(middle)
    assert 0 < lower < upper < 1
    assert upper - lower < 0.4
    assert development.prevalence == pytest.approx(cases.state.event.mean())


def test_patients_censored_before_the_horizon_do_not_count(developed: tuple[Cases, Development]) -> None:
    cases, _ = _cases(120, 1)
    known = np.ones(120, dtype=bool)
    known[::9] = False
    weights = known * 1.1
    partition = stratified_partition(cases.ids, cases.state.event & known, 2, seed=1)
    encoding = developed[1].encoding
    first = fit_folds(
        dataclasses.replace(cases, state=HorizonOutcome(cases.state.event, weights, known)),
        SCHEMA, encoding, PRIOR, partition, 1, _silent,
    )  # fmt: skip
    event = np.where(known, cases.state.event, ~cases.state.event)
    second = fit_folds(
        dataclasses.replace(cases, state=HorizonOutcome(event, weights, known)),
        SCHEMA, encoding, PRIOR, partition, 1, _silent,
    )  # fmt: skip
    assert np.array_equal(first.scores[Route.CLINICAL], second.scores[Route.CLINICAL])


@pytest.mark.soak
def test_permuted_outcomes_cannot_be_learnt() -> None:
    """The mean out-of-fold AUROC of 20 runs with permuted outcomes stays below 0.53."""
    cases, _ = _cases(184, 1)
    generator = np.random.default_rng(5)
    areas = []
    for run in range(20):
        event = generator.permutation(cases.state.event)
        permuted = dataclasses.replace(cases, state=HorizonOutcome(event, cases.state.weights, cases.state.known))
        partition = stratified_partition(cases.ids, event, 5, seed=run)
        encoding = develop_encoding(cases)
        models = fit_folds(permuted, SCHEMA, encoding, PRIOR, partition, run, _silent)
        areas.append([auroc(event, models.scores[route]) for route in (Route.CLINICAL, Route.IMAGE, Route.FUSED)])
    assert np.mean(areas, axis=0).max() < 0.53


def develop_encoding(cases: Cases):  # type: ignore[no-untyped-def]
    from apnet_desktop.model.clinical_columns import fit_encoding

    return fit_encoding(SCHEMA, cases.table)
