"""How long the window's thread works without a look at its events, and how soon a slice is seen, in the real window.

Each figure is the median of several openings: a folder of many series is looked through, and its best one is read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.ct import make_series
from tests.benchmarks.ratio import Ratio

__all__ = ["measure"]

_RUNS = 3
_OPEN = """
import json, statistics, sys, time
from pathlib import Path
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from apnet_desktop.cases.settings import Settings, SettingsFile
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.gui.main_window import MainWindow
from apnet_desktop.gui.services import Services
from apnet_desktop.locations import models_folder
from tests.gui.conftest import EventLoopProbe

def wait(condition):
    while not condition():
        QTest.qWait(5)

def main():
    folder, store, runs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    application = QApplication([])
    settings = Settings.model_validate({"bundle": str(models_folder() / "apnet-demo"), "device": "cpu"})
    services = Services.start(CaseStore(store, person="Test"), SettingsFile(store / "settings.json"), settings, None)
    window = MainWindow(services)
    window.show()
    window.start()
    wait(lambda: window.keeper.bundle is not None)
    QTest.qWait(3000)
    found = []
    for _ in range(runs + 1):
        probe = EventLoopProbe()
        started, times = time.perf_counter(), {}
        def seen(*_):
            times.setdefault("slice", time.perf_counter() - started)
        def listed(*_):
            times.setdefault("list", time.perf_counter() - started)
        window.ct_flow.series_seen.connect(listed)
        window.ct_flow.volume_filling.connect(seen)
        probe.start()
        window.open_path(folder)
        QTest.qWait(50)
        wait(lambda: window.ct_flow.open.shared is not None and not window.runner.busy)
        probe.stop()
        window.ct_flow.series_seen.disconnect(listed)
        window.ct_flow.volume_filling.disconnect(seen)
        found.append((probe.longest_work, probe.longest_gap, times["list"], times["slice"]))
        window.ct_flow.leave()
    window.close()
    print(json.dumps([statistics.median(column) for column in zip(*found[1:])]))

if __name__ == "__main__":
    main()
"""


def _opened(folder: Path, store: Path) -> tuple[float, float, float, float]:
    """Seconds: longest work, longest gap, first series in the list, first slice of the volume."""
    script = store.with_suffix(".py")
    script.write_text(_OPEN)
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(root)}
    child = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, str(script), str(folder), str(store), str(_RUNS)],
        cwd=root,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    work, gap, listed, seen = json.loads(child.stdout.splitlines()[-1])
    return work, gap, listed, seen


def measure() -> list[Ratio]:
    """The window's ratios while CTs are opened."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        make_series(root / "one" / "ct", 400)
        for number in range(20):
            make_series(root / "many" / f"{number:02d}", 250, size=64)
        for folder, what in (("one", "400 slices of 512²"), ("many", "5,000 files in 20 series")):
            work, gap, listed, seen = _opened(root / folder, root / f"store-{folder}")
            note = (
                f"longest gap for any reason {gap * 1000:.0f} ms; first series in the list after {listed:.2f} s, "
                f"first slice of the chosen one after {seen:.2f} s"
            )
            rows.append(Ratio(f"{what}, window's longest work / limit", work * 1000, 50.0, 1.0, "ms", note))
    return rows
