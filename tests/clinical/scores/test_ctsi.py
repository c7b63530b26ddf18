"""CT severity index and its modification at their limits (Balthazar 1990; Mortele 2004)."""

from __future__ import annotations

import itertools

import pytest

from apnet_desktop.clinical.scores import ctsi, modified_ctsi
from tests.clinical.scores.known import record


@pytest.mark.parametrize(
    ("grade", "necrosis", "points"),
    [
        ("A", 0, 0),
        ("B", 0, 1),
        ("C", 1, 4),
        ("D", 29.9, 5),
        ("D", 30, 7),
        ("E", 50, 8),
        ("E", 50.1, 10),
        ("E", 100, 10),
    ],
)
def test_ctsi_points(grade: str, necrosis: float, points: int) -> None:
    assert ctsi(record(balthazar_grade=grade, necrosis_percent=float(necrosis))).points == points


@pytest.mark.parametrize(
    ("inflammation", "necrosis", "found", "points"),
    [
        ("normal", 0, ("none",), 0),
        ("intrinsic", 0, ("none",), 2),
        ("collection", 0, ("none",), 4),
        ("collection", 30, ("none",), 6),
        ("collection", 30.1, ("none",), 8),
        ("collection", 60, ("ascites", "vascular", "effusion"), 10),
        ("intrinsic", 10, ("ascites",), 6),
    ],
)
def test_modified_ctsi_points(inflammation: str, necrosis: float, found: tuple[str, ...], points: int) -> None:
    values = record(
        pancreatic_inflammation=inflammation,
        necrosis_percent=float(necrosis),
        extrapancreatic_complications=found,
        pleural_effusion=False,
    )
    assert modified_ctsi(values).points == points


def test_modified_ctsi_is_always_even() -> None:
    for inflammation, necrosis, found in itertools.product(
        ("normal", "intrinsic", "collection"), (0.0, 30.0, 31.0), (("none",), ("ascites",))
    ):
        values = record(
            pancreatic_inflammation=inflammation, necrosis_percent=necrosis, extrapancreatic_complications=found
        )
        points = modified_ctsi(values).points
        assert points is not None
        assert points % 2 == 0


@pytest.mark.parametrize(
    ("points", "grade"), [(0, "mild"), (3, "mild"), (4, "moderate"), (6, "moderate"), (7, "severe")]
)
def test_ctsi_grades(points: int, grade: str) -> None:
    by_points = {0: ("A", 0.0), 3: ("D", 0.0), 4: ("C", 10.0), 6: ("C", 40.0), 7: ("D", 40.0)}
    balthazar, necrosis = by_points[points]
    score = ctsi(record(balthazar_grade=balthazar, necrosis_percent=necrosis))
    assert score.points == points
    assert score.grade is not None
    assert score.grade.id == f"clinical.grade.ctsi_{grade}"


def test_an_effusion_answers_for_the_complications() -> None:
    values = record(pancreatic_inflammation="intrinsic", necrosis_percent=0.0, pleural_effusion=True)
    assert modified_ctsi(values).points == 4


def test_says_what_is_missing() -> None:
    assert ctsi(record(balthazar_grade="D")).missing == ("necrosis_percent",)
    assert modified_ctsi(record()).missing == (
        "pancreatic_inflammation",
        "necrosis_percent",
        "extrapancreatic_complications",
    )
