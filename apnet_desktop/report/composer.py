"""What every part of a report's page needs: the content, one language, the typesetter and the house style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apnet_desktop.clinical.factor import Label
from apnet_desktop.language import Language, Message, text
from apnet_desktop.report.blocks import Block, Columns, Framed, Paragraph, Rule, Space, Stack
from apnet_desktop.report.content import ReportContent
from apnet_desktop.report.sheet import Item
from apnet_desktop.report.typesetting import BLACK, GREY, Colour, Style, Typesetter
from apnet_desktop.report.wording import label

__all__ = ["ACCENT", "BODY", "CAPTION", "CELL_LINES", "HEADING", "PALE", "SMALL", "STRONG", "SUBHEADING", "Composer"]

ACCENT: Colour = (0.10, 0.25, 0.42)
"""Dark blue; on a black-and-white printer a dark grey."""
PALE: Colour = (0.62, 0.64, 0.67)
"""What is not a finding is printed in this grey."""
_MOST_LINES = 40
"""Of one paragraph: no text that a person typed is taller than a page. The JSON twin keeps the whole."""
CELL_LINES = 12
"""Of one cell."""
BODY = Style(9.0)
STRONG = Style(9.0, bold=True)
SMALL = Style(7.8)
CAPTION = Style(7.2, colour=GREY)
HEADING = Style(12.5, bold=True, leading=1.3)
SUBHEADING = Style(9.6, bold=True, colour=ACCENT, leading=1.4)


@dataclass(frozen=True)
class Composer:
    """Makes blocks of one content in one language.

    Attributes:
        content: What the report says.
        language: Of these pages.
        typesetter: Of the document.
        width: Between the margins in points.
    """

    content: ReportContent
    language: Language
    typesetter: Typesetter
    width: float

    def say(self, id: str, /, **values: str | int | float) -> str:
        """A sentence of the catalogue."""
        return text(id, self.language, **values)

    def message(self, message: Message) -> str:
        """A message in this language."""
        return message.text(self.language)

    def label(self, words: Label) -> str:
        """A bundle's text in this language."""
        return label(words, self.language)

    def paragraph(
        self, words: str, style: Style = BODY, width: float | None = None, maximum: int = _MOST_LINES
    ) -> Paragraph:
        """Text broken to `width`, or to the page's; what goes beyond `maximum` lines ends in "…"."""
        return Paragraph(self.typesetter, words, style, self.width if width is None else width, maximum)

    def section(self, id: str, width: float | None = None) -> Stack:
        """The heading of a section, with a line under it."""
        width = self.width if width is None else width
        return Stack((self.paragraph(self.say(id), SUBHEADING, width), Rule(width, height=3.0)))

    def bullets(self, sentences: Sequence[str], style: Style = SMALL, width: float | None = None) -> list[Item]:
        """One item per sentence, each with a bullet."""
        width = self.width if width is None else width
        indent = 9.0
        return [
            Item(
                Columns(
                    (self.paragraph("•", style, indent), self.paragraph(sentence, style, width - indent)), (0.0, indent)
                ),
                before=1.5,
            )
            for sentence in sentences
        ]

    def boxed(self, words: str, style: Style = STRONG, *, fill: Colour | None = None, line: float = 0.8) -> Framed:
        """A sentence in a frame as wide as the page."""
        padding = 7.0
        return Framed(
            self.paragraph(words, style, self.width - 2 * padding),
            self.width,
            padding=padding,
            padding_y=3.6,
            fill=fill,
            stroke=BLACK,
            line=line,
        )

    def pairs(
        self, rows: Sequence[tuple[str, str]], width: float, name_width: float, style: Style = SMALL
    ) -> list[Item]:
        """Name and value beside each other, one item per row."""
        name_style = Style(style.size, colour=GREY, leading=style.leading)
        return [
            Item(
                Columns(
                    (
                        self.paragraph(name, name_style, name_width - 6, CELL_LINES),
                        self.paragraph(value, style, width - name_width, CELL_LINES),
                    ),
                    (0.0, name_width),
                ),
                before=1.2,
            )
            for name, value in rows
        ]

    @staticmethod
    def stacked(items: Sequence[Item]) -> Stack:
        """Items as one block that stays together."""
        blocks: list[Block] = []
        for number, item in enumerate(items):
            if number and item.before:
                blocks.append(Space(item.before))
            blocks.append(item.block)
        return Stack(tuple(blocks))
