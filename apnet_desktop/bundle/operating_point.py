"""The threshold on the page's base rate: where it lies, and what it says of 100 patients on either side of it."""

from __future__ import annotations

from apnet_desktop.bundle.calibration import shift_base_rate
from apnet_desktop.bundle.manifest import Probability, Threshold
from apnet_desktop.bundle.prediction import BaseRate
from apnet_desktop.frozen import FrozenModel

__all__ = ["PredictiveValues", "predictive_values", "threshold_at"]


class PredictiveValues(FrozenModel):
    """What the threshold says of a group of patients, apart from any one patient's risk.

    Attributes:
        base_rate: On which they rest: the site's, or the development cohort's.
        positive: Share that recurs of the patients above the threshold (PPV).
        negative: Share that does not recur of those below it (NPV).
    """

    base_rate: Probability
    positive: Probability
    negative: Probability


def predictive_values(threshold: Threshold, base_rate: BaseRate) -> PredictiveValues:
    """Bayes' rule for sensitivity and specificity of development, which are assumed to hold at another base rate."""
    sensitivity, specificity = threshold.sensitivity, threshold.specificity
    rate = base_rate.site if base_rate.site is not None else base_rate.development
    above = sensitivity * rate + (1 - specificity) * (1 - rate)
    below = (1 - sensitivity) * rate + specificity * (1 - rate)
    return PredictiveValues(
        base_rate=rate,
        # A threshold that parts nobody off says nothing beyond the base rate.
        positive=sensitivity * rate / above if above > 0 else rate,
        negative=specificity * (1 - rate) / below if below > 0 else 1 - rate,
    )


def threshold_at(threshold: Threshold, base_rate: BaseRate) -> float:
    """The threshold as a risk on the page's base rate: it moves as every risk does, so the same patients pass it."""
    if base_rate.site is None:
        return threshold.risk
    return shift_base_rate(threshold.risk, base_rate.development, base_rate.site)
