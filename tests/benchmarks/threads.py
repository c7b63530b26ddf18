"""How many threads the network should have while a person scrolls: the rule beside all cores, the window open.

A viewer scrolls through a CT at 60 slices a second in this process while another calculates the features of the demo
bundle's images, as the worker does, turn by turn with the rule's threads and with every core. What is measured is the
time of a calculation and how late the window's next slice comes, at the 95th percentile.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from apnet_desktop.model.compute import default_threads, usable_cores
from tests.benchmarks.ratio import Ratio

__all__ = ["measure"]

_RUNS = 3
_SCROLL = """
import sys, threading, time
import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.volume import CtVolume, SeriesDescription
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.language import Language

application = QApplication([])
viewer = CtViewer(Language.ENGLISH)
values = np.random.default_rng(1).integers(-200, 300, (80, 512, 512), dtype=np.int16)
geometry = Geometry(size=(512, 512, 80), origin=(0.0, 0.0, 0.0), spacing=(0.8, 0.8, 2.5))
viewer.set_volume(CtVolume(values, geometry, PatientIdentity(), SeriesDescription(series_uid="1")))
viewer.resize(1000, 700)
viewer.show()
times, k = [], 0
def turn():
    global k
    k = (k + 1) % 80
    viewer.go_to_slice(k)
    viewer.repaint()
    times.append(time.perf_counter())
timer = QTimer()
timer.setInterval(16)
timer.timeout.connect(turn)
timer.start()
def listen():
    for line in sys.stdin:
        if line == "begin\\n":
            times.clear()
        else:
            steps = sorted(b - a for a, b in zip(list(times), list(times)[1:]))
            print(steps[int(0.95 * len(steps))], flush=True)
threading.Thread(target=listen, daemon=True).start()
print("ready", flush=True)
application.exec()
"""
_CALCULATE = """
import json, sys, time
import numpy as np
from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.locations import models_folder
from apnet_desktop.model.compute import choose_compute
from apnet_desktop.model.predict import Predictor
from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.study.simulated_inputs import simulated_inputs

bundle = open_bundle(models_folder() / "apnet-demo")
compute = choose_compute("cpu", bundle.manifest).model_copy(update={"threads": int(sys.argv[1])})
predictor = Predictor(bundle, compute)
inputs = simulated_inputs(simulate_patient(8703, 0), bundle.manifest.ct)
predictor.extract(inputs)
print("ready", flush=True)
for _ in sys.stdin:
    started = time.perf_counter()
    predictor.extract(inputs)
    print(time.perf_counter() - started, flush=True)
"""


def measure() -> list[Ratio]:
    """The rows of the table; none on a machine with one core."""
    rule, every = default_threads(), usable_cores()
    if rule == every:
        return []
    took: dict[int, list[float]] = {rule: [], every: []}
    late: dict[int, list[float]] = {rule: [], every: []}
    with _process(_SCROLL) as window, _process(_CALCULATE, str(rule)) as one, _process(_CALCULATE, str(every)) as all_:
        for _ in range(_RUNS):
            for threads, worker in ((rule, one), (every, all_)):
                _say(window, "begin")
                took[threads].append(float(_ask(worker, "go")))
                late[threads].append(float(_ask(window, "end")))
    note = f"{rule} thread(s) by the rule, {every} on every core; {json.dumps({'took': took, 'late': late})}"
    return [
        Ratio(
            "next slice while calculating, p95, rule over every core",
            1000 * statistics.median(late[rule]),
            1000 * statistics.median(late[every]),
            None,
            unit="ms",
            note=note,
        ),
        Ratio(
            "calculation while scrolling, rule over every core",
            statistics.median(took[rule]),
            statistics.median(took[every]),
            None,
        ),
    ]


@contextmanager
def _process(code: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(  # noqa: S603 - this interpreter, our own code
        [sys.executable, "-c", code, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("a process of the benchmark did not start")
            yield process
        finally:
            process.kill()


def _say(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def _ask(process: subprocess.Popen[str], word: str) -> str:
    _say(process, word)
    assert process.stdout is not None
    return process.stdout.readline()
