"""Pages and what stands on them: blocks of known height, flowing from the top over pages.

The study's report uses the same kitchen: it makes blocks and gives them to `Pages`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from apnet_desktop.report.blocks import Block
from apnet_desktop.report.pen import MILLIMETRE, Paper, Pen
from apnet_desktop.report.typesetting import Typesetter

__all__ = ["Item", "Pages", "Paper", "Placed"]


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
