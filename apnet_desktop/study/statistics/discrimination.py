"""Area under the ROC curve: with DeLong's and bootstrap intervals, and paired comparisons.

DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845, by the midrank algorithm of Sun X, Xu W. IEEE
Signal Process Lett 2014;21:1389-1393.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.study.statistics.estimate import Estimate, stratified_bootstrap

__all__ = [
    "PairedComparison",
    "RocCurve",
    "auroc",
    "auroc_bootstrap",
    "auroc_delong",
    "compare_auroc_bootstrap",
    "compare_auroc_delong",
    "roc_curve",
]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


class PairedComparison(FrozenModel):
    """Difference of two AUROCs on the same patients.

    Attributes:
        difference: First minus second, with its interval.
        p_value: Two-sided, of no difference; None where there is none.
    """

    difference: Estimate
    p_value: float | None = None

    @property
    def distinguishable(self) -> bool:
        """True if the interval leaves out 0."""
        return not self.difference.holds(0.0)


class RocCurve(FrozenModel):
    """Corners of the ROC curve, from (0, 0) to (1, 1)."""

    false_positive_share: tuple[float, ...]
    true_positive_share: tuple[float, ...]


def auroc(outcome: Booleans, score: Floats, weights: Floats | None = None) -> float:
    """Area under the ROC curve; ties count one half.

    Args:
        outcome: True for an event; shape (patients,).
        score: Higher means more likely; shape (patients,).
        weights: Weight of each patient, such as censoring weights; patients of weight 0 do not count.

    Returns:
        The area, or NaN if the weighted patients are all of one outcome.
    """
    from scipy.stats import rankdata

    if weights is not None:
        return _weighted_auroc(outcome, score, weights)
    events = int(np.count_nonzero(outcome))
    others = outcome.size - events
    if events == 0 or others == 0:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[outcome].sum() - events * (events + 1) / 2) / (events * others))


def _weighted_auroc(outcome: Booleans, score: Floats, weights: Floats) -> float:
    """Share of weighted (event, non-event) pairs in the right order, by one sort over the distinct scores."""
    _, position = np.unique(score, return_inverse=True)
    levels = int(position.max()) + 1 if position.size else 0
    event = np.bincount(position, weights * outcome, levels)
    other = np.bincount(position, weights * ~outcome, levels)
    total = event.sum() * other.sum()
    if total <= 0:
        return float("nan")
    below = np.cumsum(other) - other
    return float((event * (below + other / 2)).sum() / total)


def _placements(outcome: Booleans, score: Floats) -> tuple[Floats, Floats]:
    """DeLong's structural components: of each event among the non-events, and the other way round."""
    from scipy.stats import rankdata

    events, others = score[outcome], score[~outcome]
    ranks = rankdata(np.concatenate([events, others]))
    of_events = (ranks[: events.size] - rankdata(events)) / others.size
    of_others = 1 - (ranks[events.size :] - rankdata(others)) / events.size
    return of_events, of_others


def _normal_quantile(level: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf((1 + level) / 2))


def _require_both(outcome: Booleans) -> None:
    if min(np.count_nonzero(outcome), np.count_nonzero(~outcome)) < 2:
        raise ValueError("at least two events and two non-events are needed")


def auroc_delong(outcome: Booleans, score: Floats, level: float = 0.95) -> Estimate:
    """AUROC with DeLong's normal interval, cut at 0 and 1.

    Raises:
        ValueError: Fewer than two events or two non-events.
    """
    _require_both(outcome)
    of_events, of_others = _placements(outcome, score)
    area = float(of_events.mean())
    variance = of_events.var(ddof=1) / of_events.size + of_others.var(ddof=1) / of_others.size
    half = _normal_quantile(level) * float(np.sqrt(variance))
    return Estimate(value=area, lower=max(0.0, area - half), upper=min(1.0, area + half), level=level, method="DeLong")


def compare_auroc_delong(outcome: Booleans, first: Floats, second: Floats, level: float = 0.95) -> PairedComparison:
    """Difference of the AUROCs of two scores of the same patients (paired DeLong).

    Raises:
        ValueError: Fewer than two events or two non-events.
    """
    from scipy.stats import norm

    _require_both(outcome)
    first_events, first_others = _placements(outcome, first)
    second_events, second_others = _placements(outcome, second)
    difference = float(first_events.mean() - second_events.mean())
    variance = (first_events - second_events).var(ddof=1) / first_events.size
    variance += (first_others - second_others).var(ddof=1) / first_others.size
    error = float(np.sqrt(variance))
    half = _normal_quantile(level) * error
    estimate = Estimate(
        value=difference, lower=difference - half, upper=difference + half, level=level, method="paired DeLong"
    )
    p_value = 1.0 if error == 0 and difference == 0 else 2 * float(norm.sf(abs(difference) / max(error, 1e-300)))
    return PairedComparison(difference=estimate, p_value=p_value)


def auroc_bootstrap(
    outcome: Booleans,
    score: Floats,
    seed: int,
    weights: Floats | None = None,
    replicates: int = 2000,
    level: float = 0.95,
) -> Estimate:
    """AUROC with a stratified bootstrap interval; censoring weights travel with their patients."""

    def measure(index: NDArray[np.intp]) -> float:
        return auroc(outcome[index], score[index], None if weights is None else weights[index])

    return stratified_bootstrap(measure, outcome, seed, replicates, level)


def compare_auroc_bootstrap(
    outcome: Booleans,
    first: Floats,
    second: Floats,
    seed: int,
    weights: Floats | None = None,
    replicates: int = 2000,
    level: float = 0.95,
) -> PairedComparison:
    """Difference of two AUROCs with a stratified bootstrap interval of the same patients, for weighted outcomes."""

    def measure(index: NDArray[np.intp]) -> float:
        chosen = None if weights is None else weights[index]
        return auroc(outcome[index], first[index], chosen) - auroc(outcome[index], second[index], chosen)

    return PairedComparison(difference=stratified_bootstrap(measure, outcome, seed, replicates, level))


def roc_curve(outcome: Booleans, score: Floats, weights: Floats | None = None) -> RocCurve:
    """The ROC curve, by scikit-learn; weighted patients count by their weights."""
    from sklearn.metrics import roc_curve as corners

    false_positive, true_positive, _ = corners(outcome, score, sample_weight=weights)
    return RocCurve(
        false_positive_share=tuple(np.clip(false_positive, 0, 1).tolist()),
        true_positive_share=tuple(np.clip(true_positive, 0, 1).tolist()),
    )
