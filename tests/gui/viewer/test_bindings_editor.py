"""A person edits presets, keys and mouse; a table that cannot work is refused with a sentence."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QTextBrowser
from pytestqt.qtbot import QtBot

from apnet_desktop.gui.viewer.bindings import Bindings, Command, MouseAction
from apnet_desktop.gui.viewer.bindings_editor import BindingsEditor
from apnet_desktop.gui.viewer.cheat_sheet import CheatSheet, sheet_rows
from apnet_desktop.gui.viewer.tools.kinds import Tool
from apnet_desktop.language import Language
from tests.gui.viewer.hand import axial, shown_viewer


def _row(command: Command) -> int:
    return list(Command).index(command)


def _press_ok(editor: BindingsEditor) -> None:
    box = editor.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    box.button(QDialogButtonBox.StandardButton.Ok).click()


def test_an_untouched_table_comes_back_equal(qtbot: QtBot) -> None:
    for language in Language:
        editor = BindingsEditor(Bindings(), language)
        qtbot.addWidget(editor)
        assert editor.bindings() == Bindings()


def test_an_edited_key_and_preset_work_at_once_and_are_handed_out_to_be_stored(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    stored: list[Bindings] = []
    viewer.bindings_changed.connect(stored.append)
    viewer.edit_bindings()
    editor = viewer.findChild(BindingsEditor)
    assert isinstance(editor, BindingsEditor)
    for table, row, column, value in (
        (editor.keys, _row(Command.TOOL_BRUSH), 1, "Q"),
        (editor.presets, 0, 1, "-600"),
        (editor.presets, 0, 2, "1500"),
    ):
        item = table.item(row, column)
        assert item is not None
        item.setText(value)
    _press_ok(editor)
    assert len(stored) == 1
    view = axial(viewer)
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Q)
    assert viewer.state.tool is Tool.BRUSH
    QTest.keyClick(view, Qt.Key.Key_1)
    assert stored[0].presets[0].width == 1500
    assert tuple(viewer.state.window) == (-600.0, 1500.0)


def test_a_key_that_is_taken_and_a_width_of_zero_are_refused(qtbot: QtBot) -> None:
    for command_key, width, expected in (
        ("E", "350", "E is bound"),
        ("B", "0", "greater than 0"),
        ("B", "wide", "number"),
    ):
        editor = BindingsEditor(Bindings(), Language.ENGLISH)
        qtbot.addWidget(editor)
        handed: list[Bindings] = []
        editor.changed.connect(handed.append)
        key, preset = editor.keys.item(_row(Command.TOOL_BRUSH), 1), editor.presets.item(0, 2)
        assert key is not None
        assert preset is not None
        key.setText(command_key)
        preset.setText(width)
        _press_ok(editor)
        assert handed == []
        assert expected in editor.fault.text()


def test_the_mouse_can_be_changed(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    viewer.set_bindings(Bindings(right=MouseAction.WINDOW))
    from PySide6.QtCore import QPoint

    from tests.gui.viewer.hand import drag

    before = viewer.state.window
    drag(axial(viewer), [QPoint(200, 200), QPoint(260, 200)], Qt.MouseButton.RightButton)
    assert viewer.state.window != before
    assert viewer.state.zoom == 1.0


def test_the_sheet_names_every_command_and_key(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    axial(viewer).setFocus()
    QTest.keyClicks(axial(viewer), "?")
    sheet = viewer.findChild(CheatSheet)
    assert isinstance(sheet, CheatSheet)
    browser = sheet.findChild(QTextBrowser)
    assert isinstance(browser, QTextBrowser)
    shown = browser.toPlainText()
    for _, does in sheet_rows(Bindings(), Language.ENGLISH):
        assert does in shown
    sheet.close()
