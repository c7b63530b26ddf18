"""What the mouse does on a slice, done by keys: the crosshair is the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from apnet_desktop.gui.viewer.tools.base import Pointer, SliceTool, on_slice

if TYPE_CHECKING:
    from apnet_desktop.gui.viewer.slice_view import SliceView

__all__ = ["press_key"]

_MANY = 10
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


def press_key(view: SliceView, tool: SliceTool, event: QKeyEvent) -> bool:
    """Alt and arrows move the crosshair by a voxel, with Shift by ten; Space clicks there; Enter closes what is open.

    Args:
        view: The view that has the focus.
        tool: What the left button does.
        event: The key.

    Returns:
        True if the key did something.
    """
    key = Qt.Key(event.key())
    if event.modifiers() & Qt.KeyboardModifier.AltModifier and key in _ARROWS:
        steps = _MANY if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        columns, rows = _ARROWS[key]
        _move_crosshair(view, columns * steps, rows * steps)
    elif key == Qt.Key.Key_Space:
        _click_at_crosshair(view, tool, event.modifiers())
    else:
        return key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and tool.enter()
    return True


def _move_crosshair(view: SliceView, columns: int, rows: int) -> None:
    k, j, i = view.state.position
    plane = view.plane
    u, v = plane.to_point((float(k), float(j), float(i)))
    moved = plane.to_index(u + columns * plane.column_spacing, v + rows * plane.row_spacing, view.slice_index)
    view.state.set_position(moved)


def _click_at_crosshair(view: SliceView, tool: SliceTool, modifiers: Qt.KeyboardModifier) -> None:
    k, j, i = view.state.position
    index = on_slice((float(k), float(j), float(i)), view.plane.slice_axis, view.slice_index)
    pointer = Pointer(view, view.to_screen(index), index, modifiers)
    tool.press(pointer)
    tool.release(pointer)
    view.update()
