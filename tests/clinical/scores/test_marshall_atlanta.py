"""Modified Marshall and Revised Atlanta at their limits and in the holes of the printed table (Gut 2013;62:102)."""

from __future__ import annotations

import pytest

from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.clinical.scores import atlanta, marshall
from apnet_desktop.clinical.scores.oxygen import inspired_from_flow, oxygen_from_saturation
from tests.clinical.scores.known import item, record


@pytest.mark.parametrize(
    ("ratio", "points"),
    [(401, 0), (400, 1), (301, 1), (300.5, 1), (300, 2), (201, 2), (200, 3), (102, 3), (101, 4), (100, 4), (50, 4)],
)
def test_respiratory_points(ratio: float, points: int) -> None:
    score = marshall(record(arterial_oxygen=ratio * 0.6, inspired_oxygen=60.0))
    assert item(score, "marshall_respiratory").points == points


def test_inspired_oxygen_of_60_means_60_per_cent() -> None:
    line = item(marshall(record(arterial_oxygen=72.0, inspired_oxygen=60.0)), "marshall_respiratory")
    assert line.points == 3
    assert line.note is not None
    assert "120" in line.note.text()
    assert "60 %" in line.note.text()


@pytest.mark.parametrize(
    ("flow", "inspired"),
    [(0, 21), (1, 23), (2, 25), (3, 27.5), (4, 30), (5, 35), (6, 40), (7, 40), (8, 40), (9, 50), (10, 50), (11, None)],
)
def test_oxygen_flow_stands_in_for_fio2(flow: float, inspired: float | None) -> None:
    """The printed pairs, and the line between them where the table has holes (1, 3, 5 and 7 L/min)."""
    assert inspired_from_flow(flow) == inspired
    line = item(marshall(record(arterial_oxygen=75.0, oxygen_flow=float(flow))), "marshall_respiratory")
    assert (line.points is None) is (inspired is None)
    # What was entered goes first.
    entered = marshall(record(arterial_oxygen=75.0, oxygen_flow=float(flow), inspired_oxygen=50.0))
    assert item(entered, "marshall_respiratory").points == 3


@pytest.mark.parametrize("pressure", [30.0, 45.0, 60.0, 75.0, 80.0])
def test_saturation_is_inverted_as_severinghaus_has_it(pressure: float) -> None:
    """Against the forward curve (Severinghaus, J Appl Physiol 1979;46:599)."""
    saturation = 100 / (23400 / (pressure**3 + 150 * pressure) + 1)
    assert oxygen_from_saturation(saturation) == pytest.approx(pressure, rel=1e-6)


def test_saturation_stands_in_for_pao2_and_above_96_gives_a_range() -> None:
    line = item(marshall(record(oxygen_saturation=90.0, oxygen_flow=4.0)), "marshall_respiratory")
    assert line.points == 3  # 58 / 0.30 = 194
    assert line.note is not None
    assert "estimated from SpO2" in line.note.text()
    high = item(marshall(record(oxygen_saturation=99.0, oxygen_flow=4.0)), "marshall_respiratory")
    assert (high.lower, high.upper) == (0, 2)
    assert high.missing == ("arterial_oxygen",)
    measured = item(
        marshall(record(arterial_oxygen=125.0, oxygen_saturation=99.0, oxygen_flow=4.0)), "marshall_respiratory"
    )
    assert measured.points == 0


@pytest.mark.parametrize(
    ("creatinine", "points"),
    [
        (134, 0),
        (134.5, 1),
        (169, 1),
        (169.9, 1),
        (170, 2),
        (310, 2),
        (310.5, 3),
        (439, 3),
        (439.5, 4),
        (1.4 * 88.4, 0),
        (1.9 * 88.4, 1),
        (3.6 * 88.4, 3),
        (5.0 * 88.4, 4),
    ],
)
def test_renal_points(creatinine: float, points: int) -> None:
    assert item(marshall(record(creatinine=creatinine)), "marshall_renal").points == points


@pytest.mark.parametrize(
    ("pressure", "support", "acidity", "points"),
    [
        (120.0, "none_needed", 7.4, 0),
        (91.0, "none_needed", 7.4, 0),
        (90.0, "none_needed", 7.4, 0),
        (89.0, "fluid_responsive", 7.4, 1),
        (89.0, "not_fluid_responsive", 7.4, 2),
        (89.0, "not_fluid_responsive", 7.3, 2),
        (89.0, "not_fluid_responsive", 7.29, 3),
        (89.0, "not_fluid_responsive", 7.2, 3),
        (89.0, "not_fluid_responsive", 7.19, 4),
        (89.0, "fluid_responsive", 7.19, 4),
        (110.0, "vasopressor", 7.4, 2),
        (85.0, "vasopressor", 7.25, 3),
    ],
)
def test_cardiovascular_points(pressure: float, support: str, acidity: float, points: int) -> None:
    values = record(systolic_blood_pressure=pressure, blood_pressure_support=support, arterial_ph=acidity)
    assert item(marshall(values), "marshall_cardiovascular").points == points


def test_defect_acidosis_without_hypotension_scores_nothing() -> None:
    """The public calculator added the points of pH to a normal pressure."""
    values = record(systolic_blood_pressure=120.0, blood_pressure_support="none_needed", arterial_ph=7.1)
    assert item(marshall(values), "marshall_cardiovascular").points == 0


def test_a_vasopressor_is_noted() -> None:
    values = record(systolic_blood_pressure=110.0, blood_pressure_support="vasopressor", arterial_ph=7.4)
    assert item(marshall(values), "marshall_cardiovascular").note is not None


def test_the_highest_organ_counts_and_settles_organ_failure_early() -> None:
    score = marshall(record(creatinine=200.0))
    assert score.points is None
    assert (score.lower, score.upper) == (2, 4)
    assert score.grade is not None
    assert score.grade.id == "clinical.grade.organ_failure"
    assert set(score.missing) == {"arterial_oxygen", "inspired_oxygen", "systolic_blood_pressure"}


COMPLETE: dict[str, FactorValue] = {
    "organ_failure": "none",
    "local_complication": "none",
    "comorbidity_exacerbated": False,
    "necrosis_percent": 0.0,
}


@pytest.mark.parametrize(
    ("changes", "grade"),
    [
        ({}, "mild"),
        ({"local_complication": "apfc"}, "moderately_severe"),
        ({"necrosis_percent": 10.0}, "moderately_severe"),
        ({"comorbidity_exacerbated": True}, "moderately_severe"),
        ({"organ_failure": "transient"}, "moderately_severe"),
        ({"organ_failure": "persistent"}, "severe"),
        ({"organ_failure": None, "renal_failure_hours": 49.0}, "severe"),
        (
            {
                "organ_failure": None,
                "renal_failure_hours": 48.0,
                "respiratory_failure_hours": 0.0,
                "cardiovascular_failure_hours": 0.0,
            },
            "moderately_severe",
        ),
        (
            {
                "organ_failure": None,
                "renal_failure_hours": 0.0,
                "respiratory_failure_hours": 0.0,
                "cardiovascular_failure_hours": 0.0,
            },
            "mild",
        ),
    ],
)
def test_atlanta_grade(changes: dict[str, FactorValue], grade: str) -> None:
    result = atlanta(record(**{**COMPLETE, **changes}))
    assert result.grade is not None
    assert result.grade.id == f"clinical.grade.atlanta_{grade}"


def test_failures_of_two_organs_do_not_add_up_to_48_hours() -> None:
    values = {**COMPLETE, "organ_failure": "transient", "renal_failure_hours": 30.0, "respiratory_failure_hours": 30.0}
    result = atlanta(record(**values))
    assert result.points == 1


def test_organ_failure_of_unknown_length_leaves_the_grade_open() -> None:
    values = {**COMPLETE, "organ_failure": None, "creatinine": 250.0}
    result = atlanta(record(**values))
    assert (result.lower, result.upper, result.grade) == (1, 2, None)
    assert result.missing == ("organ_failure",)


def test_severe_is_settled_whatever_else_is_missing() -> None:
    result = atlanta(record(organ_failure="persistent"))
    assert result.points == 2


def test_a_local_complication_alone_does_not_settle_the_grade() -> None:
    result = atlanta(record(local_complication="anc"))
    assert result.grade is None
    assert "organ_failure" in result.missing


def test_says_where_the_entered_grade_or_the_hours_contradict() -> None:
    differing = atlanta(record(**COMPLETE, atlanta_grade="severe"))
    assert [notice.id for notice in differing.notices] == ["clinical.note.atlanta_differs_severe"]
    hours = atlanta(record(**{**COMPLETE, "organ_failure": "transient", "renal_failure_hours": 60.0}))
    assert hours.points == 2
    assert [notice.id for notice in hours.notices] == ["clinical.note.organ_failure_contradicts"]


def test_an_empty_record_settles_nothing() -> None:
    assert marshall(ClinicalRecord()).points is None
    assert atlanta(ClinicalRecord()).grade is None
