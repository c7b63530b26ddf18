"""Polygon, grow from a seed, and the strokes of the assisted outline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from apnet_desktop.ct.roi import RoiOrigin
from apnet_desktop.ct.roi_editing.brush import swept_brush
from apnet_desktop.ct.roi_editing.history import Box
from apnet_desktop.ct.roi_editing.mask_operations import grow_from_seed, polygon_interior
from apnet_desktop.ct.roi_editing.progress import Progress
from apnet_desktop.gui.viewer.assist_session import AssistSession, Stroke
from apnet_desktop.gui.viewer.mask_commands import MaskCommands
from apnet_desktop.gui.viewer.overlay import INSIDE_COLOR, OUTSIDE_COLOR, ROI_COLOR
from apnet_desktop.gui.viewer.plane import Index
from apnet_desktop.gui.viewer.tools.base import Pointer, SliceTool, on_slice
from apnet_desktop.gui.viewer.viewer_state import ViewerState

if TYPE_CHECKING:
    from apnet_desktop.gui.viewer.slice_view import SliceView

__all__ = ["GrowTool", "PolygonTool", "StrokeTool"]

_NEAR = 8.0
"""Logical pixels: a click this near to the first corner closes the polygon."""


class PolygonTool(SliceTool):
    """Corners by click, a freehand line by dragging; closed by a double click, Enter or a click on the first corner.

    With Ctrl held when it is closed, it takes away instead of adding.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, state: ViewerState) -> None:
        super().__init__(state)
        self._corners: list[Index] = []
        self._where: tuple[SliceView, int] | None = None
        self._hand: QPointF | None = None

    def press(self, pointer: Pointer) -> None:
        """Adds a corner, or closes the polygon."""
        view = pointer.view
        if not self.state.can_edit:
            return
        if self._where != (view, view.slice_index):
            self._corners, self._where = [], (view, view.slice_index)
        if len(self._corners) >= 3:
            first = view.to_screen(self._corners[0])
            if (first - pointer.at).manhattanLength() < _NEAR:
                self._close(subtract=pointer.control)
                return
        self._corners.append(pointer.index)

    def move(self, pointer: Pointer) -> None:
        """Draws freehand."""
        if self._corners:
            last = pointer.view.to_screen(self._corners[-1])
            if (last - pointer.at).manhattanLength() >= 3.0:
                self._corners.append(pointer.index)

    def hover(self, pointer: Pointer) -> None:
        """Shows the line to the hand."""
        self._hand = pointer.at
        if self._corners:
            pointer.view.update()

    def double_click(self, pointer: Pointer) -> bool:
        """Closes the polygon."""
        if len(self._corners) < 3:
            return False
        self._close(subtract=pointer.control)
        return True

    def enter(self) -> bool:
        """Closes the polygon, as a double click does."""
        if len(self._corners) < 3:
            return False
        self._close(subtract=False)
        return True

    def step_back(self) -> bool:
        """Takes back the latest corner."""
        if not self._corners:
            return False
        self._corners.pop()
        self.state.roi_touched()
        return True

    def cancel(self) -> bool:
        """Gives up the polygon in hand."""
        given_up = bool(self._corners)
        self._corners, self._where = [], None
        return given_up

    def paint(self, painter: QPainter, view: SliceView) -> None:
        """Paints the polygon in hand."""
        if self._where != (view, view.slice_index) or not self._corners:
            return
        points = [view.to_screen(corner) for corner in self._corners]
        if self._hand is not None and view.underMouse():
            points.append(self._hand)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((QColor(0, 0, 0, 170), 3.2), (ROI_COLOR, 1.6)):
            painter.setPen(QPen(color, width))
            painter.drawPolyline(QPolygonF(points))
            painter.drawEllipse(points[0], 3.5, 3.5)

    def _close(self, *, subtract: bool) -> None:
        corners, where = self._corners, self._where
        self._corners, self._where = [], None
        editor = self.state.editor
        if where is None or editor is None or not self.state.can_edit:
            return
        view, slice_index = where
        plane = view.plane
        on_plane = [plane.to_point(corner) for corner in corners]
        pixels = np.array([(u / plane.column_spacing - 0.5, v / plane.row_spacing - 0.5) for u, v in on_plane])
        interior = polygon_interior(pixels, (plane.rows, plane.columns))
        if interior is not None:
            mask = np.zeros(editor.geometry.shape, dtype=np.bool_)
            (rows, columns), inside = interior
            plane.cut(mask, slice_index, slice_index)[0][rows, columns] = inside
            editor.begin("roi.edit_polygon", RoiOrigin.PAINTED)
            box, covered = _cropped(mask, plane.slice_axis, slice_index)
            editor.paint(box, covered, not subtract)
            if editor.finish() is not None:
                self.state.roi_finished()
                return
        self.state.roi_touched()


def _cropped(mask: NDArray[np.bool_], axis: int, index: int) -> tuple[Box, NDArray[np.bool_]]:
    parts = [slice(0, size) for size in mask.shape]
    parts[axis] = slice(index, index + 1)
    box: Box = (parts[0], parts[1], parts[2])
    return box, mask[box]


class GrowTool(SliceTool):
    """Grows from the clicked voxel through tissue within the HU limits, up to the reach; with Ctrl it takes away.

    Args:
        state: The viewer's state.
        commands: Runs it in the background.
    """

    cursor = Qt.CursorShape.PointingHandCursor

    def __init__(self, state: ViewerState, commands: MaskCommands) -> None:
        super().__init__(state)
        self._commands = commands

    def press(self, pointer: Pointer) -> None:
        """Grows from the voxel under the hand."""
        editor = self.state.editor
        if editor is None or not self.state.can_edit:
            return
        index = on_slice(pointer.index, pointer.plane.slice_axis, pointer.view.slice_index)
        seed = (round(index[0]), round(index[1]), round(index[2]))
        if not all(0 <= value < size for value, size in zip(seed, editor.geometry.shape, strict=True)):
            return
        limits, reach, adds = self.state.threshold, self.state.grow_reach, not pointer.control

        def grown(
            hounsfield: NDArray[np.int16],
            mask: NDArray[np.bool_],
            spacing: tuple[float, float, float],
            progress: Progress,
        ) -> NDArray[np.bool_]:
            progress(0.0)
            found = grow_from_seed(hounsfield, seed, spacing, limits, reach)
            result = mask.copy()
            if found is not None:
                box, region = found
                result[box] = result[box] | region if adds else result[box] & ~region
            return result

        self._commands.run(grown, "roi.edit_grow", RoiOrigin.ASSISTED)


class StrokeTool(SliceTool):
    """A thin stroke that says: this is the pancreas, or: this is not. Each stroke refines the proposal.

    Args:
        state: The viewer's state.
        session: Keeps strokes and proposal.
        inside: Whether it marks the organ; Ctrl turns it round.
    """

    cursor = Qt.CursorShape.CrossCursor
    _radius = 1.2

    def __init__(self, state: ViewerState, session: AssistSession, *, inside: bool) -> None:
        super().__init__(state)
        self._session = session
        self._inside = inside
        self._marks = inside
        self._path: list[Index] = []
        self._where: tuple[SliceView, int] | None = None

    def press(self, pointer: Pointer) -> None:
        """Starts a stroke."""
        if self.state.can_edit:
            self._marks = self._inside != pointer.control
            self._path, self._where = [pointer.index], (pointer.view, pointer.view.slice_index)

    def move(self, pointer: Pointer) -> None:
        """Goes on with it."""
        if self._path:
            self._path.append(pointer.index)

    def release(self, pointer: Pointer) -> None:
        """Ends it, and asks for a proposal."""
        path, where = self._path, self._where
        self._path, self._where = [], None
        editor = self.state.editor
        if not path or where is None or editor is None:
            return
        axis = where[0].plane.slice_axis
        radius = max(self._radius, 0.6 * min(editor.spacing[1:]))
        points = [on_slice(index, axis, where[1]) for index in path]
        swept = [
            swept_brush(start, end, radius, editor.spacing, editor.geometry.shape, axis)
            for start, end in zip(points, points[1:] or points, strict=False)
        ]
        parts = tuple(part for part in swept if part is not None)
        if parts:
            self._session.add(Stroke(self._marks, parts))

    def step_back(self) -> bool:
        """Takes back the latest stroke."""
        return self._session.take_back()

    def cancel(self) -> bool:
        """Gives up the stroke in hand."""
        given_up = bool(self._path)
        self._path, self._where = [], None
        return given_up

    def paint(self, painter: QPainter, view: SliceView) -> None:
        """Paints the stroke in hand."""
        if self._where == (view, view.slice_index) and self._path:
            color = INSIDE_COLOR if self._marks else OUTSIDE_COLOR
            painter.setPen(QPen(color, 3.0, Qt.PenStyle.SolidLine if self._marks else Qt.PenStyle.DotLine))
            painter.drawPolyline(QPolygonF([view.to_screen(index) for index in self._path]))
