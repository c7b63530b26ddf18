"""The tools by name."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Tool"]


class Tool(StrEnum):
    """What the left button does on an image. Each has a sentence `viewer.command_tool_<value>`."""

    WINDOW = "window"
    PAN = "pan"
    ZOOM = "zoom"
    CROSSHAIR = "crosshair"
    BRUSH = "brush"
    ERASER = "eraser"
    THRESHOLD = "threshold"
    POLYGON = "polygon"
    GROW = "grow"
    INSIDE = "inside"
    OUTSIDE = "outside"
    DISTANCE = "distance"
    ANGLE = "angle"
    ELLIPSE = "ellipse"
    FREEHAND = "freehand"

    @property
    def edits(self) -> bool:
        """True if it changes the ROI."""
        return self in _EDITING


_EDITING = frozenset({Tool.BRUSH, Tool.ERASER, Tool.THRESHOLD, Tool.POLYGON, Tool.GROW, Tool.INSIDE, Tool.OUTSIDE})
