"""CT volumes as NIfTI and NRRD agree with independent readers, and what is no CT is refused."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.volume_files import read_volume_file, write_volume_file
from apnet_desktop.errors import CtError
from tests.ct.dicom_series import SeriesRecipe, new_array
from tests.shared_data import shared_data


@pytest.mark.parametrize("name", ["体积.nii.gz", "a.nii", "a.nrrd"])
def test_a_volume_comes_back_as_it_went(tmp_path: Path, name: str) -> None:
    SeriesRecipe(row=(0.8, 0.6, 0.0), column=(-0.6, 0.8, 0.0)).write(tmp_path / "ct")
    volume = read_series(scan(tmp_path / "ct").series[0], new_array)
    write_volume_file(volume, tmp_path / name)
    back = read_volume_file(tmp_path / name)
    np.testing.assert_array_equal(back.hounsfield, volume.hounsfield)
    assert back.geometry.same_grid(volume.geometry)
    ascii_name = tmp_path / ("itk" + "".join(Path(name).suffixes))
    ascii_name.write_bytes((tmp_path / name).read_bytes())
    image = SimpleITK.ReadImage(str(ascii_name))
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), volume.hounsfield)
    np.testing.assert_allclose(image.GetOrigin(), volume.geometry.origin, atol=1e-3)
    np.testing.assert_allclose(np.array(image.GetDirection()).reshape(3, 3).T, volume.geometry.direction, atol=1e-5)


@pytest.mark.parametrize("axes", ["LPS", "RAS", "LAS", "SPL", "ARI", "PIR"])
def test_any_axis_order_of_a_nifti_is_brought_to_one_frame(tmp_path: Path, axes: str) -> None:
    source = nibabel.Nifti1Image.from_filename(shared_data("nifti-with-masks") / "example_ct_sm.nii.gz")
    turned = source.as_reoriented(
        nibabel.orientations.ornt_transform(
            nibabel.io_orientation(source.affine), nibabel.orientations.axcodes2ornt(axes)
        )
    )
    nibabel.save(turned, tmp_path / "turned.nii.gz")
    volume = read_volume_file(tmp_path / "turned.nii.gz")
    original = read_volume_file(shared_data("nifti-with-masks") / "example_ct_sm.nii.gz")
    np.testing.assert_array_equal(volume.hounsfield, original.hounsfield)
    assert volume.geometry.same_grid(original.geometry)


def _nifti(values: NDArray[np.generic], affine: NDArray[np.float64] | None = None) -> bytes:
    return bytes(nibabel.Nifti1Image(values, np.diag([-1.0, -1.0, 2.0, 1.0]) if affine is None else affine).to_bytes())


def _plain() -> NDArray[np.int16]:
    return np.random.default_rng(0).integers(-1000, 1000, (12, 10, 8)).astype(np.int16)


def _sheared() -> NDArray[np.float64]:
    affine = np.diag([-1.0, -1.0, 2.0, 1.0])
    affine[0, 2] = 0.7
    return affine


def _without_place() -> bytes:
    data = bytearray(_nifti(_plain()))
    data[252:256] = bytes(4)
    return bytes(data)


def _huge() -> bytes:
    data = bytearray(_nifti(_plain()))
    data[42:48] = (32767).to_bytes(2, "little") * 3
    return bytes(data)


BAD: dict[str, Callable[[], bytes]] = {
    "truncated": lambda: _nifti(_plain())[:-200],
    "noise": lambda: bytes(range(256)) * 4,
    "empty": lambda: b"",
    "sheared": lambda: _nifti(_plain(), _sheared()),
    "no place": _without_place,
    "four dimensions": lambda: _nifti(np.zeros((4, 4, 4, 3), np.int16)),
    "huge": _huge,
    "not finite": lambda: _nifti(np.full((5, 5, 5), np.nan, np.float32)),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("packed", [False, True])
def test_damaged_volume_files_are_refused_by_name(tmp_path: Path, name: str, packed: bool) -> None:
    path = tmp_path / ("扫描.nii.gz" if packed else "扫描.nii")
    data = BAD[name]()
    path.write_bytes(gzip.compress(data) if packed else data)
    with pytest.raises(CtError, match="扫描"):
        read_volume_file(path)


def test_a_gzip_bomb_is_not_inflated_beyond_what_its_header_declares(tmp_path: Path) -> None:
    path = tmp_path / "bomb.nii.gz"
    with gzip.open(path, "wb") as file:
        file.write(_nifti(_plain()))
        for _ in range(100):
            file.write(bytes(1 << 20))
    import tracemalloc

    tracemalloc.start()
    read_volume_file(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 * 1024 * 1024


def test_scaled_values_become_hounsfield_units(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(_plain() + np.int16(1024), np.diag([-1.0, -1.0, 2.0, 1.0]))
    image.header.set_slope_inter(0.5, -1024.0)
    data = bytearray(image.to_bytes())
    data[112:120] = np.array([0.5, -1024.0], "<f4").tobytes()
    (tmp_path / "a.nii").write_bytes(data)
    volume = read_volume_file(tmp_path / "a.nii")
    theirs = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(tmp_path / "a.nii")))
    np.testing.assert_array_equal(volume.hounsfield, np.rint(theirs))
    assert any(check.id == "ct.rescale" and check.state is CheckState.WARNED for check in volume.checks)


def test_a_magnetic_resonance_volume_is_refused() -> None:
    volume = read_volume_file(shared_data("nifti-with-masks") / "example_mr_sm.nii.gz")
    states = {check.id: check.state for check in volume.checks}
    assert states["ct.values"] is CheckState.REFUSED
    assert scan(shared_data("nifti-with-masks") / "example_mr_sm.nii.gz").preselected is None


@pytest.mark.parametrize("text", ["encoding: raw", "encoding: hex", "data file: other.raw", "space: scanner-xyz"])
def test_nrrd_headers_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    SeriesRecipe().write(tmp_path / "ct")
    write_volume_file(read_series(scan(tmp_path / "ct").series[0], new_array), tmp_path / "a.nrrd")
    head, _, body = (tmp_path / "a.nrrd").read_bytes().partition(b"\n\n")
    key = text.split(":", maxsplit=1)[0].encode()
    lines = [line for line in head.split(b"\n") if not line.startswith(key + b":")]
    (tmp_path / "a.nrrd").write_bytes(b"\n".join([*lines, text.encode()]) + b"\n\n" + body[:2000])
    with pytest.raises(CtError, match=r"a\.nrrd"):
        read_volume_file(tmp_path / "a.nrrd")
