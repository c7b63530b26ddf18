"""Left is left: every axis order and flip is read to the same places as by SimpleITK, with the same HU."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.patient_frame import reorient
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.volume import CtVolume
from tests.ct.dicom_series import SeriesRecipe, new_array, phantom

ORDERS = [(order, signs) for order in permutations(range(3)) for signs in product((1.0, -1.0), repeat=3)]


def _axis(index: int, sign: float) -> tuple[float, float, float]:
    vector = [0.0, 0.0, 0.0]
    vector[index] = sign
    return (vector[0], vector[1], vector[2])


def _index_places(volume: CtVolume) -> np.ndarray:
    k, j, i = np.indices(volume.hounsfield.shape)
    return volume.geometry.to_patient(np.stack([i, j, k], axis=-1).astype(np.float64))


@pytest.mark.parametrize(("order", "signs"), ORDERS)
def test_every_axis_order_and_flip_is_brought_to_one_frame(
    tmp_path: Path, order: tuple[int, int, int], signs: tuple[float, float, float]
) -> None:
    row, column = _axis(order[0], signs[0]), _axis(order[1], signs[1])
    # The third sign is the order of the files: along the normal or against it.
    step = np.cross(row, column) * 2.5 * signs[2]
    recipe = SeriesRecipe(row=row, column=column, step=(step[0], step[1], step[2]))
    recipe.write(tmp_path)
    result = scan(tmp_path)
    volume = read_series(result.series[0], new_array)

    for axis, direction in enumerate(volume.geometry.direction):
        assert direction[axis] == pytest.approx(1.0), "axes grow to the left, the back and the head"
    np.testing.assert_array_equal(volume.hounsfield, phantom(_index_places(volume)))

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    image = reader.Execute()
    theirs = SimpleITK.GetArrayFromImage(image)
    for index in product(*((0, size - 1) for size in image.GetSize())):
        place = np.array(image.TransformIndexToPhysicalPoint(index))
        ours = volume.geometry.to_index(place)
        whole = np.rint(ours).astype(int)
        assert np.abs(volume.geometry.to_patient(whole.astype(float)) - place).max() < 1e-3
        assert volume.hounsfield[whole[2], whole[1], whole[0]] == theirs[index[2], index[1], index[0]]


def test_an_oblique_stack_keeps_its_angles(tmp_path: Path) -> None:
    angle = np.deg2rad(12.0)
    row = (float(np.cos(angle)), float(np.sin(angle)), 0.0)
    column = (-float(np.sin(angle)), float(np.cos(angle)), 0.0)
    recipe = SeriesRecipe(row=row, column=column)
    recipe.write(tmp_path)
    volume = read_series(scan(tmp_path).series[0], new_array)
    np.testing.assert_allclose(volume.geometry.direction[0], row, atol=1e-6)
    np.testing.assert_allclose(volume.geometry.origin, recipe.origin, atol=1e-6)
    np.testing.assert_allclose(volume.geometry.spacing, recipe.spacing, atol=1e-6)


def test_reorienting_a_grid_keeps_every_voxel_at_its_place() -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        axes = np.linalg.qr(rng.normal(size=(3, 3)))[0].T
        vectors = [(float(v[0]), float(v[1]), float(v[2])) for v in axes]
        size = (5, 4, 3)
        grid = Geometry(
            size=size, origin=(3.0, -7.0, 11.0), spacing=(0.7, 0.9, 2.0), direction=(vectors[0], vectors[1], vectors[2])
        )
        turn, placed = reorient(grid)
        values = rng.integers(0, 1000, grid.shape)
        turned = turn.output_view(values)
        assert turned.shape == placed.shape
        for k, j, i in np.ndindex(grid.shape):
            there = np.rint(placed.to_index(grid.to_patient((float(i), float(j), float(k))))).astype(int)
            assert turned[there[2], there[1], there[0]] == values[k, j, i]
        back = np.zeros(placed.shape, values.dtype)
        turn.input_view(back)[...] = values
        np.testing.assert_array_equal(back, turned)
