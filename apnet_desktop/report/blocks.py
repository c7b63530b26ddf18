"""Blocks of known size that can be drawn: text, rules, frames, columns, drawings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from apnet_desktop.report.pen import Pen
from apnet_desktop.report.typesetting import BLACK, WHITE, Colour, Style, Typesetter

__all__ = ["Block", "Columns", "Drawing", "Framed", "Paragraph", "Rule", "Space", "Stack"]


class Block(Protocol):
    """Something of known size that can be drawn."""

    @property
    def height(self) -> float:
        """Points."""

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws with its upper left corner at (x, top)."""


class Paragraph:
    """Text broken to a width.

    Args:
        typesetter: Of the document.
        text: Plain text.
        style: How it looks.
        width: Points.
        maximum: Lines kept.
    """

    def __init__(
        self, typesetter: Typesetter, text: str, style: Style, width: float, maximum: int | None = None
    ) -> None:
        self.style = style
        self.width = width
        self.lines = typesetter.lines(text, style, width, maximum)

    @property
    def height(self) -> float:
        """Height of all lines."""
        return len(self.lines) * self.style.line_height

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws the lines."""
        for number, line in enumerate(self.lines):
            pen.line_of_text(line, self.style, x, top + number * self.style.line_height, self.width)


@dataclass(frozen=True)
class Space:
    """Empty height."""

    height: float

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Rule:
    """A horizontal line in the middle of its height."""

    width: float
    height: float = 4.0
    line: float = 0.5
    colour: Colour = (0.62, 0.64, 0.67)

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws the line."""
        middle = top + self.height / 2
        pen.segment((x, middle), (x + self.width, middle), line=self.line, colour=self.colour)


@dataclass(frozen=True)
class Drawing:
    """A drawing of a given height: `paint(pen, x, top)`."""

    height: float
    paint: Callable[[Pen, float, float], None]

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Paints it."""
        self.paint(pen, x, top)


@dataclass(frozen=True)
class Stack:
    """Blocks below each other."""

    blocks: tuple[Block, ...]
    gap: float = 0.0

    @property
    def height(self) -> float:
        """Height of all with the gaps."""
        return sum(block.height for block in self.blocks) + self.gap * max(0, len(self.blocks) - 1)

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws each below the last."""
        for block in self.blocks:
            block.draw(pen, x, top)
            top += block.height + self.gap


@dataclass(frozen=True)
class Columns:
    """Blocks beside each other, each at its offset from the left."""

    blocks: tuple[Block, ...]
    offsets: tuple[float, ...]

    @property
    def height(self) -> float:
        """Height of the tallest."""
        return max((block.height for block in self.blocks), default=0.0)

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws all from one top."""
        for block, offset in zip(self.blocks, self.offsets, strict=True):
            block.draw(pen, x + offset, top)


@dataclass(frozen=True)
class Framed:
    """A block in a box.

    Attributes:
        block: What is inside; it must be narrower than `width` by twice the padding.
        width: Of the box in points.
        padding: Left and right, points.
        padding_y: Above and below.
        fill: Colour inside.
        stroke: Colour of the frame.
        line: Width of the frame.
    """

    block: Block
    width: float
    padding: float = 6.0
    padding_y: float = 4.0
    fill: Colour | None = WHITE
    stroke: Colour | None = BLACK
    line: float = 0.8

    @property
    def height(self) -> float:
        """Of the box."""
        return self.block.height + 2 * self.padding_y

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws the box, then the block."""
        pen.rectangle(x, top, self.width, self.height, fill=self.fill, stroke=self.stroke, line=self.line, radius=2)
        self.block.draw(pen, x + self.padding, top + self.padding_y)
