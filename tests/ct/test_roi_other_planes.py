"""ROIs whose planes are not the CT's slices: tilted or uneven SEG, contours drawn in other planes. A ball stays one."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.roi_files import read_roi
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import RoiError
from tests.ct.dicom_series import SeriesRecipe, new_array, save

RADIUS = 9.0


def _ball(places: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.linalg.norm(places - centre, axis=-1) < RADIUS)


def _voxel_places(volume: CtVolume) -> NDArray[np.float64]:
    k, j, i = np.indices(volume.hounsfield.shape)
    return volume.geometry.to_patient(np.stack([i, j, k], axis=-1).astype(np.float64))


def _assert_is_ball(roi: Roi | None, volume: CtVolume, centre: NDArray[np.float64]) -> None:
    assert roi is not None
    places = _voxel_places(volume)
    expected = _ball(places, centre)
    assert expected.sum() > 200
    dice = 2.0 * (roi.mask & expected).sum() / (roi.mask.sum() + expected.sum())
    assert dice > 0.93
    np.testing.assert_allclose(places[roi.mask].mean(axis=0), centre, atol=0.5)


def _segmentation(images: list[Dataset], masks: list[NDArray[np.bool_]], path: Path) -> None:
    segment = highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label="pancreas",
        segmented_property_category=codes.SCT.Organ,
        segmented_property_type=codes.SCT.Pancreas,
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
    )
    highdicom.seg.Segmentation(
        source_images=images,
        pixel_array=np.array(masks).astype(np.uint8),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[segment],
        series_instance_uid=generate_uid(),
        series_number=9,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Test",
        manufacturer_model_name="Test",
        software_versions="1",
        device_serial_number="1",
    ).save_as(path)


@pytest.mark.parametrize(("degrees", "uneven"), [(18.5, 0.0), (-12.0, 0.0), (0.0, 0.7)])
def test_a_segmentation_on_tilted_or_uneven_slices(tmp_path: Path, degrees: float, uneven: float) -> None:
    angle = np.deg2rad(degrees)
    column = (0.0, float(np.cos(angle)), -float(np.sin(angle)))
    recipe = SeriesRecipe(
        columns=48,
        rows=48,
        slices=16,
        column=column,
        step=(0.0, 0.0, 2.0),
        spacing=(0.8, 0.8, 2.0),
        tags={"StudyTime": "120000", "StudyID": "1", "PatientSex": "F", "AccessionNumber": ""},
    )
    positions = recipe.positions()

    def move(dataset: Dataset, index: int) -> None:
        if uneven and index > 8:
            positions[index, 2] += uneven
            dataset.ImagePositionPatient = [f"{value:.6f}" for value in positions[index]]

    paths = recipe.write(tmp_path / "ct", move)
    volume = read_series(scan(tmp_path / "ct").series[0], new_array)
    centre = recipe.places(positions[8])[24, 24]
    masks = [_ball(recipe.places(position), centre) for position in positions]
    _segmentation([pydicom.dcmread(path) for path in paths], masks, tmp_path / "seg")
    _assert_is_ball(read_roi(tmp_path / "seg", volume, "me").roi, volume, centre)


def _structure(volume: CtVolume, contours: list[NDArray[np.float64]]) -> Dataset:
    dataset, roi, item = Dataset(), Dataset(), Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.481.3", generate_uid()
    dataset.Modality = "RTSTRUCT"
    roi.ROINumber, roi.ROIName = 1, "Pancreas"
    roi.ReferencedFrameOfReferenceUID = volume.series.frame_of_reference_uid
    dataset.StructureSetROISequence = [roi]
    item.ReferencedROINumber = 1
    item.ContourSequence = []
    for points in contours:
        contour = Dataset()
        contour.ContourGeometricType = "CLOSED_PLANAR"
        contour.NumberOfContourPoints = len(points)
        contour.ContourData = [f"{value:.4f}" for value in points.ravel()]
        item.ContourSequence.append(contour)
    dataset.ROIContourSequence = [item]
    return dataset


def _circles(centre: NDArray[np.float64], normal: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Outlines of the ball in planes at right angles to `normal`, 1 mm apart."""
    normal = normal / np.linalg.norm(normal)
    first = np.cross(normal, np.eye(3)[int(np.argmin(np.abs(normal)))])
    first /= np.linalg.norm(first)
    second = np.cross(normal, first)
    turn = np.linspace(0.0, 2.0 * np.pi, 60, endpoint=False)[:, None]
    result = []
    for height in np.arange(-8.0, 8.5, 1.0):
        radius = np.sqrt(RADIUS**2 - height**2)
        result.append(centre + height * normal + radius * (np.cos(turn) * first + np.sin(turn) * second))
    return result


@pytest.mark.parametrize("normal", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.5, 0.8), (0.3, -0.4, 0.6)])
def test_contours_in_other_planes(tmp_path: Path, normal: tuple[float, float, float]) -> None:
    SeriesRecipe(columns=48, rows=48, slices=16, spacing=(0.8, 0.8, 2.0)).write(tmp_path / "ct")
    volume = read_series(scan(tmp_path / "ct").series[0], new_array)
    centre = volume.geometry.to_patient((24.0, 24.0, 8.0))
    save(_structure(volume, _circles(centre, np.array(normal))), tmp_path / "rt")
    imported = read_roi(tmp_path / "rt", volume, "me")
    _assert_is_ball(imported.roi, volume, centre)
    assert imported.candidates[0].volume == pytest.approx(4.0 / 3.0 * np.pi * RADIUS**3 / 1000.0, rel=0.05)


def test_contours_that_are_not_flat_are_refused(tmp_path: Path) -> None:
    SeriesRecipe(columns=48, rows=48, slices=16, spacing=(0.8, 0.8, 2.0)).write(tmp_path / "ct")
    volume = read_series(scan(tmp_path / "ct").series[0], new_array)
    centre = volume.geometry.to_patient((24.0, 24.0, 8.0))
    crossed = _circles(centre, np.array([1.0, 0.0, 0.0]))[8:9] + _circles(centre, np.array([0.0, 1.0, 0.0]))[8:9]
    save(_structure(volume, crossed), tmp_path / "rt")
    with pytest.raises(RoiError, match="not flat"):
        read_roi(tmp_path / "rt", volume, "me")
