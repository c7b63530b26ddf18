"""Every sentence exists in English and in Chinese, says the same values, and is used."""

from __future__ import annotations

import re
import string
from functools import cache

import polib
import pytest

from apnet_desktop.language.catalogue import room_catalogue
from apnet_desktop.locations import resources_folder
from tests.language.catalogue_reader import Uses, placeholders, rooms, uses

ROOMS = sorted(set(rooms("en")) | set(rooms("zh")))
# The name of a language is written in that language.
_OWN_NAMES = {"settings.language_zh"}
_HAN = re.compile(r"[\u4e00-\u9fff]")


def _values(sentence: str) -> set[str]:
    """Placeholders, with those that carry one value in two languages ({en} and {zh}, {unit} and {unit_zh}) made one."""
    return {re.sub(r"_?(en|zh)$", "", name) for name in placeholders(sentence)}


@cache
def _uses() -> Uses:
    return uses()


def _sentences(language: str, room: str) -> dict[str, str]:
    return {id: sentence for id, sentence in room_catalogue(language, room).items() if id}


def test_both_languages_have_the_same_catalogues() -> None:
    assert list(rooms("en")) == list(rooms("zh"))


@pytest.mark.parametrize("room", ROOMS)
def test_both_languages_have_the_same_ids(room: str) -> None:
    assert _sentences("en", room).keys() == _sentences("zh", room).keys()


@pytest.mark.parametrize("room", ROOMS)
def test_no_id_twice_and_each_in_its_own_room(room: str) -> None:
    for language in ("en", "zh"):
        path = resources_folder() / "translations" / language / f"{room}.po"
        ids = [entry.msgid for entry in polib.pofile(path.read_text(encoding="utf-8")) if entry.msgid]
        assert len(ids) == len(set(ids))
        assert {id.partition(".")[0] for id in ids} <= {room}


@pytest.mark.parametrize("room", ROOMS)
def test_sentences_say_the_same_values_in_both_languages(room: str) -> None:
    chinese = _sentences("zh", room)
    for id, sentence in _sentences("en", room).items():
        list(string.Formatter().parse(sentence))
        list(string.Formatter().parse(chinese[id]))
        assert _values(sentence) == _values(chinese[id]), id


@pytest.mark.parametrize("room", ROOMS)
def test_no_sentence_is_empty_or_left_untranslated(room: str) -> None:
    """English has no Chinese in it, and a sentence of two words or more is not the same in both languages."""
    for id, sentence in _sentences("en", room).items():
        chinese = _sentences("zh", room)[id]
        assert sentence.strip(), id
        assert chinese.strip(), id
        assert id in _OWN_NAMES or not _HAN.search(sentence), id
        if len(re.findall(r"[a-z]{4,}", re.sub(r"\{[^}]*\}", "", sentence))) > 1:
            assert chinese != sentence, f"{id} is not translated"


def test_every_sentence_that_the_package_asks_for_exists() -> None:
    missing = [
        f"{id} ({place})"
        for id, _, place in _uses().calls
        if id.partition(".")[0] not in ROOMS or id not in _sentences("en", id.partition(".")[0])
    ]
    assert not missing


def test_every_value_that_a_sentence_names_is_given() -> None:
    lacking = [
        f"{id}: {sorted(absent)} ({place})"
        for id, names, place in _uses().calls
        if id.partition(".")[0] in ROOMS
        and (absent := placeholders(_sentences("en", id.partition(".")[0]).get(id, "")) - names - {"language"})
    ]
    assert not lacking


@pytest.mark.parametrize("room", ROOMS)
def test_every_sentence_is_used(room: str) -> None:
    patterns = [re.compile(pattern) for pattern in _uses().patterns]
    unused = [
        id
        for id in _sentences("en", room)
        if id not in _uses().literals and not any(pattern.fullmatch(id) for pattern in patterns)
    ]
    assert not unused


def test_the_printed_catalogues_can_be_printed() -> None:
    """Every character of every sentence has a glyph in the fonts of the report."""
    from apnet_desktop.report.fonts import uncovered

    for language in ("en", "zh"):
        for room in ROOMS:
            for id, sentence in _sentences(language, room).items():
                assert not uncovered(sentence.replace("\n", " ")), id
