"""What every tool of the viewer has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from apnet_desktop.gui.viewer.plane import Index, Plane
from apnet_desktop.gui.viewer.viewer_state import ViewerState

if TYPE_CHECKING:
    from apnet_desktop.gui.viewer.slice_view import SliceView

__all__ = ["Pointer", "SliceTool", "on_slice"]


@dataclass(frozen=True)
class Pointer:
    """Where the hand is.

    Attributes:
        view: The view under it.
        at: Position in the view, logical pixels.
        index: Voxel index under it, (k, j, i) with fractions; may lie outside of the volume.
        modifiers: Keys that are held.
    """

    view: SliceView
    at: QPointF
    index: Index
    modifiers: Qt.KeyboardModifier

    @property
    def plane(self) -> Plane:
        """The plane of the view."""
        return self.view.plane

    @property
    def control(self) -> bool:
        """True while Ctrl is held."""
        return bool(self.modifiers & Qt.KeyboardModifier.ControlModifier)


class SliceTool:
    """A tool: it is pressed, moved and released on a slice, and may paint over it.

    Args:
        state: The state that it changes.
    """

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, state: ViewerState) -> None:
        self.state = state

    def press(self, pointer: Pointer) -> None:
        """The button goes down."""

    def move(self, pointer: Pointer) -> None:
        """The hand moves with the button down."""

    def release(self, pointer: Pointer) -> None:
        """The button goes up."""

    def hover(self, pointer: Pointer) -> None:
        """The hand moves with no button down."""

    def double_click(self, pointer: Pointer) -> bool:
        """The button is pressed twice. True if the tool made use of it."""
        return False

    def enter(self) -> bool:
        """Enter is pressed. True if the tool made use of it."""
        return False

    def step_back(self) -> bool:
        """Undo is asked for while something is in hand. True if the tool took a part of it back."""
        return False

    def cancel(self) -> bool:
        """Esc, or another tool is chosen. True if something in hand was given up."""
        return False

    def paint(self, painter: QPainter, view: SliceView) -> None:
        """Paints over the slice, in logical pixels of the view."""


def on_slice(index: Index, axis: int, slice_index: int) -> Index:
    """`index` moved along the array's `axis` on to the slice `slice_index`."""
    moved = list(index)
    moved[axis] = float(slice_index)
    return (moved[0], moved[1], moved[2])
