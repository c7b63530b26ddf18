"""A viewer that is used all day: opening, drawing and closing leave nothing behind (C-65)."""

from __future__ import annotations

import gc
import resource
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.gui.viewer.tools.kinds import Tool
from apnet_desktop.language import Language
from tests.gui.viewer.hand import axial, drag, soft_volume
from tests.gui.viewer.phantoms import simple_volume


def _resident() -> float:
    """Resident memory in MiB."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _cycle(viewer: CtViewer) -> None:
    hounsfield = np.concatenate([soft_volume((24, 128, 128))] * 6)
    viewer.set_volume(simple_volume(hounsfield, (1.0, 1.0, 3.0)))
    QApplication.processEvents()
    viewer.set_tool(Tool.BRUSH)
    drag(axial(viewer), [(72.0, 60.0, 60.0), (72.0, 66.0, 80.0)])
    for k in (70, 71, 73):
        viewer.go_to_slice(k)
        QApplication.processEvents()
    viewer.set_volume(None)
    QApplication.processEvents()


def _slope(viewer: CtViewer, cycles: int) -> float:
    """Growth in MiB for each opening, after the first ones have filled the caches."""
    for _ in range(10):
        _cycle(viewer)
    gc.collect()
    before = _resident()
    for _ in range(cycles):
        _cycle(viewer)
    gc.collect()
    return (_resident() - before) / cycles


def _viewer(qtbot: QtBot) -> CtViewer:
    viewer = CtViewer(Language.ENGLISH)
    qtbot.addWidget(viewer)
    viewer.resize(700, 500)
    viewer.show()
    return viewer


def test_opening_and_closing_does_not_grow(qtbot: QtBot) -> None:
    # One opening holds 7 MiB of voxels and mask: a leak of one part of it would show many times over.
    assert _slope(_viewer(qtbot), 20) < 0.5


@pytest.mark.soak
def test_five_hundred_openings(qtbot: QtBot) -> None:
    slope = _slope(_viewer(qtbot), 500)
    print(f"500 openings: {1024 * slope:.1f} KiB an opening")  # noqa: T201
    assert slope < 0.02
