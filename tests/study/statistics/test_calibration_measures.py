import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from apnet_desktop.study.statistics.calibration_measures import (
    brier,
    calibration_intercept,
    calibration_measures,
    calibration_slope,
    flexible_curve,
    logit,
    observed_over_expected,
    scaled_brier,
)


def _cohort(slope: float, intercept: float, size: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes whose true logit is intercept + slope × predicted logit."""
    generator = np.random.default_rng(seed)
    predicted = generator.normal(-1, 1, size)
    outcome = generator.random(size) < 1 / (1 + np.exp(-(intercept + slope * predicted)))
    return outcome, 1 / (1 + np.exp(-predicted))


def test_slope_agrees_with_scikit_learn() -> None:
    outcome, risk = _cohort(0.7, 0.2, 400)
    peer = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(risk)[:, None], outcome)
    slope = calibration_slope(outcome, risk)
    assert slope is not None
    assert slope.value == pytest.approx(peer.coef_[0, 0], abs=1e-4)


def test_the_true_miscalibration_is_found() -> None:
    outcome, risk = _cohort(0.6, 0.0, 40_000)
    slope = calibration_slope(outcome, risk)
    assert slope is not None
    assert slope.holds(0.6)
    shifted, same_risk = _cohort(1.0, -0.5, 40_000)
    intercept = calibration_intercept(shifted, same_risk)
    assert intercept is not None
    assert intercept.holds(-0.5)


def test_intercept_solves_its_defining_equation() -> None:
    outcome, risk = _cohort(1.0, 0.7, 500)
    intercept = calibration_intercept(outcome, risk)
    assert intercept is not None
    corrected = 1 / (1 + np.exp(-(logit(risk) + intercept.value)))
    assert corrected.mean() == pytest.approx(outcome.mean(), abs=1e-6)


def test_observed_over_expected_by_hand() -> None:
    # 20 events of 100 where 25 were expected: 0.8; SE of the log is sqrt(0.8 / 20) = 0.2.
    ratio = observed_over_expected(np.arange(100) < 20, np.full(100, 0.25))
    assert ratio is not None
    assert ratio.value == pytest.approx(0.8)
    assert ratio.lower == pytest.approx(0.8 * np.exp(-1.959964 * 0.2), abs=1e-6)


def test_brier_agrees_with_scikit_learn_and_its_ends() -> None:
    outcome, risk = _cohort(1, 0, 300)
    weights = np.random.default_rng(2).uniform(0, 2, 300)
    assert brier(outcome, risk, weights) == pytest.approx(brier_score_loss(outcome, risk, sample_weight=weights))
    assert scaled_brier(outcome, outcome.astype(float)) == 1
    assert scaled_brier(outcome, np.full(300, outcome.mean())) == pytest.approx(0)


def test_flexible_curve_follows_a_known_bend() -> None:
    generator = np.random.default_rng(5)
    risk = generator.uniform(0.05, 0.95, 60_000)
    outcome = generator.random(risk.size) < risk**2
    curve = flexible_curve(outcome, risk)
    assert curve is not None
    assert np.abs(np.array(curve.observed) - np.array(curve.predicted) ** 2).max() < 0.03
    inside = (np.array(curve.lower) <= curve.observed) & (np.array(curve.observed) <= curve.upper)
    assert inside.all()


def test_weights_equal_repeated_patients() -> None:
    outcome, risk = _cohort(1, 0, 200)
    copies = np.random.default_rng(2).integers(1, 4, 200)
    again = np.repeat(np.arange(200), copies)
    weighted = calibration_slope(outcome, risk, copies.astype(float))
    repeated = calibration_slope(outcome[again], risk[again])
    assert weighted is not None
    assert repeated is not None
    assert weighted.value == pytest.approx(repeated.value, abs=1e-6)


def test_separated_outcomes_have_no_slope() -> None:
    outcome = np.arange(60) < 30
    measures = calibration_measures(outcome, np.where(outcome, 0.9, 0.1), seed=1, replicates=20)
    assert measures.slope is None
    assert measures.curve is None
