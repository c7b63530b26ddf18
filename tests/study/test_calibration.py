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


def test_separated_scores_keep_a_finite_slope() -> None:
    calibrator = fit_logistic_calibrator(np.array([-1.0, -2, 1, 2]), np.array([False, False, True, True]))
    assert 1 < calibrator.slope < 20
