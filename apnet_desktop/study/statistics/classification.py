"""What a fixed threshold does: the two-by-two table, its shares with Wilson intervals, and F1 by bootstrap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.study.statistics.estimate import Estimate, stratified_bootstrap

__all__ = ["ClassificationMeasures", "TwoByTwo", "classification_measures", "f1_score", "two_by_two", "wilson"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


class TwoByTwo(FrozenModel):
    """Counts of patients; fractions where patients carry censoring weights."""

    true_positive: float
    false_positive: float
    false_negative: float
    true_negative: float


class ClassificationMeasures(FrozenModel):
    """Measures at one threshold; None where the denominator is 0.

    Attributes:
        threshold: Risk at or above which a patient counts as high.
        table: The counts.
    """

    threshold: float
    table: TwoByTwo
    sensitivity: Estimate | None
    specificity: Estimate | None
    positive_predictive_value: Estimate | None
    negative_predictive_value: Estimate | None
    accuracy: Estimate | None
    f1: Estimate | None


def wilson(successes: float, total: float, level: float = 0.95) -> Estimate | None:
    """A share with Wilson's score interval (Wilson EB. J Am Stat Assoc 1927;22:209-212); None if `total` is 0.

    Weighted counts are allowed; then the interval takes the sum of weights as the number of patients.
    """
    from statsmodels.stats.proportion import proportion_confint

    if total <= 0:
        return None
    lower, upper = proportion_confint(successes, total, alpha=1 - level, method="wilson")
    return Estimate(value=successes / total, lower=float(lower), upper=float(upper), level=level, method="Wilson")


def two_by_two(outcome: Booleans, risk: Floats, threshold: float, weights: Floats | None = None) -> TwoByTwo:
    """Counts at a threshold; a risk at the threshold counts as high."""
    high = risk >= threshold
    weight = np.ones(outcome.size) if weights is None else weights
    return TwoByTwo(
        true_positive=float(weight[high & outcome].sum()),
        false_positive=float(weight[high & ~outcome].sum()),
        false_negative=float(weight[~high & outcome].sum()),
        true_negative=float(weight[~high & ~outcome].sum()),
    )


def f1_score(table: TwoByTwo) -> float:
    """Harmonic mean of sensitivity and positive predictive value; NaN without events and without alarms."""
    denominator = 2 * table.true_positive + table.false_positive + table.false_negative
    return 2 * table.true_positive / denominator if denominator > 0 else float("nan")


def classification_measures(
    outcome: Booleans,
    risk: Floats,
    threshold: float,
    seed: int,
    weights: Floats | None = None,
    replicates: int = 2000,
) -> ClassificationMeasures:
    """All measures at a fixed threshold.

    Args:
        outcome: True for an event; shape (patients,).
        risk: Calibrated risk; shape (patients,).
        threshold: The operating threshold, fixed before these patients were seen.
        seed: Seed of the bootstrap of F1.
        weights: Censoring weights.
        replicates: Bootstrap samples for F1.
    """
    table = two_by_two(outcome, risk, threshold, weights)
    events = table.true_positive + table.false_negative
    others = table.true_negative + table.false_positive

    def f1_of(index: NDArray[np.intp]) -> float:
        chosen = None if weights is None else weights[index]
        return f1_score(two_by_two(outcome[index], risk[index], threshold, chosen))

    defined = bool(np.isfinite(f1_score(table)))
    return ClassificationMeasures(
        threshold=threshold,
        table=table,
        sensitivity=wilson(table.true_positive, events),
        specificity=wilson(table.true_negative, others),
        positive_predictive_value=wilson(table.true_positive, table.true_positive + table.false_positive),
        negative_predictive_value=wilson(table.true_negative, table.true_negative + table.false_negative),
        accuracy=wilson(table.true_positive + table.true_negative, events + others),
        f1=stratified_bootstrap(f1_of, outcome, seed, replicates) if defined else None,
    )
