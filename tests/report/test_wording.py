"""Numbers as a reader must find them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnet_desktop.clinical.factor import Interval
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.language import Language
from apnet_desktop.report.wording import (
    icon_count,
    interval_text,
    log_odds_text,
    number_text,
    outside_reference,
    percent_text,
    reference_text,
    time_text,
    value_text,
)

ENGLISH, CHINESE = Language.ENGLISH, Language.CHINESE


@pytest.mark.parametrize(
    ("probability", "english", "chinese"),
    [
        (0.0, "below 1%", "低于 1%"),
        (0.0099, "below 1%", "低于 1%"),
        (0.01, "1%", "1%"),
        (0.374, "37%", "37%"),
        (0.375, "38%", "38%"),
        (0.99, "99%", "99%"),
        (0.9901, "above 99%", "高于 99%"),
        (1.0, "above 99%", "高于 99%"),
    ],
)
def test_a_risk_is_a_whole_percent_and_never_0_or_100(probability: float, english: str, chinese: str) -> None:
    assert percent_text(probability, ENGLISH) == english
    assert percent_text(probability, CHINESE) == chinese


@given(st.floats(0, 1))
def test_icons_are_never_0_or_100_and_follow_the_number(probability: float) -> None:
    assert 1 <= icon_count(probability) <= 99
    shown = percent_text(probability, ENGLISH)
    if shown[0].isdigit():
        assert icon_count(probability) == int(shown.rstrip("%"))
    else:
        assert icon_count(probability) == (1 if shown.startswith("below") else 99)


def test_an_interval_has_both_ends() -> None:
    assert interval_text(0.004, 0.21, ENGLISH) == "below 1% to 21%"
    assert interval_text(0.18, 0.995, CHINESE) == "18% 至 高于 99%"


def test_log_odds_are_signed_with_a_true_minus() -> None:
    assert [log_odds_text(value) for value in (0.314, -0.1, 0.004, -0.004)] == ["+0.31", "−0.10", "0.00", "0.00"]
    assert number_text(-12.34, 1) == "−12.3"


def test_times_say_their_offset() -> None:
    china = timezone(timedelta(hours=8))
    assert time_text(datetime(2026, 11, 3, 14, 5, tzinfo=UTC)) == "2026-11-03 14:05 UTC"
    assert time_text(datetime(2026, 11, 3, 22, 5, tzinfo=china)) == "2026-11-03 22:05 UTC+08:00"


def test_the_laboratory_s_own_reference_interval_goes_first() -> None:
    creatinine = default_schema().factor("creatinine")
    value = 106.0
    plain = ClinicalRecord(values={"creatinine": value})
    assert creatinine.reference is not None
    assert creatinine.reference.upper is not None
    assert outside_reference(creatinine, plain) == ("↑" if value > creatinine.reference.upper else "")
    own = plain.model_copy(update={"references": {"creatinine": Interval(lower=60, upper=120)}})
    assert outside_reference(creatinine, own) == ""
    assert reference_text(creatinine, own) == "60–120"
    low = own.with_value("creatinine", 40.0).model_copy(update={"references": own.references})
    assert outside_reference(creatinine, low) == "↓"


def test_unknown_is_a_word_and_no_default() -> None:
    for factor in default_schema().factors:
        assert value_text(factor, None, ENGLISH) == "unknown"
        assert value_text(factor, None, CHINESE) == "未知"
    diabetes = default_schema().factor("diabetes")
    assert value_text(diabetes, False, ENGLISH) == "no"
    assert value_text(diabetes, True, CHINESE) == "是"
