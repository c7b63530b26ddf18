"""Hebrew and Arabic names on a left-to-right page: letters joined, and drawn from right to left.

A report holds such text only in names and comments, so this is a part of the Unicode bidirectional algorithm
(UAX #9) for a left-to-right paragraph without embeddings: stretches of right-to-left letters, with the spaces and
marks between them, are turned around; numbers inside keep their order.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

__all__ = ["joined", "plain_letters", "visual_order"]

_PRESENTATION_FORMS = (*range(0xFB50, 0xFC00), *range(0xFE70, 0xFF00))
_LAM = "\u0644"
_CLOSES = {")": "(", "]": "[", "}": "{", "»": "«"}
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Presentation forms by base letter (or lam-alef pair): "isolated", "initial", "medial", "final"."""
    forms: dict[str, dict[str, str]] = {}
    for code in _PRESENTATION_FORMS:
        kind, _, base = unicodedata.decomposition(chr(code)).partition(" ")
        if kind in ("<isolated>", "<initial>", "<medial>", "<final>") and not base.startswith("0020"):
            letters = "".join(chr(int(part, 16)) for part in base.split())
            forms.setdefault(letters, {}).setdefault(kind[1:-1], chr(code))
    return forms


def joined(text: str) -> str:
    """`text` with each Arabic letter in the form that its neighbours ask for, still in the order of speech."""
    forms = _forms()
    letters: list[str] = []
    for character in text:
        if letters and letters[-1] == _LAM and _LAM + character in forms:
            letters[-1] = _LAM + character
        else:
            letters.append(character)
    shaped = []
    for index, letter in enumerate(letters):
        if letter not in forms:
            shaped.append(letter)
            continue
        before = _joins_forward(_neighbour(letters, index, -1)) and "final" in forms[letter]
        after = _joins_forward(letter) and "final" in forms.get(_neighbour(letters, index, 1), {})
        kind = {(False, False): "isolated", (False, True): "initial", (True, True): "medial", (True, False): "final"}
        shaped.append(forms[letter].get(kind[before, after], letter))
    return "".join(shaped)


def _joins_forward(letter: str) -> bool:
    return "initial" in _forms().get(letter, {})


def _neighbour(letters: list[str], index: int, step: int) -> str:
    """The next letter that is not a vowel mark; empty at the end."""
    index += step
    while 0 <= index < len(letters) and unicodedata.category(letters[index][0]) == "Mn":
        index += step
    return letters[index] if 0 <= index < len(letters) else ""


def plain_letters(character: str) -> str:
    """The letters behind a presentation form, so that text copied from the page can be searched."""
    return unicodedata.normalize("NFKC", character) if ord(character) in _PRESENTATION_FORMS else character


def visual_order(line: str) -> str:
    """One line in the order in which it is drawn."""
    kinds = [unicodedata.bidirectional(character) for character in line]
    turned = [kind in ("R", "AL") for kind in kinds]
    if not any(turned):
        return line
    stretches: list[str] = []
    start = 0
    while start < len(line):
        end = start + 1
        if turned[start]:
            end = _end_of_stretch(kinds, turned, start)
            while end < len(line) and line[end] in _CLOSES and _CLOSES[line[end]] in line[start:end]:
                end += 1
            stretches.append(_reversed(line[start:end]))
        else:
            stretches.append(line[start])
        start = end
    return "".join(stretches)


def _end_of_stretch(kinds: list[str], turned: list[bool], start: int) -> int:
    """Behind the last right-to-left letter that follows without a left-to-right letter between."""
    end = position = start + 1
    while position < len(kinds) and kinds[position] != "L":
        if turned[position] or kinds[position] == "NSM":
            end = position + 1
        position += 1
    return end


def _reversed(stretch: str) -> str:
    """Reversed by letter with its marks; numbers keep their order, brackets are mirrored."""
    units = re.findall(r"[\d.,]*\d|.[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]*", stretch)
    return "".join(unit.translate(_MIRRORED) for unit in reversed(units))
