"""Pages and what stands on them: blocks of known height, drawn from the top, flowing over pages.

The study's report uses the same kitchen: it makes blocks and gives them to `Pages`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from apnet_desktop.report.typesetting import BLACK, WHITE, Colour, Line, Style, Typesetter

__all__ = [
    "MILLIMETRE",
    "Block",
    "Columns",
    "Drawing",
    "Framed",
    "Item",
    "Pages",
    "Paper",
    "Paragraph",
    "Pen",
    "Placed",
    "Rule",
    "Space",
    "Stack",
]

MILLIMETRE = 72 / 25.4
_BOLD_STROKE = 0.026
_BASELINE = 0.80


class Paper(StrEnum):
    """Size of the sheet."""

    A4 = "a4"
    LETTER = "letter"

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        return (595.28, 841.89) if self is Paper.A4 else (612.0, 792.0)


class Pen:
    """Draws on one page: points, y grows down from the top edge."""

    def __init__(self, canvas: Any, typesetter: Typesetter, height: float) -> None:
        self._canvas = canvas
        self._typesetter = typesetter
        self._height = height

    def line_of_text(self, line: Line, style: Style, x: float, top: float, width: float) -> None:
        """One line within a box `width` wide, whose line box starts at `top`."""
        indent = {"left": 0.0, "right": width - line.width, "centre": (width - line.width) / 2}[style.align]
        baseline = top + style.line_height / 2 + style.size * (_BASELINE - 0.44)
        self.text_at(line.text, style, x + indent, baseline)

    def text_at(self, text: str, style: Style, x: float, baseline: float) -> None:
        """`text` with its left end at x on the baseline."""
        canvas, fonts = self._canvas, self._typesetter.fonts
        out = canvas.beginText(x, self._height - baseline)
        out.setFillColorRGB(*style.colour)
        if style.bold:
            canvas.saveState()
            canvas.setStrokeColorRGB(*style.colour)
            canvas.setLineWidth(style.size * _BOLD_STROKE)
            canvas.setLineJoin(1)
        out.setTextRenderMode(2 if style.bold else 0)
        out.setCharSpace(style.tracking)
        for donor, run in fonts.runs(text):
            out.setFont(fonts.registered(donor), style.size)
            out.textOut(run)
        out.setTextRenderMode(0)
        out.setCharSpace(0)
        canvas.drawText(out)
        if style.bold:
            canvas.restoreState()

    def rectangle(
        self,
        x: float,
        top: float,
        width: float,
        height: float,
        *,
        fill: Colour | None = None,
        stroke: Colour | None = None,
        line: float = 0.6,
        radius: float = 0.0,
    ) -> None:
        """A rectangle, filled, outlined or both."""
        self._colours(fill, stroke, line)
        paint = {"fill": int(fill is not None), "stroke": int(stroke is not None)}
        if radius:
            self._canvas.roundRect(x, self._height - top - height, width, height, radius, **paint)
        else:
            self._canvas.rect(x, self._height - top - height, width, height, **paint)

    def segment(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        *,
        line: float,
        colour: Colour = BLACK,
        dash: float = 0,
    ) -> None:
        """A straight line; `dash` points long dashes if given."""
        self._colours(None, colour, line)
        self._canvas.setDash([dash, dash] if dash else [])
        self._canvas.line(start[0], self._height - start[1], end[0], self._height - end[1])
        self._canvas.setDash([])

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        *,
        fill: Colour | None = None,
        stroke: Colour | None = None,
        line: float = 0.6,
    ) -> None:
        """A circle around (x, y)."""
        self._colours(fill, stroke, line)
        self._canvas.circle(x, self._height - y, radius, fill=int(fill is not None), stroke=int(stroke is not None))

    def path(
        self,
        points: Sequence[tuple[float, float]],
        *,
        closed: bool,
        fill: Colour | None = None,
        stroke: Colour | None = None,
        line: float = 0.6,
    ) -> None:
        """A polygon or an open polyline."""
        self._colours(fill, stroke, line)
        self._canvas.setLineJoin(1)
        path = self._canvas.beginPath()
        path.moveTo(points[0][0], self._height - points[0][1])
        for x, y in points[1:]:
            path.lineTo(x, self._height - y)
        if closed:
            path.close()
        self._canvas.drawPath(path, fill=int(fill is not None), stroke=int(stroke is not None))

    def picture(self, image: Any, x: float, top: float, width: float, height: float) -> None:
        """A Pillow image in a box."""
        from reportlab.lib.utils import ImageReader

        self._canvas.drawImage(ImageReader(image), x, self._height - top - height, width, height)

    def clipped(self, x: float, top: float, width: float, height: float, draw: Callable[[], None]) -> None:
        """Runs `draw` with everything outside the box left out."""
        self._canvas.saveState()
        path = self._canvas.beginPath()
        path.rect(x, self._height - top - height, width, height)
        self._canvas.clipPath(path, stroke=0, fill=0)
        draw()
        self._canvas.restoreState()

    def _colours(self, fill: Colour | None, stroke: Colour | None, line: float) -> None:
        if fill is not None:
            self._canvas.setFillColorRGB(*fill)
        if stroke is not None:
            self._canvas.setStrokeColorRGB(*stroke)
            self._canvas.setLineWidth(line)


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


@dataclass(frozen=True)
class Item:
    """A block in the flow of pages.

    Attributes:
        block: The block.
        before: Space above it, dropped at the top of a page.
        keep_with_next: Not the last on a page if the next one does not fit under it.
        header: Drawn again on top where the block begins a new page (a table's heading).
        new_page: Begins a page.
        at_bottom: Moves down to the bottom of its page.
    """

    block: Block
    before: float = 0.0
    keep_with_next: bool = False
    header: Block | None = None
    new_page: bool = False
    at_bottom: bool = False


@dataclass
class Placed:
    """A block at its height on a page."""

    block: Block
    top: float


class Pages:
    """Flows items over pages and writes the PDF.

    Args:
        typesetter: That all blocks were laid out with.
        paper: Size of the sheet.
        margin: Left and right margin in points.
    """

    def __init__(self, typesetter: Typesetter, paper: Paper, margin: float = 17 * MILLIMETRE) -> None:
        self.typesetter = typesetter
        self.paper = paper
        self.margin = margin

    @property
    def width(self) -> float:
        """Width between the margins in points."""
        return self.paper.size[0] - 2 * self.margin

    def paginate(self, items: Sequence[Item], top: float, bottom: float) -> list[list[Placed]]:
        """The blocks of each page with their tops; `top` and `bottom` are the ends of the space for them."""
        pages: list[list[Placed]] = [[]]
        y = top
        for number, item in enumerate(items):
            needed = item.before + item.block.height
            follower = number
            while items[follower].keep_with_next and follower + 1 < len(items):
                follower += 1
                needed += items[follower].before + items[follower].block.height
            full = (
                y > top
                and (y + needed > bottom + 0.01)
                and (y + item.before + item.block.height > bottom or needed < bottom - top)
            )
            if pages[-1] and (item.new_page or full):
                pages.append([])
                y = top
                if item.header is not None:
                    pages[-1].append(Placed(item.header, y))
                    y += item.header.height
            elif pages[-1]:
                y += item.before
            if item.at_bottom:
                y = max(y, bottom - item.block.height)
            pages[-1].append(Placed(item.block, y))
            y += item.block.height
        return pages

    def write(
        self,
        pages: Sequence[Sequence[Placed]],
        furniture: Callable[[int, int], Sequence[Placed]],
        finish: Callable[[Any], None],
        language: str,
    ) -> bytes:
        """The PDF's bytes, the same for the same blocks.

        Args:
            pages: From `paginate`.
            furniture: Header and footer of page n of m (both from 1).
            finish: Sets title and metadata on reportlab's canvas.
            language: Of the document, as a language tag.
        """
        from reportlab import rl_config
        from reportlab.pdfgen.canvas import Canvas

        from apnet_desktop.report.fonts import donors

        sheets = [[*furniture(number, len(pages)), *blocks] for number, blocks in enumerate(pages, start=1)]
        self.typesetter.fonts.embed()
        out = io.BytesIO()
        # Pictures as bytes: in ASCII85 they take a quarter more room and half of the whole time.
        ascii_pictures, rl_config.useA85 = rl_config.useA85, 0
        first_font = self.typesetter.fonts.registered(donors()[0])
        try:
            canvas = Canvas(
                out,
                pagesize=self.paper.size,
                invariant=1,
                pdfVersion=(1, 7),
                pageCompression=1,
                initialFontName=first_font,
                lang=language,
            )
            for blocks in sheets:
                pen = Pen(canvas, self.typesetter, self.paper.size[1])
                for placed in blocks:
                    placed.block.draw(pen, self.margin, placed.top)
                canvas.showPage()
            finish(canvas)
            canvas.save()
        finally:
            rl_config.useA85 = ascii_pictures
            self.typesetter.fonts.forget()
        return out.getvalue()
