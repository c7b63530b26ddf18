"""A wrong volume is never shown as right: a good series altered one way at a time is refused or flagged by name."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.ct.read import ReadProgress, read_series
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.errors import CtError, Stopped
from tests.ct.dicom_series import SeriesRecipe, new_array, phantom, save, setting

GOOD = SeriesRecipe(slices=12)
Alter = Callable[[Dataset, int], None]


def _scanned(folder: Path) -> SeriesSummary:
    return max(scan(folder).series, key=lambda summary: summary.slice_count)


def _not_passed(summary: SeriesSummary) -> dict[str, Check]:
    return {check.id: check for check in summary.checks if check.state is not CheckState.PASSED}


def _usual(folder: Path) -> set[str]:
    """What the unaltered phantom is warned of anyway: a phantom has no vessels."""
    GOOD.write(folder)
    return set(_not_passed(_scanned(folder)))


def test_the_unaltered_series_is_right(tmp_path: Path) -> None:
    GOOD.write(tmp_path)
    summary = _scanned(tmp_path)
    assert not any(check.state is CheckState.REFUSED for check in summary.checks)
    assert set(_not_passed(summary)) <= {"ct.contrast", "ct.coverage"}
    volume = read_series(summary, new_array)
    assert volume.hounsfield.shape == (12, 16, 20)


def _set(index: int, **values: object) -> Alter:
    def alter(dataset: Dataset, number: int) -> None:
        if number == index:
            for keyword, value in values.items():
                if value is None:
                    delattr(dataset, keyword)
                else:
                    setattr(dataset, keyword, value)

    return alter


def _shift(index: int, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Alter:
    def alter(dataset: Dataset, number: int) -> None:
        if number == index:
            position = [float(value) for value in dataset.ImagePositionPatient]
            dataset.ImagePositionPatient = [position[0] + x, position[1] + y, position[2] + z]

    return alter


def _crop(dataset: Dataset, number: int) -> None:
    if number == 5:
        dataset.Rows = dataset.Rows // 2
        dataset.PixelData = dataset.PixelData[: len(dataset.PixelData) // 2]


ALTERED: dict[str, tuple[Alter, str]] = {
    "nudged along the normal": (_shift(5, z=0.8), "ct.spacing"),
    "nudged in the plane": (_shift(5, x=0.8), "ct.position"),
    "on top of another": (_shift(5, z=2.5), "ct.duplicates"),
    "another pixel spacing": (_set(5, PixelSpacing=[1.0, 1.0]), "ct.left_out"),
    "another patient": (_set(5, PatientID="P-2", PatientName="Other^One"), "ct.patient"),
    "another patient's ID only": (_set(11, PatientID="P-2"), "ct.patient"),
    "another study": (_set(5, StudyInstanceUID=generate_uid()), "ct.patient"),
    "another frame of reference": (_set(5, FrameOfReferenceUID=generate_uid()), "ct.frame_of_reference"),
    "flipped": (_set(5, ImageOrientationPatient=[-1, 0, 0, 0, 1, 0]), "ct.left_out"),
    "flipped at the end": (_set(11, ImageOrientationPatient=[1, 0, 0, 0, -1, 0]), "ct.left_out"),
    "other rows": (_crop, "ct.left_out"),
    "another slope": (_set(5, RescaleSlope=2.0), "ct.rescale"),
    "no orientation": (_set(5, ImageOrientationPatient=None), "ct.orientation"),
    "no position": (_set(5, ImagePositionPatient=None), "ct.position"),
    "no rescale slope": (_set(5, RescaleSlope=None), "ct.rescale"),
    "no rescale intercept": (_set(5, RescaleIntercept=None), "ct.rescale"),
    "slope of zero": (_set(5, RescaleSlope=0), "ct.rescale"),
    "not in HU": (_set(5, RescaleType="Z_EFF"), "ct.rescale"),
    "no pixels": (_set(5, PixelData=None), "ct.pixels"),
    "no rows": (_set(5, Rows=0), "ct.pixels"),
    "eight bits": (_set(5, BitsAllocated=8, BitsStored=8, HighBit=7), "ct.pixels"),
    "a localizer": (_set(5, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), "ct.gaps"),
}


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_slice_is_refused_or_flagged(tmp_path: Path, name: str) -> None:
    alter, expected = ALTERED[name]
    usual = _usual(tmp_path / "good")
    GOOD.write(tmp_path / "altered", alter)
    summary = _scanned(tmp_path / "altered")
    found = _not_passed(summary)
    assert expected in set(found) - usual, f"{name}: {sorted(found)}"
    assert summary.state is not CheckState.PASSED
    if summary.readable:
        carried = {check.id for check in read_series(summary, new_array).checks if check.state is not CheckState.PASSED}
        assert expected in carried, "what the picker says goes on to the report"


@pytest.mark.parametrize("value", ["nan", "inf", "1,0", "one", "1_0", "1e400"])
@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept", "PixelSpacing", "ImagePositionPatient"])
def test_a_number_that_is_none_refuses_the_series(tmp_path: Path, keyword: str, value: str) -> None:
    paths = GOOD.write(tmp_path)
    data = paths[4].read_bytes()
    import pydicom

    element = pydicom.dcmread(paths[4])[keyword]
    text = value if keyword.startswith("Rescale") else f"{value}\\{value}" + ("\\1" if "Position" in keyword else "")
    raw = text.encode().ljust(len(text) + len(text) % 2)
    tag = element.tag
    header = bytes([tag.group & 255, tag.group >> 8, tag.elem & 255, tag.elem >> 8]) + b"DS"
    start = data.index(header)
    length = int.from_bytes(data[start + 6 : start + 8], "little")
    changed = data[: start + 6] + len(raw).to_bytes(2, "little") + raw + data[start + 8 + length :]
    paths[4].write_bytes(changed)
    summary = _scanned(tmp_path)
    assert summary.state is CheckState.REFUSED
    assert not summary.readable
    with pytest.raises(CtError) as caught:
        read_series(summary, new_array)
    assert "0004" in str(caught.value), "the sentence names the file"


@pytest.mark.parametrize("spacing", [[0, 0], [-1, -1], [1000, 1000]])
def test_impossible_pixel_spacing_refuses_the_series(tmp_path: Path, spacing: list[int]) -> None:
    GOOD.write(tmp_path, lambda dataset, index: setattr(dataset, "PixelSpacing", spacing))
    summary = _scanned(tmp_path)
    assert _not_passed(summary)["ct.pixel_spacing"].state is CheckState.REFUSED


def test_a_missing_slice_is_named_with_the_files_beside_it(tmp_path: Path) -> None:
    paths = GOOD.write(tmp_path)
    paths[6].unlink()
    summary = _scanned(tmp_path)
    sentence = _not_passed(summary)["ct.gaps"].message.text()
    assert "0005" in sentence
    assert "0007" in sentence
    assert summary.state is CheckState.REFUSED
    volume = read_series(summary, new_array)
    assert volume.geometry.size[2] == 12, "where it is overridden, the gap keeps its width"
    assert volume.geometry.spacing[2] == pytest.approx(2.5)


def test_a_duplicate_is_named_and_a_plain_copy_is_left_out(tmp_path: Path) -> None:
    paths = GOOD.write(tmp_path)
    (tmp_path / "copy").write_bytes(paths[3].read_bytes())
    summary = _scanned(tmp_path)
    assert _not_passed(summary)["ct.duplicates"].state is CheckState.WARNED
    assert read_series(summary, new_array).geometry.size[2] == 12


@pytest.mark.parametrize("cut", [1, 200, 640])
def test_a_truncated_slice_is_refused(tmp_path: Path, cut: int) -> None:
    paths = GOOD.write(tmp_path)
    paths[5].write_bytes(paths[5].read_bytes()[:-cut])
    summary = _scanned(tmp_path)
    assert summary.state is CheckState.REFUSED
    assert not summary.readable
    assert "0005" in _not_passed(summary)["ct.pixels"].message.text()


def test_a_slice_cut_off_within_its_header_is_not_forgotten(tmp_path: Path) -> None:
    paths = GOOD.write(tmp_path)
    paths[11].write_bytes(paths[11].read_bytes()[:300])
    summary = _scanned(tmp_path)
    assert summary.state is not CheckState.PASSED
    assert any("0011" in check.message.text() for check in _not_passed(summary).values())


def test_a_file_that_changes_after_the_scan_is_not_read(tmp_path: Path) -> None:
    paths = GOOD.write(tmp_path)
    summary = _scanned(tmp_path)
    save(GOOD.dataset(0, "1.2", "1.2.3", "1.2.3.4"), paths[2])
    with pytest.raises(CtError, match="0002"):
        read_series(summary, new_array)


def test_order_comes_from_position_not_from_names_or_numbers(tmp_path: Path) -> None:
    rng = random.Random(7)
    digests = set()
    for run in range(100):
        names = [f"{number:03d}.dcm" for number in rng.sample(range(1000), GOOD.slices)]
        folder = tmp_path / str(run)
        if run % 10 == 0:
            paths = GOOD.write(
                folder, lambda dataset, index: setattr(dataset, "InstanceNumber", rng.randint(1, 99)), names
            )
        else:
            folder.mkdir()
            paths = [path.rename(folder / name) for path, name in zip(paths, names, strict=True)]
        digests.add(read_series(_scanned(folder), new_array).digest())
    assert len(digests) == 1


def test_each_slice_is_rescaled_by_its_own_slope(tmp_path: Path) -> None:
    def alter(dataset: Dataset, index: int) -> None:
        dataset.RescaleSlope = f"{0.5 + 0.25 * index}"
        dataset.RescaleIntercept = "-1024.5"

    GOOD.write(tmp_path, alter)
    volume = read_series(_scanned(tmp_path), new_array)
    for index, position in enumerate(GOOD.positions()):
        stored = phantom(GOOD.places(position)) + 1024
        exact = stored * (0.5 + 0.25 * index) - 1024.5
        np.testing.assert_array_equal(volume.hounsfield[index], np.clip(np.rint(exact), -32768, 32767))
    assert _state(volume.checks, "ct.rescale") is CheckState.WARNED


def _state(checks: tuple[Check, ...], id: str) -> CheckState:
    return next(check.state for check in checks if check.id == id)


@pytest.mark.parametrize(
    ("thickness", "expected"),
    [(1.0, CheckState.PASSED), (3.0, CheckState.PASSED), (5.0, CheckState.WARNED), (5.5, CheckState.REFUSED)],
)
def test_slice_thickness_against_the_bundles_limits(tmp_path: Path, thickness: float, expected: CheckState) -> None:
    GOOD.write(tmp_path, lambda dataset, index: setattr(dataset, "SliceThickness", thickness))
    assert _state(_scanned(tmp_path).checks, "ct.slice_thickness") is expected
    strict = CtRequirements(maximum_slice_thickness=0.5, warn_slice_thickness=0.3)
    assert _state(scan(tmp_path, requirements=strict).series[0].checks, "ct.slice_thickness") is CheckState.REFUSED


def test_two_phases_in_one_series_become_two(tmp_path: Path) -> None:
    uids: dict[str, object] = {}

    def first(dataset: Dataset, index: int) -> None:
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
            uids[keyword] = dataset[keyword].value

    def second(dataset: Dataset, index: int) -> None:
        setting(**uids, AcquisitionNumber=2, SOPInstanceUID=f"1.9.{index + 1}")(dataset, index)

    GOOD.write(tmp_path / "a", first)
    GOOD.write(tmp_path / "b", second)
    result = scan(tmp_path)
    assert [summary.slice_count for summary in result.series] == [12, 12]
    assert len({summary.key for summary in result.series}) == 2
    assert all(summary.readable for summary in result.series)


@pytest.mark.parametrize("z", [3000.0, 90_000.0, 1e7])
def test_a_slice_far_away_does_not_make_a_giant_volume(tmp_path: Path, z: float) -> None:
    GOOD.write(tmp_path, _shift(11, z=z))
    summary = _scanned(tmp_path)
    assert summary.state is CheckState.REFUSED
    assert not summary.readable


def test_stop_ends_a_read_at_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    SeriesRecipe(slices=60).write(tmp_path)
    summary = _scanned(tmp_path)
    seen: list[float] = []

    def stop(report: ReadProgress) -> None:
        seen.append(report.fraction)
        raise Stopped

    threads = threading.active_count()
    with pytest.raises(Stopped):
        read_series(summary, new_array, stop)
    assert len(seen) == 1
    assert threading.active_count() == threads


@pytest.mark.soak
def test_ten_thousand_files_of_junk(tmp_path: Path) -> None:
    GOOD.write(tmp_path / "ct")
    for number in range(10_000):
        folder = tmp_path / str(number % 50)
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(number % 300))
    start = time.process_time()
    result = scan(tmp_path)
    assert time.process_time() - start < 10.0  # of this process, however busy the machine is
    assert result.series[0].slice_count == 12
    assert sum(skipped.count for skipped in result.skipped) == 10_000
