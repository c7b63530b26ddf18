"""Ranson's criteria at their limits, in both versions, and the defect of a public calculator's glucose limit."""

from __future__ import annotations

import pytest

from apnet_desktop.clinical.entry import parse_value
from apnet_desktop.clinical.record import FactorValue
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.scores import ranson
from tests.clinical.scores.known import item, record

NORMAL: dict[str, FactorValue] = {
    "age": 40.0,
    "white_cell_count": 8.0,
    "glucose": 5.0,
    "lactate_dehydrogenase": 200.0,
    "aspartate_aminotransferase": 30.0,
    "haematocrit": 42.0,
    "haematocrit_48_hours": 40.0,
    "urea": 5.0,
    "urea_48_hours": 5.0,
    "calcium_48_hours": 2.3,
    "arterial_oxygen_48_hours": 90.0,
    "base_deficit": 0.0,
    "fluid_sequestration": 1.0,
}


def points(aetiology: str, changes: dict[str, FactorValue]) -> int | None:
    return ranson(record(**{**NORMAL, "aetiology": aetiology, **changes})).points


@pytest.mark.parametrize(
    ("changes", "other", "gallstone"),
    [
        ({}, 0, 0),
        ({"age": 55.0}, 0, 0),
        ({"age": 56.0}, 1, 0),
        ({"age": 70.0}, 1, 0),
        ({"age": 71.0}, 1, 1),
        ({"white_cell_count": 16.0}, 0, 0),
        ({"white_cell_count": 16.1}, 1, 0),
        ({"white_cell_count": 18.1}, 1, 1),
        ({"glucose": 11.1}, 0, 0),
        ({"glucose": 11.2}, 1, 0),
        ({"glucose": 12.2}, 1, 0),
        ({"glucose": 12.3}, 1, 1),
        ({"lactate_dehydrogenase": 350.0}, 0, 0),
        ({"lactate_dehydrogenase": 351.0}, 1, 0),
        ({"lactate_dehydrogenase": 401.0}, 1, 1),
        ({"aspartate_aminotransferase": 250.0}, 0, 0),
        ({"aspartate_aminotransferase": 251.0}, 1, 1),
        ({"haematocrit_48_hours": 32.0}, 0, 0),
        ({"haematocrit_48_hours": 31.9}, 1, 1),
        ({"urea_48_hours": 5.0 + 2 * 0.357}, 0, 0),
        ({"urea_48_hours": 5.8}, 0, 1),
        ({"urea_48_hours": 5.0 + 5 * 0.357}, 0, 1),
        ({"urea_48_hours": 6.9}, 1, 1),
        ({"calcium_48_hours": 2.0}, 0, 0),
        ({"calcium_48_hours": 1.99}, 1, 1),
        ({"arterial_oxygen_48_hours": 60.0}, 0, 0),
        ({"arterial_oxygen_48_hours": 59.0}, 1, 0),
        ({"base_deficit": 4.0}, 0, 0),
        ({"base_deficit": 4.5}, 1, 0),
        ({"base_deficit": 5.5}, 1, 1),
        ({"fluid_sequestration": 4.0}, 0, 0),
        ({"fluid_sequestration": 4.5}, 0, 1),
        ({"fluid_sequestration": 6.5}, 1, 1),
    ],
)
def test_limits_of_both_versions(changes: dict[str, FactorValue], other: int, gallstone: int) -> None:
    assert points("alcohol", changes) == other
    assert points("biliary", changes) == gallstone


@pytest.mark.parametrize(
    ("typed", "version", "expected"),
    [
        ("200", "alcohol", 0),
        ("201", "alcohol", 1),
        ("220", "biliary", 0),
        ("221", "biliary", 1),
    ],
)
def test_defect_glucose_of_201_mg_dl_counts(typed: str, version: str, expected: int) -> None:
    """The public calculator compared with 200 × 18.02."""
    factor = default_schema().factor("glucose")
    value = parse_value(factor, f"{typed} mg/dL").value
    assert points(version, {"glucose": value}) == expected


def test_eight_mg_dl_of_calcium_does_not_count() -> None:
    factor = default_schema().factor("calcium_48_hours")
    assert points("alcohol", {"calcium_48_hours": parse_value(factor, "8 mg/dL").value}) == 0
    assert points("alcohol", {"calcium_48_hours": parse_value(factor, "7.9 mg/dL").value}) == 1


def test_gallstones_have_ten_lines_without_oxygen() -> None:
    score = ranson(record(**NORMAL, aetiology="biliary"))
    assert len(score.items) == score.maximum == 10
    assert all(line.id != "ranson_arterial_oxygen" for line in score.items)


def test_a_disputed_base_deficit_is_noted() -> None:
    score = ranson(record(**{**NORMAL, "aetiology": "biliary", "base_deficit": 4.5}))
    assert "clinical.note.ranson_base_deficit" in [notice.id for notice in score.notices]


def test_without_the_cause_only_lines_on_which_both_versions_agree_are_settled() -> None:
    score = ranson(record(**{**NORMAL, "age": 60.0, "calcium_48_hours": 1.5}))
    assert item(score, "ranson_age").points is None
    assert item(score, "ranson_age").missing == ("aetiology",)
    assert item(score, "ranson_calcium").points == 1
    assert (score.lower, score.upper) == (1, 2)


def test_three_is_severe() -> None:
    changes: dict[str, FactorValue] = {"age": 80.0, "white_cell_count": 20.0}
    score = ranson(record(**{**NORMAL, "aetiology": "alcohol", **changes}))
    assert score.grade is not None
    assert score.grade.id == "clinical.grade.ranson_mild"
    worse = ranson(record(**{**NORMAL, "aetiology": "alcohol", **changes, "calcium_48_hours": 1.5}))
    assert worse.points == 3
    assert worse.grade is not None
    assert worse.grade.id == "clinical.grade.ranson_severe"
