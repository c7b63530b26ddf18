"""Decision curves: net benefit of acting on a risk, against acting on all and on none.

Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-574.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.study.statistics.classification import TwoByTwo, two_by_two

__all__ = ["DecisionCurve", "decision_curve", "net_benefit", "net_benefit_of_table"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


class DecisionCurve(FrozenModel):
    """Net benefit per patient over threshold probabilities; treating none has net benefit 0.

    Attributes:
        thresholds: Threshold probabilities.
        model: Net benefit of acting on patients at or above the threshold.
        treat_all: Net benefit of acting on everyone.
    """

    thresholds: tuple[float, ...]
    model: tuple[float, ...]
    treat_all: tuple[float, ...]


def net_benefit_of_table(table: TwoByTwo, threshold: float) -> float:
    """True positives less false positives at the exchange rate threshold / (1 - threshold), per patient."""
    patients = table.true_positive + table.false_positive + table.false_negative + table.true_negative
    return (table.true_positive - table.false_positive * threshold / (1 - threshold)) / patients


def net_benefit(outcome: Booleans, risk: Floats, threshold: float, weights: Floats | None = None) -> float:
    """Net benefit per patient of acting on risks at or above `threshold`."""
    return net_benefit_of_table(two_by_two(outcome, risk, threshold, weights), threshold)


def decision_curve(
    outcome: Booleans, risk: Floats, thresholds: Floats | None = None, weights: Floats | None = None
) -> DecisionCurve:
    """The decision curve, by default at thresholds of 5 to 60 % in steps of 1 %."""
    at = np.arange(5, 61) / 100 if thresholds is None else thresholds
    everyone = np.ones_like(risk)
    return DecisionCurve(
        thresholds=tuple(float(t) for t in at),
        model=tuple(net_benefit(outcome, risk, float(t), weights) for t in at),
        treat_all=tuple(net_benefit(outcome, everyone, float(t), weights) for t in at),
    )
