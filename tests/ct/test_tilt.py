"""A tilted gantry is resampled to upright slices: places and values against the known phantom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from scipy import ndimage

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from tests.ct.dicom_series import SeriesRecipe, new_array


def _smooth(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """A field that linear interpolation reproduces: linear in every coordinate."""
    return np.asarray(places @ np.array([3.0, -2.0, 1.5]) + 40.0)


@pytest.mark.parametrize("degrees", [-18.5, 5.0, 20.0])
def test_tilted_slices_are_brought_upright(tmp_path: Path, degrees: float) -> None:
    angle = np.deg2rad(degrees)
    column = (0.0, float(np.cos(angle)), -float(np.sin(angle)))
    recipe = SeriesRecipe(
        columns=24, rows=40, slices=14, column=column, step=(0.0, 0.0, 3.0), spacing=(0.8, 0.8, 3.0), signed=True
    )

    def smooth(dataset: Dataset, index: int) -> None:
        values = np.rint(_smooth(recipe.places(recipe.positions()[index])) + 1024)
        dataset.PixelData = values.astype("<i2").tobytes()

    recipe.write(tmp_path, smooth)
    summary = scan(tmp_path).series[0]
    check = next(check for check in summary.checks if check.id == "ct.tilt")
    assert check.state is CheckState.WARNED
    assert check.message.values["degrees"] == pytest.approx(abs(degrees), abs=0.06)
    volume = read_series(summary, new_array)
    assert volume.source_uids == (), "no slice is one of the files any more"
    directions = np.array(volume.geometry.direction)
    np.testing.assert_allclose(directions @ directions.T, np.eye(3), atol=1e-9)
    k, j, i = np.indices(volume.hounsfield.shape)
    places = volume.geometry.to_patient(np.stack([i, j, k], axis=-1).astype(np.float64))
    expected = _smooth(places)
    seen = volume.hounsfield != -1024
    assert seen.mean() > 0.5
    # Half a unit each from rounding in the files and in the volume; the rim mixes with air.
    inner = ndimage.binary_erosion(seen, np.ones((1, 3, 3)), border_value=0)
    assert inner.sum() > 0.7 * seen.sum()
    assert np.abs(volume.hounsfield - expected)[inner].max() <= 1.01


def test_unequal_spacing_is_refused_but_keeps_its_places(tmp_path: Path) -> None:
    recipe = SeriesRecipe(slices=12, signed=True)
    shifts = [0.0] * 6 + [1.0] * 6

    def uneven(dataset: Dataset, index: int) -> None:
        position = recipe.positions()[index] + np.array([0.0, 0.0, shifts[index]])
        dataset.ImagePositionPatient = [float(value) for value in position]
        dataset.PixelData = np.rint(_smooth(recipe.places(position)) + 1024).astype("<i2").tobytes()

    recipe.write(tmp_path, uneven)
    summary = scan(tmp_path).series[0]
    assert {check.id for check in summary.checks if check.state is CheckState.REFUSED} == {"ct.spacing"}
    volume = read_series(summary, new_array)
    k, j, i = np.indices(volume.hounsfield.shape)
    places = volume.geometry.to_patient(np.stack([i, j, k], axis=-1).astype(np.float64))
    assert np.abs(volume.hounsfield - _smooth(places)).max() <= 1.01
