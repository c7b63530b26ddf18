"""Brush and eraser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from apnet_desktop.ct.roi import RoiOrigin
from apnet_desktop.ct.roi_editing.brush import swept_brush
from apnet_desktop.gui.viewer.plane import Index
from apnet_desktop.gui.viewer.tools.base import Pointer, SliceTool, on_slice
from apnet_desktop.gui.viewer.viewer_state import ViewerState

if TYPE_CHECKING:
    from apnet_desktop.gui.viewer.slice_view import SliceView

__all__ = ["BrushTool"]


class BrushTool(SliceTool):
    """Paints with a disc or a ball; with Ctrl it does the opposite.

    Args:
        state: The state that it changes.
        erases: True for the eraser.
        limited: True for the threshold brush, which paints only within the HU limits.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, state: ViewerState, *, erases: bool = False, limited: bool = False) -> None:
        super().__init__(state)
        self._erases = erases
        self._limited = limited
        self._value = True
        self._last: Index | None = None
        self._hand: tuple[SliceView, QPointF] | None = None

    def press(self, pointer: Pointer) -> None:
        """Starts a stroke."""
        if not self.state.can_edit or self.state.editor is None:
            return
        self._value = self._erases == pointer.control
        self.state.editor.begin("roi.edit_brush" if self._value else "roi.edit_eraser", RoiOrigin.PAINTED)
        self._last = pointer.index
        self._sweep(pointer)

    def move(self, pointer: Pointer) -> None:
        """Paints on the way."""
        if self._last is not None:
            self._sweep(pointer)

    def release(self, pointer: Pointer) -> None:
        """Ends the stroke: one edit."""
        if self._last is None or self.state.editor is None:
            return
        self._last = None
        if self.state.editor.finish() is not None:
            self.state.roi_finished()

    def hover(self, pointer: Pointer) -> None:
        """Shows the brush under the hand."""
        self._hand = (pointer.view, pointer.at)
        pointer.view.update()

    def cancel(self) -> bool:
        """Takes back the stroke in hand."""
        if self._last is None or self.state.editor is None:
            return False
        self._last = None
        self.state.editor.cancel()
        self.state.roi_touched()
        return True

    def paint(self, painter: QPainter, view: SliceView) -> None:
        """Paints the brush's rim: solid for the brush, dashed for the eraser."""
        if self._hand is None or self._hand[0] is not view or not view.underMouse():
            return
        radius = self.state.brush_radius * view.scale
        dash = Qt.PenStyle.DashLine if self._erases else Qt.PenStyle.SolidLine
        for color, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255), 1.2)):
            painter.setPen(QPen(color, width, dash))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self._hand[1], radius, radius)

    def _sweep(self, pointer: Pointer) -> None:
        editor, plane = self.state.editor, pointer.plane
        if editor is None or self._last is None:
            return
        self._hand = (pointer.view, pointer.at)
        flat = None if self.state.brush_is_ball else plane.slice_axis
        start, end = (
            on_slice(index, plane.slice_axis, pointer.view.slice_index) for index in (self._last, pointer.index)
        )
        swept = swept_brush(start, end, self.state.brush_radius, editor.spacing, editor.geometry.shape, flat)
        self._last = pointer.index
        limits = self.state.threshold if self._limited and self._value else None
        if swept is not None and editor.paint(*swept, self._value, limits):
            self.state.roi_touched()
        else:
            pointer.view.update()
