"""APACHE II against the printed table (Knaus 1985), row by row, and the defect that lost coma and chronic points."""

from __future__ import annotations

import pytest

from apnet_desktop.clinical.record import FactorValue
from apnet_desktop.clinical.scores import apache_ii
from tests.clinical.scores.known import item, record

NORMAL: dict[str, FactorValue] = {
    "temperature": 37.0,
    "mean_arterial_pressure": 90.0,
    "heart_rate": 80.0,
    "respiratory_rate": 16.0,
    "arterial_oxygen": 90.0,
    "inspired_oxygen": 21.0,
    "arterial_carbon_dioxide": 40.0,
    "arterial_ph": 7.4,
    "sodium": 140.0,
    "potassium": 4.0,
    "creatinine": 80.0,
    "acute_renal_failure": False,
    "haematocrit": 42.0,
    "white_cell_count": 8.0,
    "glasgow_coma_scale": 15.0,
    "age": 40.0,
    "chronic_health": "none",
}


def points(**changes: FactorValue) -> int | None:
    return apache_ii(record(**{**NORMAL, **changes})).points


def test_a_healthy_young_patient_has_none() -> None:
    assert points() == 0


TABLE: dict[str, list[tuple[float, int]]] = {
    "temperature": [
        (41, 4),
        (40.9, 3),
        (39, 3),
        (38.9, 1),
        (38.5, 1),
        (38.4, 0),
        (36, 0),
        (35.9, 1),
        (34, 1),
        (33.9, 2),
        (32, 2),
        (31.9, 3),
        (30, 3),
        (29.9, 4),
    ],
    "mean_arterial_pressure": [
        (160, 4),
        (159, 3),
        (130, 3),
        (129, 2),
        (110, 2),
        (109, 0),
        (70, 0),
        (69, 2),
        (50, 2),
        (49, 4),
    ],
    "heart_rate": [
        (180, 4),
        (179, 3),
        (140, 3),
        (139, 2),
        (110, 2),
        (109, 0),
        (70, 0),
        (69, 2),
        (55, 2),
        (54, 3),
        (40, 3),
        (39, 4),
    ],
    "respiratory_rate": [
        (50, 4),
        (49, 3),
        (35, 3),
        (34, 1),
        (25, 1),
        (24, 0),
        (12, 0),
        (11, 1),
        (10, 1),
        (9, 2),
        (6, 2),
        (5, 4),
    ],
    "arterial_oxygen": [(71, 0), (70, 1), (61, 1), (60, 3), (55, 3), (54, 4)],
    "arterial_ph": [
        (7.7, 4),
        (7.69, 3),
        (7.6, 3),
        (7.59, 1),
        (7.5, 1),
        (7.49, 0),
        (7.33, 0),
        (7.32, 2),
        (7.25, 2),
        (7.24, 3),
        (7.15, 3),
        (7.14, 4),
    ],
    "sodium": [
        (180, 4),
        (179, 3),
        (160, 3),
        (159, 2),
        (155, 2),
        (154, 1),
        (150, 1),
        (149, 0),
        (130, 0),
        (129, 2),
        (120, 2),
        (119, 3),
        (111, 3),
        (110, 4),
    ],
    "potassium": [
        (7, 4),
        (6.9, 3),
        (6, 3),
        (5.9, 1),
        (5.5, 1),
        (5.4, 0),
        (3.5, 0),
        (3.4, 1),
        (3, 1),
        (2.9, 2),
        (2.5, 2),
        (2.4, 4),
    ],
    "haematocrit": [(60, 4), (59.9, 2), (50, 2), (49.9, 1), (46, 1), (45.9, 0), (30, 0), (29.9, 2), (20, 2), (19.9, 4)],
    "white_cell_count": [
        (40, 4),
        (39.9, 2),
        (20, 2),
        (19.9, 1),
        (15, 1),
        (14.9, 0),
        (3, 0),
        (2.9, 2),
        (1, 2),
        (0.9, 4),
    ],
    "age": [(44, 0), (45, 2), (54, 2), (55, 3), (64, 3), (65, 5), (74, 5), (75, 6)],
    "glasgow_coma_scale": [(15, 0), (14, 1), (3, 12)],
}


@pytest.mark.parametrize(
    ("factor", "value", "expected"),
    [(factor, float(value), expected) for factor, rows in TABLE.items() for value, expected in rows],
)
def test_every_row_of_the_table(factor: str, value: float, expected: int) -> None:
    assert points(**{factor: value}) == expected


@pytest.mark.parametrize(
    ("milligrams", "expected"), [(3.5, 4), (3.4, 3), (2.0, 3), (1.9, 2), (1.5, 2), (1.4, 0), (0.6, 0), (0.5, 2)]
)
def test_creatinine_in_mg_dl_and_doubled_in_acute_renal_failure(milligrams: float, expected: int) -> None:
    assert points(creatinine=milligrams * 88.4) == expected
    assert points(creatinine=milligrams * 88.4, acute_renal_failure=True) == 2 * expected


@pytest.mark.parametrize(
    ("inspired", "oxygen", "expected"),
    # A-a = FiO2 × 713 − 40 / 0.8 − PaO2
    [
        (50.0, 90.0, 2),
        (50.0, 106.5, 2),
        (50.0, 107.0, 0),
        (100.0, 163.0, 4),
        (100.0, 164.0, 3),
        (100.0, 313.0, 3),
        (100.0, 314.0, 2),
    ],
)
def test_from_half_oxygen_on_the_gradient_counts(inspired: float, oxygen: float, expected: int) -> None:
    assert points(inspired_oxygen=inspired, arterial_oxygen=oxygen) == expected


@pytest.mark.parametrize(("answer", "expected"), [("none", 0), ("non_operative", 5), ("elective", 2)])
def test_chronic_health(answer: str, expected: int) -> None:
    assert points(chronic_health=answer) == expected


def test_bicarbonate_counts_only_without_a_blood_gas() -> None:
    without = {key: value for key, value in NORMAL.items() if key != "arterial_ph"}
    assert item(apache_ii(record(**without, bicarbonate=16.0)), "apache_acidity").points is None
    no_gas = {key: value for key, value in without.items() if key != "arterial_oxygen"}
    assert item(apache_ii(record(**no_gas, bicarbonate=16.0)), "apache_acidity").points == 3
    assert points(bicarbonate=16.0) == 0


def test_defect_coma_and_chronic_points_are_in_the_sum() -> None:
    """The public calculator's sum overwrote both."""
    assert points(glasgow_coma_scale=10.0, chronic_health="non_operative", age=80.0) == 5 + 5 + 6


def test_the_worst_patient_has_71_points() -> None:
    worst: dict[str, FactorValue] = {
        "temperature": 42.0,
        "mean_arterial_pressure": 30.0,
        "heart_rate": 200.0,
        "respiratory_rate": 60.0,
        "arterial_oxygen": 40.0,
        "arterial_ph": 7.0,
        "sodium": 100.0,
        "potassium": 8.0,
        "creatinine": 500.0,
        "acute_renal_failure": True,
        "haematocrit": 10.0,
        "white_cell_count": 50.0,
        "glasgow_coma_scale": 3.0,
        "age": 90.0,
        "chronic_health": "non_operative",
    }
    score = apache_ii(record(**{**NORMAL, **worst}))
    assert score.points == score.maximum == 71


def test_unknown_renal_failure_matters_only_if_creatinine_scores() -> None:
    assert apache_ii(record(**{**NORMAL, "acute_renal_failure": None})).points == 0
    score = apache_ii(record(**{**NORMAL, "acute_renal_failure": None, "creatinine": 200.0}))
    assert (score.lower, score.upper) == (3, 6)
    assert score.missing == ("acute_renal_failure",)
