"""A hand for tests: presses, drags and turns the wheel on real widgets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apnet_desktop.ct.roi import Roi
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.gui.viewer.plane import Index, PlaneKind
from apnet_desktop.gui.viewer.slice_view import SliceView
from apnet_desktop.language import Language
from tests.gui.viewer.phantoms import simple_volume

__all__ = ["axial", "click", "drag", "roi_of", "shown_viewer", "soft_volume", "turn_wheel"]


def soft_volume(shape: tuple[int, int, int] = (24, 96, 96)) -> NDArray[np.int16]:
    """Fat with a bent soft organ of 80 HU that runs through all slices, and some noise."""
    k, j, i = np.ogrid[: shape[0], : shape[1], : shape[2]]
    middle = shape[1] / 2 + 8 * np.sin(k / 4.0)
    organ = ((j - middle) / 12.0) ** 2 + ((i - shape[2] / 2) / 20.0) ** 2 < 1
    noise = np.random.default_rng(0).normal(0, 8, shape)
    return np.asarray(np.where(organ, 80, -90) + noise, dtype=np.int16)


def shown_viewer(qtbot: QtBot, hounsfield: NDArray[np.int16] | None = None) -> CtViewer:
    """A viewer on the screen, with a volume of 1 × 1 × 3 mm."""
    viewer = CtViewer(Language.ENGLISH)
    qtbot.addWidget(viewer)
    viewer.resize(900, 640)
    viewer.show()
    viewer.set_volume(simple_volume(soft_volume() if hounsfield is None else hounsfield, (1.0, 1.0, 3.0)))
    QApplication.processEvents()
    return viewer


def roi_of(viewer: CtViewer) -> Roi | None:
    """The viewer's ROI as it stands now."""
    return viewer.roi


def axial(viewer: CtViewer) -> SliceView:
    return viewer.views[PlaneKind.AXIAL]


def drag(
    view: SliceView,
    path: Sequence[Index] | Sequence[QPoint],
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Presses at the first point, moves over the others and lets go; voxel indices (k, j, i) or points of the view."""
    points = [point if isinstance(point, QPoint) else view.to_screen(point).toPoint() for point in path]
    QTest.mousePress(view, button, modifiers, points[0])
    for point in points[1:]:
        _move(view, point, button, modifiers)
    QTest.mouseRelease(view, button, modifiers, points[-1])


def _move(view: SliceView, at: QPoint, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(at), QPointF(view.mapToGlobal(at)), Qt.MouseButton.NoButton, button, modifiers
    )
    QApplication.sendEvent(view, event)


def click(view: SliceView, index: Index, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Clicks on a voxel."""
    drag(view, [index], Qt.MouseButton.LeftButton, modifiers)


def turn_wheel(
    view: SliceView, notches: float, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Turns the wheel over the middle of a view; positive is away from the hand."""
    at = QPointF(view.rect().center())
    event = QWheelEvent(
        at,
        QPointF(view.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)
