"""Modified Marshall score for organ failure (Banks et al., Gut 2013;62:102; table as in the MSD Manual).

The printed table has holes. Used here: creatinine in µmol/L with ≤ 134, < 170, ≤ 310, ≤ 439; PaO2/FiO2 > 400, > 300,
> 200, > 101; a systolic pressure of exactly 90 mmHg gives 0. Acidosis counts only together with low pressure. A
vasopressor counts as low pressure that fluids did not raise: at least 2, with a note. There is no correction for a
chronically raised creatinine.
"""

from __future__ import annotations

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.scores.base import (
    Combination,
    Score,
    ScoreItem,
    clean,
    missing_item,
    number_item,
    scored,
)
from apnet_desktop.clinical.scores.oxygen import HIGHEST_SATURATION, inspired_oxygen, oxygen_from_saturation
from apnet_desktop.language import Message

__all__ = ["marshall"]

_OXYGEN = ("arterial_oxygen", "inspired_oxygen", "oxygen_saturation", "oxygen_flow")
_PRESSURE = ("systolic_blood_pressure", "blood_pressure_support", "arterial_ph")


def marshall(record: ClinicalRecord) -> Score:
    """The highest of three organs' points, 0 to 4; 2 or more in one is organ failure."""
    return Score(
        id="marshall",
        maximum=4,
        combination=Combination.HIGHEST,
        notices=(Message.of("clinical.note.marshall_highest"),),
        items=(
            _respiratory(record),
            number_item(record, "marshall_renal", "creatinine", _renal, 4),
            _cardiovascular(record),
        ),
    ).graded(lambda points: "clinical.grade.organ_failure" if points >= 2 else "clinical.grade.no_organ_failure")


def _respiratory(record: ClinicalRecord) -> ScoreItem:
    """PaO2/FiO2; a saturation stands in for PaO2 and a flow for FiO2 where those are not known, with a note."""
    oxygen, inspired = record.number("arterial_oxygen"), inspired_oxygen(record)
    saturation = record.number("oxygen_saturation")
    estimated = oxygen is None and saturation is not None
    if oxygen is None and saturation is not None:
        oxygen = oxygen_from_saturation(saturation)
    if oxygen is None or inspired is None:
        missing = [
            factor for factor, value in (("arterial_oxygen", oxygen), ("inspired_oxygen", inspired)) if not value
        ]
        return missing_item("marshall_respiratory", _OXYGEN, missing, 4)
    ratio = clean(oxygen / (inspired / 100))
    points = next((points for bound, points in ((400, 0), (300, 1), (200, 2), (101, 3)) if ratio > bound), 4)
    id = "clinical.note.oxygen_estimated" if estimated else "clinical.note.oxygen_ratio"
    note = Message.of(id, ratio=f"{ratio:.0f}", inspired=f"{inspired:.3g}")
    if estimated and saturation is not None and saturation > HIGHEST_SATURATION and points > 0:
        # PaO2 is at least that of 96 %: the points are at most these.
        return ScoreItem(
            id="marshall_respiratory", factors=_OXYGEN, lower=0, upper=points, missing=("arterial_oxygen",), note=note
        )
    return scored("marshall_respiratory", _OXYGEN, points, note)


def _renal(creatinine: float) -> int:
    if creatinine <= 134:
        return 0
    if creatinine < 170:
        return 1
    if creatinine <= 310:
        return 2
    return 3 if creatinine <= 439 else 4


def _cardiovascular(record: ClinicalRecord) -> ScoreItem:
    pressure = record.number("systolic_blood_pressure")
    support = record.value("blood_pressure_support")
    vasopressor = support == "vasopressor"
    if pressure is None and not vasopressor:
        return missing_item("marshall_cardiovascular", _PRESSURE, ("systolic_blood_pressure",), 4)
    if pressure is not None and pressure >= 90 and not vasopressor:
        note = Message.of("clinical.note.no_vasopressor_assumed") if support is None else None
        return scored("marshall_cardiovascular", _PRESSURE, 0, note)
    return _low_pressure(record, vasopressor)


def _low_pressure(record: ClinicalRecord, vasopressor: bool) -> ScoreItem:
    note = Message.of("clinical.note.vasopressor") if vasopressor else None
    acidity = record.number("arterial_ph")
    if acidity is not None and acidity < 7.3:
        return scored("marshall_cardiovascular", _PRESSURE, 4 if acidity < 7.2 else 3, note)
    support = record.value("blood_pressure_support")
    low, high = {"fluid_responsive": (1, 1), "not_fluid_responsive": (2, 2), "vasopressor": (2, 2)}.get(
        support if isinstance(support, str) else "", (1, 2)
    )
    missing = [] if low == high else ["blood_pressure_support"]
    if acidity is None:
        missing.append("arterial_ph")
        high = 4
    return ScoreItem(
        id="marshall_cardiovascular", factors=_PRESSURE, lower=low, upper=high, missing=tuple(missing), note=note
    )
