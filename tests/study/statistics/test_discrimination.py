import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from apnet_desktop.study.statistics.discrimination import (
    auroc,
    auroc_bootstrap,
    auroc_delong,
    compare_auroc_bootstrap,
    compare_auroc_delong,
)


def _patients(seed: int, size: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    outcome = generator.random(size) < 0.3
    outcome[:3], outcome[3:6] = True, False
    cause = outcome + generator.normal(0, 1.2, size)
    # Rounding makes ties, which the midranks must count one half.
    return outcome, np.round(cause + generator.normal(0, 0.5, size), 1), np.round(generator.normal(0, 1, size), 1)


@pytest.mark.parametrize("seed", range(5))
def test_auroc_agrees_with_scikit_learn(seed: int) -> None:
    outcome, score, _ = _patients(seed)
    weights = np.random.default_rng(seed).uniform(0, 3, outcome.size)
    assert auroc(outcome, score) == pytest.approx(roc_auc_score(outcome, score), abs=1e-12)
    weighted = roc_auc_score(outcome, score, sample_weight=weights)
    assert auroc(outcome, score, weights) == pytest.approx(weighted, abs=1e-12)


def test_auroc_is_not_defined_for_one_outcome() -> None:
    assert np.isnan(auroc(np.ones(4, dtype=bool), np.arange(4.0)))


def _delong_by_definition(outcome: np.ndarray, *scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Equations 3 to 5 of DeLong 1988, pair by pair."""
    tens, ones = [], []
    for score in scores:
        pairs = score[outcome][:, None] - score[~outcome][None, :]
        kernel = (pairs > 0) + 0.5 * (pairs == 0)
        tens.append(kernel.mean(axis=1))
        ones.append(kernel.mean(axis=0))
    covariance = np.cov(tens) / outcome.sum() + np.cov(ones) / (~outcome).sum()
    return np.array([ten.mean() for ten in tens]), np.atleast_2d(covariance)


@pytest.mark.parametrize("seed", range(4))
def test_delong_agrees_with_its_definition(seed: int) -> None:
    outcome, first, second = _patients(seed)
    areas, covariance = _delong_by_definition(outcome, first, second)
    estimate = auroc_delong(outcome, first)
    assert estimate.value == pytest.approx(areas[0])
    assert estimate.lower == pytest.approx(areas[0] - 1.959964 * np.sqrt(covariance[0, 0]), abs=1e-6)
    paired = compare_auroc_delong(outcome, first, second)
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert paired.difference.value == pytest.approx(areas[0] - areas[1])
    assert paired.difference.upper == pytest.approx(areas[0] - areas[1] + 1.959964 * error, abs=1e-6)


def test_delong_worked_by_hand() -> None:
    # Events 0.9, 0.7, 0.4; non-events 0.8, 0.3, 0.2. Placements of events: 1, 2/3, 2/3; of non-events: 1/3, 1, 1.
    # Area 7/9; variance (1/27 + 4/27) / 3 = 5/81.
    outcome = np.array([True, True, True, False, False, False])
    estimate = auroc_delong(outcome, np.array([0.9, 0.7, 0.4, 0.8, 0.3, 0.2]))
    assert estimate.value == pytest.approx(7 / 9)
    assert estimate.lower == pytest.approx(7 / 9 - 1.959964 * np.sqrt(5 / 81), abs=1e-6)
    assert estimate.upper == 1.0


def test_a_score_against_itself_is_not_distinguishable() -> None:
    outcome, score, _ = _patients(1)
    paired = compare_auroc_delong(outcome, score, 2 * score + 1)
    assert paired.difference.value == 0
    assert paired.p_value == 1
    assert not paired.distinguishable


def test_delong_interval_covers_the_true_area() -> None:
    # Normal scores one SD apart have area Phi(1 / sqrt 2) = 0.7602.
    generator = np.random.default_rng(3)
    held = 0
    for _ in range(1500):
        outcome = np.arange(120) < 40
        score = generator.normal(0, 1, 120) + outcome
        held += auroc_delong(outcome, score).holds(0.760250)
    assert 0.92 <= held / 1500 <= 0.97


def test_bootstrap_and_delong_agree_on_a_large_sample() -> None:
    outcome, score, other = _patients(7, 400)
    delong, bootstrap = auroc_delong(outcome, score), auroc_bootstrap(outcome, score, seed=1, replicates=600)
    assert bootstrap.value == pytest.approx(delong.value)
    assert bootstrap.lower == pytest.approx(delong.lower, abs=0.012)
    assert bootstrap.upper == pytest.approx(delong.upper, abs=0.012)
    paired = compare_auroc_bootstrap(outcome, score, other, seed=1, replicates=300)
    assert paired.difference.value == pytest.approx(delong.value - auroc(outcome, other))
    assert paired.distinguishable
