"""The case store at 10,000 cases: worklist, search, a stroke and a value, each against its limit, and how it grows."""

from __future__ import annotations

import os
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import numpy as np

from apnet_desktop.cases.listing import CaseQuery
from apnet_desktop.cases.open_case import OpenCase, PredictionContext
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.roi import Roi
from apnet_desktop.language import Language
from tests.benchmarks.ratio import Ratio, median_seconds
from tests.cases.samples import SCHEMA, prediction, series

_SIZES = (1_000, 10_000)
_WORKLIST_LIMIT = 0.3
_SEARCH_LIMIT = 0.1
# A person notices a stroke that is not there after a tenth of a second.
_STROKE_LIMIT = 0.1
_SLICES = 400


def measure() -> list[Ratio]:
    """Worklist and search at 10,000 cases against their limits, the growth since 1,000, and the cost of an edit."""
    rows: list[Ratio] = []
    found: dict[int, tuple[float, float, float]] = {}
    for size in _SIZES:
        with tempfile.TemporaryDirectory() as folder, CaseStore(Path(folder) / "store") as store:
            _fill(store, size)
            found[size] = (_opening(store), _search(store), _starting(store))
            if size == _SIZES[-1]:
                rows += _edits(store)
    small, large = (found[size] for size in _SIZES)
    note = "at {:,} cases {:.0f} ms, at {:,} cases {:.0f} ms"
    for what, limit, place in (
        ("worklist of 10,000 cases opens", _WORKLIST_LIMIT, 0),
        ("search among 10,000 cases", _SEARCH_LIMIT, 1),
        ("case store of 10,000 cases opens", _WORKLIST_LIMIT, 2),
    ):
        told = note.format(_SIZES[0], small[place] * 1000, _SIZES[1], large[place] * 1000)
        rows.append(Ratio(what, large[place], limit, 1.0, note=f"peer: the limit; {told}"))
    return rows


def _fill(store: CaseStore, size: int) -> None:
    generator = np.random.default_rng(1)
    names = [f"{family}, {given}" for family in ("Müller", "Wang", "Smith", "张", "Ōno") for given in ("A", "B", "C")]
    with store.transaction():
        for number in range(size):
            identity = PatientIdentity(
                name=f"{names[generator.integers(len(names))]} {number}",
                patient_id=f"P-{number // 2:06d}",
                birth_date=date(1940, 1, 1) + timedelta(days=int(generator.integers(20_000))),
                sex="MF"[number % 2],
            )
            case = store.create()
            store.save_series(case, series(identity, date(2020, 1, 1) + timedelta(days=number % 2000), f"1.2.{number}"))


def _opening(store: CaseStore) -> float:
    """From nothing to a worklist that is painted."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from apnet_desktop.gui.worklist import WorklistView

    application = QApplication.instance() or QApplication([])

    def opened() -> None:
        view = WorklistView(store, Language.ENGLISH)
        view.resize(1280, 800)
        view.show()
        application.processEvents()
        view.grab()
        view.close()
        view.deleteLater()
        application.processEvents()

    return median_seconds(opened)


def _search(store: CaseStore) -> float:
    """The slowest of four searches, first page and count."""

    def search(words: str) -> None:
        query = CaseQuery(text=words)
        store.count_cases(query)
        store.list_cases(query, 200)

    return max(median_seconds(lambda words=words: search(words)) for words in ("müller", "p-0049", "张 2024", "zzz"))  # type: ignore[misc]


def _starting(store: CaseStore) -> float:
    """The store opened by another connection, as at the start of the program."""

    def start() -> None:
        with CaseStore(store.folder, read_only=True) as again:
            again.list_cases(limit=200)

    return median_seconds(start)


def _edits(store: CaseStore) -> list[Ratio]:
    """A stroke and a value in a case of 400 slices that has a prediction already: disk, audit and rail included."""
    geometry = Geometry(size=(512, 512, _SLICES), origin=(0.0, 0.0, 0.0), spacing=(0.8, 0.8, 1.0))
    context = PredictionContext(schema=SCHEMA, bundle="b", compute="c", base_rate="r")
    case = OpenCase.new(store, context)
    case.set_series(series().model_copy(update={"geometry": geometry}))
    mask = np.zeros(geometry.shape, dtype=np.bool_)
    mask[100:200, 200:300, 150:350] = True
    case.set_roi(Roi(mask, geometry))
    inputs = case.current_inputs()
    assert inputs is not None
    case.set_prediction(prediction(inputs))
    strokes: list[float] = []
    values: list[float] = []
    for number in range(15):
        edited = mask.copy()
        edited[150, 100 + number, 100:200] = True
        start = time.perf_counter()
        case.set_roi(Roi(edited, geometry))
        strokes.append(time.perf_counter() - start)
        start = time.perf_counter()
        case.set_value("age", 40.0 + number)
        values.append(time.perf_counter() - start)
    stroke, value = median(strokes), median(values)
    return [
        Ratio("a stroke on 400 slices is safe on the disk", stroke, _STROKE_LIMIT, 1.0, note="peer: the limit"),
        Ratio("a value of the form is safe on the disk", value, _STROKE_LIMIT, 1.0, note="peer: the limit"),
    ]
