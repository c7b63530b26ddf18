"""The ROI tools, driven by mouse and keys: what is drawn, undone, proposed and measured."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apnet_desktop.ct.roi import Roi, RoiOrigin
from apnet_desktop.gui.viewer.bindings import Command
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.gui.viewer.measurements import MeasurementKind
from apnet_desktop.gui.viewer.plane import PlaneKind
from apnet_desktop.gui.viewer.tools.kinds import Tool
from tests.gui.conftest import EventLoopProbe
from tests.gui.viewer.hand import axial, click, drag, roi_of, shown_viewer, soft_volume, turn_wheel

_CONTROL = Qt.KeyboardModifier.ControlModifier


def _run(viewer: CtViewer, command: Command, qtbot: QtBot) -> None:
    action = viewer.actions_of.by_command[command]
    assert action.isEnabled(), command
    action.trigger()
    qtbot.waitUntil(lambda: viewer.state.progress is None)


def _mask(viewer: CtViewer) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    assert viewer.state.editor is not None
    return viewer.state.editor.mask


def test_a_brush_stroke_paints_a_disc_and_is_one_edit(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.set_author("A. Reader")
    viewer.set_tool(Tool.BRUSH)
    viewer.state.set_brush(radius=5.0)
    viewer.go_to_slice(12)
    edited: list[Roi] = []
    viewer.roi_changed.connect(edited.append)
    click(axial(viewer), (12.0, 40.0, 50.0))
    j, i = np.ogrid[:96, :96]
    disc = (j - 40) ** 2 + (i - 50) ** 2 <= 25
    # A click lands on a whole screen pixel, so the disc may lie a fraction of a voxel beside the index asked for.
    assert int((_mask(viewer)[12] ^ disc).sum()) <= 14
    assert viewer.state.editor is not None
    assert viewer.state.editor.statistics().slices == 1
    assert len(edited) == 1
    assert edited[0].origins == (RoiOrigin.PAINTED,)
    assert edited[0].author == "A. Reader"
    QTest.keyClick(axial(viewer), Qt.Key.Key_Z, _CONTROL)
    assert not _mask(viewer).any()
    QTest.keyClick(axial(viewer), Qt.Key.Key_Y, _CONTROL)
    assert int((_mask(viewer)[12] ^ disc).sum()) <= 14


def test_control_turns_the_brush_into_an_eraser_and_back(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.go_to_slice(12)
    viewer.set_tool(Tool.BRUSH)
    click(axial(viewer), (12.0, 40.0, 50.0))
    drag(axial(viewer), [(12.0, 40.0, 50.0)], modifiers=_CONTROL)
    assert not _mask(viewer).any()
    viewer.set_tool(Tool.ERASER)
    drag(axial(viewer), [(12.0, 40.0, 50.0)], modifiers=_CONTROL)
    assert _mask(viewer).any()
    click(axial(viewer), (12.0, 40.0, 50.0))
    assert not _mask(viewer).any()


def test_the_ball_paints_through_slices_in_millimetres(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.set_tool(Tool.BRUSH)
    viewer.state.set_brush(radius=7.0, ball=True)
    viewer.go_to_slice(12)
    click(axial(viewer), (12.0, 48.0, 48.0))
    touched = np.flatnonzero(_mask(viewer).any(axis=(1, 2)))
    assert touched.tolist() == [10, 11, 12, 13, 14]


def test_the_threshold_brush_paints_only_within_its_range(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.set_tool(Tool.THRESHOLD)
    viewer.state.set_threshold(30.0, 150.0)
    viewer.state.set_brush(radius=25.0)
    viewer.go_to_slice(12)
    click(axial(viewer), (12.0, 48.0, 48.0))
    assert viewer.state.volume is not None
    values = viewer.state.volume.hounsfield[_mask(viewer)]
    assert values.size > 300
    assert values.min() >= 30
    assert values.max() <= 150


def test_a_coronal_stroke_lands_on_the_coronal_plane(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.set_tool(Tool.BRUSH)
    viewer.state.set_position((12, 30, 48))
    drag(viewer.views[PlaneKind.CORONAL], [(6.0, 30.0, 40.0), (18.0, 30.0, 40.0)])
    touched = np.argwhere(_mask(viewer))
    assert set(touched[:, 1].tolist()) == {30}
    assert {6, 12, 18} <= set(touched[:, 0].tolist())


def test_escape_takes_back_the_stroke_in_hand(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    view = axial(viewer)
    viewer.set_tool(Tool.BRUSH)
    at = view.to_screen((12.0, 40.0, 50.0)).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert _mask(viewer).any()
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not _mask(viewer).any()
    assert viewer.state.tool is Tool.BRUSH
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert roi_of(viewer) is None


def test_a_polygon_closed_by_enter_or_a_click_on_its_start(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    view = axial(viewer)
    viewer.go_to_slice(12)
    viewer.set_tool(Tool.POLYGON)
    corners = [(12.0, 20.0, 20.0), (12.0, 20.0, 60.0), (12.0, 50.0, 60.0), (12.0, 50.0, 20.0)]
    for corner in corners:
        click(view, corner)
    assert not _mask(viewer).any()
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert int(_mask(viewer)[12].sum()) == pytest.approx(40 * 30, rel=0.08)
    hole = [(12.0, 30.0, 30.0), (12.0, 30.0, 40.0), (12.0, 40.0, 40.0), (12.0, 40.0, 30.0)]
    for corner in hole:
        click(view, corner)
    click(view, hole[0], _CONTROL)
    assert int(_mask(viewer)[12].sum()) == pytest.approx(40 * 30 - 100, rel=0.08)
    click(view, corners[0])
    QTest.keyClick(view, Qt.Key.Key_Z, _CONTROL)  # takes the corner back, not the hole
    assert int(_mask(viewer)[12].sum()) == pytest.approx(40 * 30 - 100, rel=0.08)


def test_grow_takes_the_organ_and_not_the_fat(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.set_tool(Tool.GROW)
    viewer.state.set_threshold(30.0, 150.0)
    viewer.go_to_slice(12)
    click(axial(viewer), (12.0, 48.0, 48.0))
    qtbot.waitUntil(lambda: viewer.state.progress is None)
    organ = soft_volume() > 0
    mask = _mask(viewer)
    assert int((mask & organ).sum()) > 0.8 * int(mask.sum())
    assert mask.any(axis=(1, 2)).sum() > 10
    assert viewer.roi is not None
    assert viewer.roi.origins == (RoiOrigin.ASSISTED,)


def test_fill_between_smooth_margin_largest_and_erase(qtbot: QtBot, event_loop_probe: EventLoopProbe) -> None:
    viewer = shown_viewer(qtbot)
    event_loop_probe.start()
    viewer.set_tool(Tool.BRUSH)
    for k in (4, 10, 16):
        viewer.go_to_slice(k)
        middle = 48 + 8 * np.sin(k / 4.0)
        drag(axial(viewer), [(float(k), middle, 36.0), (float(k), middle, 60.0)])
    assert viewer.state.editor is not None
    assert viewer.state.editor.statistics().slices == 3
    _run(viewer, Command.FILL_BETWEEN, qtbot)
    assert viewer.state.editor.statistics().slices == 13
    assert viewer.roi is not None
    assert viewer.roi.origins == (RoiOrigin.PAINTED, RoiOrigin.ASSISTED)
    filled = viewer.state.editor.statistics().voxels
    _run(viewer, Command.MARGIN_GROW, qtbot)
    assert viewer.state.editor.statistics().voxels > filled
    _run(viewer, Command.MARGIN_SHRINK, qtbot)
    _run(viewer, Command.SMOOTH, qtbot)
    viewer.go_to_slice(20)
    click(axial(viewer), (20.0, 80.0, 80.0))
    _run(viewer, Command.LARGEST_ISLAND, qtbot)
    assert not _mask(viewer)[20].any()
    viewer.go_to_slice(10)
    _run(viewer, Command.ERASE_SLICE, qtbot)
    assert not _mask(viewer)[10].any()
    _run(viewer, Command.ERASE_ALL, qtbot)
    assert not _mask(viewer).any()
    while viewer.actions_of.by_command[Command.UNDO].isEnabled():
        viewer.actions_of.by_command[Command.UNDO].trigger()
    assert not _mask(viewer).any()
    assert roi_of(viewer) is None


def test_strokes_lead_to_a_proposal_that_can_be_refined_accepted_and_undone(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    organ = soft_volume() > 0
    for k in (4, 12, 20):
        viewer.go_to_slice(k)
        middle = 48 + 8 * np.sin(k / 4.0)
        viewer.set_tool(Tool.INSIDE)
        drag(axial(viewer), [(float(k), middle, 38.0), (float(k), middle, 58.0)])
        viewer.set_tool(Tool.OUTSIDE)
        drag(axial(viewer), [(float(k), middle - 20, 30.0), (float(k), middle - 20, 66.0), (float(k), middle, 76.0)])
    qtbot.waitUntil(lambda: not viewer.session.is_running, timeout=20_000)
    assert viewer.session.proposal is not None
    proposal = viewer.session.proposal
    dice = 2 * (proposal & organ)[2:22].sum() / (proposal[2:22].sum() + organ[2:22].sum())
    assert dice > 0.9
    assert roi_of(viewer) is None, "a proposal is not a ROI until it is accepted"
    QTest.keyClick(axial(viewer), Qt.Key.Key_Z, _CONTROL)
    assert len(viewer.session.strokes) == 5
    qtbot.waitUntil(lambda: not viewer.session.is_running, timeout=20_000)
    viewer.actions_of.by_command[Command.ACCEPT_PROPOSAL].trigger()
    assert viewer.roi is not None
    assert viewer.roi.origins == (RoiOrigin.ASSISTED,)
    assert viewer.session.strokes == []
    viewer.actions_of.by_command[Command.UNDO].trigger()
    assert not _mask(viewer).any()


def test_a_late_proposal_for_another_volume_is_dropped(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.set_tool(Tool.INSIDE)
    drag(axial(viewer), [(12.0, 48.0, 40.0), (12.0, 48.0, 56.0)])
    assert viewer.session.is_running
    assert viewer.state.volume is not None
    viewer.set_volume(viewer.state.volume)
    qtbot.wait(400)
    assert viewer.session.proposal is None
    assert roi_of(viewer) is None


def test_shift_wheel_changes_the_brush_not_the_slice(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.go_to_slice(10)
    before = viewer.state.brush_radius
    turn_wheel(axial(viewer), 1, Qt.KeyboardModifier.ShiftModifier)
    assert viewer.state.brush_radius > before
    assert viewer.current_slice == 10


def test_the_keyboard_alone_moves_the_crosshair_and_paints(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    view = axial(viewer)
    view.setFocus()
    viewer.state.set_position((12, 48, 48))
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
    assert viewer.state.position == (12, 38, 49)
    QTest.keyClick(view, Qt.Key.Key_B)
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert _mask(viewer)[12, 38, 49]


def test_distances_and_angles_in_millimetres(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.go_to_slice(12)
    viewer.set_tool(Tool.DISTANCE)
    drag(axial(viewer), [(12.0, 20.0, 20.0), (12.0, 50.0, 60.0)])
    viewer.set_tool(Tool.ANGLE)
    drag(axial(viewer), [(12.0, 20.0, 60.0), (12.0, 60.0, 60.0)])
    click(axial(viewer), (12.0, 60.0, 20.0))
    coronal = viewer.views[PlaneKind.CORONAL]
    viewer.set_tool(Tool.DISTANCE)
    drag(coronal, [(4.0, 0.0, 48.0), (14.0, 0.0, 48.0)])
    assert viewer.state.volume is not None
    first, angle, upright = viewer.state.measurements
    assert first.distance(viewer.state.volume) == pytest.approx(50.0, abs=0.5)
    assert angle.kind is MeasurementKind.ANGLE
    assert angle.angle(viewer.state.volume) == pytest.approx(90.0, abs=1.0)
    assert upright.distance(viewer.state.volume) == pytest.approx(30.0, abs=0.8)
    viewer.actions_of.by_command[Command.CLEAR_MEASUREMENTS].trigger()
    assert viewer.state.measurements == []


def test_an_ellipse_measures_the_pixels_in_it(qtbot: QtBot) -> None:
    hounsfield = np.full((6, 80, 80), 10, dtype=np.int16)
    hounsfield[3, 30:50, 30:50] = np.arange(400).reshape(20, 20)
    viewer = shown_viewer(qtbot, hounsfield)
    viewer.go_to_slice(3)
    viewer.set_tool(Tool.ELLIPSE)
    drag(axial(viewer), [(3.0, 32.0, 32.0), (3.0, 46.0, 46.0)])
    (found,) = viewer.state.measurements
    assert viewer.state.volume is not None
    statistics = found.statistics(viewer.state.volume, viewer.state.planes[PlaneKind.AXIAL])
    assert statistics is not None
    (_, j0, i0), (_, j1, i1) = found.points
    j, i = np.ogrid[:80, :80]
    inside = ((j - (j0 + j1) / 2) / ((j1 - j0) / 2)) ** 2 + ((i - (i0 + i1) / 2) / ((i1 - i0) / 2)) ** 2 <= 1
    values = hounsfield[3][inside].astype(float)
    assert statistics.pixels == pytest.approx(values.size, abs=6)
    assert statistics.mean == pytest.approx(values.mean(), abs=1.5)
    assert statistics.deviation == pytest.approx(values.std(ddof=1), rel=0.03)
    assert statistics.area == statistics.pixels


def test_the_overlay_lies_on_the_mask(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot, np.full((6, 80, 80), -1000, dtype=np.int16))
    mask = np.zeros((6, 80, 80), dtype=np.bool_)
    mask[3, 20:40, 50:70] = True
    assert viewer.state.volume is not None
    viewer.set_roi(Roi(mask, viewer.state.volume.geometry))
    viewer.state.show(crosshair=False, annotations=False, opacity=1.0)
    assert viewer.current_slice == 3
    QApplication.processEvents()
    image = axial(viewer).grab().toImage()

    def color(j: float, i: float) -> tuple[int, int, int]:
        found = image.pixelColor(axial(viewer).to_screen((3.0, j, i)).toPoint())
        return found.red(), found.green(), found.blue()

    assert color(30.0, 60.0) == pytest.approx((230, 159, 0), abs=2)
    assert color(21.0, 51.0) == pytest.approx((230, 159, 0), abs=2)
    for j, i in ((18.0, 60.0), (42.0, 60.0), (30.0, 48.0), (30.0, 72.0)):
        assert color(j, i) == (0, 0, 0)
