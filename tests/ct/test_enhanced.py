"""Enhanced multi-frame CT is the same volume as the classic one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from tests.ct.dicom_series import SeriesRecipe, new_array, save

RECIPE = SeriesRecipe(slices=9)


def _item(**values: object) -> list[Dataset]:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return [dataset]


def enhanced(recipe: SeriesRecipe, shuffle: bool = True) -> Dataset:
    """The recipe as one Enhanced CT image, its frames in a random order."""
    slices = [recipe.dataset(index, "1.2", "1.2.3", "1.2.4") for index in range(recipe.slices)]
    order = np.random.default_rng(1).permutation(recipe.slices) if shuffle else np.arange(recipe.slices)
    result = slices[0]
    pixels = b"".join(slices[index].PixelData for index in order)
    shared, frames = Dataset(), []
    shared.PixelMeasuresSequence = _item(PixelSpacing=list(result.PixelSpacing), SliceThickness=2.5)
    shared.PlaneOrientationSequence = _item(ImageOrientationPatient=list(result.ImageOrientationPatient))
    shared.PixelValueTransformationSequence = _item(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")
    shared.CTImageFrameTypeSequence = _item(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])
    for index in order:
        frame = Dataset()
        frame.PlanePositionSequence = _item(ImagePositionPatient=list(slices[index].ImagePositionPatient))
        frame.FrameContentSequence = _item(StackID="1", InStackPositionNumber=int(index) + 1)
        frames.append(frame)
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "RescaleSlope",
        "RescaleIntercept",
    ):
        delattr(result, keyword)
    result.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    result.SOPInstanceUID = generate_uid()
    result.NumberOfFrames = recipe.slices
    result.SharedFunctionalGroupsSequence = [shared]
    result.PerFrameFunctionalGroupsSequence = frames
    result.PixelData = pixels
    return result


def test_an_enhanced_image_is_the_classic_volume(tmp_path: Path) -> None:
    RECIPE.write(tmp_path / "classic")
    (tmp_path / "enhanced").mkdir()
    save(enhanced(RECIPE), tmp_path / "enhanced" / "one")
    classic = read_series(scan(tmp_path / "classic").series[0], new_array)
    result = scan(tmp_path / "enhanced")
    volume = read_series(result.series[0], new_array)
    assert result.preselected == 0
    assert volume.digest() == classic.digest()
    assert len(volume.source_uids) == 9


def test_a_compressed_enhanced_image(tmp_path: Path) -> None:
    dataset = enhanced(RECIPE)
    save(dataset, tmp_path / "plain")
    plain = read_series(scan(tmp_path / "plain").series[0], new_array)
    dataset.compress("1.2.840.10008.1.2.4.80", generate_instance_uid=False)
    dataset.save_as(tmp_path / "packed")
    packed = read_series(scan(tmp_path / "packed").series[0], new_array)
    assert packed.digest() == plain.digest()


@pytest.mark.parametrize("change", ["fewer groups", "no position", "no rescale", "too many frames"])
def test_a_damaged_enhanced_image_is_refused(tmp_path: Path, change: str) -> None:
    dataset = enhanced(RECIPE)
    if change == "fewer groups":
        del dataset.PerFrameFunctionalGroupsSequence[3]
    elif change == "no position":
        del dataset.PerFrameFunctionalGroupsSequence[3].PlanePositionSequence
    elif change == "no rescale":
        del dataset.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence
    else:
        dataset.NumberOfFrames = 2**31 - 1
    save(dataset, tmp_path / "one")
    result = scan(tmp_path)
    assert result.preselected is None
    assert all(summary.state is CheckState.REFUSED and not summary.readable for summary in result.series)


def test_a_missing_frame_is_a_gap(tmp_path: Path) -> None:
    dataset = enhanced(RECIPE, shuffle=False)
    size = len(dataset.PixelData) // 9
    del dataset.PerFrameFunctionalGroupsSequence[4]
    dataset.PixelData = dataset.PixelData[: 4 * size] + dataset.PixelData[5 * size :]
    dataset.NumberOfFrames = 8
    save(dataset, tmp_path / "one")
    summary = scan(tmp_path).series[0]
    assert {check.id for check in summary.checks if check.state is CheckState.REFUSED} >= {"ct.gaps"}
