"""`calibration.json`: from raw scores to calibrated probabilities, and how well the average risk at a score is known.

Every route has one score for each cross-validation fold. Fold f's raw logit s becomes a calibrated probability by its
own calibrator, learnt from out-of-fold scores only; the route's risk is the mean of the folds' probabilities. The
interval is for E[outcome | score]: a curve over the logit of that mean, from refits on bootstrap samples of the
development cohort.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, ValidationError, model_validator

from apnet_desktop.bundle.manifest import Probability
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.errors import BundleError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = [
    "Calibration",
    "IntervalCurve",
    "LogisticCalibrator",
    "RouteCalibration",
    "logit",
    "parse_calibration",
    "shift_base_rate",
    "sigmoid",
]

# A probability is kept this far from 0 and 1, so that its logit is finite; no cohort at hand can tell it from 0.
SMALLEST_PROBABILITY = 1e-6


class LogisticCalibrator(FrozenModel):
    """Platt's calibration: probability = sigmoid(intercept + slope · raw logit), rising."""

    kind: Literal["logistic"] = "logistic"
    intercept: float
    slope: Annotated[float, Field(ge=0)]

    def probability(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Calibrated probabilities of raw logits, any shape."""
        return sigmoid(self.intercept + self.slope * np.asarray(scores, dtype=np.float64))


class IntervalCurve(FrozenModel):
    """Interval of the average risk as a function of the route's calibrated logit; flat beyond its ends.

    Attributes:
        logits: Ascending calibrated logits.
        lower: Lower ends, probabilities at the development base rate.
        upper: Upper ends.
    """

    logits: tuple[float, ...]
    lower: tuple[Probability, ...]
    upper: tuple[Probability, ...]

    @model_validator(mode="after")
    def _fits(self) -> IntervalCurve:
        if not len(self.logits) == len(self.lower) == len(self.upper) >= 1:
            raise ValueError("interval curve: lengths differ")
        if any(b <= a for a, b in zip(self.logits, self.logits[1:], strict=False)):
            raise ValueError("interval curve: logits do not ascend")
        if any(low > high for low, high in zip(self.lower, self.upper, strict=True)):
            raise ValueError("interval curve: lower above upper")
        return self

    def at(self, score: float) -> tuple[float, float]:
        """Interval at a calibrated logit, interpolated between logits of the ends."""
        lower = np.interp(score, self.logits, logit(self.lower))
        upper = np.interp(score, self.logits, logit(self.upper))
        return float(sigmoid(lower)), float(sigmoid(upper))


class RouteCalibration(FrozenModel):
    """One route: a calibrator for each fold, and the interval curve."""

    route: Route
    calibrators: tuple[LogisticCalibrator, ...]
    interval: IntervalCurve

    def probabilities(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Calibrated probability of raw fold logits, shape (folds, ...) → (...): the mean over folds."""
        raw = np.asarray(scores, dtype=np.float64)
        if raw.shape[0] != len(self.calibrators):
            raise ValueError(f"{raw.shape[0]} fold scores for {len(self.calibrators)} calibrators")
        each = [calibrator.probability(fold) for calibrator, fold in zip(self.calibrators, raw, strict=True)]
        return np.asarray(np.mean(each, axis=0))


class Calibration(FrozenModel):
    """The whole file.

    Attributes:
        level: Confidence level of the intervals, for example 0.9.
        refits: Bootstrap refits behind the interval curves.
        routes: One entry for each route that the bundle has.
    """

    format_version: Literal[1] = 1
    level: Probability
    refits: int
    routes: tuple[RouteCalibration, ...]

    def route(self, route: Route) -> RouteCalibration:
        """Calibration of one route.

        Raises:
            BundleError: The bundle has none.
        """
        for entry in self.routes:
            if entry.route is route:
                return entry
        raise BundleError(Message.of("bundle.no_route", route=route.value))


def parse_calibration(content: bytes) -> Calibration:
    """The calibration in the bytes of `calibration.json`.

    Raises:
        BundleError: It is damaged.
    """
    try:
        return Calibration.model_validate_json(content)
    except ValidationError as error:
        raise BundleError(Message.of("bundle.damaged_content", file="calibration.json")) from error


def sigmoid(logits: ArrayLike) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)), without overflow."""
    x = np.asarray(logits, dtype=np.float64)
    positive = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1.0, positive) / (1.0 + positive))


def logit(probabilities: ArrayLike) -> NDArray[np.float64]:
    """log(p / (1 - p)), p kept within `SMALLEST_PROBABILITY` of 0 and 1."""
    p = np.clip(np.asarray(probabilities, dtype=np.float64), SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return np.asarray(np.log(p) - np.log1p(-p))


def shift_base_rate(probability: float, development: float, site: float) -> float:
    """The probability at a site's base rate: its logit moves by logit(site) - logit(development).

    Holds where the site differs in how many recur, not in what tells them apart (sensitivity and specificity stay).
    """
    moved = float(logit(probability)) + math.log(site / (1 - site)) - math.log(development / (1 - development))
    return float(sigmoid(moved))
