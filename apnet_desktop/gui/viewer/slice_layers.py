"""What lies under the texts of a view: the slice through the window, the ROI, a proposal, the crosshair.

Each layer is kept until what it shows has changed. While a person draws, points or pages in another plane, a view puts
the same scaled slice on the screen again, which takes a tenth of scaling it anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from apnet_desktop.gui.viewer.assist_session import AssistSession
from apnet_desktop.gui.viewer.overlay import INSIDE_COLOR, OUTSIDE_COLOR, PROPOSAL_COLOR, ROI_COLOR, MaskPicture
from apnet_desktop.gui.viewer.slice_pixels import block_means, slab_of

if TYPE_CHECKING:
    from apnet_desktop.gui.viewer.slice_view import SliceView

__all__ = ["SliceLayers"]

_CROSSHAIR = QColor(140, 200, 255, 130)
_CROSSHAIR_GAP = 18
_MISSING = 0xFF000000


class SliceLayers:
    """Paints the layers of one view, lowest first.

    Args:
        view: The view whose plane and slice are painted.
    """

    def __init__(self, view: SliceView) -> None:
        self._view = view
        self._state = view.state
        self._image: QImage | None = None
        self._image_key: object = None
        self._pixels: NDArray[np.uint32] | None = None
        self._scaled: QImage | None = None
        self._scaled_key: object = None
        self._roi: MaskPicture | None = None
        self._roi_key: object = None
        self._proposal: list[MaskPicture] = []
        self._proposal_key: object = None
        self._upright: QImage | None = None
        self._factors = (1, 1)

    def forget_voxels(self) -> None:
        """Voxels have been read since, or belong to another volume."""
        self._image = self._scaled = None
        self._image_key = self._scaled_key = None

    def forget_masks(self) -> None:
        """ROI and proposal belong to another volume."""
        self._roi_key = self._proposal_key = None

    def paint_slice(self, painter: QPainter) -> None:
        """Paints the slice on black; what has not been read stays black."""
        view, state = self._view, self._state
        corner = painter.deviceTransform().map(QPointF(0.0, 0.0))
        ratio = view.devicePixelRatioF()
        # A view may begin within a pixel of the screen where the scale is no whole number. The kept picture begins
        # there too, so that it lies on the screen's pixels as the slice itself would.
        offset = QPointF(corner.x() - np.floor(corner.x()), corner.y() - np.floor(corner.y())) / ratio
        self._factors = self._shrinking(ratio)
        image_key = (view.slice_index, state.window, state.slab, state.slab_mode, self._factors)
        transform = view.voxel_transform()
        place = (transform.m11(), transform.m22(), transform.dx(), transform.dy(), offset.x(), offset.y(), ratio)
        key = (image_key, place, state.interpolated, view.width(), view.height())
        if self._scaled is None and key == self._scaled_key:
            self._scaled = self._scaled_slice(offset, ratio)
        if self._scaled is not None and key == self._scaled_key:
            painter.drawImage(QPointF(-offset.x(), -offset.y()), self._scaled)
            return
        if self._image is None or image_key != self._image_key:
            self._image, self._image_key = self._render(), image_key
        # Kept from the second time on: a slice that is only passed by is not scaled into a picture of its own.
        self._scaled, self._scaled_key = None, key
        self._draw_slice(painter)

    def _scaled_slice(self, offset: QPointF, ratio: float) -> QImage:
        view = self._view
        size = QSize(
            int(np.ceil((view.width() + offset.x()) * ratio)), int(np.ceil((view.height() + offset.y()) * ratio))
        )
        scaled = QImage(size, QImage.Format.Format_RGB32)
        scaled.setDevicePixelRatio(ratio)
        painter = QPainter(scaled)
        painter.translate(offset)
        self._draw_slice(painter)
        painter.end()
        return scaled

    def _draw_slice(self, painter: QPainter) -> None:
        assert self._image is not None  # noqa: S101 - narrows the type; rendered before
        view = self._view
        painter.fillRect(QRectF(view.rect()).adjusted(-1.0, -1.0, 1.0, 1.0), Qt.GlobalColor.black)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._state.interpolated)
        painter.save()
        painter.setTransform(view.voxel_transform(), combine=True)
        if self._factors == (1, 1):
            painter.drawImage(0, 0, self._image)
        else:
            rows, columns = view.plane.rows, view.plane.columns
            part = QRectF(0.0, 0.0, columns / self._factors[1], rows / self._factors[0])
            painter.drawImage(QRectF(0.0, 0.0, columns, rows), self._image, part)
        painter.restore()

    def _shrinking(self, ratio: float) -> tuple[int, int]:
        """How many rows and columns of voxels become one where a pixel of the screen covers several of them.

        Qt looks at four voxels for each pixel; the ones between would be left out, and noise would look like stripes.
        """
        view = self._view
        if not self._state.interpolated or self._state.ready is not None:
            return (1, 1)
        per_pixel = 1.0 / (view.scale * ratio)
        rows, columns = per_pixel / view.plane.row_spacing, per_pixel / view.plane.column_spacing
        return (max(1, int(rows)), max(1, int(columns)))

    def _render(self) -> QImage:
        state, plane, index = self._state, self._view.plane, self._view.slice_index
        assert state.volume is not None  # noqa: S101 - narrows the type; painted only with a volume
        if state.ready is not None:
            return self._render_ready(state.volume.hounsfield, state.ready)
        levels = slab_of(state.volume.hounsfield, plane, index, state.slab, state.slab_mode)
        if self._factors != (1, 1):
            levels = block_means(levels, self._factors)
        pixels = np.take(state.table, np.ascontiguousarray(levels).view(np.uint16), mode="wrap")
        return self._picture(pixels)

    def _render_ready(self, hounsfield: NDArray[np.int16], ready: NDArray[np.bool_]) -> QImage:
        """The single slice as far as it has been read. What has not is not even looked at.

        Shared memory comes into being where it is first touched: a plane through slices that are still to be read
        would cost this thread the making of the whole volume.
        """
        plane, index = self._view.plane, self._view.slice_index
        there = plane.cut(np.broadcast_to(ready[:, None, None], plane.shape), index, index)[0]
        values = plane.cut(hounsfield, index, index)[0]
        pixels = np.full(values.shape, _MISSING, np.uint32)
        lines = np.flatnonzero(there[:, 0])
        if len(lines):
            seen = np.ascontiguousarray(values[lines]).view(np.uint16)
            pixels[lines] = np.take(self._state.table, seen, mode="wrap")
        return self._picture(pixels)

    def _picture(self, pixels: NDArray[np.uint32]) -> QImage:
        # The image shares the array's memory.
        self._pixels = pixels
        height, width = pixels.shape
        return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)

    def paint_roi(self, painter: QPainter) -> None:
        """Paints the ROI's part of the slice."""
        view, state, editor = self._view, self._state, self._state.editor
        if editor is None or editor.is_empty:
            return
        opacity = state.overlay_opacity if state.overlay_filled else 0.0
        axis, index = view.plane.slice_axis, view.slice_index
        key = (id(editor), editor.touched(axis, index), index, opacity)
        if key != self._roi_key or self._roi is None:
            mask = view.plane.cut(editor.mask, index, index)[0]
            self._roi, self._roi_key = MaskPicture.of(mask, ROI_COLOR, opacity), key
        self._paint_picture(painter, self._roi)

    def paint_proposal(self, painter: QPainter, session: AssistSession | None) -> None:
        """Paints the strokes of the assisted outline and what they have led to."""
        if session is None or (session.proposal is None and not session.strokes):
            return
        key = (session.revision, self._view.slice_index)
        if key != self._proposal_key:
            self._proposal, self._proposal_key = self._proposal_pictures(session), key
        for picture in self._proposal:
            self._paint_picture(painter, picture)

    def _paint_picture(self, painter: QPainter, picture: MaskPicture) -> None:
        painter.save()
        painter.setTransform(self._view.voxel_transform(), combine=True)
        picture.paint(painter)
        painter.restore()

    def _proposal_pictures(self, session: AssistSession) -> list[MaskPicture]:
        plane, index = self._view.plane, self._view.slice_index
        pictures = []
        if session.proposal is not None:
            mask = plane.cut(session.proposal, index, index)[0]
            pictures.append(MaskPicture.of(mask, PROPOSAL_COLOR, 0.35, hatched=True))
        masks = session.masks()
        if masks is not None:
            for strokes, color in zip(masks, (INSIDE_COLOR, OUTSIDE_COLOR), strict=True):
                mask = plane.cut(strokes, index, index)[0]
                pictures.append(MaskPicture.of(mask, color, 0.85, hatched=color is OUTSIDE_COLOR))
        return pictures

    def paint_crosshair(self, painter: QPainter) -> None:
        """Paints where the other planes cut this one, with a gap around the point itself."""
        view = self._view
        k, j, i = self._state.position
        at = view.to_screen((float(k), float(j), float(i)))
        x, y = round(at.x()), round(at.y())
        width, height, gap = view.width(), view.height(), _CROSSHAIR_GAP
        # Filled rectangles and, upright, a picture of one pixel's width: a smooth line across the view costs more than
        # the slice itself, and Qt hands a rectangle of many rows to other threads, which may be busy.
        for left, wide in ((0, x - gap), (x + gap, width - x - gap)):
            if wide > 0:
                painter.fillRect(left, y, wide, 1, _CROSSHAIR)
        if self._upright is None or self._upright.height() < height:
            self._upright = QImage(1, max(height, 1), QImage.Format.Format_ARGB32_Premultiplied)
            self._upright.fill(_CROSSHAIR)
        for top, tall in ((0, y - gap), (y + gap, height - y - gap)):
            if tall > 0:
                painter.drawImage(QRectF(x, top, 1, tall), self._upright, QRectF(0, 0, 1, tall))
