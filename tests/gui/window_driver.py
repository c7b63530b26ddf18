"""Drives the real main window as a person does: waits for it, paints with the mouse, fills fields with keys."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from apnet_desktop.cases.settings import Settings, SettingsFile
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.gui.main_window import MainWindow
from apnet_desktop.gui.services import Services
from apnet_desktop.gui.viewer.plane import PlaneKind
from apnet_desktop.gui.viewer.tools.kinds import Tool

WAIT = 120_000  # ms; a machine under load is slow, a hang is still found


def open_window(qtbot: QtBot, folder: Path, bundle: Path, **settings: object) -> MainWindow:
    """A shown window on an empty store, with its processes starting."""
    store = CaseStore(folder, person="Dr Test")
    chosen = Settings.model_validate({"bundle": str(bundle), "reviewer": "Dr Test", "device": "cpu", **settings})
    services = Services.start(store, SettingsFile(folder / "settings.json"), chosen, None)
    window = MainWindow(services)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.start()
    qtbot.waitUntil(lambda: window.keeper.bundle is not None, timeout=WAIT)
    return window


def open_ct(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Opens a CT and waits until it is read."""
    window.open_path(path)
    qtbot.waitUntil(lambda: window.ct_flow.open.shared is not None and not window.runner.busy, timeout=WAIT)


def paint_square(window: MainWindow, k: int, centre: tuple[float, float], half: float) -> None:
    """Paints a filled square of voxels on slice `k` with the brush and the left mouse button.

    Args:
        k: Slice index.
        centre: Column and row of its middle.
        half: Half its side in voxels.
    """
    viewer = window.viewer
    viewer.go_to_slice(k)
    viewer.set_tool(Tool.BRUSH)
    view = viewer.views[PlaneKind.AXIAL]

    def at(column: float, row: float) -> QPoint:
        return view.to_screen((column, row, float(k))).toPoint()

    left = Qt.MouseButton.LeftButton
    for row in np.arange(centre[1] - half, centre[1] + half + 1, 4.0):
        QTest.mousePress(view, left, pos=at(centre[0] - half, row))
        for column in np.arange(centre[0] - half, centre[0] + half + 1, 4.0):
            QTest.mouseMove(view, at(column, row))
        QTest.mouseRelease(view, left, pos=at(centre[0] + half, row))


def confirm_roi(window: MainWindow, person: str) -> None:
    """Types a name and presses the button of the ROI panel."""
    panel = window.roi_panel
    name = next(edit for edit in panel.findChildren(QLineEdit) if edit.isVisibleTo(panel) and edit.maxLength() == 120)
    name.clear()
    QTest.keyClicks(name, person)
    QTest.keyClick(name, Qt.Key.Key_Return)


def type_value(window: MainWindow, factor: str, value: str) -> None:
    """Types a value into the field of a factor and leaves it with Tab."""
    assert window.form is not None
    edit = window.form.field(factor).findChild(QLineEdit)
    assert edit is not None
    edit.setFocus()
    QTest.keyClicks(edit, value)
    QTest.keyClick(edit, Qt.Key.Key_Tab)


def press(window: MainWindow, button: QPushButton) -> None:
    """Clicks a button with the mouse."""
    assert button.isEnabled(), f"{button.text()} cannot be pressed"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def wait_for(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    """Waits until something is true."""
    qtbot.waitUntil(condition, timeout=WAIT)


def children() -> set[int]:
    """Process ids of this process's living children, the resource tracker left out."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and fields[0] != "Z" and b"resource_tracker" not in command:
            found.add(int(stat.parent.name))
    return found


def shared_blocks() -> set[str]:
    """Shared memory of this process that is still there."""
    return {path.name for path in Path("/dev/shm").glob(f"apnet-{os.getpid()}-*")}  # noqa: S108 - Linux keeps it there


def mask_of(window: MainWindow) -> NDArray[np.bool_]:
    """The ROI's mask as it stands."""
    roi = window.viewer.roi
    assert roi is not None
    return roi.mask
