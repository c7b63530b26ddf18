"""Draws on one page: points, y grows down from the top edge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from apnet_desktop.report.typesetting import BLACK, Colour, Line, Style, Typesetter

__all__ = ["MILLIMETRE", "Paper", "Pen"]

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
