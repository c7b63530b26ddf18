"""Stop, and the next risk after it: the real worker with the shipped bundle and the demo case, beside their limits."""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.clinical.record_files import read_record
from apnet_desktop.commands.headless import Headless
from apnet_desktop.errors import Stopped
from apnet_desktop.locations import models_folder
from apnet_desktop.simulation.demo_case import make_demo_case
from apnet_desktop.worker.job import Job
from tests.benchmarks.ratio import Ratio

__all__ = ["measure"]

_RUNS = 3
_LONGEST_STOP = 0.3
_LONGEST_NEXT = 5.0


def measure() -> list[Ratio]:
    """The room's lines of the table."""
    folder = models_folder() / "apnet-demo"
    bundle = open_bundle(folder)
    stops, nexts, waited = [], [], []
    with tempfile.TemporaryDirectory() as place, Headless() as headless:
        case = make_demo_case(Path(place) / "demo")
        record = read_record(case.clinical_file, bundle.manifest.factors)
        ct = headless.open_ct(case.ct_folder, None, bundle.manifest)
        roi = headless.share_roi(headless.import_roi(case.roi_file, ct, "benchmark"))
        inference = headless.inference

        def risk() -> None:
            request = PredictionRequest(prediction_id=uuid.uuid4().hex, time=datetime.now(UTC))
            inference.predict(folder, "cpu", ct.shared, roi, record, request).run()

        risk()
        for _ in range(_RUNS):
            request = PredictionRequest(prediction_id="stopped", time=datetime.now(UTC))
            task = inference.predict(folder, "cpu", ct.shared, roi, record, request)
            job = inference.client.submit(Job(name=task.name, body=task.parameters.model_dump(mode="json")))
            time.sleep(0.5)
            start = time.perf_counter()
            inference.client.stop()
            with contextlib.suppress(Stopped):
                job.wait()
            stops.append(time.perf_counter() - start)
            risk()
            waited.append(time.perf_counter() - start)
            nexts.append(_processor_time(inference.client.process_id) or waited[-1])
    note = "shipped bundle, demo case of 80 slices"
    waits = f"processor time of the new worker; this machine made one wait {statistics.median(waited):.1f} s"
    return [
        Ratio("Stop of a running prediction, over its limit", statistics.median(stops), _LONGEST_STOP, 1.0, note=note),
        Ratio("from Stop to the next risk, over its limit", statistics.median(nexts), _LONGEST_NEXT, 1.0, note=waits),
    ]


def _processor_time(process_id: int | None) -> float:
    """What a process has taken of the processor since it started, as Linux counts it, whatever the machine does."""
    stat = Path(f"/proc/{process_id}/stat")
    if process_id is None or not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
