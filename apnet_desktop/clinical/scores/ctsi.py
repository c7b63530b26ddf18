"""CT severity index (Balthazar et al., Radiology 1990) and modified CT severity index (Mortele et al., AJR 2004).

Necrosis, original index: 0, below 30 %, 30 to 50 %, above 50 %. Modified index: 0, up to 30 %, above 30 % (30 % exactly
gives 2 points; one public calculator has it the other way).
"""

from __future__ import annotations

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.scores.base import Score, ScoreItem, missing_item, number_item, scored

__all__ = ["ctsi", "modified_ctsi"]

_BALTHAZAR = {"A": 0, "B": 1, "C": 2, "D": 3, "E": 4}
_INFLAMMATION = {"normal": 0, "intrinsic": 2, "collection": 4}


def ctsi(record: ClinicalRecord) -> Score:
    """CT severity index, 0 to 10: 0 to 3 mild, 4 to 6 moderate, 7 to 10 severe."""
    return Score(
        id="ctsi",
        maximum=10,
        items=(
            _table(record, "ctsi_balthazar", "balthazar_grade", _BALTHAZAR),
            number_item(record, "ctsi_necrosis", "necrosis_percent", _necrosis, 6),
        ),
    ).graded(lambda points: _grade(points, 3, 6))


def modified_ctsi(record: ClinicalRecord) -> Score:
    """Modified CT severity index, 0 to 10 in steps of 2: 0 to 2 mild, 4 to 6 moderate, 8 to 10 severe."""
    return Score(
        id="modified_ctsi",
        maximum=10,
        items=(
            _table(record, "modified_ctsi_inflammation", "pancreatic_inflammation", _INFLAMMATION),
            number_item(record, "modified_ctsi_necrosis", "necrosis_percent", _modified_necrosis, 4),
            _extrapancreatic(record),
        ),
    ).graded(lambda points: _grade(points, 3, 7))


def _grade(points: int, mild: int, moderate: int) -> str:
    return f"clinical.grade.ctsi_{'mild' if points <= mild else 'moderate' if points <= moderate else 'severe'}"


def _table(record: ClinicalRecord, id: str, factor: str, table: dict[str, int]) -> ScoreItem:
    answer = record.value(factor)
    if not isinstance(answer, str) or answer not in table:
        return missing_item(id, (factor,), (factor,), max(table.values()))
    return scored(id, (factor,), table[answer])


def _necrosis(percent: float) -> int:
    if percent <= 0:
        return 0
    return 2 if percent < 30 else 4 if percent <= 50 else 6


def _modified_necrosis(percent: float) -> int:
    if percent <= 0:
        return 0
    return 2 if percent <= 30 else 4


def _extrapancreatic(record: ClinicalRecord) -> ScoreItem:
    id, factors = "modified_ctsi_extrapancreatic", ("extrapancreatic_complications", "pleural_effusion")
    found, effusion = record.value(factors[0]), record.value(factors[1])
    if effusion is True or (isinstance(found, tuple) and any(answer != "none" for answer in found)):
        return scored(id, factors, 2)
    if not isinstance(found, tuple) or not found:
        return missing_item(id, factors, factors[:1], 2)
    return scored(id, factors, 0)
