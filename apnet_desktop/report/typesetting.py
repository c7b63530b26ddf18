"""Turns text into lines: breaks that suit English and Chinese, numbers never split, two fonts mixed by character.

Text here is data, never markup: there is no parser that a patient's name could reach.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from apnet_desktop.report.fonts import FontSet, printable
from apnet_desktop.report.right_to_left import visual_order

__all__ = ["BLACK", "GREY", "LIGHT", "WHITE", "Colour", "Line", "Style", "Typesetter"]

Colour = tuple[float, float, float]
BLACK: Colour = (0.07, 0.09, 0.12)
GREY: Colour = (0.36, 0.39, 0.43)
LIGHT: Colour = (0.86, 0.87, 0.89)
WHITE: Colour = (1.0, 1.0, 1.0)

# Line-breaking of Chinese (GB/T 15834, JIS X 4051): no line starts with a closing mark or ends with an opening one.
_NOT_FIRST = frozenset("，。、；：？！）》〉」』】〕％‰…～·)]}!?.,:;%°’”")
_NOT_LAST = frozenset("（《〈「『【〔([{‘“#$¥£\u00a0")
_SHORT_LAST_LINE = 3.2
_BOLD_TRACKING = 0.014
_HAN = "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{_HAN}]|(?:[^\s{_HAN}]|\u00a0)+|[^\S\u00a0]+")
# A space between a number and what it counts does not break: "12 months", "3 of 51", "63 人".
_NUMBER_SPACE = re.compile(rf"(?<=\d) (?=[A-Za-z%°µ/×−–~≥≤<>±\d{_HAN}])|(?<=[<>≥≤±~=]) (?=\d)")


@dataclass(frozen=True)
class Style:
    """How a paragraph looks.

    Attributes:
        size: Points.
        bold: Drawn heavier (Noto Sans SC comes in one weight; its outline is thickened).
        colour: RGB from 0 to 1.
        leading: Line distance over size.
        align: "left", "right" or "centre".
    """

    size: float = 9.0
    bold: bool = False
    colour: Colour = BLACK
    leading: float = 1.36
    align: str = "left"

    @property
    def line_height(self) -> float:
        """Distance of two baselines in points."""
        return self.size * self.leading

    @property
    def tracking(self) -> float:
        """Points added after each character: heavier strokes need a little more air."""
        return self.size * _BOLD_TRACKING if self.bold else 0.0


class Line(NamedTuple):
    """One laid-out line and its width in points."""

    text: str
    width: float


class Typesetter:
    """Breaks text into lines, and remembers every character for the document's fonts."""

    def __init__(self) -> None:
        self.fonts = FontSet()

    def width(self, text: str, style: Style) -> float:
        """Width in points of `text` on one line."""
        return self._measured(printable(text), style)

    def _measured(self, text: str, style: Style) -> float:
        return self.fonts.width(text, style.size) + len(text) * style.tracking

    def lines(self, text: str, style: Style, width: float, maximum: int | None = None) -> list[Line]:
        """`text` broken into lines of at most `width` points.

        Args:
            text: Plain text; a line feed starts a new line.
            style: Size counts.
            width: Points.
            maximum: Lines kept; the last one then ends in "…" if text is left over.
        """
        lines: list[Line] = []
        for paragraph in text.split("\n"):
            lines += self._balanced(_glued(printable(paragraph)), style, width)
        if maximum is not None and len(lines) > maximum:
            lines = [*lines[: maximum - 1], self._elided(lines[maximum - 1].text, style, width)]
        return lines

    def _balanced(self, text: str, style: Style, width: float) -> list[Line]:
        """Lines of a paragraph, a little narrower if that saves the last one from being a single short word."""
        lines = self._paragraph(text, style, width)
        if len(lines) < 2 or lines[-1].width >= _SHORT_LAST_LINE * style.size:
            return lines
        for share in (0.96, 0.92, 0.87, 0.8):
            narrower = self._paragraph(text, style, width * share)
            if len(narrower) > len(lines):
                break
            if narrower[-1].width >= _SHORT_LAST_LINE * style.size:
                return narrower
        return lines

    def _paragraph(self, text: str, style: Style, width: float) -> list[Line]:
        lines: list[Line] = []
        current, current_width = "", 0.0
        for piece in self._pieces(text, style, width):
            piece_width = self._measured(piece, style)
            if current and current_width + self._measured(piece.rstrip(" "), style) > width:
                lines.append(self._line(current, style))
                current, current_width = "", 0.0
                piece = piece.lstrip(" ")
                piece_width = self._measured(piece, style)
            current += piece
            current_width += piece_width
        lines.append(self._line(current, style))
        return lines

    def _line(self, text: str, style: Style) -> Line:
        stripped = visual_order(text.rstrip(" "))
        return Line(stripped, self._measured(stripped, style))

    def _pieces(self, text: str, style: Style, width: float) -> list[str]:
        """Stretches that stay on one line, each with the spaces that follow it; too wide ones are cut anywhere."""
        pieces: list[str] = []
        for token in _TOKEN.findall(text):
            if token.isspace() and "\u00a0" not in token:
                if pieces:
                    pieces[-1] += " "
                continue
            previous = pieces[-1] if pieces else ""
            if previous and not previous.endswith(" ") and (token[0] in _NOT_FIRST or previous[-1] in _NOT_LAST):
                pieces[-1] += token
            else:
                pieces.append(token)
        return [part for piece in pieces for part in self._cut(piece, style, width)]

    def _cut(self, piece: str, style: Style, width: float) -> list[str]:
        if self._measured(piece.rstrip(" "), style) <= width:
            return [piece]
        parts: list[str] = []
        part, part_width = "", 0.0
        for character in piece:
            advance = self._measured(character, style)
            if part and part_width + advance > width:
                parts.append(part)
                part, part_width = "", 0.0
            part += character
            part_width += advance
        return [*parts, part]

    def _elided(self, text: str, style: Style, width: float) -> Line:
        while text and self._measured(text + "…", style) > width:
            text = text[:-1]
        return self._line(text + "…", style)


def _glued(text: str) -> str:
    return _NUMBER_SPACE.sub("\u00a0", text)
