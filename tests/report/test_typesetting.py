"""Lines that read well in both languages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnet_desktop.report.typesetting import Style, Typesetter

STYLE = Style(9.0)
ENGLISH = (
    "Of 100 patients like this, about 37 have a recurrence within 24 months (interval 28% to 48%, ±3.2%); 63 do not."
)
CHINESE = (
    "在 100 名情况相似的患者中，约 37 人在 24 个月内复发（区间 28% 至 48%），约 63 人不复发；“未知”本身是一个取值。"
)


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text.replace("\u00a0", ""))


@given(st.sampled_from([ENGLISH, CHINESE, ENGLISH + CHINESE]), st.floats(60, 500))
@settings(deadline=None)
def test_lines_keep_the_text_and_the_width(text: str, width: float) -> None:
    lines = Typesetter().lines(text, STYLE, width)
    assert _plain("".join(line.text for line in lines)) == _plain(text)
    assert all(line.width <= width + 0.01 for line in lines)


@given(st.text(min_size=1, max_size=200), st.floats(20, 300))
@settings(deadline=None)
def test_no_text_is_wider_than_its_place(text: str, width: float) -> None:
    assert all(line.width <= width + 0.01 for line in Typesetter().lines(text, STYLE, width))


@given(st.floats(70, 500))
@settings(deadline=None)
def test_numbers_are_never_split(width: float) -> None:
    text = "约 63 人，24 个月；±3.2% and 12 months, 1234.5 mmol/L; −0.31 to 48%（12.5 mg/dL）"
    lines = [line.text for line in Typesetter().lines(text, STYLE, width)]
    joined = "\n".join(lines).replace("\u00a0", " ")
    for whole in ("±3.2%", "12 months", "1234.5 mmol/L", "−0.31", "48%", "12.5 mg/dL", "63 人", "24 个"):
        assert whole in joined


@given(st.floats(70, 500))
@settings(deadline=None)
def test_chinese_lines_neither_start_with_a_closing_mark_nor_end_with_an_opening_one(width: float) -> None:
    for line in Typesetter().lines(CHINESE * 2, STYLE, width):
        assert line.text[0] not in "，。、；：）》」”%"
        assert line.text[-1] not in "（《「“"


def test_a_line_limit_ends_in_an_ellipsis() -> None:
    lines = Typesetter().lines("word " * 100, STYLE, 100, maximum=2)
    assert len(lines) == 2
    assert lines[-1].text.endswith("…")
    assert lines[-1].width <= 100


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_empty_text_is_an_empty_line(text: str) -> None:
    assert {line.text for line in Typesetter().lines(text, STYLE, 100)} == {""}
