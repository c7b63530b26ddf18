"""Which page of the manual belongs to which screen, and where the pages lie."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from apnet_desktop.language import Language, Message
from apnet_desktop.locations import manual_folder

__all__ = ["MANUAL_PAGES", "Place", "Screen", "headings", "missing_page", "page_file", "place_of"]

MANUAL_PAGES = ("doctor", "research", "it")
"""Names of the pages, in the order of the list; each is there in both languages."""
_HEADING = re.compile(r"^#{1,3} (.+?)\s*$", re.MULTILINE)


class Screen(StrEnum):
    """What a person looks at when asking for help."""

    CT = "ct"
    ROI = "roi"
    CLINICAL = "clinical"
    RISK = "risk"
    WORKLIST = "worklist"
    SETTINGS = "settings"


class Place(NamedTuple):
    """A place in the manual.

    Attributes:
        page: One of `MANUAL_PAGES`.
        heading: Number of the heading in the page, from 0; the same in both languages.
    """

    page: str
    heading: int = 0


_PLACES = {
    Screen.CT: Place("doctor", 2),
    Screen.ROI: Place("doctor", 3),
    Screen.CLINICAL: Place("doctor", 4),
    Screen.RISK: Place("doctor", 5),
    Screen.WORKLIST: Place("doctor", 7),
    Screen.SETTINGS: Place("it", 5),
}


def place_of(screen: Screen) -> Place:
    """Where the manual speaks of a screen."""
    return _PLACES[screen]


def page_file(page: str, language: Language) -> Path:
    """The Markdown file of a page."""
    return manual_folder() / language.value / f"{page}.md"


def headings(markdown: str) -> list[str]:
    """The headings of a page, in order."""
    return _HEADING.findall(markdown)


def missing_page(page: str, language: Language) -> Message | None:
    """A sentence if a page did not come with this installation, else None."""
    path = page_file(page, language)
    return None if path.is_file() else Message.of("manual.missing", file=str(path))
