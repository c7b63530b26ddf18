"""Whom a model is for, the CT's place in the admission, and the two dates that every prediction prints."""

from __future__ import annotations

from datetime import date

import pytest

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.eligibility import check_ct_date, check_eligibility, prediction_dates
from apnet_desktop.clinical.factor import KnownAt
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.language import Language

GOOD: dict[str, FactorValue] = {"age": 61.0, "atlanta_grade": "severe"}


def eligibility(
    values: dict[str, FactorValue], contrast: bool | None = True, required: bool = True
) -> dict[str, Check]:
    found = check_eligibility(
        ClinicalRecord(values=values),
        minimum_age=18,
        severities=("moderately_severe", "severe"),
        requires_contrast=required,
        contrast=contrast,
    )
    return {check.id.removeprefix("clinical.eligibility."): check for check in found}


def test_an_eligible_patient_passes() -> None:
    assert {check.state for check in eligibility(GOOD).values()} == {CheckState.PASSED}


@pytest.mark.parametrize(
    ("changes", "what", "state"),
    [
        ({"age": 17.0}, "age", CheckState.REFUSED),
        ({"age": 18.0}, "age", CheckState.PASSED),
        ({"age": None}, "age", CheckState.REFUSED),
        ({"atlanta_grade": "mild"}, "severity", CheckState.REFUSED),
        ({"atlanta_grade": "moderately_severe"}, "severity", CheckState.PASSED),
        ({"atlanta_grade": None}, "severity", CheckState.WARNED),
        ({"atlanta_grade": None, "organ_failure": "persistent"}, "severity", CheckState.PASSED),
        ({"chronic_pancreatitis": True}, "chronic_pancreatitis", CheckState.REFUSED),
        ({"pancreatic_cancer": True}, "pancreatic_cancer", CheckState.REFUSED),
        ({"prior_episodes": 2.0}, "prior_episodes", CheckState.WARNED),
        ({"hours_since_onset": 24.0}, "early_ct", CheckState.WARNED),
    ],
)
def test_each_rule(changes: dict[str, FactorValue], what: str, state: CheckState) -> None:
    check = eligibility({**GOOD, **changes})[what]
    assert check.state is state
    for language in Language:
        assert check.message.text(language)


def test_mild_by_the_rules_is_refused_without_an_entered_grade() -> None:
    values: dict[str, FactorValue] = {
        "age": 61.0,
        "organ_failure": "none",
        "local_complication": "none",
        "comorbidity_exacerbated": False,
    }
    assert eligibility(values)["severity"].state is CheckState.REFUSED


@pytest.mark.parametrize(
    ("contrast", "required", "state"),
    [
        (True, True, CheckState.PASSED),
        (False, True, CheckState.REFUSED),
        (False, False, CheckState.WARNED),
        (None, True, CheckState.WARNED),
    ],
)
def test_contrast(contrast: bool | None, required: bool, state: CheckState) -> None:
    assert eligibility(GOOD, contrast, required)["contrast"].state is state


STAY = ClinicalRecord(values={"admission_date": date(2026, 3, 1), "discharge_date": date(2026, 3, 20)})


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2026, 2, 27), CheckState.REFUSED),
        (date(2026, 2, 28), CheckState.PASSED),
        (date(2026, 3, 5), CheckState.PASSED),
        (date(2026, 3, 20), CheckState.PASSED),
        (date(2026, 3, 21), CheckState.REFUSED),
        (None, CheckState.WARNED),
    ],
)
def test_the_ct_must_be_of_the_index_admission(day: date | None, state: CheckState) -> None:
    assert check_ct_date(STAY, day).state is state


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (KnownAt.ADMISSION, date(2026, 3, 1)),
        (KnownAt.HOURS_48, date(2026, 3, 3)),
        (KnownAt.DISCHARGE, date(2026, 3, 20)),
    ],
)
def test_the_dates_of_a_prediction(moment: KnownAt, day: date) -> None:
    dates = prediction_dates(STAY, moment)
    assert (dates.moment, dates.horizon_start) == (day, date(2026, 3, 20))
    empty = prediction_dates(ClinicalRecord(), moment)
    assert (empty.moment, empty.horizon_start) == (None, None)


def test_a_first_attack_is_not_remarked() -> None:
    assert "prior_episodes" not in eligibility({**GOOD, "prior_episodes": 0.0})
