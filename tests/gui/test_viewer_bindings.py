"""The viewer's keys in the window: what a person changes is kept, and none of them is the window's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from apnet_desktop.cases.settings import Settings, SettingsFile
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import CaseError
from apnet_desktop.gui.main_window import MainWindow
from apnet_desktop.gui.services import Services
from apnet_desktop.gui.viewer.bindings import Bindings, Command
from apnet_desktop.gui.viewer.bindings_editor import BindingsEditor


def _window(qtbot: QtBot, folder: Path) -> MainWindow:
    """A window on the settings in a folder; none of its processes is started."""
    file = SettingsFile(folder / "settings.json")
    window = MainWindow(Services.start(CaseStore(folder, person="Dr Test"), file, file.load(), None))
    qtbot.addWidget(window)
    return window


def test_edited_keys_and_presets_are_there_at_the_next_start(qtbot: QtBot, tmp_path: Path) -> None:
    window = _window(qtbot, tmp_path)
    window.viewer.edit_bindings()
    editor = window.viewer.findChild(BindingsEditor)
    assert isinstance(editor, BindingsEditor)
    preset, key = editor.presets.item(2, 2), editor.keys.item(list(Command).index(Command.TOOL_BRUSH), 1)
    assert preset is not None
    assert key is not None
    preset.setText("222")
    key.setText("Q")
    box = editor.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    box.button(QDialogButtonBox.StandardButton.Ok).click()
    edited = window.viewer.bindings
    assert edited != Bindings()
    window.close()
    again = _window(qtbot, tmp_path)
    assert again.viewer.bindings == edited
    assert again.viewer.bindings.presets[2].width == 222
    assert again.viewer.actions_of.by_command[Command.TOOL_BRUSH].shortcut() == QKeySequence("Q")
    # The settings page, opened before or after, does not put the shipped table back.
    again.settings.show()
    page = again.settings.page
    assert page is not None
    page.copy_series.click()
    assert SettingsFile(tmp_path / "settings.json").load().viewer_bindings == edited.model_dump(mode="json")
    again.close()


def test_a_table_that_cannot_be_used_is_said_and_the_shipped_one_works(qtbot: QtBot, tmp_path: Path) -> None:
    SettingsFile(tmp_path / "settings.json").save(Settings(viewer_bindings={"left": "somersault"}))
    window = _window(qtbot, tmp_path)
    assert window.viewer.bindings == Bindings()
    assert "Ctrl+K" in window.notice.sentence
    window.close()


def test_a_table_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"viewer_bindings": {"left": "x" * 60_000}}), encoding="utf-8")
    with pytest.raises(CaseError, match="viewer_bindings"):
        SettingsFile(tmp_path / "settings.json").load()


def test_no_key_of_the_viewer_is_one_of_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    """Qt runs neither of two actions that share a key."""
    window = _window(qtbot, tmp_path)
    own = {
        keys.toString()
        for action in window.findChildren(QAction)
        if action.parent() is window
        for keys in action.shortcuts()
    }
    own |= {shortcut.key().toString() for shortcut in window.findChildren(QShortcut) if shortcut.parent() is window}
    viewers = {QKeySequence(key).toString() for command in Command for key in Bindings().keys_of(command)}
    viewers |= {QKeySequence(preset.key).toString() for preset in Bindings().presets}
    assert len(own) > 5
    assert not own & viewers
    QTest.qWait(0)
    window.close()
