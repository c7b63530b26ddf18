"""What happens after discharge: recurrence, competing death, loss to follow-up, end of study."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.simulation.findings import Findings
from apnet_desktop.simulation.patient import SimulatedPatient
from apnet_desktop.simulation.randomness import Stream, generator
from apnet_desktop.simulation.risk import HORIZON_MONTHS, risk

__all__ = ["HORIZON_DAYS", "FollowUp", "TrueOutcome", "follow", "true_outcome"]

HORIZON_DAYS: Final = int(HORIZON_MONTHS * 365.25 / 12)

# Half of the recurrences within two years come within 219 days (doi 10.1007/s10620-024-08684-3) and about a sixth
# within 30 (PMID 29311029): days = horizon × u^2, median horizon / 4, share within 30 days √(30 / horizon).
_RECURRENCE_POWER: Final = 2.0
_LOSS_A_YEAR: Final = 0.09
_SHORTEST_STUDY: Final = 400  # days of follow-up for the last patient enrolled
_ENROLMENT: Final = 1200  # days


class FollowUp(FrozenModel):
    """The dated outcome of one patient, as the study sees it.

    Attributes:
        admission_date: Of the index admission.
        discharge_date: Follow-up counts from here.
        last_contact_date: Last day on which the patient is known to have been alive and without recurrence, or the
            day of the event.
        end: How follow-up ended: "recurrence", "death" (without recurrence before) or "censored".
        days: From discharge to last contact.
        recurrence_date: None unless the end is "recurrence".
        death_date: None unless the end is "death".
    """

    admission_date: date
    discharge_date: date
    last_contact_date: date
    end: str
    days: int
    recurrence_date: date | None = None
    death_date: date | None = None


class TrueOutcome(FrozenModel):
    """What no study sees.

    Attributes:
        risk: True probability of recurrence within the horizon, death competing.
        recurs: Whether he recurs within the horizon if nobody loses sight of him.
    """

    risk: float
    recurs: bool


def true_outcome(patient: SimulatedPatient, findings: Findings) -> TrueOutcome:
    """The risk, and what fate drew from it."""
    chance = risk(patient.drawn, findings, patient.settings)
    first = generator(patient.seed, patient.index, Stream.OUTCOME).random()
    return TrueOutcome(risk=chance, recurs=bool(first < chance))


def follow(patient: SimulatedPatient, findings: Findings) -> FollowUp:
    """The follow-up of a patient with these findings.

    Recurrence within the horizon is drawn with the true risk. Those who do not recur die within it with a chance that
    grows with age and organ failure. Everybody may be lost (9 % a year) or reach the end of the study before,
    whatever his risk: censoring is independent of the outcome.
    """
    _, when, dies, death_when, lost, enrolled = generator(patient.seed, patient.index, Stream.OUTCOME).random(6)
    recurs = true_outcome(patient, findings).recurs
    lost_after = int(-np.log1p(-lost) / -np.log1p(-_LOSS_A_YEAR) * 365.25) + 1
    censored = min(lost_after, _SHORTEST_STUDY + int(enrolled * _ENROLMENT))
    death = _death_chance(patient)
    days, end = censored, "censored"
    event = 1 + int((HORIZON_DAYS - 1) * when**_RECURRENCE_POWER)
    if recurs and event <= censored:
        days, end = event, "recurrence"
    elif not recurs and dies < death:
        last_day = 1 + int((HORIZON_DAYS - 1) * death_when)
        if last_day <= censored:
            days, end = last_day, "death"
    stay = int(patient.factor("length_of_stay"))
    in_hospital = max(1, int(float(patient.drawn.hours_since_onset[0]) // 24))
    admission = patient.series.study_date - timedelta(days=in_hospital - 1)
    discharge = admission + timedelta(days=stay)
    last = discharge + timedelta(days=days)
    return FollowUp(
        admission_date=admission,
        discharge_date=discharge,
        last_contact_date=last,
        end=end,
        days=days,
        recurrence_date=last if end == "recurrence" else None,
        death_date=last if end == "death" else None,
    )


def _death_chance(patient: SimulatedPatient) -> float:
    """Chance of death within the horizon of one who does not recur: about 4 % on average."""
    logit = -4.6 + 0.055 * (patient.factor("age") - 50) + 0.6 * patient.factor("organ_failure")
    return float(np.round(1 / (1 + np.exp(-logit)), 9))
