"""No box where a letter should be."""

from __future__ import annotations

import io
import unicodedata

import pytest
from fontTools.pens.areaPen import AreaPen
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from apnet_desktop.report.fonts import FontSet, _subset, donors, printable, uncovered

RARE_NAMES = "喆堃祎㛃𠅤䶮𬭎㐂㮾𫟹𬭶𤧛"
NAMES = (
    "张三",
    "歐陽娜娜",
    "さとう たろう",
    "ヤマダ",
    "Łukasz Żółć",
    "Đặng Thị Nguyễn",
    "Özge Şahin",
    "Владимир Ильич",
    "Ελένη",
    "שרון",
    "محمد",
    "김희중",
    "הראל כהן",
    "Đorđe",
    "Þór",
    "Ștefan",
    "ʻOkina",
    *RARE_NAMES,
)


@pytest.mark.parametrize("name", NAMES)
def test_names_are_printed_as_they_are(name: str) -> None:
    assert unicodedata.normalize("NFKC", printable(name)) == unicodedata.normalize("NFC", name)
    assert not uncovered(name.replace(" ", ""))


def test_all_of_gb2312_is_there() -> None:
    rows = (bytes([high, low]) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    characters = {row.decode("gb2312", errors="ignore") for row in rows} - {""}
    assert len(characters) == 7445
    assert not uncovered("".join(characters))


@given(st.text())
def test_anything_becomes_one_line_that_the_fonts_can_print(text: str) -> None:
    shown = printable(text)
    assert not uncovered(shown)
    assert all(unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp") for character in shown)
    assert FontSet().width(shown, 10) >= 0


def test_a_character_that_no_font_has_is_named_and_not_a_box() -> None:
    assert printable("\u0e01") == "[U+0E01]"
    assert printable("a\u202eb\u200f\tc\x07") == "ab c "


def test_outlines_are_those_of_the_donor() -> None:
    """The converted glyph covers the same area as the original, to a thousandth of the em square, and is as wide."""
    for donor, text in zip(donors(), ("风险Rg%", "김중", "ŁאЖ"), strict=True):
        codes = sorted(map(ord, text))
        made = TTFont(io.BytesIO(_subset(donor, codes, "X")))
        em = made["head"].unitsPerEm
        original = donor.opened
        for code in codes:
            areas = []
            for font in (original, made):
                glyphs = font.getGlyphSet()
                pen = AreaPen(glyphs)
                glyphs[font.getBestCmap()[code]].draw(pen)
                areas.append(abs(pen.value))
            assert areas[0] == pytest.approx(areas[1], abs=em * em / 1000)
            width = original["hmtx"].metrics[original.getBestCmap()[code]][0]
            assert made["hmtx"].metrics[made.getBestCmap()[code]][0] == width


def test_a_subset_is_the_same_bytes_each_time() -> None:
    codes = sorted(map(ord, "复发风险 27%"))
    assert _subset(donors()[0], codes, "X") == _subset(donors()[0], codes, "X")


def test_text_that_was_not_measured_is_refused_after_embedding() -> None:
    fonts = FontSet()
    fonts.width("abc", 10)
    fonts.embed()
    try:
        with pytest.raises(ValueError, match=r"U\+007A"):
            fonts.runs("z")
    finally:
        fonts.forget()
