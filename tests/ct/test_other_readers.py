"""Independent readers see the same HU at the same places: SimpleITK, and dcm2niix where it is installed.

dcm2niix is a program of its own that the tests call; nothing of it is part of the application.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.ct.volume import CtVolume
from tests.ct.dicom_series import SeriesRecipe, new_array
from tests.ct.test_patient_frame import ORDERS, _axis
from tests.shared_data import shared_data

_SAMPLES = 2000
_FOLDERS = (
    "abdomen-portal-venous",
    "abdomen-j2k-with-mask",
    "abdomen-no-pancreas",
    "ct-rtstruct",
    "ct-with-seg",
    "ct-transfer-syntaxes",
    "gantry-tilt-ge",
    "rtstruct-bad-references",
    "series-that-fail",
    "dicom-odd",
)


def _assert_same(volume: CtVolume, values: NDArray[np.generic], to_place: NDArray[np.float64]) -> None:
    """Voxels (i, j, k) of another reader, with its affine to LPS, are ours to 1e-3 mm and to the very HU."""
    assert sorted(values.shape) == sorted(volume.geometry.size)
    rng = np.random.default_rng(1)
    corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * (np.array(values.shape) - 1)
    index = np.concatenate([corners, rng.integers(0, values.shape, (_SAMPLES, 3))])
    places = index @ to_place[:3, :3].T + to_place[:3, 3]
    ours = np.rint(volume.geometry.to_index(places)).astype(int)
    assert np.abs(volume.geometry.to_patient(ours.astype(np.float64)) - places).max() < 1e-3
    np.testing.assert_array_equal(volume.hounsfield[tuple(ours[:, ::-1].T)], values[tuple(index.T)])


def _by_simpleitk(paths: list[str]) -> tuple[NDArray[np.generic], NDArray[np.float64]]:
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(paths)
    image = reader.Execute()
    direction = tuple(tuple(row) for row in np.array(image.GetDirection()).reshape(3, 3).T)
    grid = Geometry(
        size=image.GetSize(),
        origin=image.GetOrigin(),
        spacing=image.GetSpacing(),
        direction=direction,
    )
    return SimpleITK.GetArrayFromImage(image).T, grid.affine


def _by_dcm2niix(folder: Path, out: Path) -> list[nibabel.Nifti1Image]:
    out.mkdir()
    command = [str(shutil.which("dcm2niix")), "-z", "n", "-b", "n", "-o", str(out), str(folder)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - the peer, on files of our own
    return [nibabel.Nifti1Image.from_filename(path) for path in sorted(out.glob("*.nii"))]


def _to_lps(image: nibabel.Nifti1Image) -> NDArray[np.float64]:
    return np.asarray(np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine)


@pytest.mark.skipif(shutil.which("dcm2niix") is None, reason="dcm2niix is not installed")
@pytest.mark.parametrize(("order", "signs"), ORDERS[::5])
def test_dcm2niix_agrees_in_axis_orders_and_flips(
    tmp_path: Path, order: tuple[int, ...], signs: tuple[float, ...]
) -> None:
    _dcm2niix_agrees(tmp_path, order, signs)


@pytest.mark.soak
@pytest.mark.skipif(shutil.which("dcm2niix") is None, reason="dcm2niix is not installed")
def test_dcm2niix_agrees_in_all_axis_orders_and_flips(tmp_path: Path) -> None:
    for number, (order, signs) in enumerate(ORDERS):
        _dcm2niix_agrees(tmp_path / str(number), order, signs)
    sys.stdout.write(f"axis orders and flips compared with dcm2niix: {len(ORDERS)}\n")


def _dcm2niix_agrees(folder: Path, order: tuple[int, ...], signs: tuple[float, ...]) -> None:
    row, column = _axis(order[0], signs[0]), _axis(order[1], signs[1])
    step = np.cross(row, column) * 2.5 * signs[2]
    SeriesRecipe(row=row, column=column, step=(step[0], step[1], step[2])).write(folder / "ct")
    volume = read_series(scan(folder / "ct").series[0], new_array)
    images = _by_dcm2niix(folder / "ct", folder / "nii")
    assert len(images) == 1
    _assert_same(volume, np.asarray(images[0].dataobj), _to_lps(images[0]))


def _comparable(summary: SeriesSummary) -> bool:
    """Series of plain files on a regular grid: what is resampled has no voxels in common with its files."""
    stacking = summary.stacking
    plain = summary.geometry is not None and stacking is not None and not stacking.resampled
    return plain and len(summary.files) == len(summary.slices) > 1


@pytest.mark.soak
def test_every_readable_shared_series_agrees_with_simpleitk_and_dcm2niix(tmp_path: Path) -> None:
    compared, with_dcm2niix, resampled = 0, 0, 0
    for name in _FOLDERS:
        for summary in scan(shared_data(name)).series:
            if not _comparable(summary):
                resampled += summary.geometry is not None
                continue
            volume = read_series(summary, new_array)
            values, affine = _by_simpleitk([file.path for file in summary.files])
            _assert_same(volume, values, affine)
            compared += 1
            if shutil.which("dcm2niix") is not None:
                alone = tmp_path / f"{compared}"
                alone.mkdir()
                for number, file in enumerate(summary.files):
                    shutil.copy(file.path, alone / f"{number:04d}.dcm")
                for image in _by_dcm2niix(alone, tmp_path / f"nii{compared}"):
                    if sorted(image.shape) == sorted(volume.geometry.size):
                        _assert_same(volume, np.asarray(image.dataobj), _to_lps(image))
                        with_dcm2niix += 1
    sys.stdout.write(
        f"series compared with SimpleITK {compared}, with dcm2niix {with_dcm2niix}; "
        f"readable but single or resampled {resampled}\n"
    )
    assert compared >= 6
