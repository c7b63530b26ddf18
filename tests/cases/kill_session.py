"""A scripted session of edits, predictions, reports and exports that is killed at random moments, again and again.

Run as a process of its own (`python -m tests.cases.kill_session FOLDER FIRST LAST SEED`), because it forks: one line of
JSON for each kill, with what was safe before it, what was under way, and what the store holds afterwards.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import zipfile
from pathlib import Path

import numpy as np

from apnet_desktop.cases.archive import export_case
from apnet_desktop.cases.assessment import Assessment
from apnet_desktop.cases.deidentify import DeidentifiedSeries
from apnet_desktop.cases.open_case import OpenCase, PredictionContext
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.ct.roi import Roi, RoiOrigin
from apnet_desktop.language import Language
from tests.cases.samples import GEOMETRY, SCHEMA, prediction, series

CONTEXT = PredictionContext(schema=SCHEMA, bundle="b" * 64, compute="c", base_rate="r")


def fingerprint(assessment: Assessment) -> str:
    """Everything of a case that a person would miss."""
    made = assessment.prediction
    confirmation = assessment.roi.confirmation if assessment.roi else None
    parts = (
        assessment.series.volume_digest if assessment.series else "",
        assessment.roi.digest() if assessment.roi else "",
        confirmation.time.isoformat() if confirmation else "",
        assessment.record.model_dump_json(),
        made.provenance.prediction_id if made else "",
        ",".join(report.sha256 for report in assessment.reports),
        ",".join(override.reason for override in assessment.overrides),
    )
    return "|".join(parts)


def _no_pixels(_uid: str, _source: Path, folder: Path, _secret: str, _name: str) -> DeidentifiedSeries:
    """A CT without identity and without the time that taking it out costs."""
    folder.mkdir()
    (folder / "00001.dcm").write_bytes(b"\0" * 4096)
    return DeidentifiedSeries(files=1, warnings=())


_STEPS = ("stroke", "stroke", "stroke", "value", "value", "whole", "confirm", "predict", "report", "export")


def _step(store: CaseStore, case: OpenCase, number: int, generator: random.Random) -> None:
    """One edit, prediction, report or export."""
    what = generator.choice(_STEPS)
    roi = case.assessment.roi
    if what == "stroke" or roi is None:
        mask = np.zeros(GEOMETRY.shape, dtype=np.bool_) if roi is None else roi.mask.copy()
        k = generator.randrange(GEOMETRY.size[2])
        mask[k, generator.randrange(30) :, generator.randrange(30) :] ^= True
        before = roi or Roi(np.zeros(GEOMETRY.shape, dtype=np.bool_), GEOMETRY)
        case.set_roi(before.edited(mask, RoiOrigin.PAINTED, "Reader"))
    elif what == "value":
        case.set_value("age", float(number))
    elif what == "whole":
        case.set_roi(roi.edited(~roi.mask, RoiOrigin.IMPORTED, "Reader"))
    elif what == "confirm":
        case.confirm_roi("Dr Reader")
    elif what == "predict":
        inputs = case.current_inputs()
        assert inputs is not None
        case.set_prediction(prediction(inputs, id=f"prediction-{number}"))
    elif what == "export":
        export_case(store, case.case_id, store.folder.parent / f"export-{number % 5}.zip", _no_pixels)
    elif case.assessment.prediction is not None and not case.assessment.is_stale(case.current_inputs()):  # type: ignore[arg-type]
        case.add_report(f"%PDF {number}".encode() * 2000, person="Dr Reader", language=Language.ENGLISH)


def _session(folder: Path, seed: int, pipe: int) -> None:
    """Edits without end; before and after each edit it says what must be safe."""
    generator = random.Random(seed)
    store = CaseStore(folder)
    case_id = store.list_cases()[0].case_id
    case = OpenCase(store, case_id, CONTEXT)
    number = seed * 100_000
    while True:
        number += 1
        os.write(pipe, f"safe {fingerprint(case.assessment)}\n".encode())
        _step(store, case, number, generator)


def _kill_once(folder: Path, seed: int, delay: float) -> dict[str, object]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _session(folder, seed, writing)
        finally:
            os._exit(1)
    os.close(writing)
    # The clock of the kill starts when the first edit does.
    lines = os.read(reading, 1 << 16)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while chunk := os.read(reading, 1 << 16):
        lines += chunk
    os.close(reading)
    # What was safe before the edit that the kill interrupted; that edit may be there or not, but nothing less.
    safe = [line.removeprefix("safe ") for line in lines.decode().split("\n")[:-1]]
    with CaseStore(folder) as store:
        case_id = store.interruption.case()
        assessment = store.load(store.list_cases()[0].case_id)
        found = fingerprint(assessment)
        reports_ok = all(store.reports.read(assessment.case_id, report) for report in assessment.reports)
        return {
            "seed": seed,
            "killed": os.WIFSIGNALED(status),
            "edits": len(safe),
            "kept": found == safe[-1],
            "ahead": _ahead(safe[-1], found),
            "safe": safe[-1],
            "found": found,
            "verified": store.audit.verify().passed,
            "healthy": not store.health(),
            "offered": case_id == assessment.case_id,
            "reports": reports_ok,
            "partial": len(list((folder / "partial").iterdir())),
            "exports": _exports(folder.parent),
        }


def _exports(folder: Path) -> int:
    """How many exports there are; each is whole, whatever moment the kill came at."""
    found = list(folder.glob("export-*.zip"))
    for path in found:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None, path
            assert "manifest.json" in archive.namelist(), path
    return len(found)


def _ahead(safe: str, found: str) -> bool:
    """True if exactly one part moved on: the interrupted edit reached the disk."""
    pairs = list(zip(safe.split("|"), found.split("|"), strict=True))
    moved = [number for number, (one, other) in enumerate(pairs) if one != other]
    # A new mask drops the confirmation of the old one.
    return moved in ([0], [1], [2], [3], [4], [5], [6], [1, 2])


def main() -> None:
    """Kills a session again and again and prints what it cost; goes on where an earlier run ended."""
    folder, first, last, seed = Path(sys.argv[1]), *(int(word) for word in sys.argv[2:5])
    with CaseStore(folder) as store:
        if not store.count_cases():
            OpenCase.new(store, CONTEXT).set_series(series())
    for number in range(first, last):
        delay = random.Random(seed + number).uniform(0.0, 0.12)
        result = _kill_once(folder, seed + number, delay)
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
