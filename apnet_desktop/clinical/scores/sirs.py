"""Systemic inflammatory response syndrome: two or more of four criteria (BMC Infect Dis 2014;14:155, table 2).

All inequalities are strict: 38.0 °C, 90 /min, 20 /min, 32 mmHg, 12 and 4 ×10⁹/L and 10 % bands do not count.
"""

from __future__ import annotations

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.scores.base import Score, ScoreItem, missing_item, number_item, scored
from apnet_desktop.language import Message

__all__ = ["sirs"]


def sirs(record: ClinicalRecord) -> Score:
    """SIRS, one point a criterion; present at 2.

    PaCO2 and immature neutrophils are second ways to a criterion: without them it is scored on respiratory rate or
    white cells alone, and a note says so.
    """
    return Score(
        id="sirs",
        maximum=4,
        items=(
            number_item(record, "sirs_temperature", "temperature", lambda value: int(value < 36 or value > 38), 1),
            number_item(record, "sirs_heart_rate", "heart_rate", lambda value: int(value > 90), 1),
            _breathing(record),
            _white_cells(record),
        ),
    ).graded(lambda points: "clinical.grade.sirs_present" if points >= 2 else "clinical.grade.sirs_absent")


def _breathing(record: ClinicalRecord) -> ScoreItem:
    rate, carbon_dioxide = record.number("respiratory_rate"), record.number("arterial_carbon_dioxide")
    fast = None if rate is None else rate > 20
    low = None if carbon_dioxide is None else carbon_dioxide < 32
    return _either("sirs_breathing", ("respiratory_rate", "arterial_carbon_dioxide"), fast, low)


def _white_cells(record: ClinicalRecord) -> ScoreItem:
    count, bands = record.number("white_cell_count"), record.number("immature_neutrophils")
    abnormal = None if count is None else count < 4 or count > 12
    many = None if bands is None else bands > 10
    return _either("sirs_white_cells", ("white_cell_count", "immature_neutrophils"), abnormal, many)


def _either(id: str, factors: tuple[str, str], first: bool | None, second: bool | None) -> ScoreItem:
    if first or second:
        return scored(id, factors, 1)
    if first is None:
        return missing_item(id, factors, (factors[0],), 1)
    note = Message.of(f"clinical.note.{id}") if second is None else None
    return scored(id, factors, 0, note)
