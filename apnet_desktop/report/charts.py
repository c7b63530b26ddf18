"""The report's drawings: figures of 100, routes side by side, the development cohort, signed bars, CT pictures.

All are line drawings that say the same in black and white; no colour carries meaning alone.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from apnet_desktop.report.blocks import Drawing
from apnet_desktop.report.content import DevelopmentDistribution
from apnet_desktop.report.pen import Pen
from apnet_desktop.report.picture import Picture
from apnet_desktop.report.typesetting import BLACK, GREY, LIGHT, WHITE, Colour, Style, Typesetter

__all__ = ["RouteMark", "SignedBar", "distribution_strip", "icon_array", "picture_block", "route_chart", "signed_bars"]

_TICK = Style(6.6, colour=GREY)
_MARK: Colour = (0.10, 0.25, 0.42)


def icon_array(filled: int, side: float) -> Drawing:
    """Ten rows of ten people, the first `filled` of them solid; `side` points wide and high."""
    cell = side / 10

    def paint(pen: Pen, x: float, top: float) -> None:
        for number in range(100):
            row, column = divmod(number, 10)
            _person(pen, x + column * cell + cell / 2, top + row * cell, cell, solid=number < filled)

    return Drawing(side, paint)


def _person(pen: Pen, centre: float, top: float, cell: float, *, solid: bool) -> None:
    """Head and shoulders."""
    fill, stroke, line = (_MARK, _MARK, 0.5) if solid else (WHITE, (0.45, 0.48, 0.52), 0.6)
    pen.circle(centre, top + cell * 0.25, cell * 0.17, fill=fill, stroke=stroke, line=line)
    half, shoulder, foot = cell * 0.33, top + cell * 0.48, top + cell * 0.90
    corner = half * 0.75
    angles = [step * math.pi / 12 for step in range(7)]
    arc = [(corner * (1 - math.sin(angle)), corner * (1 - math.cos(angle))) for angle in angles]
    left = [(centre - half + dx, shoulder + dy) for dx, dy in reversed(arc)]
    right = [(centre + half - dx, shoulder + dy) for dx, dy in arc]
    pen.path(
        [*left, *right, (centre + half, foot), (centre - half, foot)], closed=True, fill=fill, stroke=stroke, line=line
    )


@dataclass(frozen=True)
class RouteMark:
    """One row of the chart of routes: its name, what is printed for it, and the figures from 0 to 1."""

    name: str
    figure: str
    risk: float
    lower: float
    upper: float
    answer: bool


def route_chart(
    typesetter: Typesetter,
    rows: Sequence[RouteMark],
    width: float,
    references: Sequence[tuple[float, str]],
    colour: Colour = _MARK,
) -> Drawing:
    """Risk and interval of each route on one axis from 0 to 100 %.

    Args:
        typesetter: Of the document.
        rows: The routes, the answer first.
        width: Points.
        references: At most two vertical lines with their captions: (risk, "threshold 30%").
        colour: Of the marks.
    """
    name_style, answer_style = Style(8.0), Style(8.6, bold=True)
    left = max(typesetter.width(row.name, answer_style if row.answer else name_style) for row in rows) + 8
    right = max(typesetter.width(row.figure, answer_style) for row in rows) + 8
    axis = width - left - right
    row_height, above = 12.5, 11.0
    ticks = [(tick / 100, f"{tick}%") for tick in (0, 25, 50, 75, 100)]
    laid = {
        words: typesetter.lines(words, _TICK, 400)[0] for words in [w for _, w in ticks] + [w for _, w in references]
    }
    names = [typesetter.lines(row.name, answer_style if row.answer else name_style, 400)[0] for row in rows]
    figures = [typesetter.lines(row.figure, answer_style if row.answer else name_style, 400)[0] for row in rows]

    def paint(pen: Pen, x: float, top: float) -> None:
        start, base = x + left, top + above + row_height * len(rows)
        for at, words in ticks:
            pen.segment((start + at * axis, top + above), (start + at * axis, base + 2), line=0.35, colour=LIGHT)
            pen.text_at(words, _TICK, start + at * axis - laid[words].width / 2, base + 9)
        pen.segment((start, base), (start + axis, base), line=0.5, colour=GREY)
        for number, (at, words) in enumerate(sorted(references)):
            spot = start + at * axis
            pen.segment((spot, top + 2), (spot, base), line=0.7, colour=BLACK, dash=2)
            # The leftmost line has its words to the left, the others to the right: no line crosses words.
            to_left = number == 0 and len(references) > 1
            pen.text_at(words, _TICK, spot - 3 - laid[words].width if to_left else spot + 3, top + 7)
        for number, row in enumerate(rows):
            middle = top + above + row_height * (number + 0.5)
            style = answer_style if row.answer else name_style
            pen.text_at(names[number].text, style, x, middle + style.size * 0.35)
            pen.segment(
                (start + row.lower * axis, middle),
                (start + row.upper * axis, middle),
                line=2.2 if row.answer else 1.1,
                colour=colour,
            )
            pen.circle(
                start + row.risk * axis,
                middle,
                3.2 if row.answer else 2.4,
                fill=colour if row.answer else WHITE,
                stroke=colour,
                line=1.0,
            )
            pen.text_at(figures[number].text, style, x + width - figures[number].width, middle + style.size * 0.35)

    return Drawing(above + row_height * len(rows) + 11, paint)


def distribution_strip(
    typesetter: Typesetter, position: float, width: float, distribution: DevelopmentDistribution | None, risk: float
) -> Drawing:
    """Where the patient lies in the development cohort.

    With a histogram: its bars over the risk, and the patient's risk. Without: ranks from lowest to highest.
    """
    high = 24.0 if distribution is not None else 9.0
    lines = {words: typesetter.lines(words, _TICK, 200)[0] for words in ("0%", "50%", "100%", "0", "50", "100")}

    def paint(pen: Pen, x: float, top: float) -> None:
        base = top + high + 6
        at = risk if distribution is not None else position
        if distribution is not None:
            tallest = max(distribution.shares) or 1.0
            for left, right, share in zip(
                distribution.edges, distribution.edges[1:], distribution.shares, strict=False
            ):
                height = high * share / tallest
                pen.rectangle(
                    x + left * width, base - height, (right - left) * width, height, fill=LIGHT, stroke=GREY, line=0.3
                )
        else:
            pen.rectangle(x, base - high, width, high, fill=LIGHT, stroke=GREY, line=0.4)
        pen.segment((x, base), (x + width, base), line=0.5, colour=GREY)
        spot = x + at * width
        pen.segment((spot, base), (spot, base - high - 2), line=1.3)
        pen.path([(spot - 3.4, top), (spot + 3.4, top), (spot, top + 5)], closed=True, fill=BLACK)
        for tick in (0, 50, 100):
            words = f"{tick}%" if distribution is not None else str(tick)
            offset = {0: 0.0, 50: lines[words].width / 2, 100: lines[words].width}[tick]
            pen.text_at(words, _TICK, x + tick / 100 * width - offset, base + 8)

    return Drawing(high + 16, paint)


@dataclass(frozen=True)
class SignedBar:
    """One signed bar: its name, the value behind it, and what is printed in the one or two columns at its end."""

    name: str
    value: float
    figure: str
    second: str = ""
    strong: bool = False


_FIGURE_WIDTH = 36.0


def signed_bars(
    typesetter: Typesetter,
    bars: Sequence[SignedBar],
    width: float,
    name_width: float,
    heads: tuple[str, str] | None = None,
) -> list[Drawing]:
    """Bars to the right of a common zero (solid) and to its left (hollow), one drawing each so that pages can break.

    Args:
        typesetter: Of the document.
        bars: From above.
        width: Points.
        name_width: Of the names, points.
        heads: Of the two columns at the end; None for one column without a head.
    """
    columns = 2 if heads is not None else 1
    axis = width - name_width - columns * _FIGURE_WIDTH
    least = min(0.0, *(bar.value for bar in bars))
    most = max(0.0, *(bar.value for bar in bars))
    span = (most - least) or 1.0
    zero = name_width + axis * -least / span
    drawn = [_signed_bar(typesetter, bar, width, name_width, zero, axis / span, columns) for bar in bars]
    return ([_heads(typesetter, heads, width)] if heads is not None else []) + drawn


def _heads(typesetter: Typesetter, heads: tuple[str, str], width: float) -> Drawing:
    laid = [typesetter.lines(words, _TICK, 2 * _FIGURE_WIDTH)[0] for words in heads]

    def paint(pen: Pen, x: float, top: float) -> None:
        for line, end in zip(laid, (width - _FIGURE_WIDTH, width), strict=True):
            pen.text_at(line.text, _TICK, x + end - line.width, top + 7)

    return Drawing(9.5, paint)


def _signed_bar(
    typesetter: Typesetter, bar: SignedBar, width: float, name_width: float, zero: float, scale: float, columns: int
) -> Drawing:
    style = Style(8.0, bold=bar.strong, leading=1.25)
    lines = typesetter.lines(bar.name, style, name_width - 8, maximum=2)
    figures = [typesetter.lines(words, style, 60)[0] for words in (bar.figure, bar.second)[:columns] if words]
    height = max(11.5, len(lines) * style.line_height + 1.5)

    def paint(pen: Pen, x: float, top: float) -> None:
        first = top + (height - len(lines) * style.line_height) / 2
        for number, line in enumerate(lines):
            pen.line_of_text(line, style, x, first + number * style.line_height, name_width)
        middle, long = top + height / 2, bar.value * scale
        pen.rectangle(
            x + zero + min(0.0, long),
            middle - 3.2,
            abs(long),
            6.4,
            fill=_MARK if bar.value > 0 else WHITE,
            stroke=_MARK,
            line=0.8,
        )
        pen.segment((x + zero, top), (x + zero, top + height), line=0.5, colour=GREY)
        for place, figure in enumerate(figures, start=1):
            end = width - (columns - place) * _FIGURE_WIDTH
            pen.text_at(figure.text, style, x + end - figure.width, middle + style.size * 0.35)

    return Drawing(height, paint)


def picture_block(typesetter: Typesetter, picture: Picture, width: float) -> Drawing:
    """A CT picture in true proportions with outline, sides and scale; `width` points wide."""
    scale = width / picture.width
    height = picture.height * scale
    letters = Style(8.5, bold=True, colour=WHITE)
    bar_text = f"{picture.scale_bar:.0f} mm"
    small = Style(6.8, colour=WHITE)
    measured = {
        words: typesetter.lines(words, letters, 100)[0].width
        for words in (picture.left, picture.right, picture.top, picture.bottom)
    }
    bar_width = typesetter.lines(bar_text, small, 100)[0].width

    def paint(pen: Pen, x: float, top: float) -> None:
        from PIL import Image

        pen.rectangle(x, top, width, height, fill=BLACK)
        pen.picture(Image.open(io.BytesIO(picture.png_bytes)), x, top, width, height)
        pen.clipped(x, top, width, height, lambda: _outlines(pen, picture, x, top, scale))
        _on_dark(pen, picture.left, letters, x + 4, top + height / 2 + 3, measured[picture.left])
        _on_dark(
            pen,
            picture.right,
            letters,
            x + width - 4 - measured[picture.right],
            top + height / 2 + 3,
            measured[picture.right],
        )
        _on_dark(pen, picture.top, letters, x + (width - measured[picture.top]) / 2, top + 10, measured[picture.top])
        _on_dark(
            pen,
            picture.bottom,
            letters,
            x + (width - measured[picture.bottom]) / 2,
            top + height - 4,
            measured[picture.bottom],
        )
        long = picture.scale_bar * scale
        right, y = x + width - 5, top + height - 5
        pen.segment((right - long, y), (right, y), line=3.0, colour=BLACK)
        pen.segment((right - long, y), (right, y), line=1.6, colour=WHITE)
        _on_dark(pen, bar_text, small, right - long / 2 - bar_width / 2, y - 4, bar_width)

    return Drawing(height, paint)


def _outlines(pen: Pen, picture: Picture, x: float, top: float, scale: float) -> None:
    for colour, line in ((BLACK, 1.9), (WHITE, 0.9)):
        for outline in picture.outlines:
            points = [(x + a * scale, top + b * scale) for a, b in outline]
            if len(points) > 1:
                pen.path(points, closed=True, stroke=colour, line=line)


def _on_dark(pen: Pen, words: str, style: Style, x: float, baseline: float, width: float) -> None:
    """White text that stays legible on white bone: a dark box behind it."""
    pen.rectangle(x - 1.5, baseline - style.size * 0.82, width + 3, style.size * 1.02, fill=BLACK, radius=1)
    pen.text_at(words, style, x, baseline)
