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

__all__ = ["SCALES", "THEMES", "make_all"]

SCALES = ("1", "1.5", "2")
THEMES = ("light", "dark")


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
    window = QWidget()
    window.resize(1240, 860)
    row = QHBoxLayout(window)
    viewer = CtViewer(Language.ENGLISH)
    panel = RoiPanel(viewer, Language.ENGLISH)
    panel.setFixedWidth(panel.sizeHint().width())
    row.addWidget(viewer, 1)
    row.addWidget(panel)
    window.show()
    viewer.set_volume(simple_volume(soft_volume((40, 192, 192)), (1.0, 1.0, 3.0), name="Made Up"))
    folder.mkdir(parents=True, exist_ok=True)
    for name in _scenes(viewer):
        application.processEvents()
        window.grab().save(str(folder / f"{name}-{scale}-{theme}.png"))
        faults = check_texts(viewer)
        if faults:
            raise SystemExit(f"{name} at {scale}, {theme}: {faults}")


def _scenes(viewer) -> Iterator[str]:  # type: ignore[no-untyped-def]
    from PySide6.QtWidgets import QApplication

    from apnet_desktop.gui.viewer.bindings import Command
    from apnet_desktop.gui.viewer.plane_layout import ViewerLayout
    from apnet_desktop.gui.viewer.tools.kinds import Tool
    from tests.gui.viewer.hand import axial, click, drag

    def wait() -> None:
        while viewer.state.progress is not None or viewer.session.is_running:
            QApplication.processEvents()

    QApplication.processEvents()
    yield "window"
    for tool in (Tool.BRUSH, Tool.ERASER):
        viewer.set_tool(tool)
        for k in (10, 20):
            viewer.go_to_slice(k)
            drag(axial(viewer), [(float(k), 96.0, 80.0), (float(k), 98.0, 110.0)])
            if tool is Tool.ERASER:
                break
        yield tool.value
    viewer.set_tool(Tool.POLYGON)
    viewer.go_to_slice(20)
    for corner in ((20.0, 60.0, 60.0), (20.0, 60.0, 120.0), (20.0, 90.0, 130.0)):
        click(axial(viewer), corner)
    yield "polygon"
    viewer.set_tool(Tool.GROW)
    viewer.state.set_threshold(30, 150)
    click(axial(viewer), (20.0, 96.0, 96.0))
    wait()
    yield "grow"
    viewer.actions_of.by_command[Command.ERASE_ALL].trigger()
    for k in (8, 20, 32):
        viewer.go_to_slice(k)
        viewer.set_tool(Tool.INSIDE)
        drag(axial(viewer), [(float(k), 96.0, 86.0), (float(k), 96.0, 106.0)])
        viewer.set_tool(Tool.OUTSIDE)
        drag(axial(viewer), [(float(k), 70.0, 70.0), (float(k), 70.0, 120.0), (float(k), 96.0, 125.0)])
    wait()
    yield "assisted"
    viewer.actions_of.by_command[Command.ACCEPT_PROPOSAL].trigger()
    viewer.set_tool(Tool.DISTANCE)
    drag(axial(viewer), [(32.0, 40.0, 40.0), (32.0, 60.0, 90.0)])
    viewer.set_tool(Tool.ELLIPSE)
    drag(axial(viewer), [(32.0, 90.0, 86.0), (32.0, 104.0, 106.0)])
    yield "measure"
    viewer.set_layout(ViewerLayout.EQUAL)
    viewer.state.set_slab(9.0)
    yield "equal"


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
