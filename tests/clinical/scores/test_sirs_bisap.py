"""SIRS and BISAP at their limits (BMC Infect Dis 2014;14:155; QxMD), and two of the defects of a public calculator."""

from __future__ import annotations

import pytest

from apnet_desktop.clinical.entry import parse_value
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.scores import bisap, sirs
from tests.clinical.scores.known import item, record

NORMAL_SIRS = {
    "temperature": 37.0,
    "heart_rate": 80.0,
    "respiratory_rate": 16.0,
    "arterial_carbon_dioxide": 40.0,
    "white_cell_count": 8.0,
    "immature_neutrophils": 2.0,
}


@pytest.mark.parametrize(
    ("factor", "value", "points"),
    [
        ("temperature", 36.0, 0),
        ("temperature", 35.9, 1),
        ("temperature", 38.0, 0),
        ("temperature", 38.1, 1),
        ("heart_rate", 90.0, 0),
        ("heart_rate", 91.0, 1),
        ("heart_rate", 95.0, 1),
        ("respiratory_rate", 20.0, 0),
        ("respiratory_rate", 21.0, 1),
        ("arterial_carbon_dioxide", 32.0, 0),
        ("arterial_carbon_dioxide", 31.9, 1),
        ("white_cell_count", 4.0, 0),
        ("white_cell_count", 3.9, 1),
        ("white_cell_count", 12.0, 0),
        ("white_cell_count", 12.1, 1),
        ("immature_neutrophils", 10.0, 0),
        ("immature_neutrophils", 11.0, 1),
    ],
)
def test_sirs_is_strict_at_every_limit(factor: str, value: float, points: int) -> None:
    assert sirs(record(**{**NORMAL_SIRS, factor: value})).points == points


def test_defect_normal_carbon_dioxide_is_not_a_criterion() -> None:
    """The public calculator scored PaCO2 of 32 mmHg and above."""
    assert sirs(record(**{**NORMAL_SIRS, "arterial_carbon_dioxide": 45.0})).points == 0


def test_sirs_is_present_at_two() -> None:
    two = sirs(record(**{**NORMAL_SIRS, "temperature": 39.0, "heart_rate": 100.0}))
    assert two.points == 2
    assert two.grade is not None
    assert two.grade.id == "clinical.grade.sirs_present"
    one = sirs(record(**{**NORMAL_SIRS, "temperature": 39.0}))
    assert one.grade is not None
    assert one.grade.id == "clinical.grade.sirs_absent"


def test_both_ways_to_a_criterion_count_once() -> None:
    assert sirs(record(**{**NORMAL_SIRS, "respiratory_rate": 30.0, "arterial_carbon_dioxide": 25.0})).points == 1


def test_sirs_is_settled_as_soon_as_two_are_met_and_says_what_is_missing() -> None:
    score = sirs(record(temperature=39.0, heart_rate=120.0))
    assert score.points is None
    assert (score.lower, score.upper) == (2, 4)
    assert score.missing == ("respiratory_rate", "white_cell_count")
    assert score.grade is not None
    assert score.grade.id == "clinical.grade.sirs_present"


def test_a_criterion_scored_without_its_second_way_says_so() -> None:
    values = {key: value for key, value in NORMAL_SIRS.items() if key != "arterial_carbon_dioxide"}
    assert item(sirs(record(**values)), "sirs_breathing").note is not None
    assert item(sirs(record(**NORMAL_SIRS)), "sirs_breathing").note is None


NORMAL_BISAP = {**NORMAL_SIRS, "urea": 5.0, "glasgow_coma_scale": 15.0, "age": 40.0, "pleural_effusion": False}


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({}, 0),
        ({"urea": 8.9}, 0),
        ({"urea": 8.93}, 1),
        ({"glasgow_coma_scale": 14.0}, 1),
        ({"age": 60.0}, 0),
        ({"age": 61.0}, 1),
        ({"pleural_effusion": True}, 1),
        ({"temperature": 39.0}, 0),
        ({"temperature": 39.0, "heart_rate": 91.0}, 1),
        (
            {
                "urea": 20.0,
                "glasgow_coma_scale": 10.0,
                "age": 80.0,
                "pleural_effusion": True,
                "temperature": 39.0,
                "heart_rate": 120.0,
            },
            5,
        ),
    ],
)
def test_bisap_points(changes: dict[str, float | bool], points: int) -> None:
    assert bisap(record(**{**NORMAL_BISAP, **changes})).points == points


def test_defect_two_sirs_criteria_are_enough_for_bisap() -> None:
    """The public calculator asked for more than two."""
    score = bisap(record(**{**NORMAL_BISAP, "temperature": 39.0, "heart_rate": 100.0}))
    assert item(score, "bisap_sirs").points == 1


@pytest.mark.parametrize(("typed", "points"), [("25 mg/dL urea nitrogen", 0), ("25.1 mg/dL urea nitrogen", 1)])
def test_urea_nitrogen_of_25_as_typed_does_not_count(typed: str, points: int) -> None:
    urea = parse_value(default_schema().factor("urea"), typed).value
    assert bisap(record(**{**NORMAL_BISAP, "urea": urea})).points == points


def test_three_points_are_high_even_while_inputs_are_missing() -> None:
    score = bisap(record(urea=20.0, glasgow_coma_scale=10.0, age=80.0))
    assert (score.lower, score.upper) == (3, 5)
    assert score.grade is not None
    assert score.grade.id == "clinical.grade.bisap_high"
    assert "pleural_effusion" in score.missing
    assert "temperature" in score.missing


def test_an_empty_record_gives_no_points_and_no_grade() -> None:
    score = bisap(ClinicalRecord())
    assert (score.points, score.lower, score.upper, score.grade) == (None, 0, 5, None)
