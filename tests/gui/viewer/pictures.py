"""Pictures of every tool on a made-up volume: `python -m tests.gui.viewer.pictures FOLDER`, at 100, 150 and 200 %.

Each picture is checked on the way: texts over the slices lie inside of their view and do not overlap, and the words
of the panel fit their widgets.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

__all__ = ["SCALES", "SCENES", "THEMES", "check_texts", "check_words", "make_all"]

SCALES = ("1", "1.5", "2")
THEMES = {"light": "en", "dark": "zh"}
"""Each theme with a language: both are seen at every scale."""


SCENES = 12
"""Pictures of each scale and theme."""


def make_all(folder: Path) -> None:
    """Makes all pictures, each scale in a process of its own: Qt reads the scale once."""
    for scale in SCALES:
        for theme in THEMES:
            environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
            command = [sys.executable, "-m", __spec__.name, str(folder), scale, theme]
            subprocess.run(command, env=environment, check=True)  # noqa: S603 - our own module


def _make(folder: Path, scale: str, theme: str) -> None:
    from PySide6.QtCore import QtMsgType, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

    from apnet_desktop.gui.fonts import add_screen_fonts
    from apnet_desktop.gui.steps.roi import RoiPanel
    from apnet_desktop.gui.theme import apply_theme
    from apnet_desktop.gui.viewer.ct_viewer import CtViewer
    from apnet_desktop.language import Language
    from tests.gui.viewer.hand import soft_volume
    from tests.gui.viewer.phantoms import simple_volume

    quiet = {QtMsgType.QtWarningMsg: "This plugin does not support"}
    qInstallMessageHandler(
        lambda kind, _, words: None if words.startswith(quiet.get(kind, "\0")) else sys.stderr.write(words + "\n")
    )
    application = QApplication([])
    apply_theme(application, theme)
    language = Language(THEMES[theme])
    add_screen_fonts(language)
    window = QWidget()
    window.resize(1240, 860)
    row = QHBoxLayout(window)
    viewer = CtViewer(language)
    panel = RoiPanel(viewer, language)
    panel.setFixedWidth(panel.sizeHint().width())
    row.addWidget(viewer, 1)
    row.addWidget(panel)
    window.show()
    viewer.set_volume(simple_volume(soft_volume((40, 192, 192)), (1.0, 1.0, 3.0), name="Made Up"))
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in _scenes(viewer, window):
        application.processEvents()
        picture.grab().save(str(folder / f"{name}-{scale}-{theme}.png"))
        faults = check_texts(viewer) + check_words(picture)
        if faults:
            raise SystemExit(f"{name} at {scale}, {theme}: {faults}")


def _scenes(viewer, window) -> Iterator[tuple[str, Any]]:  # type: ignore[no-untyped-def]
    from PySide6.QtWidgets import QApplication

    from apnet_desktop.gui.viewer.bindings import Command
    from apnet_desktop.gui.viewer.bindings_editor import BindingsEditor
    from apnet_desktop.gui.viewer.cheat_sheet import CheatSheet
    from apnet_desktop.gui.viewer.plane_layout import ViewerLayout
    from apnet_desktop.gui.viewer.tools.kinds import Tool
    from tests.gui.viewer.hand import axial, click, drag

    commands = viewer.actions_of.by_command

    def wait() -> None:
        while viewer.state.progress is not None or viewer.session.is_running:
            QApplication.processEvents()

    QApplication.processEvents()
    yield "window", window
    viewer.set_tool(Tool.BRUSH)
    for k in (10, 20):
        viewer.go_to_slice(k)
        drag(axial(viewer), [(float(k), 96.0, 80.0), (float(k), 98.0, 110.0)])
    yield "brush", window
    viewer.set_tool(Tool.ERASER)
    drag(axial(viewer), [(20.0, 96.0, 80.0), (20.0, 98.0, 110.0)])
    yield "eraser", window
    viewer.set_tool(Tool.POLYGON)
    for corner in ((20.0, 60.0, 60.0), (20.0, 60.0, 120.0), (20.0, 90.0, 130.0)):
        click(axial(viewer), corner)
    yield "polygon", window
    viewer.set_tool(Tool.THRESHOLD)
    viewer.state.set_threshold(30, 150)
    drag(axial(viewer), [(20.0, 92.0, 80.0), (20.0, 92.0, 112.0)])
    yield "threshold", window
    viewer.set_tool(Tool.GROW)
    click(axial(viewer), (20.0, 96.0, 96.0))
    wait()
    yield "grow", window
    commands[Command.ERASE_ALL].trigger()
    for k in (8, 20, 32):
        viewer.go_to_slice(k)
        viewer.set_tool(Tool.INSIDE)
        drag(axial(viewer), [(float(k), 96.0, 86.0), (float(k), 96.0, 106.0)])
        viewer.set_tool(Tool.OUTSIDE)
        drag(axial(viewer), [(float(k), 70.0, 70.0), (float(k), 70.0, 120.0), (float(k), 96.0, 125.0)])
    wait()
    yield "assisted", window
    commands[Command.ACCEPT_PROPOSAL].trigger()
    for k in range(10, 20):
        viewer.go_to_slice(k)
        commands[Command.ERASE_SLICE].trigger()
    commands[Command.FILL_BETWEEN].trigger()
    wait()
    yield "fill_between", window
    viewer.go_to_slice(32)
    for tool, path in (
        (Tool.DISTANCE, [(32.0, 40.0, 40.0), (32.0, 60.0, 90.0)]),
        (Tool.ANGLE, [(32.0, 30.0, 130.0), (32.0, 60.0, 130.0)]),
        (Tool.ELLIPSE, [(32.0, 90.0, 86.0), (32.0, 104.0, 106.0)]),
        (Tool.FREEHAND, [(32.0, 130.0, 60.0), (32.0, 130.0, 90.0), (32.0, 150.0, 90.0), (32.0, 150.0, 60.0)]),
    ):
        viewer.set_tool(tool)
        drag(axial(viewer), path)
        if tool is Tool.ANGLE:
            click(axial(viewer), (32.0, 60.0, 160.0))
    yield "measure", window
    viewer.set_layout(ViewerLayout.EQUAL)
    viewer.state.set_slab(9.0)
    yield "equal", window
    viewer.show_cheat_sheet()
    yield "keys", viewer.findChild(CheatSheet)
    viewer.edit_bindings()
    yield "bindings", viewer.findChild(BindingsEditor)


def check_words(widget: QWidget) -> list[str]:
    """Which words of buttons and labels do not fit into their widget."""
    from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QToolButton

    faults = []
    for button in widget.findChildren(QAbstractButton):
        if isinstance(button, QPushButton | QToolButton) and button.isVisible() and button.text():
            wide = max(button.minimumSizeHint().width(), button.fontMetrics().horizontalAdvance(button.text()) + 1)
            if button.width() < wide:
                faults.append(f"cut off: {button.text()}")
    for label in widget.findChildren(QLabel):
        if label.isVisible() and label.text():
            tall = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
            wide = 0 if label.wordWrap() else label.sizeHint().width()
            if label.height() < tall or label.width() < wide:
                faults.append(f"cut off: {label.text()}")
    return faults


def check_texts(viewer) -> list[str]:  # type: ignore[no-untyped-def]
    """What is wrong with the texts over the slices: outside of their view, or one over another."""
    from PySide6.QtCore import QRectF

    faults = []
    for view in viewer.views.values():
        if not view.isVisible():
            continue
        room = QRectF(view.rect())
        faults += [f"outside: {line}" for line, place in view.texts if not room.contains(place)]
        for (one, first), (other, second) in combinations(view.texts, 2):
            shared = first.intersected(second)
            if shared.width() > 1.0 and shared.height() > 3.0:
                faults.append(f"overlap: {one} / {other}")
    return faults


if __name__ == "__main__":
    if len(sys.argv) == 4:
        _make(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    else:
        make_all(Path(sys.argv[1]))
