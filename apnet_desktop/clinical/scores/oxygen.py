"""Oxygen where there is no blood gas or no ventilator: PaO2 from saturation, FiO2 from the flow through a mask.

Only the modified Marshall score uses them, and says so. APACHE II asks for measured values.
"""

from __future__ import annotations

from itertools import pairwise

from apnet_desktop.clinical.record import ClinicalRecord

__all__ = ["HIGHEST_SATURATION", "inspired_from_flow", "inspired_oxygen", "oxygen_from_saturation"]

HIGHEST_SATURATION = 96.0
"""%; above it the curve is flat: a saturation says only that PaO2 is at least so high (Brown, Crit Care Med 2017)."""

# L/min without ventilation and FiO2 in %, as printed with the modified Marshall score (Gut 2013;62:102); between them
# the line: 3 L/min is 27.5 %, 5 L/min 35 %.
_FLOWS = ((0.0, 21.0), (2.0, 25.0), (4.0, 30.0), (6.0, 40.0), (8.0, 40.0), (9.0, 50.0), (10.0, 50.0))


def inspired_from_flow(flow: float) -> float | None:
    """FiO2 in % at an oxygen flow in L/min, None above 10 L/min, for which the score prints nothing."""
    for (low, first), (high, second) in pairwise(_FLOWS):
        if low <= flow <= high:
            return first + (second - first) * (flow - low) / (high - low)
    return None


def inspired_oxygen(record: ClinicalRecord) -> float | None:
    """FiO2 in %: as entered, else from the flow."""
    entered, flow = record.number("inspired_oxygen"), record.number("oxygen_flow")
    if entered is not None or flow is None:
        return entered
    return inspired_from_flow(flow)


def oxygen_from_saturation(saturation: float) -> float:
    """PaO2 in mmHg at a saturation in %: Ellis's inversion (J Appl Physiol 1989;67:902) of Severinghaus's curve."""
    share = min(saturation, HIGHEST_SATURATION) / 100
    half = 11700 * share / (1 - share)
    root = (50.0**3 + half**2) ** 0.5
    return float((half + root) ** (1 / 3) - (root - half) ** (1 / 3))
