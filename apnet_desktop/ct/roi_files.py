"""ROIs in files: NIfTI, NRRD (Slicer's too), DICOM SEG in and out, RTSTRUCT in; placed by geometry, never by index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.grid_files import Grid, is_grid_file, read_grid, write_grid
from apnet_desktop.ct.mask_resampling import mask_on_grid
from apnet_desktop.ct.roi import Roi, RoiOrigin
from apnet_desktop.ct.roi_checks import roi_checks
from apnet_desktop.ct.roi_source import RoiCandidate, RoiSource, is_pancreas
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import CtError, RoiError
from apnet_desktop.language import Message

__all__ = ["OtherFrameOfReferenceError", "RoiCandidate", "RoiImport", "read_roi", "roi_checks", "write_roi"]

_LARGEST_LABEL_COUNT = 4096


class OtherFrameOfReferenceError(RoiError):
    """The file lies in another frame of reference, and nobody has said that it may be taken."""


@dataclass(frozen=True)
class RoiImport:
    """What a ROI file holds.

    Attributes:
        roi: The ROI on the volume's grid; None if the file has several labels and the person must say which.
        checks: What was checked on import, and the checks of the ROI itself.
        candidates: Every label of the file.
    """

    roi: Roi | None
    checks: tuple[Check, ...] = ()
    candidates: tuple[RoiCandidate, ...] = ()


def read_roi(
    path: Path,
    volume: CtVolume,
    author: str,
    label: int | None = None,
    other_frame_of_reference: bool = False,
    limits_ml: tuple[float, float] = (10.0, 400.0),
) -> RoiImport:
    """The ROI of a file on the volume's grid.

    Args:
        path: NIfTI, NRRD, DICOM SEG or RTSTRUCT, told by its content.
        volume: The CT that it belongs to.
        author: Who imports it.
        label: Which label to take; None takes the only one, or else asks by its candidates.
        other_frame_of_reference: True if the person consents to a file whose frame of reference is not the CT's.
        limits_ml: Plausible volume in mL.

    Raises:
        OtherFrameOfReferenceError: It lies in another frame of reference, without consent.
        RoiError: The file cannot be read, holds no such label, or lies outside the CT altogether.
    """
    source = _open(path, volume)
    checks = [_frame_of_reference(source, volume, path.name, other_frame_of_reference)]
    checks += _references(source, volume, path.name)
    if not source.candidates:
        raise RoiError(Message.of("ct.roi_file_empty", file=path.name))
    if label is None:
        if len(source.candidates) > 1:
            return RoiImport(None, tuple(checks), source.candidates)
        label = source.candidates[0].label
    if all(candidate.label != label for candidate in source.candidates):
        raise RoiError(Message.of("ct.roi_no_label", file=path.name, label=label))
    mask, geometry = source.mask(label)
    on_grid, outside, interpolated = mask_on_grid(mask, geometry, volume.geometry)
    if outside > 0.999:
        raise RoiError(Message.of("ct.roi_outside", file=path.name))
    checks += _grid_checks(outside, interpolated, path.name)
    roi = Roi(on_grid, volume.geometry, (RoiOrigin.IMPORTED,), author)
    return RoiImport(roi, (*checks, *roi_checks(roi, volume, limits_ml)), source.candidates)


def _open(path: Path, volume: CtVolume) -> RoiSource:
    try:
        with path.open("rb") as file:
            head = file.read(132)
        if is_grid_file(path) or head[:4] == b"NRRD":
            return _grid_source(read_grid(path))
        from apnet_desktop.ct.dicom_roi import open_dicom_roi

        return open_dicom_roi(path, volume)
    except OSError as error:
        raise RoiError(Message.of("ct.file_unreadable", file=path.name)) from error
    except CtError as error:
        raise RoiError(error.message) from error


def _frame_of_reference(source: RoiSource, volume: CtVolume, name: str, consent: bool) -> Check:
    own = volume.series.frame_of_reference_uid
    other = source.frame_of_reference_uid
    if other is None or not own or not other:
        return Check(
            id="ct.roi_frame_of_reference", state=CheckState.PASSED, message=Message.of("ct.roi_by_geometry", file=name)
        )
    if own == other:
        message = Message.of("ct.roi_same_frame_of_reference")
        return Check(id="ct.roi_frame_of_reference", state=CheckState.PASSED, message=message)
    if not consent:
        raise OtherFrameOfReferenceError(Message.of("ct.roi_other_frame_of_reference", file=name))
    message = Message.of("ct.roi_consented_frame_of_reference", file=name)
    return Check(id="ct.roi_frame_of_reference", state=CheckState.WARNED, message=message)


def _references(source: RoiSource, volume: CtVolume, name: str) -> list[Check]:
    own = {uid for uid in volume.source_uids if uid}
    if not own or not source.referenced_uids or own & source.referenced_uids:
        return []
    message = Message.of("ct.roi_other_images", file=name)
    return [Check(id="ct.roi_references", state=CheckState.WARNED, message=message)]


def _grid_checks(outside: float, interpolated: bool, name: str) -> list[Check]:
    checks = []
    if interpolated:
        message = Message.of("ct.roi_resampled", file=name)
        checks.append(Check(id="ct.roi_grid", state=CheckState.WARNED, message=message))
    else:
        checks.append(Check(id="ct.roi_grid", state=CheckState.PASSED, message=Message.of("ct.roi_same_grid")))
    if outside > 0.001:
        message = Message.of("ct.roi_partly_outside", file=name, percent=round(outside * 100.0, 1))
        checks.append(Check(id="ct.roi_outside", state=CheckState.WARNED, message=message))
    return checks


def _grid_source(grid: Grid) -> RoiSource:
    layers = grid.values if grid.values.ndim == 4 else grid.values[None]
    names = _slicer_names(grid.texts) | {(0, label): name for label, name in grid.label_names.items()}
    candidates = []
    places: dict[int, tuple[int, int]] = {}
    number = 0
    for layer, values in enumerate(layers):
        labels = _labels(values)
        for value in labels:
            name, key = names.get((layer, value), ""), value
            if key in places:
                number = max(places) + 1
                key = number
            places[key] = (layer, value)
            count = int(np.count_nonzero(values == value))
            candidates.append(
                RoiCandidate(
                    label=key,
                    name=name,
                    volume=count * grid.geometry.voxel_volume,
                    suggested=is_pancreas(name),
                )
            )

    def mask(label: int) -> tuple[NDArray[np.bool_], Geometry]:
        layer, value = places[label]
        return np.asarray(layers[layer] == value), grid.geometry

    return RoiSource(tuple(candidates), mask)


def _labels(values: NDArray[np.generic]) -> list[int]:
    if values.dtype.kind == "f":
        whole = np.rint(np.nan_to_num(values.astype(np.float64)))
        if np.abs(whole - values).max() > 1e-3:
            raise RoiError(Message.of("ct.roi_not_labels"))
        values = whole.astype(np.int64)
    found = [int(value) for value in np.unique(values) if value != 0]
    if len(found) > _LARGEST_LABEL_COUNT:
        raise RoiError(Message.of("ct.roi_not_labels"))
    return found


def _slicer_names(texts: dict[str, str]) -> dict[tuple[int, int], str]:
    """Names of the segments in a Slicer segmentation (.seg.nrrd), by layer and label."""
    names = {}
    for number in range(_LARGEST_LABEL_COUNT):
        value = texts.get(f"Segment{number}_LabelValue")
        if value is None:
            break
        layer = texts.get(f"Segment{number}_Layer", "0")
        if value.strip().isdigit() and layer.strip().isdigit():
            names[int(layer), int(value)] = texts.get(f"Segment{number}_Name", "")
    return names


def write_roi(roi: Roi, path: Path, volume: CtVolume) -> None:
    """Writes a ROI: NIfTI or NRRD by the file's name, DICOM SEG for any other name (.dcm).

    Raises:
        RoiError: The file cannot be written, or a SEG is asked for a volume that is not DICOM.
    """
    try:
        if path.name.lower().endswith(".nrrd"):
            texts = {
                "Segment0_ID": "Segment_1",
                "Segment0_Name": "pancreas",
                "Segment0_LabelValue": "1",
                "Segment0_Layer": "0",
            }
            write_grid(roi.mask.astype(np.uint8), roi.geometry, path, texts)
        elif is_grid_file(path):
            write_grid(roi.mask.astype(np.uint8), roi.geometry, path)
        else:
            from apnet_desktop.ct.dicom_seg import write_seg

            write_seg(roi, path, volume)
    except CtError as error:
        raise RoiError(error.message) from error
