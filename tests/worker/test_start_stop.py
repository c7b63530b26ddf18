"""The real worker, started and stopped many times: it leaks nothing, and Stop is quick (C-35)."""

from __future__ import annotations

import gc
import json
import os
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from apnet_desktop.errors import Stopped
from apnet_desktop.worker.inference import Inference
from apnet_desktop.worker.job import Job
from apnet_desktop.worker.shared_memory import SharedBlocks
from tests.gui.window_driver import children, shared_blocks
from tests.model import factory

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts what Linux shows of a process")

_STATE = Path(tempfile.gettempdir()) / "apnet-start-stop.json"
_LONGEST_STOP = 0.3
_LONGEST_NEXT = 5.0
_GROWTH = 1.05


@dataclass
class _Figures:
    """What many starts and stops took and left."""

    stops: list[float] = field(default_factory=list)
    nexts: list[float] = field(default_factory=list)

    def as_text(self) -> str:
        """For the table."""
        stops = sorted(self.stops)
        after = f", next risk after {statistics.median(self.nexts):.1f} s (median)" if self.nexts else ""
        return (
            f"{len(stops)} stops: median {1000 * statistics.median(stops):.0f} ms, "
            f"99 % within {1000 * stops[int(0.99 * (len(stops) - 1))]:.0f} ms{after}"
        )


def _held() -> dict[str, int]:
    """What this process holds: open files, children, shared blocks, and its resident memory in KiB."""
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    return {
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "children": len(children()),
        "blocks": len(shared_blocks()),
        "resident": resident,
    }


def _start_and_stop(bundle: Path, times: int, seed: int, figures: _Figures, next_risk_each: int = 0) -> None:
    """Begins a prediction's warm-up and stops it at random moments; now and then a whole prediction follows."""
    moments = random.Random(seed)
    blocks = SharedBlocks()
    inference = Inference(blocks)
    volume, roi = factory.body()
    try:
        for cycle in range(times):
            shared = inference.share_roi(roi)
            job = inference.client.submit(Job(name="warm", body={"bundle": str(bundle), "device": "cpu"}))
            time.sleep(moments.uniform(0, 1.0))
            start = time.monotonic()
            inference.client.stop()
            with pytest.raises(Stopped):
                job.wait()
            figures.stops.append(time.monotonic() - start)
            blocks.release(shared.array.name)
            if next_risk_each and cycle % next_risk_each == next_risk_each - 1:
                start = time.monotonic()
                inference.warm(bundle, "cpu").run()
                figures.nexts.append(time.monotonic() - start)
    finally:
        inference.close()
        blocks.release_all()
    del volume


def test_a_few_stops_leave_nothing_and_are_quick(shipped_bundle: Path) -> None:
    figures = _Figures()
    _start_and_stop(shipped_bundle, 2, seed=1, figures=figures)
    before = _held()
    _start_and_stop(shipped_bundle, 4, seed=2, figures=figures)
    after = _held()
    assert statistics.median(figures.stops) < _LONGEST_STOP
    assert after["files"] <= before["files"]
    assert after["children"] <= before["children"]
    assert after["blocks"] == 0


@pytest.mark.soak
def test_a_thousand_stops_leak_nothing(shipped_bundle: Path) -> None:
    """Resumable: what an interrupted run did is counted; each run looks for leaks of its own."""
    done = _Figures(**json.loads(_STATE.read_text())) if _STATE.is_file() else _Figures()
    _start_and_stop(shipped_bundle, 20, seed=0, figures=_Figures())  # what is loaded once is loaded now
    before = _held()
    while len(done.stops) < 1000:
        _start_and_stop(shipped_bundle, 50, seed=len(done.stops), figures=done, next_risk_each=50)
        _STATE.write_text(json.dumps({"stops": done.stops, "nexts": done.nexts}))
        print(done.as_text(), _held(), flush=True)  # noqa: T201 - the soak's figures
    after = _held()
    print(before, "->", after)  # noqa: T201
    _STATE.unlink()
    assert statistics.median(done.stops) < _LONGEST_STOP
    assert after["files"] <= before["files"]
    assert after["children"] <= before["children"]
    assert after["blocks"] == 0
    assert after["resident"] <= _GROWTH * before["resident"]
