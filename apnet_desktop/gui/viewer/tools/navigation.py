"""Tools that change what is shown, not the ROI: window, pan, zoom, crosshair."""

from __future__ import annotations

from PySide6.QtCore import Qt

from apnet_desktop.gui.viewer.tools.base import Pointer, SliceTool, on_slice

__all__ = ["CrosshairTool", "PanTool", "WindowTool", "ZoomTool"]

_ZOOM_A_PIXEL = 1.01


class WindowTool(SliceTool):
    """Window and level: to the right widens, up brightens; faster where the window is wide."""

    cursor = Qt.CursorShape.SizeAllCursor

    def press(self, pointer: Pointer) -> None:
        """Remembers where the hand and the window were."""
        self._at, self._window = pointer.at, self.state.window

    def move(self, pointer: Pointer) -> None:
        """Changes the window by how far the hand has moved since the press."""
        moved = pointer.at - self._at
        center, width = self._window
        step = min(max(width / 400.0, 0.25), 5.0)
        self.state.set_window(round(center + moved.y() * step), max(1.0, round(width + moved.x() * step)))


class PanTool(SliceTool):
    """Moves the picture with the hand."""

    cursor = Qt.CursorShape.OpenHandCursor

    def press(self, pointer: Pointer) -> None:
        """Remembers where the hand and the picture were."""
        self._at, self._center = pointer.at, self.state.center

    def move(self, pointer: Pointer) -> None:
        """Moves the picture by how far the hand has moved since the press."""
        view, plane = pointer.view, pointer.plane
        moved = (pointer.at - self._at) / view.scale
        u, v = plane.to_point(self._center)
        index = plane.to_index(u - moved.x(), v - moved.y(), self._center[plane.slice_axis])
        self.state.set_view(self.state.zoom, index)


class ZoomTool(SliceTool):
    """Zooms about the point that was pressed: up and to the right is nearer."""

    cursor = Qt.CursorShape.SizeVerCursor

    def press(self, pointer: Pointer) -> None:
        """Remembers the point to zoom about."""
        self._at, self._zoom, self._about = pointer.at, self.state.zoom, pointer.index

    def move(self, pointer: Pointer) -> None:
        """Zooms by how far the hand has moved since the press."""
        zoom = self._zoom * _ZOOM_A_PIXEL ** (self._at.y() - pointer.at.y() + (pointer.at.x() - self._at.x()) / 2)
        pointer.view.zoom_about(self._at, self._about, zoom)


class CrosshairTool(SliceTool):
    """Moves the crosshair: the other planes follow to the point under the hand."""

    cursor = Qt.CursorShape.CrossCursor

    def press(self, pointer: Pointer) -> None:
        """Moves the crosshair to the hand."""
        self.state.set_position(on_slice(pointer.index, pointer.plane.slice_axis, pointer.view.slice_index))

    def move(self, pointer: Pointer) -> None:
        """Moves the crosshair with the hand."""
        self.state.set_position(on_slice(pointer.index, pointer.plane.slice_axis, pointer.view.slice_index))
