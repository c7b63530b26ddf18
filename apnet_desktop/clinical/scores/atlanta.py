"""Revised Atlanta classification of severity, 2012 (Banks et al., Gut 2013;62:102).

Severe: organ failure for more than 48 h (48 h exactly is not). Moderately severe: organ failure of at most 48 h, a
local complication, or an exacerbated comorbidity. Mild: none of them. Organ failure is a modified Marshall score of 2
or more in the respiratory, renal or cardiovascular system.
"""

from __future__ import annotations

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.scores.base import Combination, Score, ScoreItem, missing_item, scored
from apnet_desktop.clinical.scores.marshall import marshall
from apnet_desktop.language import Message

__all__ = ["LONGEST_TRANSIENT_HOURS", "atlanta"]

LONGEST_TRANSIENT_HOURS = 48.0
"""Organ failure that lasted longer is persistent."""

_HOURS = ("respiratory_failure_hours", "renal_failure_hours", "cardiovascular_failure_hours")
_GRADES = ("mild", "moderately_severe", "severe")


def atlanta(record: ClinicalRecord) -> Score:
    """The grade: 0 mild, 1 moderately severe, 2 severe."""
    score = Score(
        id="atlanta",
        maximum=2,
        combination=Combination.HIGHEST,
        items=(_organ_failure(record), _local(record), _comorbidity(record)),
    ).graded(lambda points: f"clinical.grade.atlanta_{_GRADES[points]}")
    return score.model_copy(update={"notices": _contradictions(record, score)})


def _organ_failure(record: ClinicalRecord) -> ScoreItem:
    """The longest failure of any organ; without durations the answer; without that the Marshall score of now."""
    id, factors = "atlanta_organ_failure", ("organ_failure", *_HOURS)
    hours = [value for factor in _HOURS if (value := record.number(factor)) is not None]
    answer = record.value("organ_failure")
    if any(value > LONGEST_TRANSIENT_HOURS for value in hours) or answer == "persistent":
        return scored(id, factors, 2)
    if answer in ("none", "transient") or len(hours) == len(_HOURS):
        return scored(id, factors, int(answer == "transient" or any(value > 0 for value in hours)))
    failing_now = marshall(record)
    if any(value > 0 for value in hours) or failing_now.lower >= 2:
        return missing_item(id, factors, ("organ_failure",), 2, lower=1)
    return missing_item(id, factors, ("organ_failure",), 2)


def _local(record: ClinicalRecord) -> ScoreItem:
    id, factors = "atlanta_local_complication", ("local_complication", "necrosis_percent")
    complication, necrosis = record.value("local_complication"), record.number("necrosis_percent")
    if (isinstance(complication, str) and complication != "none") or (necrosis is not None and necrosis > 0):
        return scored(id, factors, 1)
    if complication is None:
        return missing_item(id, factors, ("local_complication",), 1)
    return scored(id, factors, 0)


def _comorbidity(record: ClinicalRecord) -> ScoreItem:
    id, factor = "atlanta_comorbidity", "comorbidity_exacerbated"
    worse = record.value(factor)
    if worse is None:
        return missing_item(id, (factor,), (factor,), 1)
    return scored(id, (factor,), int(worse is True))


def _contradictions(record: ClinicalRecord, score: Score) -> tuple[Message, ...]:
    found = []
    entered = record.value("atlanta_grade")
    if (
        isinstance(entered, str)
        and entered in _GRADES
        and score.points is not None
        and _GRADES[score.points] != entered
    ):
        found.append(Message.of(f"clinical.note.atlanta_differs_{entered}"))
    hours = [value for factor in _HOURS if (value := record.number(factor)) is not None]
    answer = record.value("organ_failure")
    says_less = answer == "none" and any(value > 0 for value in hours)
    says_short = answer == "transient" and any(value > LONGEST_TRANSIENT_HOURS for value in hours)
    if says_less or says_short:
        found.append(Message.of("clinical.note.organ_failure_contradicts"))
    return tuple(found)
