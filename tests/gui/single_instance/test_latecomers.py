"""What a later start, a double-click on macOS or an exported case does to the window that is open."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from apnet_desktop.gui.single_instance.latecomers import Latecomers
from apnet_desktop.gui.single_instance.opened_files import OpenedFiles


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window


def test_a_minimised_window_comes_back_and_opens_the_path(qtbot: QtBot, window: QWidget) -> None:
    opened: list[Path] = []
    latecomers = Latecomers(window, opened.append)
    window.showMinimized()
    qtbot.waitUntil(window.isMinimized)
    latecomers.take(Path("/ct"))
    assert opened == [Path("/ct")]
    assert not window.isMinimized()
    assert window.isVisible()
    latecomers.take(None)
    assert opened == [Path("/ct")]


def test_a_path_waits_while_a_dialog_asks_about_the_patient_on_the_screen(qtbot: QtBot, window: QWidget) -> None:
    opened: list[Path] = []
    latecomers = Latecomers(window, opened.append)
    dialog = QDialog(window)
    qtbot.addWidget(dialog)

    def while_open() -> None:
        latecomers.take(Path("/first"))
        latecomers.take(Path("/second"))
        assert opened == []
        QTimer.singleShot(300, dialog.reject)

    QTimer.singleShot(0, while_open)
    dialog.exec()
    qtbot.waitUntil(lambda: opened == [Path("/second")])


def test_the_file_of_an_open_event_is_opened(qtbot: QtBot, window: QWidget, tmp_path: Path) -> None:
    opened: list[Path] = []
    files = OpenedFiles(window)
    files.received.connect(opened.append)
    application = QApplication.instance()
    assert application is not None
    application.installEventFilter(files)
    QApplication.sendEvent(application, QFileOpenEvent(str(tmp_path / "张三.dcm")))
    application.removeEventFilter(files)
    assert opened == [tmp_path / "张三.dcm"]
