"""Where voxels lie on the screen: a widget that shows one plane at a zoom and a place, in one affine transform."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QTransform
from PySide6.QtWidgets import QWidget

from apnet_desktop.gui.viewer.plane import Index, Plane, PlaneKind
from apnet_desktop.gui.viewer.viewer_state import ViewerState

__all__ = ["ProjectedView"]


class ProjectedView(QWidget):
    """Maps voxel indices to points of the widget and back. All planes share the state's zoom and centre.

    Args:
        kind: Which plane.
        state: What is shown.
        parent: Owner.
    """

    def __init__(self, kind: PlaneKind, state: ViewerState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        self.state = state

    @property
    def plane(self) -> Plane:
        """The plane of the present volume."""
        return self.state.planes[self.kind]

    @property
    def slice_index(self) -> int:
        """Array index of the slice that is shown."""
        return self.state.position[self.plane.slice_axis]

    @property
    def scale(self) -> float:
        """Logical pixels for one mm."""
        plane = self.plane
        return self.state.zoom * min(self.width() / plane.width, self.height() / plane.height)

    def to_screen(self, index: Index) -> QPointF:
        """Where a voxel index (k, j, i) lies in the view, whatever its slice; logical pixels."""
        u, v = self.plane.to_point(index)
        u0, v0 = self.plane.to_point(self.state.center)
        return QPointF(self.width() / 2 + (u - u0) * self.scale, self.height() / 2 + (v - v0) * self.scale)

    def to_index(self, at: QPointF) -> Index:
        """The voxel index (k, j, i) under a point of the view, on the slice that is shown."""
        u0, v0 = self.plane.to_point(self.state.center)
        u = u0 + (at.x() - self.width() / 2) / self.scale
        v = v0 + (at.y() - self.height() / 2) / self.scale
        return self.plane.to_index(u, v, float(self.slice_index))

    def voxel_transform(self) -> QTransform:
        """From columns and rows of the slice (0, 0 at the first voxel's corner) to logical pixels."""
        plane = self.plane
        u0, v0 = plane.to_point(self.state.center)
        return QTransform(
            plane.column_spacing * self.scale,
            0,
            0,
            plane.row_spacing * self.scale,
            self.width() / 2 - u0 * self.scale,
            self.height() / 2 - v0 * self.scale,
        )

    def zoom_about(self, at: QPointF, index: Index, zoom: float) -> None:
        """Sets the zoom so that the voxel `index` lies at the point `at` of the view."""
        self.state.set_view(zoom, self.state.center)
        plane = self.plane
        u, v = plane.to_point(index)
        u0 = u - (at.x() - self.width() / 2) / self.scale
        v0 = v - (at.y() - self.height() / 2) / self.scale
        self.state.set_view(self.state.zoom, plane.to_index(u0, v0, self.state.center[plane.slice_axis]))
