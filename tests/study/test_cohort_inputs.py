"""A simulated cohort as DICOM and as bare inputs: the same patients, the same numbers, as the commands read them."""

from pathlib import Path

import numpy as np
import pytest

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.locations import models_folder
from apnet_desktop.simulation.cohort import simulate_cohort
from apnet_desktop.study.cohort import CohortRefusedError, read_cohort
from apnet_desktop.study.cohort_inputs import PatientInputs, cohort_inputs
from apnet_desktop.study.evaluating import EvaluationSettings, evaluate


def _read(folder: Path, kept: Path) -> list[PatientInputs]:
    manifest = open_bundle(models_folder() / "apnet-demo").manifest
    cohort = read_cohort(folder, default_schema())
    return cohort_inputs(cohort, manifest.ct, manifest.eligibility, kept, lambda _done: None)


def test_a_cohort_without_pictures_is_read_as_it_was_written(tmp_path: Path) -> None:
    simulate_cohort(2, tmp_path / "inputs", 9701, inputs_only=True, processes=1)
    (one, other) = _read(tmp_path / "inputs", tmp_path / "kept")
    assert one.inputs is not None
    assert other.inputs is not None
    # Another cohort's table says nothing of pictures either, but has no seeds to make them from.
    (tmp_path / "inputs" / "cohort.json").unlink()
    with pytest.raises(CohortRefusedError, match="row 2, column ct"):
        read_cohort(tmp_path / "inputs", default_schema())


@pytest.mark.soak
def test_dicom_and_bare_inputs_give_the_network_the_same_numbers(tmp_path: Path) -> None:
    simulate_cohort(4, tmp_path / "dicom", 9701, processes=1)
    simulate_cohort(4, tmp_path / "inputs", 9701, inputs_only=True, processes=1)
    slow = _read(tmp_path / "dicom", tmp_path / "kept-dicom")
    fast = _read(tmp_path / "inputs", tmp_path / "kept-inputs")
    for one, other in zip(slow, fast, strict=True):
        assert one.inputs is not None, one.refusal
        assert other.inputs is not None
        assert one.inputs.digest() == other.inputs.digest()
        assert one.patient.record == other.patient.record
        assert one.facts is not None
        assert one.facts.simulated
    again = _read(tmp_path / "dicom", tmp_path / "kept-dicom")
    assert [one.inputs.digest() for one in again if one.inputs] == [one.inputs.digest() for one in slow if one.inputs]


@pytest.mark.soak
def test_the_bundle_that_ships_is_evaluated_on_a_cohort_of_seeds(tmp_path: Path) -> None:
    simulate_cohort(24, tmp_path / "cohort", 9702, inputs_only=True, processes=1)
    settings = EvaluationSettings(device="cpu", replicates=100)
    found = evaluate(models_folder() / "apnet-demo", tmp_path / "cohort", tmp_path / "out", lambda *_: None, settings)
    assert found.simulated
    assert found.flow.evaluated == 24
    assert set(found.reading) == {
        "necrosis_share",
        "collection_diameter",
        "duct_ratio",
        "stranding_share",
        "gland_volume",
    }
    assert all(np.isfinite(value) for value in found.reading.values())
    assert found.optimum
    assert (tmp_path / "out" / "report.pdf").stat().st_size > 50_000
