"""Against the two-by-two table that APNet's published percentages determine, and the intervals derived from it."""

import numpy as np
import pytest

from apnet_desktop.study.statistics.classification import ClassificationMeasures, classification_measures, wilson
from apnet_desktop.study.statistics.estimate import Estimate


@pytest.fixture(scope="module")
def published() -> ClassificationMeasures:
    # 51 patients: TP 12, FP 6, FN 3, TN 30.
    outcome = np.array([True] * 15 + [False] * 36)
    risk = np.array([0.6] * 12 + [0.1] * 3 + [0.6] * 6 + [0.1] * 30)
    return classification_measures(outcome, risk, 0.5, seed=1, replicates=500)


@pytest.mark.parametrize(
    ("measure", "value", "lower", "upper"),
    [
        ("sensitivity", 0.800, 0.548, 0.930),
        ("specificity", 0.833, 0.681, 0.921),
        ("positive_predictive_value", 0.667, 0.437, 0.837),
        ("negative_predictive_value", 0.909, 0.764, 0.969),
        ("accuracy", 0.8235, 0.697, 0.904),
    ],
)
def test_published_percentages_and_their_wilson_intervals(
    published: ClassificationMeasures, measure: str, value: float, lower: float, upper: float
) -> None:
    estimate = getattr(published, measure)
    assert isinstance(estimate, Estimate)
    assert estimate.value == pytest.approx(value, abs=6e-4)
    assert estimate.lower == pytest.approx(lower, abs=6e-4)
    assert estimate.upper == pytest.approx(upper, abs=6e-4)


def test_published_f1(published: ClassificationMeasures) -> None:
    assert published.f1 is not None
    assert published.f1.value == pytest.approx(0.7273, abs=5e-5)
    assert published.f1.lower is not None
    assert published.f1.upper is not None
    assert 0.5 < published.f1.lower < 0.7273 < published.f1.upper < 0.95


def test_wilson_for_the_published_prevalence() -> None:
    share = wilson(15, 51)
    assert share is not None
    assert share.lower == pytest.approx(0.187, abs=5e-4)
    assert share.upper == pytest.approx(0.430, abs=5e-4)
    assert wilson(0, 0) is None


def test_a_risk_at_the_threshold_is_high() -> None:
    measures = classification_measures(np.array([True, False]), np.array([0.5, 0.5]), 0.5, seed=1, replicates=10)
    assert measures.table.true_positive == 1
    assert measures.table.false_positive == 1
    assert measures.negative_predictive_value is None


def test_weights_count_as_patients() -> None:
    outcome, risk = np.array([True, False, False]), np.array([0.9, 0.9, 0.1])
    doubled = classification_measures(outcome, risk, 0.5, seed=1, weights=np.array([2.0, 1.0, 1.0]), replicates=10)
    assert doubled.positive_predictive_value is not None
    assert doubled.positive_predictive_value.value == pytest.approx(2 / 3)
