"""Outcome at a horizon when follow-up ends early: who is an event, who is not, and what each patient then weighs.

A patient whose follow-up ends before the horizon without recurrence or death is neither event nor non-event. Those
whose state at the horizon is known are weighted by the inverse probability of not having been censored by then
(Robins; for the AUC Uno H et al. J Am Stat Assoc 2007;102:527-537). Death competes: a patient who died before a
recurrence has not had the event and never will (Blanche P et al. Stat Med 2013;32:5381-5397, definition of controls
that keeps competing events).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.frozen import FrozenModel

__all__ = [
    "CumulativeIncidence",
    "End",
    "HorizonOutcome",
    "cumulative_incidence",
    "horizon_outcome",
    "kaplan_meier",
]

Floats = NDArray[np.float64]


class End(IntEnum):
    """How a patient's follow-up ended."""

    CENSORED = 0
    RECURRENCE = 1
    DEATH = 2


@dataclass(frozen=True)
class HorizonOutcome:
    """State at the horizon.

    Attributes:
        event: Recurrence within the horizon; meaningful only where the weight is positive. Shape (patients,).
        weights: Inverse-probability-of-censoring weights; 0 for patients censored before the horizon. Their sum is
            close to the number of patients.
        known: State at the horizon is known.
    """

    event: NDArray[np.bool_]
    weights: Floats
    known: NDArray[np.bool_]


def _survival_before(times: Floats, observed: NDArray[np.bool_], at: Floats) -> Floats:
    """Kaplan-Meier survival just before each time in `at`, by lifelines."""
    from lifelines import KaplanMeierFitter

    fitter = KaplanMeierFitter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitter.fit(times, observed)
    steps = np.asarray(fitter.survival_function_.index, dtype=np.float64)
    values = np.asarray(fitter.survival_function_.iloc[:, 0], dtype=np.float64)
    position = np.searchsorted(steps, at, side="left") - 1
    return np.where(position >= 0, values[np.maximum(position, 0)], 1.0)


def horizon_outcome(months: Floats, ends: NDArray[np.int_], horizon: float) -> HorizonOutcome:
    """Event, weight and knowledge of each patient at the horizon.

    Args:
        months: Months from discharge to the end of follow-up (recurrence, death or censoring); shape (patients,).
        ends: `End` of each patient.
        horizon: Months from discharge. A patient censored exactly at the horizon was followed through it.

    Raises:
        ValueError: Patients are censored before the horizon and nobody is followed to it: those whom the weights
            would stand for are not there.
    """
    censored = ends == End.CENSORED
    event = (ends == End.RECURRENCE) & (months <= horizon)
    known = event | ((ends == End.DEATH) & (months <= horizon)) | (months >= horizon)
    if np.any(~known) and not np.any(months >= horizon):
        raise ValueError("no patient is followed to the horizon")
    reached = np.minimum(months, horizon)
    # A censoring at the same moment as an event is taken to follow it, hence the survival just before each time.
    free = _survival_before(months, censored, reached)
    weights = np.where(known, 1 / np.where(known, free, 1.0), 0.0)
    return HorizonOutcome(event=event, weights=weights, known=known)


class CumulativeIncidence(FrozenModel):
    """A step curve of the share of patients with recurrence by each month, with numbers at risk."""

    label: str
    patients: int
    months: tuple[float, ...]
    incidence: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    at_risk_months: tuple[float, ...]
    at_risk: tuple[int, ...]


def _at_risk(months: Floats, until: float) -> tuple[tuple[float, ...], tuple[int, ...]]:
    moments = np.linspace(0, until, 5)
    return tuple(moments.tolist()), tuple(int(np.count_nonzero(months >= moment)) for moment in moments)


def kaplan_meier(label: str, months: Floats, ends: NDArray[np.int_], until: float) -> CumulativeIncidence:
    """1 - Kaplan-Meier survival free of recurrence up to `until` months; deaths count as censored."""
    from lifelines import KaplanMeierFitter

    fitter = KaplanMeierFitter().fit(months, ends == End.RECURRENCE)
    inside = np.asarray(fitter.survival_function_.index) <= until
    survival = np.asarray(fitter.survival_function_.iloc[:, 0])[inside]
    bounds = np.nan_to_num(np.asarray(fitter.confidence_interval_, dtype=np.float64)[inside], nan=1.0)
    moments, numbers = _at_risk(months, until)
    return CumulativeIncidence(
        label=label,
        patients=int(months.size),
        months=tuple(np.asarray(fitter.survival_function_.index)[inside].tolist()),
        incidence=tuple((1 - survival).tolist()),
        lower=tuple((1 - bounds.max(axis=1)).tolist()),
        upper=tuple((1 - bounds.min(axis=1)).tolist()),
        at_risk_months=moments,
        at_risk=numbers,
    )


def cumulative_incidence(label: str, months: Floats, ends: NDArray[np.int_], until: float) -> CumulativeIncidence:
    """Aalen-Johansen cumulative incidence of recurrence with death as a competing event, by lifelines."""
    from lifelines import AalenJohansenFitter

    with warnings.catch_warnings():
        # lifelines warns whenever it moves ties apart; seeded, the shift is far below a day.
        warnings.simplefilter("ignore")
        fitter = AalenJohansenFitter(seed=0).fit(months, ends, event_of_interest=int(End.RECURRENCE))
    index = np.asarray(fitter.cumulative_density_.index, dtype=np.float64)
    inside = index <= until
    values = np.asarray(fitter.cumulative_density_.iloc[:, 0], dtype=np.float64)[inside]
    bounds = np.asarray(fitter.confidence_interval_, dtype=np.float64)[inside]
    bounds = np.where(np.isfinite(bounds), bounds, values[:, None])
    moments, numbers = _at_risk(months, until)
    return CumulativeIncidence(
        label=label,
        patients=int(months.size),
        months=tuple(index[inside].tolist()),
        incidence=tuple(values.tolist()),
        lower=tuple(bounds.min(axis=1).tolist()),
        upper=tuple(bounds.max(axis=1).tolist()),
        at_risk_months=moments,
        at_risk=numbers,
    )
