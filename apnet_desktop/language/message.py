"""A sentence by its id, with the values to fill in, so that it can be shown in any language and kept in a record."""

from __future__ import annotations

from enum import StrEnum

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language.catalogue import lookup

__all__ = ["Language", "Message", "text"]


class Language(StrEnum):
    """The languages of window and report."""

    ENGLISH = "en"
    CHINESE = "zh"


class Message(FrozenModel):
    """One sentence of the catalogue with its values.

    Attributes:
        id: Key in `resources/translations/<language>/<room>.po`; the part before the first dot is the room
            (`ct.no_dicom`).
        values: What fills the placeholders `{name}` of the sentence.
    """

    id: str
    values: dict[str, str | int | float] = {}

    @classmethod
    def of(cls, id: str, /, **values: str | int | float) -> Message:
        """The sentence `id` filled with `values`."""
        return cls(id=id, values=values)

    def text(self, language: Language = Language.ENGLISH) -> str:
        """The sentence in `language`.

        Raises:
            KeyError: The catalogue lacks the id, or the sentence names a value that is missing: a bug.
        """
        return lookup(language.value, self.id).format_map(self.values)


def text(id: str, language: Language = Language.ENGLISH, /, **values: str | int | float) -> str:
    """The sentence `id` in `language`, filled with `values`."""
    return Message(id=id, values=values).text(language)
