"""Ranson's criteria: eleven for pancreatitis of other causes (1974), ten for gallstones (1982).

Sources disagree on the base deficit for gallstones (more than 4 or more than 5 mmol/L) and on its fluid limit (4 or 6
L). Used here: more than 5 and more than 4 L; a base deficit between 4 and 5 is noted. Without a cause, a line counts
only where both versions agree.
"""

from __future__ import annotations

from collections.abc import Callable

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.scores.base import (
    CALCIUM,
    GLUCOSE,
    UREA_NITROGEN,
    Score,
    ScoreItem,
    clean,
    missing_item,
    scored,
)
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["ranson"]


class _Limits(FrozenModel):
    """One version of the criteria; None: the version does not have the line."""

    age: float  # years, above
    white_cells: float  # 10⁹/L, above
    glucose: float  # mg/dL, above
    lactate_dehydrogenase: float  # U/L, above
    aspartate_aminotransferase: float = 250  # U/L, above
    haematocrit_fall: float = 10  # percentage points, more than
    urea_nitrogen_rise: float  # mg/dL, more than
    calcium: float = 8  # mg/dL, below (2.0 mmol/L)
    arterial_oxygen: float | None  # mmHg, below
    base_deficit: float  # mmol/L, more than
    fluid: float  # L, more than


_OTHER = _Limits(
    age=55,
    white_cells=16,
    glucose=200,  # 11.1 mmol/L
    lactate_dehydrogenase=350,
    urea_nitrogen_rise=5,
    arterial_oxygen=60,
    base_deficit=4,
    fluid=6,
)
_GALLSTONE = _Limits(
    age=70,
    white_cells=18,
    glucose=220,
    lactate_dehydrogenase=400,
    urea_nitrogen_rise=2,
    arterial_oxygen=None,
    base_deficit=5,
    fluid=4,
)

_Rule = Callable[[_Limits, tuple[float, ...]], bool | None]
_LINES: tuple[tuple[str, tuple[str, ...], _Rule], ...] = (
    ("ranson_age", ("age",), lambda limits, values: values[0] > limits.age),
    ("ranson_white_cells", ("white_cell_count",), lambda limits, values: values[0] > limits.white_cells),
    ("ranson_glucose", ("glucose",), lambda limits, values: clean(values[0] / GLUCOSE) > limits.glucose),
    (
        "ranson_lactate_dehydrogenase",
        ("lactate_dehydrogenase",),
        lambda limits, values: values[0] > limits.lactate_dehydrogenase,
    ),
    (
        "ranson_aspartate_aminotransferase",
        ("aspartate_aminotransferase",),
        lambda limits, values: values[0] > limits.aspartate_aminotransferase,
    ),
    (
        "ranson_haematocrit",
        ("haematocrit", "haematocrit_48_hours"),
        lambda limits, values: clean(values[0] - values[1]) > limits.haematocrit_fall,
    ),
    (
        "ranson_urea",
        ("urea", "urea_48_hours"),
        lambda limits, values: clean((values[1] - values[0]) / UREA_NITROGEN) > limits.urea_nitrogen_rise,
    ),
    ("ranson_calcium", ("calcium_48_hours",), lambda limits, values: clean(values[0] / CALCIUM) < limits.calcium),
    (
        "ranson_arterial_oxygen",
        ("arterial_oxygen_48_hours",),
        lambda limits, values: None if limits.arterial_oxygen is None else values[0] < limits.arterial_oxygen,
    ),
    ("ranson_base_deficit", ("base_deficit",), lambda limits, values: values[0] > limits.base_deficit),
    ("ranson_fluid", ("fluid_sequestration",), lambda limits, values: values[0] > limits.fluid),
)


def ranson(record: ClinicalRecord) -> Score:
    """Ranson's criteria, one point each; 3 or more: severe likely."""
    cause = record.value("aetiology")
    versions = (_OTHER, _GALLSTONE) if cause is None else (_GALLSTONE,) if cause == "biliary" else (_OTHER,)
    items = tuple(
        item for id, factors, rule in _LINES if (item := _line(record, id, factors, rule, versions)) is not None
    )
    score = Score(id="ranson", maximum=10 if cause == "biliary" else 11, items=items).graded(
        lambda points: "clinical.grade.ranson_severe" if points >= 3 else "clinical.grade.ranson_mild"
    )
    deficit = record.number("base_deficit")
    disputed = cause == "biliary" and deficit is not None and 4 < deficit <= 5
    version = "unknown" if cause is None else "gallstone" if cause == "biliary" else "other"
    notices = [Message.of(f"clinical.note.ranson_{version}")]
    if disputed:
        notices.append(Message.of("clinical.note.ranson_base_deficit"))
    return score.model_copy(update={"notices": tuple(notices)})


def _line(
    record: ClinicalRecord, id: str, factors: tuple[str, ...], rule: _Rule, versions: tuple[_Limits, ...]
) -> ScoreItem | None:
    """One line; None where the only version in question does not have it."""
    if id == "ranson_arterial_oxygen" and versions == (_GALLSTONE,):
        return None
    values = [record.number(factor) for factor in factors]
    known = tuple(value for value in values if value is not None)
    if len(known) < len(factors):
        missing = [factor for factor, value in zip(factors, values, strict=True) if value is None]
        return missing_item(id, factors, missing, 1)
    points = {int(bool(rule(limits, known))) for limits in versions}
    if len(points) > 1:
        return missing_item(id, (*factors, "aetiology"), ("aetiology",), 1)
    return scored(id, factors, points.pop())
