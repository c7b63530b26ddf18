"""How far predicted risks are from observed shares: intercept, slope, O:E, flexible curve, Brier.

Van Calster B et al. J Clin Epidemiol 2016;74:167-176 (hierarchy of calibration); the flexible curve is a logistic
regression on a restricted cubic spline of the predicted logit (Harrell FE, Regression Modeling Strategies, section
2.4.5), which takes censoring weights and carries a pointwise interval.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.study.statistics.estimate import Estimate, stratified_bootstrap

__all__ = [
    "CalibrationMeasures",
    "FlexibleCurve",
    "brier",
    "calibration_intercept",
    "calibration_measures",
    "calibration_slope",
    "flexible_curve",
    "logit",
    "observed_over_expected",
    "scaled_brier",
]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
_Z95 = 1.959963984540054


class FlexibleCurve(FrozenModel):
    """Observed share as a smooth function of predicted risk, with a pointwise 95 % interval."""

    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]


class CalibrationMeasures(FrozenModel):
    """Calibration of one set of risks.

    Attributes:
        intercept: Calibration in the large: intercept with the predicted logit as offset; 0 is ideal.
        slope: Coefficient of the predicted logit; 1 is ideal. None where the fit does not exist.
        observed_over_expected: Observed over expected events; 1 is ideal.
        brier: Mean squared error of the risk.
        scaled_brier: Share of the base rate's Brier score that the risks remove; 1 is perfect, 0 is the base rate.
        curve: Flexible curve; None with too few patients or events for one (below 40 or 10).
    """

    intercept: Estimate | None
    slope: Estimate | None
    observed_over_expected: Estimate | None
    brier: Estimate
    scaled_brier: float
    curve: FlexibleCurve | None


def logit(risk: Floats) -> Floats:
    """Log odds of a risk, which is kept 1e-6 away from 0 and 1."""
    kept = np.clip(risk, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)))


def _fit(outcome: Booleans, design: Floats, weights: Floats | None, offset: Floats | None = None) -> Any | None:
    """A logistic regression with robust errors if weighted; None where the likelihood has no maximum."""
    import statsmodels.api as sm

    weight = np.ones(outcome.size) if weights is None else weights
    keep = weight > 0
    model = sm.GLM(
        outcome[keep].astype(np.float64),
        design[keep],
        family=sm.families.Binomial(),
        freq_weights=weight[keep],
        offset=None if offset is None else offset[keep],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = model.fit(cov_type="nonrobust" if weights is None else "HC0")
        except (np.linalg.LinAlgError, ValueError, sm.tools.sm_exceptions.PerfectSeparationError):
            return None
    usable = result.converged and np.isfinite(result.bse).all() and float(np.max(result.bse)) < 100
    return result if usable else None


def _coefficient(result: Any, position: int) -> Estimate:
    value, error = float(result.params[position]), float(result.bse[position])
    return Estimate(value=value, lower=value - _Z95 * error, upper=value + _Z95 * error, method="logistic regression")


def calibration_slope(outcome: Booleans, risk: Floats, weights: Floats | None = None) -> Estimate | None:
    """Coefficient of the predicted logit in a logistic regression of the outcome; None where it does not exist."""
    result = _fit(outcome, np.column_stack([np.ones(risk.size), logit(risk)]), weights)
    return None if result is None else _coefficient(result, 1)


def calibration_intercept(outcome: Booleans, risk: Floats, weights: Floats | None = None) -> Estimate | None:
    """Intercept of a logistic regression with the predicted logit as offset (calibration in the large)."""
    result = _fit(outcome, np.ones((risk.size, 1)), weights, logit(risk))
    return None if result is None else _coefficient(result, 0)


def observed_over_expected(outcome: Booleans, risk: Floats, weights: Floats | None = None) -> Estimate | None:
    """Observed over expected events, with an interval on the log scale; None without events.

    The standard error of log O:E is sqrt((1 - O/n) / O) (Debray TPA et al. BMJ 2017;356:i6460, appendix).
    """
    weight = np.ones(risk.size) if weights is None else weights
    patients, observed, expected = float(weight.sum()), float((weight * outcome).sum()), float((weight * risk).sum())
    if observed <= 0 or expected <= 0:
        return None
    ratio = observed / expected
    error = float(np.sqrt((1 - observed / patients) / observed))
    return Estimate(
        value=ratio,
        lower=ratio * float(np.exp(-_Z95 * error)),
        upper=ratio * float(np.exp(_Z95 * error)),
        method="normal interval of log O:E",
    )


def brier(outcome: Booleans, risk: Floats, weights: Floats | None = None) -> float:
    """Weighted mean squared difference of risk and outcome."""
    return float(np.average((risk - outcome) ** 2, weights=weights))


def scaled_brier(outcome: Booleans, risk: Floats, weights: Floats | None = None) -> float:
    """1 - Brier / Brier of the observed base rate (Steyerberg EW et al. Epidemiology 2010;21:128-138)."""
    rate = float(np.average(outcome, weights=weights))
    if rate in (0.0, 1.0):
        return 0.0
    return 1 - brier(outcome, risk, weights) / (rate * (1 - rate))


def _spline_basis(values: Floats, knots: Floats) -> Floats:
    """Restricted cubic spline: linear beyond the outer knots; shape (values, knots - 1)."""

    def cubed(knot: float) -> Floats:
        return np.asarray(np.maximum(values - knot, 0.0) ** 3)

    last, before = float(knots[-1]), float(knots[-2])
    scale = (last - float(knots[0])) ** 2
    columns = [values]
    for knot in knots[:-2]:
        bent = cubed(float(knot)) - cubed(before) * (last - knot) / (last - before)
        columns.append((bent + cubed(last) * (before - knot) / (last - before)) / scale)
    return np.column_stack(columns)


def flexible_curve(
    outcome: Booleans, risk: Floats, weights: Floats | None = None, points: int = 60
) -> FlexibleCurve | None:
    """The flexible calibration curve between the 2nd and 98th percentile of risk; None if it cannot be fitted.

    Knots at the 10th, 50th and 90th percentile of the predicted logit (Harrell's default for three knots).
    """
    position = logit(risk)
    knots = np.percentile(position, [10, 50, 90])
    if np.count_nonzero(outcome) < 10 or outcome.size < 40 or np.diff(knots).min() < 1e-6:
        return None
    design = np.column_stack([np.ones(risk.size), _spline_basis(position, knots)])
    result = _fit(outcome, design, weights)
    if result is None:
        return None
    lowest, highest = np.percentile(risk, [2, 98])
    grid = np.linspace(float(lowest), float(highest), points)
    at = np.column_stack([np.ones(points), _spline_basis(logit(grid), knots)])
    centre = at @ np.asarray(result.params)
    error = np.sqrt(np.einsum("ij,jk,ik->i", at, np.asarray(result.cov_params()), at))
    low, middle, high = (1 / (1 + np.exp(-(centre + z * error))) for z in (-_Z95, 0.0, _Z95))
    return FlexibleCurve(
        predicted=tuple(grid.tolist()),
        observed=tuple(middle.tolist()),
        lower=tuple(low.tolist()),
        upper=tuple(high.tolist()),
    )


def calibration_measures(
    outcome: Booleans, risk: Floats, seed: int, weights: Floats | None = None, replicates: int = 2000
) -> CalibrationMeasures:
    """All measures of calibration of one set of risks."""

    def brier_of(index: NDArray[np.intp]) -> float:
        return brier(outcome[index], risk[index], None if weights is None else weights[index])

    return CalibrationMeasures(
        intercept=calibration_intercept(outcome, risk, weights),
        slope=calibration_slope(outcome, risk, weights),
        observed_over_expected=observed_over_expected(outcome, risk, weights),
        brier=stratified_bootstrap(brier_of, outcome, seed, replicates),
        scaled_brier=scaled_brier(outcome, risk, weights),
        curve=flexible_curve(outcome, risk, weights),
    )
