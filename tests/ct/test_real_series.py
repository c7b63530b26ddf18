"""Real series: places and HU agree with SimpleITK; each is judged as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.read import ReadProgress, read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.series import SeriesSummary
from tests.ct.dicom_series import new_array
from tests.shared_data import shared_data

# No UIDs in the J2K series, so SimpleITK cannot find its files by series: it is given them by position.
READABLE = ["abdomen-portal-venous", "abdomen-no-pancreas", "ct-rtstruct", "ct-with-seg", "abdomen-j2k-with-mask"]


def _sorted_files(folder: Path) -> list[str]:
    files = []
    for path in folder.iterdir():
        if path.suffix in (".nrrd", ".gz"):
            continue
        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        if dataset.get("Modality") == "CT":
            files.append((float(dataset.ImagePositionPatient[2]), str(path)))
    return [name for _, name in sorted(files)]


@pytest.mark.parametrize("name", READABLE)
def test_places_and_values_agree_with_simpleitk(name: str) -> None:
    folder = shared_data(name)
    volume = read_series(scan(folder).series[0], new_array)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(_sorted_files(folder))
    image = reader.Execute()
    theirs = SimpleITK.GetArrayFromImage(image)
    np.testing.assert_array_equal(volume.hounsfield, theirs)
    np.testing.assert_allclose(volume.geometry.origin, image.GetOrigin(), atol=1e-3)
    np.testing.assert_allclose(volume.geometry.direction, np.array(image.GetDirection()).reshape(3, 3).T, atol=1e-6)
    corner = tuple(size - 1 for size in volume.geometry.size)
    ours = volume.geometry.to_patient((float(corner[0]), float(corner[1]), float(corner[2])))
    np.testing.assert_allclose(ours, image.TransformIndexToPhysicalPoint(corner), atol=1e-3)


def _checks(summary: SeriesSummary) -> dict[str, CheckState]:
    return {check.id: check.state for check in summary.checks}


def test_the_portal_venous_case_is_usable_with_a_warning() -> None:
    result = scan(shared_data("abdomen-portal-venous"))
    summary = result.series[0]
    assert result.preselected == 0
    assert summary.state is CheckState.WARNED
    assert _checks(summary)["ct.slice_thickness"] is CheckState.WARNED
    assert _checks(summary)["ct.contrast"] is CheckState.PASSED, "enhanced, though no tag says so"
    assert summary.description.phase != "none"
    assert summary.slice_count == 35
    assert summary.thumbnail
    volume = read_series(summary, new_array)
    assert volume.hounsfield.min() == -3024, "padding as it is in the files"
    assert len(set(volume.source_uids)) == 35


def test_empty_identifiers_do_not_hide_a_series() -> None:
    result = scan(shared_data("abdomen-j2k-with-mask"))
    assert len(result.series) == 1
    summary = result.series[0]
    assert summary.description.series_uid.startswith("2.25.")
    assert _checks(summary)["ct.identity"] is CheckState.WARNED
    assert summary.description.phase not in ("none", "unknown")


def test_the_bolus_tracking_monitor_is_no_volume() -> None:
    result = scan(shared_data("series-that-fail") / "notavolume")
    assert result.preselected is None
    assert not result.series[0].readable
    assert _checks(result.series[0])["ct.duplicates"] is CheckState.REFUSED


def test_series_that_fail_each_say_why() -> None:
    for folder, expected in (
        ("gantrytilting", "ct.tilt"),
        ("sliceincrement/001", "ct.gaps"),
        ("slicecount", "ct.modality"),
    ):
        summaries = scan(shared_data("series-that-fail") / folder).series
        assert summaries
        for summary in summaries:
            assert summary.state is CheckState.REFUSED
            assert _checks(summary).get(expected) not in (None, CheckState.PASSED)


def test_the_first_slice_is_reported_before_the_rest() -> None:
    summary = scan(shared_data("abdomen-portal-venous")).series[0]
    seen: list[ReadProgress] = []
    target: list[np.ndarray] = []

    def allocate(shape: tuple[int, int, int]) -> np.ndarray:
        target.append(new_array(shape))
        return target[0]

    def progress(report: ReadProgress) -> None:
        seen.append(report)
        if report.first is not None:
            assert (target[0][report.first] != 31_000).any()
        assert (target[0][: report.ready] != 31_000).any(axis=(1, 2)).all()

    read_series(summary, allocate, progress)
    assert seen[0].first is not None
    assert seen[0].fraction < 0.1
    assert seen[-1].fraction == 1.0
    assert seen[-1].ready == 35


@pytest.fixture(autouse=True)
def _quiet_itk() -> Iterator[None]:
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    yield
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(True)
