"""Fits calibrators on out-of-fold scores; they are kept as plain numbers.

The target smoothing of Platt's paper (1999) is left out: with censoring weights a plain weighted maximum likelihood is
what the calibration slope of the evaluation measures, too. A ridge, as if one thought beforehand that the slope is 1
give or take 1, weighs one part in forty beside 184 patients, and keeps a cohort of thirty, whose scores may separate
the outcomes by luck, from risks of 0 and 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import LogisticCalibrator

__all__ = ["fit_logistic_calibrator"]

Floats = NDArray[np.float64]


def fit_logistic_calibrator(
    raw: Floats, outcome: NDArray[np.bool_], weights: Floats | None = None, ridge: float = 1.0
) -> LogisticCalibrator:
    """Weighted maximum likelihood of intercept and slope, with a ridge on the slope's distance from 1.

    Args:
        raw: Raw logits of patients whom the scorer did not see; shape (patients,).
        outcome: True for an event.
        weights: Censoring weights; weight 0 leaves a patient out.
        ridge: Penalty ridge / 2 × (slope - 1)².
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    weight = np.ones(raw.size) if weights is None else weights
    target = outcome.astype(np.float64)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        score = parameters[0] + parameters[1] * raw
        value = float((weight * (np.logaddexp(0, score) - target * score)).sum())
        residual = weight * (expit(score) - target)
        gradient = np.array([residual.sum(), (residual * raw).sum()])
        value += ridge / 2 * float((parameters[1] - 1) ** 2)
        gradient[1] += ridge * (parameters[1] - 1)
        return value, gradient

    rate = float(np.clip(np.average(target, weights=weight), 1e-3, 1 - 1e-3))
    start = np.array([np.log(rate / (1 - rate)), 1.0])
    result = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, None)])
    return LogisticCalibrator(intercept=float(result.x[0]), slope=float(result.x[1]))
