"""APACHE II (Knaus et al., Crit Care Med 1985;13:818), worst values of the first 24 h.

Between two printed rows (38.45 °C) the row holds whose lower bound is reached. Oxygenation is scored by the
alveolar-arterial gradient from an inspired oxygen of 50 % on, A-a = FiO2 × 713 − PaCO2 / 0.8 − PaO2 in mmHg, below that
by PaO2. Venous bicarbonate stands in for pH only where there is no blood gas. Creatinine is compared in mg/dL.
"""

from __future__ import annotations

from functools import partial

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.scores.base import (
    CREATININE,
    Score,
    ScoreItem,
    clean,
    missing_item,
    number_item,
    scored,
    stepped,
)
from apnet_desktop.language import Message

__all__ = ["apache_ii"]

_Steps = tuple[tuple[float, int], ...]
# id, factor, (lower bound, points) downwards, points below the last bound
_PHYSIOLOGY: tuple[tuple[str, str, _Steps, int], ...] = (
    (
        "apache_temperature",
        "temperature",
        ((41, 4), (39, 3), (38.5, 1), (36, 0), (34, 1), (32, 2), (30, 3)),
        4,
    ),
    ("apache_pressure", "mean_arterial_pressure", ((160, 4), (130, 3), (110, 2), (70, 0), (50, 2)), 4),
    ("apache_heart_rate", "heart_rate", ((180, 4), (140, 3), (110, 2), (70, 0), (55, 2), (40, 3)), 4),
    ("apache_respiratory_rate", "respiratory_rate", ((50, 4), (35, 3), (25, 1), (12, 0), (10, 1), (6, 2)), 4),
    ("apache_sodium", "sodium", ((180, 4), (160, 3), (155, 2), (150, 1), (130, 0), (120, 2), (111, 3)), 4),
    ("apache_potassium", "potassium", ((7, 4), (6, 3), (5.5, 1), (3.5, 0), (3, 1), (2.5, 2)), 4),
    ("apache_haematocrit", "haematocrit", ((60, 4), (50, 2), (46, 1), (30, 0), (20, 2)), 4),
    ("apache_white_cells", "white_cell_count", ((40, 4), (20, 2), (15, 1), (3, 0), (1, 2)), 4),
)
_PH: _Steps = ((7.7, 4), (7.6, 3), (7.5, 1), (7.33, 0), (7.25, 2), (7.15, 3))
_BICARBONATE: _Steps = ((52, 4), (41, 3), (32, 1), (22, 0), (18, 2), (15, 3))
_CREATININE: _Steps = ((3.5, 4), (2, 3), (1.5, 2), (0.6, 0))
_GRADIENT: _Steps = ((500, 4), (350, 3), (200, 2))
_AGE: _Steps = ((75, 6), (65, 5), (55, 3), (45, 2))
_CHRONIC = {"none": 0, "non_operative": 5, "elective": 2}


def apache_ii(record: ClinicalRecord) -> Score:
    """APACHE II, 0 to 71; 8 or more: severe acute pancreatitis."""
    physiology = tuple(
        number_item(record, id, factor, partial(stepped, steps=steps, below=below), 4)
        for id, factor, steps, below in _PHYSIOLOGY
    )
    return Score(
        id="apache_ii",
        maximum=71,
        items=(
            *physiology,
            _oxygenation(record),
            _acidity(record),
            _creatinine(record),
            number_item(record, "apache_consciousness", "glasgow_coma_scale", lambda value: 15 - round(value), 12),
            number_item(record, "apache_age", "age", lambda value: stepped(value, _AGE, 0), 6),
            _chronic_health(record),
        ),
    ).graded(lambda points: "clinical.grade.apache_severe" if points >= 8 else "clinical.grade.apache_mild")


def _oxygenation(record: ClinicalRecord) -> ScoreItem:
    id, factors = "apache_oxygenation", ("arterial_oxygen", "inspired_oxygen", "arterial_carbon_dioxide")
    oxygen, inspired, carbon_dioxide = (record.number(factor) for factor in factors)
    if oxygen is None or inspired is None:
        return missing_item(id, factors, [factor for factor in factors[:2] if record.number(factor) is None], 4)
    if inspired < 50:
        return scored(id, factors, 0 if oxygen > 70 else 1 if oxygen > 60 else 3 if oxygen >= 55 else 4)
    if carbon_dioxide is None:
        return missing_item(id, factors, ("arterial_carbon_dioxide",), 4)
    gradient = clean(inspired / 100 * 713 - carbon_dioxide / 0.8 - oxygen)
    return scored(
        id, factors, stepped(gradient, _GRADIENT, 0), Message.of("clinical.note.gradient", gradient=f"{gradient:.0f}")
    )


def _acidity(record: ClinicalRecord) -> ScoreItem:
    id, factors = "apache_acidity", ("arterial_ph", "bicarbonate")
    acidity, bicarbonate = (record.number(factor) for factor in factors)
    if acidity is not None:
        return scored(id, factors, stepped(acidity, _PH, 4))
    if bicarbonate is None or record.number("arterial_oxygen") is not None:
        return missing_item(id, factors, ("arterial_ph",), 4)
    return scored(id, factors, stepped(bicarbonate, _BICARBONATE, 4), Message.of("clinical.note.bicarbonate"))


def _creatinine(record: ClinicalRecord) -> ScoreItem:
    id, factors = "apache_creatinine", ("creatinine", "acute_renal_failure")
    value, acute = record.number("creatinine"), record.value("acute_renal_failure")
    if value is None:
        missing = [factor for factor in factors if record.value(factor) is None]
        return missing_item(id, factors, missing, 8)
    points = stepped(clean(value / CREATININE), _CREATININE, 2)
    if acute is None and points:
        return missing_item(id, factors, ("acute_renal_failure",), 2 * points, lower=points)
    return scored(id, factors, 2 * points if acute is True else points)


def _chronic_health(record: ClinicalRecord) -> ScoreItem:
    id, factors = "apache_chronic_health", ("chronic_health",)
    answer = record.value("chronic_health")
    if not isinstance(answer, str) or answer not in _CHRONIC:
        return missing_item(id, factors, factors, 5)
    return scored(id, factors, _CHRONIC[answer])
