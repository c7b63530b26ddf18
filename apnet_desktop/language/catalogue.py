"""Reads the translation catalogues: gettext `.po` files, one for each language and room of the house."""

from __future__ import annotations

from functools import cache

import polib

from apnet_desktop.locations import resources_folder

__all__ = ["lookup", "room_catalogue"]


@cache
def room_catalogue(language: str, room: str) -> dict[str, str]:
    """All sentences of one room in one language, by id. Source text: `resources/translations/<language>/<room>.po`."""
    path = resources_folder() / "translations" / language / f"{room}.po"
    return {entry.msgid: entry.msgstr for entry in polib.pofile(path.read_text(encoding="utf-8"))}


def lookup(language: str, id: str) -> str:
    """The sentence `id` in `language`, with its `{placeholders}`.

    Raises:
        KeyError: No such sentence; a bug, found by the test of the catalogues.
    """
    return room_catalogue(language, id.partition(".")[0])[id]
