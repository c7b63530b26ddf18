"""Joined and turned around, against what Unicode says of the letters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnet_desktop.report.right_to_left import joined, plain_letters, visual_order


def _kinds(text: str) -> list[str]:
    return [unicodedata.decomposition(character).partition(" ")[0] for character in text]


def test_arabic_letters_take_the_form_their_neighbours_ask_for() -> None:
    """Meem, hah and meem join on both sides; dal joins only to what is before it, so that the next word starts anew."""
    assert _kinds(joined("محمد")) == ["<initial>", "<medial>", "<medial>", "<final>"]
    assert _kinds(joined("دم")) == ["<isolated>", "<isolated>"]
    assert _kinds(joined("م م")) == ["<isolated>", "", "<isolated>"]


def test_lam_and_alef_become_one() -> None:
    shaped = joined("سلام")
    assert [unicodedata.name(character) for character in shaped] == [
        "ARABIC LETTER SEEN INITIAL FORM",
        "ARABIC LIGATURE LAM WITH ALEF FINAL FORM",
        "ARABIC LETTER MEEM ISOLATED FORM",
    ]


def test_vowel_marks_do_not_part_letters() -> None:
    assert _kinds(joined("مَد"))[0] == "<initial>"


@given(st.text(st.characters(min_codepoint=0x600, max_codepoint=0x6FF)))
def test_the_letters_behind_the_forms_are_the_text(text: str) -> None:
    normal = unicodedata.normalize("NFKC", text)
    assert unicodedata.normalize("NFKC", "".join(map(plain_letters, joined(text)))) == normal


@pytest.mark.parametrize(
    ("spoken", "drawn"),
    [
        ("Sharon", "Sharon"),
        ("\u05d0\u05d1\u05d2", "\u05d2\u05d1\u05d0"),
        ("ID \u05d0\u05d1 x", "ID \u05d1\u05d0 x"),
        ("\u05d0\u05d1 12 \u05d2", "\u05d2 12 \u05d1\u05d0"),
        ("\u05d0(\u05d1)", "(\u05d1)\u05d0"),
        ("\u05d0\u05b8\u05d1", "\u05d1\u05d0\u05b8"),
    ],
)
def test_order_on_the_page(spoken: str, drawn: str) -> None:
    assert visual_order(spoken) == drawn


@given(st.text())
def test_no_letter_is_lost(text: str) -> None:
    mirrored = str.maketrans("()[]{}<>«»", "((([[[<<««")
    assert sorted(visual_order(text).translate(mirrored)) == sorted(text.translate(mirrored))
