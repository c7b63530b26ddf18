"""ROIs go out and come back bit for bit on the same grid, and by geometry on any other."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.mask_resampling import mask_on_grid
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.roi import Roi, RoiOrigin
from apnet_desktop.ct.roi_files import read_roi, roi_checks, write_roi
from apnet_desktop.ct.rtstruct import polygon_mask
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.ct.volume_files import read_volume_file
from apnet_desktop.errors import RoiError
from tests.ct.dicom_series import SeriesRecipe, new_array, save
from tests.shared_data import shared_data

# Rows to the back and columns to the right, slices from head to feet: the volume is flipped against its files.
FLIPPED = SeriesRecipe(columns=40, rows=32, slices=12, row=(-1.0, 0.0, 0.0), column=(0.0, 1.0, 0.0))
OBLIQUE = SeriesRecipe(
    columns=40, rows=32, slices=12, row=(0.8, 0.6, 0.0), column=(-0.6, 0.8, 0.0), spacing=(0.7421875, 0.7421875, 1.25)
)


def volume_of(recipe: SeriesRecipe, folder: Path) -> CtVolume:
    recipe.write(folder)
    return read_series(scan(folder).series[0], new_array)


def random_roi(volume: CtVolume, seed: int = 0) -> Roi:
    rng = np.random.default_rng(seed)
    mask = np.zeros(volume.hounsfield.shape, bool)
    mask[2:9, 5:25, 8:30] = rng.random((7, 20, 22)) > 0.4
    return Roi(mask, volume.geometry, (RoiOrigin.PAINTED,), "张三")


@pytest.mark.parametrize("recipe", [SeriesRecipe(columns=40, rows=32, slices=12), FLIPPED, OBLIQUE])
@pytest.mark.parametrize("name", ["胰腺.nii.gz", "roi.nii", "roi.nrrd", "roi.seg.nrrd", "roi.dcm"])
def test_round_trips_are_identical_bit_for_bit(tmp_path: Path, recipe: SeriesRecipe, name: str) -> None:
    volume = volume_of(recipe, tmp_path / "ct")
    roi = random_roi(volume)
    write_roi(roi, tmp_path / name, volume)
    back = read_roi(tmp_path / name, volume, "me")
    assert back.roi is not None
    np.testing.assert_array_equal(back.roi.mask, roi.mask)
    assert back.roi.digest() == roi.digest()
    assert back.roi.origins == (RoiOrigin.IMPORTED,)
    first = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    write_roi(roi, tmp_path / name, volume)
    if not name.endswith(".dcm"):
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == first


@pytest.mark.parametrize("recipe", [FLIPPED, OBLIQUE])
def test_other_readers_see_the_mask_at_the_same_places(tmp_path: Path, recipe: SeriesRecipe) -> None:
    volume = volume_of(recipe, tmp_path / "ct")
    roi = random_roi(volume)
    places = volume.geometry.to_patient(np.argwhere(roi.mask)[:, ::-1].astype(float))
    write_roi(roi, tmp_path / "a.nii.gz", volume)
    image = nibabel.Nifti1Image.from_filename(tmp_path / "a.nii.gz")
    theirs = np.argwhere(np.asanyarray(image.dataobj) > 0) @ image.affine[:3, :3].T + image.affine[:3, 3]
    _same_places(places, theirs * np.array([-1.0, -1.0, 1.0]))
    write_roi(roi, tmp_path / "a.nrrd", volume)
    grid = SimpleITK.ReadImage(str(tmp_path / "a.nrrd"))
    found = np.argwhere(SimpleITK.GetArrayFromImage(grid) > 0)[:, ::-1]
    _same_places(places, np.array([grid.TransformIndexToPhysicalPoint(list(map(int, index))) for index in found]))
    write_roi(roi, tmp_path / "a.dcm", volume)
    whole = highdicom.seg.segread(tmp_path / "a.dcm").get_volume(combine_segments=True)
    _same_places(places, whole.map_indices_to_reference(np.argwhere(whole.array > 0)))


def _same_places(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> None:
    assert ours.shape == theirs.shape
    ours = ours[np.lexsort(np.round(ours, 2).T)]
    theirs = theirs[np.lexsort(np.round(theirs, 2).T)]
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_a_segmentation_names_the_patient_and_the_images(tmp_path: Path) -> None:
    volume = volume_of(FLIPPED, tmp_path / "ct")
    write_roi(random_roi(volume), tmp_path / "a.dcm", volume)
    written = pydicom.dcmread(tmp_path / "a.dcm")
    assert str(written.PatientName) == "Phantom^L"
    assert written.FrameOfReferenceUID == volume.series.frame_of_reference_uid
    assert written.StudyInstanceUID == volume.series.study_uid
    named = {item.ReferencedSOPInstanceUID for item in written.ReferencedSeriesSequence[0].ReferencedInstanceSequence}
    assert named <= set(volume.source_uids)
    assert written.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeValue == "15776009"


def _state(checks: tuple[Check, ...], id: str) -> CheckState | None:
    return next((check.state for check in checks if check.id == id), None)


def test_another_grid_is_resampled_by_geometry(tmp_path: Path) -> None:
    coarse = volume_of(SeriesRecipe(columns=40, rows=40, slices=20, spacing=(2.0, 2.0, 2.0)), tmp_path / "a")
    fine = volume_of(
        SeriesRecipe(columns=100, rows=100, slices=26, spacing=(0.7, 0.7, 1.3), origin=(-25.0, -35.0, 102.0)),
        tmp_path / "b",
    )
    centre, radius = np.array([8.0, -5.0, 118.0]), 11.0

    def ball(geometry: Geometry) -> NDArray[np.bool_]:
        k, j, i = np.indices(geometry.shape)
        places = geometry.to_patient(np.stack([i, j, k], axis=-1).astype(float))
        return np.asarray(np.linalg.norm(places - centre, axis=-1) <= radius)

    roi = Roi(ball(coarse.geometry), coarse.geometry)
    write_roi(roi, tmp_path / "ball.nii.gz", coarse)
    back = read_roi(tmp_path / "ball.nii.gz", fine, "me")
    assert back.roi is not None
    expected = ball(fine.geometry)
    overlap = 2.0 * np.count_nonzero(back.roi.mask & expected) / (back.roi.mask.sum() + expected.sum())
    assert overlap > 0.94
    assert back.roi.volume == pytest.approx(roi.volume, rel=0.05)
    assert _state(back.checks, "ct.roi_grid") is CheckState.WARNED


def test_a_shifted_grid_of_the_same_spacing_is_copied_exactly() -> None:
    whole = Geometry(size=(20, 18, 9), origin=(0.0, 0.0, 0.0), spacing=(0.7, 0.7, 2.5))
    corner = whole.to_patient((3.0, 2.0, 1.0))
    part = Geometry(size=(10, 8, 6), origin=(corner[0], corner[1], corner[2]), spacing=(0.7, 0.7, 2.5))
    mask = np.random.default_rng(2).random(part.shape) > 0.5
    moved, outside, interpolated = mask_on_grid(mask, part, whole)
    np.testing.assert_array_equal(moved[1:7, 2:10, 3:13], mask)
    assert moved.sum() == mask.sum()
    assert (outside, interpolated) == (0.0, False)


def test_several_labels_must_be_asked_for() -> None:
    volume = read_volume_file(shared_data("nifti-with-masks") / "example_ct_sm.nii.gz")
    path = shared_data("nifti-with-masks") / "example_seg.nii.gz"
    asked = read_roi(path, volume, "me")
    assert asked.roi is None
    assert len(asked.candidates) > 30
    suggested = [candidate for candidate in asked.candidates if candidate.suggested]
    assert [(candidate.label, candidate.name) for candidate in suggested] == [(7, "pancreas")]
    chosen = read_roi(path, volume, "me", label=7)
    assert chosen.roi is not None
    assert chosen.roi.volume == pytest.approx(17.4, abs=0.05)
    with pytest.raises(RoiError, match="label 4711"):
        read_roi(path, volume, "me", label=4711)


def test_a_mask_whose_rows_run_the_other_way_lands_where_simpleitk_puts_it() -> None:
    volume = read_series(scan(shared_data("abdomen-j2k-with-mask")).series[0], new_array)
    path = shared_data("abdomen-j2k-with-mask.seg.nii.gz")
    back = read_roi(path, volume, "me", label=7)
    assert back.roi is not None
    reference = SimpleITK.GetImageFromArray(volume.hounsfield)
    reference.SetOrigin(volume.geometry.origin)
    reference.SetSpacing(volume.geometry.spacing)
    reference.SetDirection(np.array(volume.geometry.direction).T.ravel().tolist())
    theirs = SimpleITK.Resample(
        SimpleITK.ReadImage(str(path)), reference, SimpleITK.Transform(), SimpleITK.sitkNearestNeighbor
    )
    np.testing.assert_array_equal(back.roi.mask, SimpleITK.GetArrayFromImage(theirs) == 7)
    assert back.roi.volume == pytest.approx(2.53, abs=0.01)
    assert _state(back.checks, "ct.roi_volume") is CheckState.REFUSED


def test_dicom_segmentations_of_other_programs() -> None:
    folder = shared_data("ct-with-seg")
    volume = read_series(scan(folder).series[0], new_array)
    dicom = read_roi(folder / "liver.dcm", volume, "me")
    slicer = read_roi(folder / "liver_seg.nrrd", volume, "me")
    assert dicom.roi is not None
    assert slicer.roi is not None
    np.testing.assert_array_equal(dicom.roi.mask, slicer.roi.mask)
    overlapping = read_roi(folder / "partial_overlaps.dcm", volume, "me")
    assert len(overlapping.candidates) == 5
    whole = highdicom.seg.segread(folder / "partial_overlaps.dcm")
    for candidate in overlapping.candidates:
        frames = whole.get_volume(segment_numbers=[candidate.label]).array
        expected = np.count_nonzero(frames) * volume.geometry.voxel_volume
        assert candidate.volume == pytest.approx(expected, rel=1e-3)
    with pytest.raises(RoiError, match="frame of reference"):
        read_roi(folder / "sparse-labelmap-noppv.dcm", volume, "me")


def test_another_frame_of_reference_needs_consent(tmp_path: Path) -> None:
    volume = volume_of(FLIPPED, tmp_path / "ct")
    write_roi(random_roi(volume), tmp_path / "a.dcm", volume)
    other = replace(volume, series=volume.series.model_copy(update={"frame_of_reference_uid": str(generate_uid())}))
    with pytest.raises(RoiError):
        read_roi(tmp_path / "a.dcm", other, "me")
    consented = read_roi(tmp_path / "a.dcm", other, "me", other_frame_of_reference=True)
    assert _state(consented.checks, "ct.roi_frame_of_reference") is CheckState.WARNED


def test_structure_sets() -> None:
    folder = shared_data("ct-rtstruct")
    result = scan(folder)
    volume = read_series(result.series[0], new_array)
    assert len(result.roi_files) == 1
    back = read_roi(Path(result.roi_files[0]), volume, "me")
    assert back.roi is not None
    # An independent volume: the polygons' areas (shoelace formula) times the slice distance.
    dataset = pydicom.dcmread(result.roi_files[0])
    area = 0.0
    for contour in dataset.ROIContourSequence[0].ContourSequence:
        points = np.array(contour.ContourData, float).reshape(-1, 3)
        following = np.roll(points, -1, axis=0)
        area += abs(float(np.sum(points[:, 0] * following[:, 1] - following[:, 0] * points[:, 1]))) / 2.0
    assert back.roi.volume == pytest.approx(area * 3.0 / 1000.0, rel=0.02)


def test_structure_sets_with_bad_references() -> None:
    folder = shared_data("rtstruct-bad-references")
    volume = read_series(scan(folder).series[0], new_array)
    with pytest.raises(RoiError):
        read_roi(folder / "rt.dcm", volume, "me")
    for name in ("invalid_reference_rt.dcm", "non_existent_reference_rt.dcm"):
        asked = read_roi(folder / name, volume, "me")
        assert asked.roi is None
        assert len(asked.candidates) == 4


def _structure(volume: CtVolume, contours: list[list[tuple[float, float, float]]]) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.481.3", generate_uid()
    dataset.Modality = "RTSTRUCT"
    roi, item = Dataset(), Dataset()
    roi.ROINumber, roi.ROIName = 3, "胰腺 Pancreas"
    roi.ReferencedFrameOfReferenceUID = volume.series.frame_of_reference_uid
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.StructureSetROISequence = [roi]
    item.ReferencedROINumber = 3
    item.ContourSequence = []
    for points in contours:
        contour = Dataset()
        contour.ContourGeometricType = "CLOSED_PLANAR"
        contour.NumberOfContourPoints = len(points)
        contour.ContourData = [f"{value:.4f}" for point in points for value in point]
        item.ContourSequence.append(contour)
    dataset.ROIContourSequence = [item]
    return dataset


def test_a_contour_with_a_hole_on_every_second_slice(tmp_path: Path) -> None:
    volume = volume_of(SeriesRecipe(columns=40, rows=40, slices=12, spacing=(1.0, 1.0, 2.0)), tmp_path / "ct")

    def square(k: int, low: float, high: float) -> list[tuple[float, float, float]]:
        corners = [(low, low), (high, low), (high, high), (low, high)]
        return [tuple(float(v) for v in volume.geometry.to_patient((i, j, float(k)))) for i, j in corners]  # type: ignore[misc]

    contours = [square(k, 5.5, 25.5) for k in (2, 4, 6)] + [square(k, 10.5, 15.5) for k in (2, 4, 6)]
    save(_structure(volume, contours), tmp_path / "rt")
    back = read_roi(tmp_path / "rt", volume, "me")
    assert back.roi is not None
    assert back.candidates[0].suggested
    counts = back.roi.mask.sum(axis=(1, 2))
    assert set(counts[2:7].tolist()) == {20 * 20 - 5 * 5}
    assert counts[[0, 8, 9, 10, 11]].sum() == 0


def _convex(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners of the convex hull: matplotlib fills crossing outlines by another rule."""
    from scipy.spatial import ConvexHull

    return np.asarray(points[ConvexHull(points).vertices])


def test_polygons_agree_with_matplotlib() -> None:
    from matplotlib.path import Path as Polygon

    rng = np.random.default_rng(5)
    for _ in range(20):
        points = rng.uniform(2.0, 58.0, (7, 2))
        points = _convex(points)
        ours = polygon_mask(points, (60, 60))
        rows, columns = np.indices((60, 60))
        centres = np.stack([columns.ravel(), rows.ravel()], axis=1)
        theirs = Polygon(points).contains_points(centres).reshape(60, 60)
        assert np.count_nonzero(ours != theirs) <= 0.02 * max(theirs.sum(), 50)


@pytest.mark.parametrize("make", ["text", "empty mask", "elsewhere", "ct slice", "truncated", "floats"])
def test_files_that_are_no_roi_get_a_sentence(tmp_path: Path, make: str) -> None:
    volume = volume_of(FLIPPED, tmp_path / "ct")
    path = tmp_path / ("roi.dcm" if make in ("text", "ct slice") else "roi.nii.gz")
    roi = random_roi(volume)
    if make == "text":
        path.write_text("not a ROI at all, just some words", encoding="utf-8")
    elif make == "ct slice":
        path.write_bytes((tmp_path / "ct" / "0000").read_bytes())
    elif make == "empty mask":
        write_roi(replace(roi, mask=np.zeros_like(roi.mask)), path, volume)
    elif make == "elsewhere":
        far = volume.geometry.model_copy(update={"origin": (900.0, 900.0, 900.0)})
        write_roi(replace(roi, geometry=far), path, volume)
    elif make == "truncated":
        write_roi(roi, path, volume)
        path.write_bytes(path.read_bytes()[:-40])
    else:
        rng = np.random.default_rng(0)
        nibabel.save(nibabel.Nifti1Image(rng.random((5, 5, 5), np.float32), np.eye(4)), path)
    with pytest.raises(RoiError) as caught:
        read_roi(path, volume, "me")
    assert "roi" in str(caught.value) or make == "floats"


def test_checks_of_a_roi(tmp_path: Path) -> None:
    volume = read_volume_file(shared_data("nifti-with-masks") / "example_ct_sm.nii.gz")
    pancreas = read_roi(shared_data("nifti-with-masks") / "example_seg.nii.gz", volume, "me", label=7).roi
    assert pancreas is not None
    states = {check.state for check in roi_checks(pancreas, volume)}
    assert states == {CheckState.PASSED}
    empty = replace(pancreas, mask=np.zeros_like(pancreas.mask))
    assert [check.id for check in roi_checks(empty, volume)] == ["ct.roi_empty"]
    mirrored = replace(pancreas, mask=np.ascontiguousarray(pancreas.mask[:, :, ::-1]))
    assert mirrored.volume == pancreas.volume
    air = np.zeros_like(pancreas.mask)
    air[10:20, :12, :30] = True
    flagged = {
        check.id for check in roi_checks(replace(pancreas, mask=air), volume) if check.state is not CheckState.PASSED
    }
    assert {"ct.roi_values", "ct.roi_place"} <= flagged
    assert _state(roi_checks(pancreas, volume, (100.0, 400.0)), "ct.roi_volume") is CheckState.REFUSED
