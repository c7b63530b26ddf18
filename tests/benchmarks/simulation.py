"""How fast patients are simulated, beside limits: pre-training needs 30 slices a second on one core."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from apnet_desktop.simulation.demo_case import demo_patient
from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.simulation.rendering import Window, measure_patient, render_roi, render_slices, render_volume
from tests.benchmarks.ratio import Ratio

__all__ = ["measure"]

_SEED = 555
_PATIENTS = 4
_SLICES = 12
_FIELD = 180.0  # mm: 224 pixels of 0.8 mm


def measure() -> list[Ratio]:
    """The room's lines of the table."""
    return [
        Ratio(
            "simulated slice of 180 mm with noise, labels and findings, against 1/30 s",
            _processor_seconds(_render_all) / (_PATIENTS * _SLICES),
            1 / 30,
            1.0,
            note=f"anatomy and ROI of each patient included, over his {_SLICES} slices",
        ),
        Ratio("findings of a patient on his label map, against 1 s", _processor_seconds(_findings), 1.0, 1.0),
        Ratio(
            "demo case rendered (80 slices of 512²), against 15 s",
            _processor_seconds(lambda: render_volume(demo_patient())),
            15.0,
            1.0,
        ),
    ]


def _processor_seconds(call: Callable[[], object]) -> float:
    """Least processor time of three runs: a limit for one core, whatever else the machine does."""
    times = []
    for _ in range(3):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def _render_all() -> None:
    for index in range(_PATIENTS):
        _render(index)


def _render(index: int) -> None:
    patient = simulate_patient(_SEED, index)
    roi = render_roi(patient)
    touched = roi.slices()
    slices = [int(k) for k in touched[np.linspace(0, len(touched) - 1, _SLICES).astype(int)]]
    spacing = patient.series.geometry.spacing[0]
    half = int(_FIELD / 2 / spacing) + 2
    rows = np.flatnonzero(roi.mask.any(axis=(0, 2)))
    columns = np.flatnonzero(roi.mask.any(axis=(0, 1)))
    middle, centre = int(rows.mean()), int(columns.mean())
    window = Window((max(middle - half, 0), middle + half), (max(centre - half, 0), centre + half))
    render_slices(patient, slices, window)


def _findings() -> None:
    measure_patient(simulate_patient(_SEED, 2))
