"""Page 3, the small print, set in rows of name and value."""

from __future__ import annotations

from dataclasses import replace

from apnet_desktop.report.composer import CAPTION, SMALL, Composer
from apnet_desktop.report.sheet import Item
from apnet_desktop.report.small_print import Section, small_print

__all__ = ["page_three"]

_NAME_WIDTH = 132.0


def page_three(composer: Composer) -> list[Item]:
    """The items of page 3, in reading order."""
    items = [item for section in small_print(composer) for item in _section(composer, section)]
    items[0] = replace(items[0], new_page=True)
    return items


def _section(composer: Composer, section: Section) -> list[Item]:
    return [
        Item(composer.section(section.heading), before=10, keep_with_next=True),
        *(Item(composer.paragraph(sentence, SMALL), before=1, keep_with_next=True) for sentence in section.before),
        *composer.pairs(section.rows, composer.width, _NAME_WIDTH),
        *(Item(composer.paragraph(sentence, CAPTION), before=1.5) for sentence in section.after),
    ]
