"""What is drawn at a patient's point is the voxel at that point, in all 48 axis orders, read back from the pixels."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apnet_desktop.ct.geometry import Vector3
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.gui.viewer.plane import PlaneKind
from apnet_desktop.gui.viewer.plane_layout import ViewerLayout
from apnet_desktop.language import Language
from tests.gui.viewer.phantoms import ALL_DIRECTIONS, patient_value, patient_volume, simple_volume

# Screen axes in LPS for each plane, written down from DICOM's radiological views and not from the code under test.
_RIGHT_AND_DOWN = {
    PlaneKind.AXIAL: ((1, 0, 0), (0, 1, 0)),
    PlaneKind.CORONAL: ((1, 0, 0), (0, 0, -1)),
    PlaneKind.SAGITTAL: ((0, 1, 0), (0, 0, -1)),
}
_LETTERS = {
    PlaneKind.AXIAL: ("R", "A", "L", "P"),
    PlaneKind.CORONAL: ("R", "H", "L", "F"),
    PlaneKind.SAGITTAL: ("A", "H", "P", "F"),
}


def _viewer(qtbot: QtBot) -> CtViewer:
    viewer = CtViewer(Language.ENGLISH)
    qtbot.addWidget(viewer)
    viewer.state.show(crosshair=False, annotations=False, interpolation=False)
    viewer.set_window(128.0, 257.0)
    return viewer


def _gray(image: QImage, at: QPointF) -> int:
    ratio = image.devicePixelRatio()
    return image.pixelColor(int(at.x() * ratio), int(at.y() * ratio)).red()


def _check_points(viewer: CtViewer) -> int:
    """Compares gray levels with the patient's values at points of the screen; returns how many were compared."""
    compared = 0
    for view in viewer.views.values():
        if not view.isVisible():
            continue
        right, down = (np.array(axis, dtype=float) for axis in _RIGHT_AND_DOWN[view.kind])
        image = view.grab().toImage()
        assert viewer.state.volume is not None
        geometry = viewer.state.volume.geometry
        across = np.cross(right, down)
        k, j, i = (float(value) for value in viewer.state.position)
        here = geometry.to_patient((i, j, k))
        for u, v in product((-7.3, 3.4, 8.6), (-4.6, -1.4, 4.7)):
            point = u * right + v * down + (here @ across) * across
            index = geometry.to_index((point[0], point[1], point[2]))
            at = view.to_screen((float(index[2]), float(index[1]), float(index[0])))
            if not view.rect().adjusted(40, 60, -40, -60).contains(at.toPoint()):
                continue
            i0, j0, k0 = np.rint(index)
            x, y, z = geometry.to_patient((float(i0), float(j0), float(k0)))
            expected = int(patient_value(np.array(x), np.array(y), np.array(z)))
            assert abs(_gray(image, at) - expected) <= 1, (view.kind, u, v)
            # The point lies to the right and below as the radiological view says, at the scale of the screen.
            middle = view.to_screen(viewer.state.center)
            center = geometry.to_patient((viewer.state.center[2], viewer.state.center[1], viewer.state.center[0]))
            moved = point - center
            assert at.x() - middle.x() == pytest.approx(moved @ right * view.scale, abs=1e-6)
            assert at.y() - middle.y() == pytest.approx(moved @ down * view.scale, abs=1e-6)
            compared += 1
    return compared


def _order(direction: tuple[Vector3, Vector3, Vector3]) -> str:
    return "".join("xyz"[int(np.argmax(np.abs(row)))] for row in direction)


@pytest.mark.parametrize("order", sorted({_order(direction) for direction in ALL_DIRECTIONS}))
def test_the_voxel_drawn_at_a_point_is_the_voxel_there(qtbot: QtBot, order: str) -> None:
    viewer = _viewer(qtbot)
    directions = [direction for direction in ALL_DIRECTIONS if _order(direction) == order]
    assert len(directions) == 8
    for direction in directions:
        viewer.set_layout(ViewerLayout.AXIAL_LARGE)
        viewer.resize(900, 600)
        viewer.show()
        viewer.set_volume(patient_volume(direction))
        QApplication.processEvents()
        assert _check_points(viewer) >= 20
        for view in viewer.views.values():
            assert view.plane.letters == _LETTERS[view.kind]
        viewer.set_layout(ViewerLayout.EQUAL)
        viewer.resize(1100, 430)
        viewer.state.set_view(1.2, tuple(value + 0.6 for value in viewer.state.center))  # type: ignore[arg-type]
        k, j, i = viewer.state.position
        viewer.state.set_position((k + 1, j + 1, i - 1))
        QApplication.processEvents()
        assert _check_points(viewer) >= 8


def test_an_oblique_volume_names_its_second_side() -> None:
    angle = np.deg2rad(20.0)
    direction = (
        (1.0, 0.0, 0.0),
        (0.0, float(np.cos(angle)), float(np.sin(angle))),
        (0.0, float(-np.sin(angle)), float(np.cos(angle))),
    )
    from apnet_desktop.ct.geometry import Geometry
    from apnet_desktop.gui.viewer.plane import Plane

    geometry = Geometry(size=(5, 5, 5), origin=(0, 0, 0), spacing=(1, 1, 1), direction=direction)
    assert Plane.of(PlaneKind.AXIAL, geometry).letters == ("R", "AF", "L", "PH")


def test_a_small_picture_of_a_large_slice_shows_means_where_they_lie(qtbot: QtBot) -> None:
    """Where a pixel of the screen covers several voxels, none of them is left out and nothing moves."""
    hounsfield = np.zeros((3, 500, 700), dtype=np.int16)
    hounsfield[:, :, ::2] = 200  # stripes finer than the screen
    hounsfield[:, 100:200, 500:650] = -100  # a block that must stay where it is
    viewer = _viewer(qtbot)
    viewer.state.show(interpolation=True)
    viewer.resize(420, 300)
    viewer.show()
    viewer.set_volume(simple_volume(hounsfield))
    QApplication.processEvents()
    view = viewer.views[PlaneKind.AXIAL]
    if view.scale * view.devicePixelRatioF() > 0.5:
        pytest.skip("the screen is as fine as the stripes")
    image = view.grab().toImage()
    for j, i in ((300.0, 100.0), (300.0, 351.0), (400.0, 600.0), (20.0, 600.0)):
        assert abs(_gray(image, view.to_screen((1.0, j, i))) - 100) <= 25, (j, i)
    for j, i in ((106.0, 506.0), (106.0, 643.0), (193.0, 506.0), (193.0, 643.0)):
        assert _gray(image, view.to_screen((1.0, j, i))) < 20, (j, i)
    for j, i in ((93.0, 575.0), (207.0, 575.0), (150.0, 493.0), (150.0, 657.0)):
        assert _gray(image, view.to_screen((1.0, j, i))) > 60, (j, i)


def test_the_kept_picture_of_a_slice_is_the_slice(qtbot: QtBot) -> None:
    """From the second time on a scaled slice comes from memory: no pixel differs, at any zoom and place."""
    viewer = _viewer(qtbot)
    viewer.state.show(interpolation=True)
    viewer.resize(701, 503)
    viewer.show()
    viewer.set_volume(simple_volume(np.random.default_rng(0).integers(-100, 250, (9, 40, 50)).astype(np.int16)))
    for zoom, center in ((1.0, (4.0, 19.5, 24.5)), (1.7, (3.2, 17.1, 25.9)), (0.6, (4.0, 10.0, 30.0))):
        viewer.state.set_view(zoom, center)
        QApplication.processEvents()
        for view in viewer.views.values():
            view._layers.forget_voxels()
            drawn, kept = (view.grab().toImage() for _ in range(2))
            assert kept == drawn, (view.kind, zoom)
