import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from apnet_desktop.study.calibration import fit_logistic_calibrator


def test_agrees_with_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    raw = generator.normal(0, 2, 800)
    outcome = generator.random(800) < 1 / (1 + np.exp(-(0.5 * raw - 1)))
    weights = generator.uniform(0, 2, 800)
    calibrator = fit_logistic_calibrator(raw, outcome, weights, ridge=0)
    peer = LogisticRegression(C=np.inf, tol=1e-10).fit(raw[:, None], outcome, sample_weight=weights)
    assert calibrator.slope == pytest.approx(peer.coef_[0, 0], abs=1e-3)
    assert calibrator.intercept == pytest.approx(peer.intercept_[0], abs=1e-3)


def test_a_useless_score_gives_the_base_rate_and_never_turns_the_order_round() -> None:
    generator = np.random.default_rng(2)
    outcome = np.arange(400) < 100
    calibrator = fit_logistic_calibrator(-1.0 * outcome + generator.normal(0, 0.5, 400), outcome)
    assert calibrator.slope == 0
    assert calibrator.probability([5.0])[0] == pytest.approx(0.25, abs=1e-3)


def test_scores_that_separate_a_small_cohort_give_no_risk_of_one() -> None:
    raw = np.concatenate([np.linspace(-3, -0.2, 20), np.linspace(0.2, 2, 10)])
    calibrator = fit_logistic_calibrator(raw, np.arange(30) >= 20)
    assert 1 < calibrator.slope < 5
    assert calibrator.probability([2.0])[0] < 0.999


def test_a_cohort_of_the_papers_size_hardly_feels_the_ridge() -> None:
    generator = np.random.default_rng(3)
    raw = generator.normal(-1, 1, 184)
    outcome = generator.random(184) < 1 / (1 + np.exp(-raw))
    free = fit_logistic_calibrator(raw, outcome, ridge=0).slope
    assert fit_logistic_calibrator(raw, outcome).slope == pytest.approx(free, abs=0.05)
