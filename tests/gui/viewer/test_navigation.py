"""Wheel, keys and mouse do what radiologists expect, and no slice is lost on the way (C-27)."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apnet_desktop.gui.viewer.bindings import Bindings, Command, WindowPreset
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.gui.viewer.plane import PlaneKind
from apnet_desktop.gui.viewer.plane_layout import ViewerLayout
from apnet_desktop.gui.viewer.tools.kinds import Tool
from apnet_desktop.language import Language
from tests.gui.viewer.hand import axial, drag, roi_of, shown_viewer, turn_wheel
from tests.gui.viewer.phantoms import simple_volume


def test_the_wheel_pages_and_every_slice_on_the_way_is_painted(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot, np.zeros((80, 64, 64), dtype=np.int16))
    viewer.go_to_slice(0)
    QApplication.processEvents()
    painted: list[int] = []
    axial(viewer).slice_painted.connect(lambda kind, k: painted.append(k) if kind is PlaneKind.AXIAL else None)
    for _ in range(70):
        turn_wheel(axial(viewer), 1)
        qtbot.wait(1)
    qtbot.waitUntil(lambda: viewer.current_slice == painted[-1])
    qtbot.wait(300)
    seen = list(dict.fromkeys(painted))
    assert len(seen) > 12
    assert seen == list(range(seen[0], seen[0] + len(seen))), "a slice was left out"
    assert seen[-1] == viewer.current_slice


def test_a_fast_flick_of_many_notches_at_once_leaves_no_slice_out(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.go_to_slice(4)
    QApplication.processEvents()
    painted: list[int] = []
    axial(viewer).slice_painted.connect(lambda kind, k: painted.append(k) if kind is PlaneKind.AXIAL else None)
    turn_wheel(axial(viewer), 9)
    qtbot.waitUntil(lambda: viewer.current_slice == 13)
    assert sorted(set(painted)) == list(range(5, 14))


def test_wheel_up_goes_to_the_head(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.go_to_slice(10)
    turn_wheel(axial(viewer), 1)
    assert viewer.current_slice == 11
    assert viewer.state.volume is not None
    z = [viewer.state.volume.geometry.to_patient((0.0, 0.0, float(k)))[2] for k in (10, 11)]
    assert z[1] > z[0]


def test_a_wheel_of_small_steps_adds_up(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.go_to_slice(10)
    for _ in range(4):
        turn_wheel(axial(viewer), 0.25)
    assert viewer.current_slice == 11


def test_keys(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    view = axial(viewer)
    view.setFocus()
    slices: list[int] = []
    viewer.slice_changed.connect(slices.append)
    viewer.go_to_slice(10)
    for key, expected in (
        (Qt.Key.Key_Up, 11),
        (Qt.Key.Key_Down, 10),
        (Qt.Key.Key_PageUp, 20),
        (Qt.Key.Key_PageDown, 10),
        (Qt.Key.Key_End, 23),
        (Qt.Key.Key_Home, 0),
    ):
        QTest.keyClick(view, key)
        qtbot.waitUntil(lambda expected=expected: viewer.current_slice == expected)  # type: ignore[misc]
        qtbot.wait(30)
    assert slices == [10, 11, 10, 20, 10, 23, 0]
    for key, window in (
        (Qt.Key.Key_1, (40, 350)),
        (Qt.Key.Key_2, (40, 400)),
        (Qt.Key.Key_4, (90, 150)),
        (Qt.Key.Key_6, (480, 2500)),
        (Qt.Key.Key_0, (40, 400)),
    ):
        QTest.keyClick(view, key)
        assert viewer.state.window == window
    for key, tool in ((Qt.Key.Key_B, Tool.BRUSH), (Qt.Key.Key_E, Tool.ERASER), (Qt.Key.Key_P, Tool.POLYGON)):
        QTest.keyClick(view, key)
        assert viewer.state.tool is tool
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert viewer.state.tool is Tool.WINDOW
    QTest.keyClick(view, Qt.Key.Key_BracketRight)
    assert viewer.state.brush_radius > 6.0


def test_left_drag_changes_the_window_to_the_right_wider_up_brighter(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.set_window(40, 400)
    drag(axial(viewer), [QPoint(200, 300), QPoint(250, 280)])
    center, width = viewer.state.window
    assert width > 400
    assert center < 40


def test_middle_drag_pans_by_the_hand_s_way(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    view = axial(viewer)
    index = (12.0, 40.0, 40.0)
    before = view.to_screen(index)
    drag(view, [QPoint(200, 300), QPoint(230, 290)], Qt.MouseButton.MiddleButton)
    moved = view.to_screen(index) - before
    assert (moved.x(), moved.y()) == pytest.approx((30.0, -10.0), abs=1e-6)


def test_control_wheel_and_right_drag_zoom_about_the_hand(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    view = axial(viewer)
    at = view.rect().center() + QPoint(60, 40)
    under = view.to_index(at.toPointF())
    drag(view, [at, at + QPoint(0, -40)], Qt.MouseButton.RightButton)
    assert viewer.state.zoom > 1.2
    assert view.to_index(at.toPointF()) == pytest.approx(under, abs=1e-6)
    zoom = viewer.state.zoom
    turn_wheel(view, 1, Qt.KeyboardModifier.ControlModifier)
    assert viewer.state.zoom == pytest.approx(zoom * 1.15)


def test_a_right_click_without_moving_opens_the_menu_and_does_not_zoom(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    asked: list[QPoint] = []
    axial(viewer).menu_requested.connect(asked.append)
    drag(axial(viewer), [QPoint(200, 300), QPoint(202, 301)], Qt.MouseButton.RightButton)
    assert len(asked) == 1
    assert viewer.state.zoom == 1.0
    menu = QApplication.activePopupWidget()
    assert menu is not None
    menu.close()


def test_a_double_click_lets_one_plane_fill_the_viewer_and_back(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    coronal = viewer.views[PlaneKind.CORONAL]
    QTest.mouseDClick(coronal, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(60, 60))
    assert [view.isVisible() for view in viewer.views.values()] == [False, True, False]
    assert coronal.shows_identity
    QTest.mouseDClick(coronal, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(60, 60))
    assert all(view.isVisible() for view in viewer.views.values())


@pytest.mark.parametrize("layout", list(ViewerLayout))
def test_the_identity_cannot_be_hidden(qtbot: QtBot, layout: ViewerLayout) -> None:
    viewer = shown_viewer(qtbot)
    viewer.state.show(annotations=False, overlay=False, crosshair=False)
    viewer.set_layout(layout)
    QApplication.processEvents()
    written = [line for view in viewer.views.values() if view.isVisible() for line, _ in view.texts]
    assert any("Doe Jane" in line and "P-1" in line for line in written)


def test_the_crosshair_links_the_planes(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.set_tool(Tool.CROSSHAIR)
    drag(axial(viewer), [(12.0, 30.0, 70.0)])
    assert viewer.views[PlaneKind.CORONAL].slice_index == 30
    assert viewer.views[PlaneKind.SAGITTAL].slice_index == 70
    drag(viewer.views[PlaneKind.CORONAL], [(5.0, 30.0, 20.0)])
    assert viewer.current_slice == 5
    assert viewer.views[PlaneKind.SAGITTAL].slice_index == 20


def test_slices_that_are_not_read_are_not_shown_and_not_drawn_on(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    ready = np.zeros(24, dtype=np.bool_)
    ready[10:14] = True
    viewer.set_available_slices(ready)
    viewer.set_window(0, 100)
    viewer.set_tool(Tool.BRUSH)
    assert viewer.state.tool == Tool.WINDOW
    assert not viewer.actions_of.by_command[Command.TOOL_BRUSH].isEnabled()
    coronal = viewer.views[PlaneKind.CORONAL]
    viewer.state.show(crosshair=False, annotations=False)
    viewer.state.set_position((12, 48, 48))
    image = coronal.grab().toImage()

    def gray(k: float) -> int:
        at = coronal.to_screen((k, 48.0, 40.0)).toPoint()
        return image.pixelColor(at).red()

    assert gray(12.0) > 150
    assert gray(4.0) == 0
    viewer.go_to_slice(3)
    QApplication.processEvents()
    assert axial(viewer).grab().toImage().pixelColor(axial(viewer).to_screen((3.0, 60.0, 48.0)).toPoint()).red() == 0
    viewer.set_available_slices(None)
    assert viewer.actions_of.by_command[Command.TOOL_BRUSH].isEnabled()


def test_a_person_s_own_keys_and_presets(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    shipped = Bindings()
    own = shipped.model_copy(
        update={
            "presets": (WindowPreset(id="own", label="Lung", center=-600, width=1500, key="9"),),
            "keys": {**shipped.keys, Command.TOOL_BRUSH: ("Q",)},
        }
    )
    viewer.set_bindings(Bindings.model_validate_json(own.model_dump_json()))
    view = axial(viewer)
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_9)
    assert viewer.state.window == pytest.approx((-600.0, 1500.0))
    QTest.keyClick(view, Qt.Key.Key_Q)
    assert viewer.state.tool is Tool.BRUSH


def test_one_key_cannot_do_two_things() -> None:
    with pytest.raises(ValueError, match="bound to"):
        Bindings(keys={**Bindings().keys, Command.TOOL_ERASER: ("b",)})


def test_the_probe_reads_hounsfield_units_and_millimetres(qtbot: QtBot) -> None:
    hounsfield = np.arange(24 * 96 * 96, dtype=np.int64).reshape(24, 96, 96) % 1000
    viewer = shown_viewer(qtbot, hounsfield.astype(np.int16))
    view = axial(viewer)
    viewer.go_to_slice(7)
    QTest.mouseMove(view, view.to_screen((7.0, 20.0, 30.0)).toPoint())
    QApplication.processEvents()
    probe = view.probe()
    assert probe is not None
    value, (x, y, z) = probe
    assert value == hounsfield[7, 20, 30]
    assert (x, y, z) == pytest.approx((30.0, 20.0, 21.0), abs=0.5)
    assert any(line == f"{value} HU" for line, _ in view.texts)


def test_another_patient_starts_afresh(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.set_tool(Tool.BRUSH)
    drag(axial(viewer), [(12.0, 40.0, 40.0), (12.0, 44.0, 44.0)])
    assert viewer.roi is not None
    viewer.set_volume(simple_volume(np.zeros((5, 40, 40), dtype=np.int16), name="Other One"))
    assert roi_of(viewer) is None
    assert not viewer.actions_of.by_command[Command.UNDO].isEnabled()
    viewer.set_volume(None)
    assert not any(
        action.isEnabled()
        for command, action in viewer.actions_of.by_command.items()
        if command not in (Command.CHEAT_SHEET, Command.EDIT_BINDINGS)
    )
    QApplication.processEvents()


def test_every_action_works_or_is_disabled_in_every_state(qtbot: QtBot) -> None:
    viewer = CtViewer(Language.CHINESE)
    qtbot.addWidget(viewer)
    viewer.resize(700, 500)
    viewer.show()

    def walk() -> None:
        for command, action in viewer.actions_of.by_command.items():
            if action.isEnabled() and command not in (Command.CHEAT_SHEET, Command.EDIT_BINDINGS):
                action.trigger()
                qtbot.waitUntil(lambda: viewer.state.progress is None and not viewer.session.is_running)
        for preset in viewer.actions_of.presets:
            preset.trigger()

    walk()
    viewer.set_volume(simple_volume(np.zeros((12, 40, 40), dtype=np.int16), (1.0, 1.0, 3.0)))
    ready = np.zeros(12, dtype=np.bool_)
    viewer.set_available_slices(ready)
    walk()
    viewer.set_available_slices(None)
    walk()
    viewer.set_tool(Tool.BRUSH)
    for k in (3.0, 8.0):
        viewer.go_to_slice(int(k))
        drag(axial(viewer), [(k, 20.0, 20.0), (k, 24.0, 24.0)])
    walk()
    viewer.set_volume(None)
    walk()
