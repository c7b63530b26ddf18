"""Reads DICOM SEG: binary, fractional and label map segments (PS3.3 A.51, C.8.20), each frame by its own position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.patient_frame import reorient
from apnet_desktop.ct.roi_source import RoiCandidate, RoiSource, is_pancreas
from apnet_desktop.ct.seg_resampling import RegularPlanes
from apnet_desktop.ct.transfer_syntaxes import is_encapsulated
from apnet_desktop.errors import RoiError
from apnet_desktop.language import Message

__all__ = ["segmentation_source"]

_LARGEST_VOXELS = 2 * 1024**3
_REGULAR_PART = 0.02


@dataclass(frozen=True)
class _Plane:
    index: int
    segment: int | None
    slice: int


def segmentation_source(dataset: Dataset, name: str) -> RoiSource:
    """The segments of a SEG.

    Raises:
        RoiError: Its frames have no place, or are not evenly spaced.
    """
    planes, geometry, places = _planes(dataset, name)
    regular = None if places is None else RegularPlanes(places, geometry)
    if regular is not None and not regular.bounded:
        raise RoiError(Message.of("ct.roi_frames_uneven", file=name))
    numbers = {int(item.SegmentNumber): str(item.get("SegmentLabel", "")) for item in dataset.SegmentSequence}
    labelmap = str(dataset.get("SegmentationType", "BINARY")) == "LABELMAP"
    frames = _Frames(dataset, name)
    turn, placed = reorient(geometry if regular is None else regular.geometry)

    by_slice: dict[int, list[_Plane]] = {}
    for plane in planes:
        by_slice.setdefault(plane.slice, []).append(plane)

    def of_slice(number: int, label: int) -> NDArray[np.bool_]:
        values = np.zeros(geometry.shape[1:], bool)
        for plane in by_slice.get(number, []):
            if labelmap:
                values |= frames.stored(plane.index) == label
            elif plane.segment == label:
                values |= frames.inside(plane.index)
        return values

    def mask(label: int) -> tuple[NDArray[np.bool_], Geometry]:
        if regular is not None:
            values = regular.mask(lambda number: of_slice(number, label))
        else:
            values = np.stack([of_slice(number, label) for number in range(geometry.size[2])])
        return np.ascontiguousarray(turn.output_view(values)), placed

    counts = _counts(planes, frames, labelmap)
    candidates = tuple(
        RoiCandidate(
            label=number,
            name=numbers.get(number, ""),
            volume=count * geometry.voxel_volume,
            suggested=is_pancreas(numbers.get(number, "")),
        )
        for number, count in sorted(counts.items())
        if count and (not labelmap or number in numbers)
    )
    return RoiSource(candidates, mask, str(dataset.get("FrameOfReferenceUID", "")), _referenced(dataset))


def _counts(planes: list[_Plane], frames: _Frames, labelmap: bool) -> dict[int, int]:
    counts: dict[int, int] = {}
    for plane in planes:
        if labelmap:
            for value, count in zip(*np.unique(frames.stored(plane.index), return_counts=True), strict=True):
                if value:
                    counts[int(value)] = counts.get(int(value), 0) + int(count)
        elif plane.segment is not None:
            inside = int(np.count_nonzero(frames.inside(plane.index)))
            counts[plane.segment] = counts.get(plane.segment, 0) + inside
    return counts


def _group(frame: Dataset, shared: Dataset, keyword: str) -> Dataset | None:
    for source in (frame, shared):
        items = source.get(keyword)
        if items:
            item: Dataset = items[0]
            return item
    return None


def _planes(dataset: Dataset, name: str) -> tuple[list[_Plane], Geometry, NDArray[np.float64] | None]:
    """Every frame with its slice, their grid, and the slices' places where they are no regular grid (else None)."""
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    frames = list(dataset.get("PerFrameFunctionalGroupsSequence") or [])
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    if not frames or len(frames) != int(dataset.get("NumberOfFrames", 1)) or not 0 < rows * columns < 2**28:
        raise RoiError(Message.of("ct.roi_frames_without_place", file=name))
    positions, segments = [], []
    for frame in frames:
        place = _group(frame, shared, "PlanePositionSequence")
        segment = _group(frame, shared, "SegmentIdentificationSequence")
        if place is None or "ImagePositionPatient" not in place:
            raise RoiError(Message.of("ct.roi_frames_without_place", file=name))
        positions.append([float(value) for value in place.ImagePositionPatient])
        segments.append(None if segment is None else int(segment.ReferencedSegmentNumber))
    orientation = _group(frames[0], shared, "PlaneOrientationSequence")
    measures = _group(frames[0], shared, "PixelMeasuresSequence")
    if orientation is None or measures is None:
        raise RoiError(Message.of("ct.roi_frames_without_place", file=name))
    cosines = np.array([float(value) for value in orientation.ImageOrientationPatient]).reshape(2, 3)
    for frame in frames:
        other = _group(frame, shared, "PlaneOrientationSequence")
        if other is not None and not np.allclose(
            [float(value) for value in other.ImageOrientationPatient], cosines.ravel(), atol=1e-3
        ):
            raise RoiError(Message.of("ct.roi_frames_uneven", file=name))
    axes = np.array([cosines[0], cosines[1], np.cross(cosines[0], cosines[1])])
    places = (np.array(positions) - positions[0]) @ axes.T
    spacing = _slice_spacing(places[:, 2], measures)
    index = (places[:, 2] - places[:, 2].min()) / spacing
    whole = np.rint(index).astype(int)
    uneven = np.abs(index - whole).max() > _REGULAR_PART * max(1, whole.max())
    irregular = bool(uneven or np.abs(places[:, :2]).max() > 0.1)
    if irregular:
        # Slices are then counted, not measured: each height is one.
        heights, whole = np.unique(np.round(places[:, 2], 2), return_inverse=True)
        spacing = float(np.median(np.diff(heights))) if len(heights) > 1 else spacing
    if whole.max() > 65535:
        raise RoiError(Message.of("ct.roi_frames_uneven", file=name))
    if rows * columns * (int(whole.max()) + 1) > _LARGEST_VOXELS:
        raise RoiError(Message.of("ct.grid_too_large", file=name))
    origin = np.array(positions[int(np.argmin(places[:, 2]))])
    pixel = [float(value) for value in measures.PixelSpacing]
    vectors = [(float(v[0]), float(v[1]), float(v[2])) for v in axes]
    geometry = Geometry(
        size=(columns, rows, int(whole.max()) + 1),
        origin=(float(origin[0]), float(origin[1]), float(origin[2])),
        spacing=(pixel[1], pixel[0], spacing),
        direction=(vectors[0], vectors[1], vectors[2]),
    )
    planes = [
        _Plane(number, segment, int(slice)) for number, (segment, slice) in enumerate(zip(segments, whole, strict=True))
    ]
    if not irregular:
        return planes, geometry, None
    lowest = places[int(np.argmin(places[:, 2]))]
    each = [places[whole == number].mean(axis=0) - lowest for number in range(int(whole.max()) + 1)]
    return planes, geometry, np.array(each)


def _slice_spacing(along: NDArray[np.float64], measures: Dataset) -> float:
    steps = np.diff(np.unique(np.round(along, 4)))
    steps = steps[steps > 0.01]
    if len(steps):
        typical = float(steps.min())
        near = steps[steps < 1.5 * typical]
        return float(near.mean())
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        value = measures.get(keyword)
        if value and float(value) > 0:
            return float(value)
    return 1.0


class _Frames:
    """Frames of the pixel data, one at a time."""

    def __init__(self, dataset: Dataset, name: str) -> None:
        self._dataset = dataset
        self._name = name
        self._rows, self._columns = int(dataset.Rows), int(dataset.Columns)
        self._bits = int(dataset.BitsAllocated)
        self._half = 0.5
        if str(dataset.get("SegmentationType", "BINARY")) == "FRACTIONAL":
            self._half = 0.5 * int(dataset.get("MaximumFractionalValue", 1))
        self._data: bytes = dataset.PixelData
        self._encapsulated = is_encapsulated(str(dataset.file_meta.TransferSyntaxUID))

    def inside(self, index: int) -> NDArray[np.bool_]:
        """Voxels of a binary or fractional frame that belong to its segment."""
        return np.asarray(self.stored(index) >= self._half)

    def stored(self, index: int) -> NDArray[Any]:
        """Values of one frame."""
        pixels = self._rows * self._columns
        if self._encapsulated:
            return self._decoded(index)
        if self._bits == 1:
            first = index * pixels
            chunk = self._data[first // 8 : (first + pixels + 7) // 8]
            bits = np.unpackbits(np.frombuffer(chunk, np.uint8), bitorder="little")
            values: NDArray[Any] = bits[first % 8 : first % 8 + pixels]
        elif self._bits in (8, 16):
            width = self._bits // 8
            values = np.frombuffer(self._data[index * pixels * width : (index + 1) * pixels * width], f"<u{width}")
        else:
            raise RoiError(Message.of("ct.file_damaged", file=self._name))
        if values.size != pixels:
            raise RoiError(Message.of("ct.file_truncated", file=self._name))
        return values.reshape(self._rows, self._columns)

    def _decoded(self, index: int) -> NDArray[Any]:
        from pydicom.pixels.decoders.base import get_decoder

        values, _ = get_decoder(self._dataset.file_meta.TransferSyntaxUID).as_array(
            self._dataset, index=index, raw=True
        )
        return np.asarray(values)


def _referenced(dataset: Dataset) -> frozenset[str]:
    uids = set()
    for series in dataset.get("ReferencedSeriesSequence") or []:
        for instance in series.get("ReferencedInstanceSequence") or []:
            uids.add(str(instance.get("ReferencedSOPInstanceUID", "")))
    return frozenset(uids - {""})
