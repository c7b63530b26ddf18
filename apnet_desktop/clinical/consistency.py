"""Whether the values of a record agree with each other. What does not agree is told, never changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.scores.atlanta import LONGEST_TRANSIENT_HOURS
from apnet_desktop.language import Message

__all__ = ["contradictions"]

_TRIGLYCERIDES_AS_CAUSE = 5.65  # mmol/L; below, triglycerides are no cause even with milky serum (cem.org.cn, 2023)
_DAYS_APART = 1.0  # admission and discharge day may both be counted, or not
_BODY_MASS_APART = 1.0  # kg/m²


def contradictions(record: ClinicalRecord) -> tuple[tuple[str, Message], ...]:
    """Pairs of values that contradict each other: the factor to look at first, and the sentence."""
    rules: tuple[tuple[str, Callable[[ClinicalRecord], Message | None]], ...] = (
        ("atlanta_grade", _grade),
        ("organ_failure", _hours),
        ("aetiology", _cause),
        ("length_of_stay", _stay),
        ("body_mass_index", _body_mass),
    )
    return tuple((factor, message) for factor, rule in rules if (message := rule(record)) is not None)


def _grade(record: ClinicalRecord) -> Message | None:
    grade, failure = record.value("atlanta_grade"), record.value("organ_failure")
    complication = record.value("local_complication")
    if failure == "persistent" and grade in ("mild", "moderately_severe"):
        return Message.of("clinical.consistency.persistent_not_severe")
    if failure in ("none", "transient") and grade == "severe":
        return Message.of("clinical.consistency.severe_not_persistent")
    if grade == "mild" and (failure == "transient" or complication not in (None, "none")):
        return Message.of("clinical.consistency.mild_with_complication")
    return None


def _hours(record: ClinicalRecord) -> Message | None:
    organs = ("respiratory", "renal", "cardiovascular")
    hours = [value for organ in organs if (value := record.number(f"{organ}_failure_hours")) is not None]
    longest = max(hours, default=0.0)
    answer = record.value("organ_failure")
    if (answer == "none" and longest > 0) or (answer == "transient" and longest > LONGEST_TRANSIENT_HOURS):
        return Message.of("clinical.consistency.failure_hours", hours=f"{longest:g}")
    return None


def _cause(record: ClinicalRecord) -> Message | None:
    triglycerides = record.number("triglycerides")
    if record.value("aetiology") != "hypertriglyceridaemia" or triglycerides is None:
        return None
    if triglycerides >= _TRIGLYCERIDES_AS_CAUSE:
        return None
    return Message.of("clinical.consistency.low_triglycerides", value=f"{triglycerides:g}")


def _stay(record: ClinicalRecord) -> Message | None:
    admission, discharge = record.value("admission_date"), record.value("discharge_date")
    stay = record.number("length_of_stay")
    if stay is None or not isinstance(admission, date) or not isinstance(discharge, date):
        return None
    days = (discharge - admission).days
    if abs(stay - days) <= _DAYS_APART:
        return None
    return Message.of("clinical.consistency.length_of_stay", stay=f"{stay:g}", days=days)


def _body_mass(record: ClinicalRecord) -> Message | None:
    height, weight, index = (record.number(factor) for factor in ("height", "weight", "body_mass_index"))
    if height is None or weight is None or index is None or height <= 0:
        return None
    computed = weight / (height / 100) ** 2
    if abs(computed - index) <= _BODY_MASS_APART:
        return None
    return Message.of("clinical.consistency.body_mass_index", index=f"{index:.1f}", computed=f"{computed:.1f}")
