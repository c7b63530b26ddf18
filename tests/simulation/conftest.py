"""One rendered patient and one written patient for all tests of the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnet_desktop.simulation.dicom_writer import WrittenPatient, write_patient
from apnet_desktop.simulation.patient import SimulatedPatient, simulate_patient
from apnet_desktop.simulation.rendering import RenderedCt, render_volume

SEED = 1905


def _fitting(thickness: float, complication: int) -> SimulatedPatient:
    for index in range(500):
        patient = simulate_patient(SEED, index)
        if patient.series.thickness == thickness and int(patient.drawn.complication[0]) == complication:
            return patient
    raise AssertionError("no such patient")


@pytest.fixture(scope="session")
def patient() -> SimulatedPatient:
    """A patient with necrosis on thick slices: quick to render."""
    return _fitting(5.0, 2)


@pytest.fixture(scope="session")
def rendered(patient: SimulatedPatient) -> RenderedCt:
    """His whole series."""
    return render_volume(patient)


@pytest.fixture(scope="session")
def written(patient: SimulatedPatient, tmp_path_factory: pytest.TempPathFactory) -> WrittenPatient:
    """His files."""
    folder: Path = tmp_path_factory.mktemp("written")
    return write_patient(patient, folder)
