"""How a mask lies over a slice: a filled tint and an outline along the voxels' edges, told apart without colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from apnet_desktop.gui.viewer.slice_pixels import mask_outline

__all__ = ["INSIDE_COLOR", "OUTSIDE_COLOR", "PROPOSAL_COLOR", "ROI_COLOR", "MaskPicture"]

# Orange and sky blue of Okabe and Ito's palette: told apart by people with any of the common colour-vision
# deficiencies, and, as proposals are hatched and dashed, by people who see no colour at all.
ROI_COLOR = QColor(230, 159, 0)
PROPOSAL_COLOR = QColor(86, 180, 233)
INSIDE_COLOR = QColor(86, 180, 233)
OUTSIDE_COLOR = QColor(204, 121, 167)


@dataclass(frozen=True)
class MaskPicture:
    """One slice of a mask, ready to be drawn; made once for many repaints.

    Attributes:
        tint: The mask's voxels as coloured pixels; None if there are none.
        corner: Column and row of the tint's first pixel.
        outline: Edges in voxel units.
        color: Of the outline.
        dashed: True for a proposal that nobody has accepted yet.
    """

    tint: QImage | None
    corner: QPointF
    outline: list[QLineF]
    color: QColor
    dashed: bool

    @classmethod
    def of(cls, mask: NDArray[np.bool_], color: QColor, opacity: float, *, hatched: bool = False) -> MaskPicture:
        """The picture of a 2D mask (rows, columns) laid out as on the screen.

        Args:
            mask: The slice.
            color: Of tint and outline.
            opacity: Of the tint, 0 to 1; 0 draws none.
            hatched: Tints every other diagonal and dashes the outline.
        """
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if rows.size == 0:
            return cls(None, QPointF(), [], color, hatched)
        top, left = int(rows[0]), int(columns[0])
        cropped = mask[top : rows[-1] + 1, left : columns[-1] + 1]
        edges = mask_outline(cropped) + np.array([left, top, left, top], dtype=np.int32)
        tint = None
        if opacity > 0:
            tinted = cropped
            if hatched:
                lines = np.add.outer(np.arange(cropped.shape[0]), np.arange(cropped.shape[1]))
                tinted = cropped & (lines % 4 < 2)
            tint = _tint(tinted, color, opacity)
        return cls(tint, QPointF(left, top), [QLineF(*edge) for edge in edges.tolist()], color, hatched)

    def paint(self, painter: QPainter) -> None:
        """Draws it with a painter whose unit is the voxel."""
        if self.tint is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
            painter.drawImage(self.corner, self.tint)
        if not self.outline:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        style = Qt.PenStyle.DashLine if self.dashed else Qt.PenStyle.SolidLine
        pen = QPen(self.color, 1.6, style)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(self.outline)


def _tint(mask: NDArray[np.bool_], color: QColor, opacity: float) -> QImage:
    alpha = round(255 * opacity)
    parts = (alpha, color.red() * alpha // 255, color.green() * alpha // 255, color.blue() * alpha // 255)
    value = (parts[0] << 24) | (parts[1] << 16) | (parts[2] << 8) | parts[3]
    pixels = np.where(mask, np.uint32(value), np.uint32(0))
    height, width = pixels.shape
    # The copy owns its memory; the array may go.
    return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied).copy()
