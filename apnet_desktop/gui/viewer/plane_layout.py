"""How the planes share the viewer: one large and two small, one alone, three alike."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtWidgets import QGridLayout, QWidget

from apnet_desktop.gui.viewer.plane import PlaneKind
from apnet_desktop.gui.viewer.slice_view import SliceView

__all__ = ["PlaneLayout", "ViewerLayout"]


class ViewerLayout(StrEnum):
    """How the planes share the viewer."""

    AXIAL_LARGE = "axial_large"
    SINGLE = "single"
    EQUAL = "equal"


class PlaneLayout:
    """Arranges the views of a viewer. The first view shown carries the patient's identity.

    Args:
        owner: The viewer.
        views: Its views.
    """

    def __init__(self, owner: QWidget, views: dict[PlaneKind, SliceView]) -> None:
        self._views = views
        self._owner = owner
        self._single = PlaneKind.AXIAL
        self.layout_kind = ViewerLayout.AXIAL_LARGE
        self._grid = QGridLayout(owner)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)

    def arrange(self, layout: ViewerLayout) -> None:
        """Shows the planes in another way; the viewer's focus goes to the first of them."""
        self.layout_kind = layout
        axial, coronal, sagittal = (self._views[kind] for kind in PlaneKind)
        for view in self._views.values():
            self._grid.removeWidget(view)
        for column in range(3):
            self._grid.setColumnStretch(column, 0)
        for row in range(2):
            self._grid.setRowStretch(row, 0)
        shown = list(PlaneKind)
        if layout is ViewerLayout.SINGLE:
            shown = [self._single]
            self._grid.addWidget(self._views[self._single], 0, 0)
        elif layout is ViewerLayout.EQUAL:
            for column, view in enumerate((axial, coronal, sagittal)):
                self._grid.addWidget(view, 0, column)
                self._grid.setColumnStretch(column, 1)
        else:
            self._grid.addWidget(axial, 0, 0, 2, 1)
            self._grid.addWidget(coronal, 0, 1)
            self._grid.addWidget(sagittal, 1, 1)
            self._grid.setColumnStretch(0, 2)
            self._grid.setColumnStretch(1, 1)
            self._grid.setRowStretch(0, 1)
            self._grid.setRowStretch(1, 1)
        for kind, view in self._views.items():
            view.setVisible(kind in shown)
            view.shows_identity = kind is shown[0]
            view.update()
        self._owner.setFocusProxy(self._views[shown[0]])

    def active_view(self) -> SliceView:
        """The view that has the focus, else the first that is shown."""
        for view in self._views.values():
            if view.isVisible() and view.hasFocus():
                return view
        return next((view for view in self._views.values() if view.isVisible()), self._views[PlaneKind.AXIAL])

    def next_layout(self) -> None:
        """Goes on to the next way of showing the planes."""
        order = list(ViewerLayout)
        self._single = PlaneKind.AXIAL
        self.arrange(order[(order.index(self.layout_kind) + 1) % len(order)])

    def next_plane(self) -> None:
        """Moves the focus to the next plane; where one plane is alone, shows the next one instead."""
        order = list(PlaneKind)
        following = order[(order.index(self.active_view().kind) + 1) % len(order)]
        if self.layout_kind is ViewerLayout.SINGLE:
            self._single = following
            self.arrange(ViewerLayout.SINGLE)
        self._views[following].setFocus()

    def maximize(self, kind: PlaneKind) -> None:
        """Lets a plane fill the viewer; if one does so already, shows all again."""
        if self.layout_kind is ViewerLayout.SINGLE:
            self.arrange(ViewerLayout.AXIAL_LARGE)
        else:
            self._single = kind
            self.arrange(ViewerLayout.SINGLE)
        self._views[kind].setFocus()
