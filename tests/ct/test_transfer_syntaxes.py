"""Every transfer syntax is decoded to the stored values of the uncompressed slice, or refused by name."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.data import get_testdata_file

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.frames import pixel_format
from apnet_desktop.ct.header_reading import read_header
from apnet_desktop.ct.pixels import PixelReader
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.series import PixelFormat, ScanLimits
from apnet_desktop.ct.sources import Entry, FileBytes, series_file_of
from apnet_desktop.errors import CtError
from tests.ct.dicom_series import SeriesRecipe, new_array, save
from tests.shared_data import shared_data

LOSSLESS = ["1.2", "1.2.1", "1.2.2", "1.2.1.99", "1.2.4.57", "1.2.4.70", "1.2.4.80", "1.2.4.90", "1.2.5"]
LOSSY = ["1.2.4.51", "1.2.4.53", "1.2.4.55", "1.2.4.81", "1.2.4.91"]


# A 64 × 64 ramp (8 × column + 4 × row) as OpenJPH writes it.
HIGH_THROUGHPUT_RAMP = (
    "/0//UQApQAAAAABAAAAAQAAAAAAAAAAAAAAAQAAAAEAAAAAAAAAAAAABDwEB/1AACAACAAAACv9SAAwAAgABAAUEBEAB/1wAEyCI"
    "kJCQkJCQkJCQkJCQiIiI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAO8AAf+TwAArAP9/2/61/ZH8AoG0AMAAE0AA"
    "EwAiIgGCdACQkABDVADAABUwAAVQEAgE8qpxAnUASARB/sAQgey2AMAAFdAABaAIgiAIgiDnynp6cIJ4AKIQQggh/v2AAHv2AAHs"
    "ugDAABa8AAFsAEIIIYQQQgghhBD5/wp6enp6enpwAn0AEAAAAAAAAAD+/3hnJ798nv3ye/fJ7L8AwAAuhgABb4C2bdu2bdu2bdu2"
    "bdv+v/ynp6enp6enp6enp6enp6dCdQFWVVVVVVVVVf9/2wV7917917917917917917917LcB/9k="
)


def stored_values(path: Path) -> NDArray[np.integer]:
    state = path.stat()
    entry = Entry(path, None, path.name, state.st_size, state.st_mtime_ns)
    limits = ScanLimits()
    with FileBytes() as files, PixelReader(files, limits) as pixels:
        header = read_header(files, entry, limits)
        format = pixel_format(header, limits)
        assert isinstance(format, PixelFormat)
        return pixels.read(series_file_of(entry, header.pixel_offset, header.pixel_length, 0), format)


def _hounsfield(path: Path) -> NDArray[np.float64]:
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    return np.asarray(stored_values(path) * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept), np.float64)


def _slice(suffix: str) -> Path:
    folder = shared_data("ct-transfer-syntaxes")
    return next(path for path in folder.iterdir() if path.name.endswith(f"_1.2.840.10008.{suffix}.dcm"))


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_syntaxes_give_the_very_values(suffix: str) -> None:
    original = pydicom.dcmread(shared_data("ct-transfer-syntaxes") / "CTImage.dcm").pixel_array
    np.testing.assert_array_equal(stored_values(_slice(suffix)), original)


@pytest.mark.parametrize("suffix", LOSSY)
def test_lossy_syntaxes_give_nearly_the_values(suffix: str) -> None:
    original = _hounsfield(shared_data("ct-transfer-syntaxes") / "CTImage.dcm")
    values = _hounsfield(_slice(suffix))
    inside = original > -900
    assert np.abs(values - original)[inside].mean() < 12.0
    assert np.corrcoef(values[inside], original[inside])[0, 1] > 0.999


def test_eight_bit_jpeg_is_shown_but_its_steps_are_too_coarse_for_a_prediction(tmp_path: Path) -> None:
    shutil.copy(_slice("1.2.4.50"), tmp_path / "a.dcm")
    summary = scan(tmp_path).series[0]
    check = next(check for check in summary.checks if check.id == "ct.rescale")
    assert check.state is CheckState.REFUSED
    assert "32.1 HU" in check.message.text()
    values = read_series(summary, new_array).hounsfield[0]
    original = _hounsfield(shared_data("ct-transfer-syntaxes") / "CTImage.dcm")
    inside = original > -900
    assert np.abs(values - original)[inside].mean() < 20.0, "half a step, and JPEG's own error"


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9, 0.999])
@pytest.mark.parametrize("suffix", ["1.2.4.51", "1.2.4.57", "1.2.4.70", "1.2.4.80", "1.2.4.90"])
def test_a_stream_that_breaks_off_is_refused(tmp_path: Path, suffix: str, kept: float) -> None:
    dataset = pydicom.dcmread(_slice(suffix))
    stream = next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1)).rstrip(b"\0")
    stream = stream[: int(len(stream) * kept)]
    dataset.PixelData = pydicom.encaps.encapsulate([stream + b"\0" * (len(stream) % 2)])
    dataset.save_as(tmp_path / "a.dcm")
    with pytest.raises(CtError, match=r"a\.dcm"):
        stored_values(tmp_path / "a.dcm")


@pytest.mark.parametrize(
    "name",
    [
        "693_J2KI.dcm",
        "JPEG2000.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "J2K_pixelrep_mismatch.dcm",
        "CT_small.dcm",
    ],
)
def test_pydicoms_samples_decode_as_pydicom_decodes_them(name: str) -> None:
    try:
        path = get_testdata_file(name, download=False)
    except FileNotFoundError:
        path = None
    if path is None:
        pytest.skip(f"{name} does not come with pydicom")
    expected = pydicom.dcmread(path).pixel_array
    np.testing.assert_array_equal(stored_values(Path(str(path))), expected)


@pytest.mark.parametrize("suffix", ["201", "202", "203"])
def test_high_throughput_jpeg_2000(tmp_path: Path, suffix: str) -> None:
    recipe = SeriesRecipe(columns=64, rows=64, slices=6)
    stream = base64.b64decode(HIGH_THROUGHPUT_RAMP)
    for index in range(6):
        dataset = recipe.dataset(index, "1.2", "1.2.3", "1.2.4")
        dataset.PixelData = pydicom.encaps.encapsulate([stream + b"\0" * (len(stream) % 2)])
        dataset["PixelData"].VR = "OB"
        save(dataset, tmp_path / str(index), f"1.2.840.10008.1.2.4.{suffix}")
    volume = read_series(scan(tmp_path).series[0], new_array)
    rows, columns = np.indices((64, 64))
    np.testing.assert_array_equal(volume.hounsfield[3], 8 * columns + 4 * rows - 1024)


def test_an_unreadable_syntax_is_refused_by_name(tmp_path: Path) -> None:
    recipe = SeriesRecipe()
    for index in range(6):
        dataset = recipe.dataset(index, "1.2", "1.2.3", "1.2.4")
        dataset.PixelData = pydicom.encaps.encapsulate([b"\xff\x0a" + b"\0" * 40])
        dataset["PixelData"].VR = "OB"
        save(dataset, tmp_path / str(index), "1.2.840.10008.1.2.4.102")
    summary = scan(tmp_path).series[0]
    assert summary.state is CheckState.REFUSED
    assert "MPEG-4" in summary.sentence.text()
    with pytest.raises(CtError):
        read_series(summary, new_array)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"])
def test_a_compressed_series_is_the_uncompressed_one(tmp_path: Path, syntax: str) -> None:
    recipe = SeriesRecipe(columns=64, rows=48, signed=False)
    recipe.write(tmp_path / "plain")
    (tmp_path / "packed").mkdir()
    for path in (tmp_path / "plain").iterdir():
        dataset = pydicom.dcmread(path)
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(tmp_path / "packed" / path.name)
    plain = read_series(scan(tmp_path / "plain").series[0], new_array)
    packed = read_series(scan(tmp_path / "packed").series[0], new_array)
    assert packed.digest() == plain.digest()


@pytest.mark.parametrize("stored_bits", [12, 16])
@pytest.mark.parametrize("signed", [True, False])
def test_overlay_bits_above_the_stored_ones_are_not_values(tmp_path: Path, stored_bits: int, signed: bool) -> None:
    recipe = SeriesRecipe(signed=signed, intercept=-1024.0 if not signed else 0.0)

    def overlay(dataset: pydicom.Dataset, index: int) -> None:
        dataset.BitsStored, dataset.HighBit = stored_bits, stored_bits - 1
        values = np.frombuffer(dataset.PixelData, "<u2").copy()
        if stored_bits == 12:
            values = (values & 0x0FFF) | 0x5000
        dataset.PixelData = values.tobytes()

    recipe.write(tmp_path / "a")
    recipe.write(tmp_path / "b", overlay)
    plain = read_series(scan(tmp_path / "a").series[0], new_array)
    dirty = read_series(scan(tmp_path / "b").series[0], new_array)
    np.testing.assert_array_equal(plain.hounsfield, dirty.hounsfield)
