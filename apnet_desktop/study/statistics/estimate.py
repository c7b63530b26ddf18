"""A figure with its interval, as every measure of the study reports it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.frozen import FrozenModel

__all__ = ["Estimate", "percentile_interval", "stratified_bootstrap", "stratified_resample"]


class Estimate(FrozenModel):
    """A figure and its interval.

    Attributes:
        value: Point estimate.
        lower: Lower end of the interval; None where there is no interval.
        upper: Upper end.
        level: Confidence level of the interval.
        method: How the interval was made ("DeLong", "bootstrap of patients, stratified by outcome", "Wilson").
    """

    value: float
    lower: float | None = None
    upper: float | None = None
    level: float = 0.95
    method: str = ""

    def holds(self, value: float) -> bool:
        """True if `value` lies inside the interval, ends included; False if there is no interval."""
        return self.lower is not None and self.upper is not None and self.lower <= value <= self.upper


def percentile_interval(values: NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of bootstrap replicates (Efron and Tibshirani 1993, section 13.3)."""
    tail = 100 * (1 - level) / 2
    lower, upper = np.percentile(values, [tail, 100 - tail])
    return float(lower), float(upper)


def stratified_resample(outcome: NDArray[np.bool_], generator: np.random.Generator) -> NDArray[np.intp]:
    """Indices of one bootstrap sample of patients that keeps the numbers of events and of non-events."""
    strata = (np.flatnonzero(outcome), np.flatnonzero(~outcome))
    return np.concatenate([generator.choice(stratum, stratum.size) for stratum in strata])


def stratified_bootstrap(
    measure: Callable[[NDArray[np.intp]], float],
    outcome: NDArray[np.bool_],
    seed: int,
    replicates: int = 2000,
    level: float = 0.95,
) -> Estimate:
    """A measure with its bootstrap interval; patients are drawn with replacement within each outcome.

    Args:
        measure: The figure for patients at the given indices; it may return NaN where it is not defined, and such
            replicates are left out.
        outcome: True for an event; shape (patients,).
        seed: Seed of the resampling.
        replicates: Bootstrap samples.
        level: Confidence level.
    """
    generator = np.random.default_rng(seed)
    point = float(measure(np.arange(outcome.size)))
    values = np.array([measure(stratified_resample(outcome, generator)) for _ in range(replicates)])
    values = values[np.isfinite(values)]
    method = "bootstrap of patients, stratified by outcome"
    if values.size < replicates / 2:
        return Estimate(value=point, level=level, method="no interval: not defined in most bootstrap samples")
    lower, upper = percentile_interval(values, level)
    return Estimate(value=point, lower=lower, upper=upper, level=level, method=method)
