"""Reads RTSTRUCT contours (PS3.3 C.8.8.5, C.8.8.6) onto a CT's grid: a voxel belongs where its centre is inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apnet_desktop.ct.contour_planes import contour_grid
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.patient_frame import reorient
from apnet_desktop.ct.roi_source import RoiCandidate, RoiSource, is_pancreas
from apnet_desktop.errors import RoiError
from apnet_desktop.language import Message

__all__ = ["polygon_mask", "structure_source"]

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_LARGEST_CONTOUR = 1_000_000
# Contours lie on planes; printed coordinates are rounded.
_FLAT_SLICES = 0.1


def structure_source(dataset: Dataset, name: str, geometry: Geometry) -> RoiSource:
    """The closed contours of a structure set, drawn on `geometry`.

    Raises:
        RoiError: A contour has no place, or contours lie neither in the CT's slices nor in parallel planes.
    """
    names = {int(item.ROINumber): str(item.get("ROIName", "")) for item in dataset.get("StructureSetROISequence") or []}
    contours: dict[int, list[NDArray[np.float64]]] = {}
    referenced: set[str] = set()
    for item in dataset.get("ROIContourSequence") or []:
        number = int(item.ReferencedROINumber)
        for contour in item.get("ContourSequence") or []:
            if str(contour.get("ContourGeometricType", "")) not in _CLOSED:
                continue
            points = np.array([float(value) for value in contour.ContourData], np.float64)
            if points.size % 3 or not 9 <= points.size <= 3 * _LARGEST_CONTOUR or not np.isfinite(points).all():
                raise RoiError(Message.of("ct.roi_bad_contour", file=name, roi=names.get(number, str(number))))
            contours.setdefault(number, []).append(points.reshape(-1, 3))
            for image in contour.get("ContourImageSequence") or []:
                referenced.add(str(image.get("ReferencedSOPInstanceUID", "")))

    def mask(label: int) -> tuple[NDArray[np.bool_], Geometry]:
        grid = _grid(contours[label], geometry, name)
        turn, placed = reorient(grid)
        return np.ascontiguousarray(turn.output_view(_drawn(contours[label], grid))), placed

    candidates = []
    for number in sorted(contours):
        label = names.get(number, "")
        grid = _grid(contours[number], geometry, name)
        volume = float(np.count_nonzero(_drawn(contours[number], grid))) * grid.voxel_volume
        candidates.append(RoiCandidate(label=number, name=label, volume=volume, suggested=is_pancreas(label)))
    return RoiSource(tuple(candidates), mask, _frame_of_reference(dataset), frozenset(referenced - {""}))


def _frame_of_reference(dataset: Dataset) -> str:
    uids = {
        str(item.get("ReferencedFrameOfReferenceUID", "")) for item in dataset.get("StructureSetROISequence") or []
    } - {""}
    if not uids:
        items = dataset.get("ReferencedFrameOfReferenceSequence") or []
        uids = {str(item.get("FrameOfReferenceUID", "")) for item in items} - {""}
    return uids.pop() if len(uids) == 1 else str(dataset.get("FrameOfReferenceUID", ""))


def _grid(contours: list[NDArray[np.float64]], geometry: Geometry, name: str) -> Geometry:
    """The CT's grid if the contours lie in its slices, else one of their own planes.

    Raises:
        RoiError: They are not flat or not parallel.
    """
    if all(float(np.ptp(geometry.to_index(points)[:, 2])) <= _FLAT_SLICES for points in contours):
        return geometry
    own = contour_grid(contours, geometry)
    if own is None:
        raise RoiError(Message.of("ct.roi_contours_not_in_slices", file=name))
    return own


def _drawn(contours: list[NDArray[np.float64]], geometry: Geometry) -> NDArray[np.bool_]:
    """Fills contours slice by slice; a contour inside another cuts a hole (even-odd rule)."""
    result = np.zeros(geometry.shape, bool)
    planes: dict[float, list[NDArray[np.float64]]] = {}
    for points in contours:
        index = geometry.to_index(points)
        planes.setdefault(round(float(index[:, 2].mean()), 2), []).append(index[:, :2])
    heights = np.array(sorted(planes))
    # Contours on every second slice stand for the slices in between, up to half their distance.
    reach = max(0.5, float(np.median(np.diff(heights))) / 2.0) + 0.01 if len(heights) > 1 else 0.51
    first = max(0, int(np.ceil(heights[0] - reach)))
    last = min(geometry.size[2] - 1, int(np.floor(heights[-1] + reach)))
    for k in range(first, last + 1):
        nearest = float(heights[int(np.argmin(np.abs(heights - k)))])
        if abs(nearest - k) <= reach:
            for polygon in planes[nearest]:
                result[k] ^= polygon_mask(polygon, (geometry.size[1], geometry.size[0]))
    return result


def polygon_mask(polygon: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels [row, column] whose centre lies inside a polygon of (column, row) points, by the even-odd rule."""
    result = np.zeros(shape, bool)
    following = np.roll(polygon, -1, axis=0)
    low = max(0, int(np.ceil(polygon[:, 1].min())))
    high = min(shape[0] - 1, int(np.floor(polygon[:, 1].max())))
    columns = np.arange(shape[1])
    for row in range(low, high + 1):
        # Half-open edges: a corner on the line counts once.
        crosses = (polygon[:, 1] <= row) != (following[:, 1] <= row)
        if not crosses.any():
            continue
        start, end = polygon[crosses], following[crosses]
        places = np.sort(start[:, 0] + (row - start[:, 1]) * (end[:, 0] - start[:, 0]) / (end[:, 1] - start[:, 1]))
        result[row] = np.searchsorted(places, columns, side="right") % 2 == 1
    return result
