"""How slices are shown: slabs, interpolation, layouts, outline and fill; asked for by keys, read from pixels."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apnet_desktop.ct.roi import Roi
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.gui.viewer.plane import Index, PlaneKind
from apnet_desktop.gui.viewer.slice_view import SliceView
from tests.gui.viewer.hand import axial, shown_viewer

_SHIFT, _CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def _bare(qtbot: QtBot, hounsfield: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> CtViewer:
    """A viewer in which gray levels are HU from 0 to 255, and nothing lies over the slices."""
    viewer = shown_viewer(qtbot, hounsfield)
    viewer.state.show(crosshair=False, annotations=False)
    viewer.set_window(128.0, 257.0)
    axial(viewer).setFocus()
    return viewer


def _color(view: SliceView, index: Index) -> tuple[int, int, int]:
    QApplication.processEvents()
    color = view.grab().toImage().pixelColor(view.to_screen(index).toPoint())
    return color.red(), color.green(), color.blue()


def test_slabs_show_the_mean_or_the_maximum_of_their_slices(qtbot: QtBot) -> None:
    hounsfield = np.zeros((24, 64, 64), dtype=np.int16)  # 3 mm apart
    hounsfield[11], hounsfield[12], hounsfield[13] = 30, 60, 240
    viewer = _bare(qtbot, hounsfield)
    view, at = axial(viewer), (12.0, 20.0, 20.0)
    viewer.go_to_slice(12)
    assert _color(view, at)[0] == pytest.approx(60, abs=1)
    for _ in range(2):
        QTest.keyClick(view, Qt.Key.Key_T, _SHIFT)
    assert viewer.state.slab == 10.0  # three slices of 3 mm fit around the middle one
    assert _color(view, at)[0] == pytest.approx(110, abs=1)
    QTest.keyClick(view, Qt.Key.Key_T, _CONTROL)
    assert _color(view, at)[0] == pytest.approx(240, abs=1)
    for _ in range(2):
        QTest.keyClick(view, Qt.Key.Key_T)
    assert _color(view, at)[0] == pytest.approx(60, abs=1)


def test_interpolation_can_be_switched_off(qtbot: QtBot) -> None:
    hounsfield = np.zeros((6, 40, 40), dtype=np.int16)
    hounsfield[:, :, 20:] = 200
    viewer = _bare(qtbot, hounsfield)
    view = axial(viewer)

    def levels() -> set[int]:
        """Gray levels in a small piece of the border between dark and bright."""
        QApplication.processEvents()
        image, border = view.grab().toImage(), view.to_screen((3.0, 10.0, 19.5)).toPoint()
        return {image.pixelColor(border.x() + x, border.y()).red() for x in range(-6, 7)}

    assert len(levels()) > 3
    QTest.keyClick(view, Qt.Key.Key_I, _SHIFT)
    assert levels() == {0, 200}


def test_one_key_goes_through_the_layouts_and_another_through_the_planes(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    axial(viewer).setFocus()

    def shown() -> list[PlaneKind]:
        return [kind for kind, view in viewer.views.items() if view.isVisible()]

    every = list(PlaneKind)
    assert shown() == every
    QTest.keyClick(axial(viewer), Qt.Key.Key_L)
    assert shown() == [PlaneKind.AXIAL]
    QTest.keyClick(axial(viewer), Qt.Key.Key_V)
    assert shown() == [PlaneKind.CORONAL]
    QTest.keyClick(viewer.views[PlaneKind.CORONAL], Qt.Key.Key_L)
    QApplication.processEvents()
    assert shown() == every
    widths = {view.width() for view in viewer.views.values()}
    assert max(widths) - min(widths) <= 1


def test_millimetres_are_as_long_down_as_across(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)  # voxels of 1 × 1 × 3 mm
    coronal = viewer.views[PlaneKind.CORONAL]
    corner, right, below = (
        coronal.to_screen(index) for index in ((10.0, 9.0, 10.0), (10.0, 9.0, 40.0), (0.0, 9.0, 10.0))
    )
    assert right.x() - corner.x() == pytest.approx(below.y() - corner.y())


def test_the_roi_is_shown_as_outline_or_fill_or_not_at_all(qtbot: QtBot) -> None:
    viewer = _bare(qtbot, np.zeros((6, 80, 80), dtype=np.int16))
    mask = np.zeros((6, 80, 80), dtype=np.bool_)
    mask[3, 20:60, 20:60] = True
    assert viewer.state.volume is not None
    viewer.set_roi(Roi(mask, viewer.state.volume.geometry))
    viewer.state.show(opacity=0.5)
    view, middle, rim = axial(viewer), (3.0, 40.0, 40.0), (3.0, 40.0, 19.5)

    def tinted(index: Index) -> bool:
        """True if there is colour within a pixel of a voxel index."""
        QApplication.processEvents()
        image, at = view.grab().toImage(), view.to_screen(index).toPoint()
        return any(image.pixelColor(at.x() + x, at.y()).saturation() > 0 for x in (-1, 0, 1))

    assert _color(view, middle) == pytest.approx((115, 79, 0), abs=2)  # half of orange
    assert tinted(rim)
    QTest.keyClick(view, Qt.Key.Key_H, _SHIFT)
    assert not tinted(middle)
    assert tinted(rim)
    QTest.keyClick(view, Qt.Key.Key_H)
    assert not tinted(rim)
