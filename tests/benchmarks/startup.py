"""Time from the start of the process to a shown window, beside a bare PySide6 and pyqtgraph window."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

from tests.benchmarks.ratio import Ratio

__all__ = ["measure"]

_RUNS = 7

_BARE = """
import numpy, pyqtgraph
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
application = QApplication([])
window = QMainWindow()
view = pyqtgraph.GraphicsLayoutWidget()
view.addViewBox().addItem(pyqtgraph.ImageItem(numpy.zeros((512, 512), numpy.int16)))
window.setCentralWidget(view)
window.resize(1360, 860)
window.show()
QTimer.singleShot(0, lambda: (print("shown", flush=True), application.quit()))
application.exec()
"""

_OURS = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from apnet_desktop.gui.start import open_window
application = QApplication([])
QTimer.singleShot(0, lambda: (print("shown", flush=True), [w.close() for w in application.topLevelWidgets()]))
open_window(store_folder=Path(sys.argv[1]))
"""


def _seconds_to_shown(code: str, *arguments: str) -> float:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    start = time.perf_counter()
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        shown = time.perf_counter() - start
        process.wait(timeout=30)
    if line.strip() != "shown":
        raise RuntimeError("the window was not shown")
    return shown


def measure() -> list[Ratio]:
    """The ratio of the medians; runs alternate, so that a change of load meets both."""
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        _seconds_to_shown(_OURS, folder)
        _seconds_to_shown(_BARE)
        for _ in range(_RUNS):
            bare.append(_seconds_to_shown(_BARE))
            ours.append(_seconds_to_shown(_OURS, folder))
    note = f"median of {_RUNS}; peer: PySide6 and pyqtgraph with one image"
    return [Ratio("window shown", statistics.median(ours), statistics.median(bare), goal=1.6, note=note)]
