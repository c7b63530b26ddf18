"""Where the slices of a stack lie: order, spacing, gaps, duplicates, tilt, all from position and orientation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.frames import Frame
from apnet_desktop.ct.geometry import Geometry

__all__ = ["Placement", "place"]

# Positions are printed with three decimals or so, spacings of 0.625 mm among them.
_EXACT_MM = 0.02
_SAME_POSITION_MM = 0.01
# Beyond this part of the spacing a slice is not where a regular stack has it.
_UNEQUAL_PART = 0.1
_MISSING_PART = 0.5


@dataclass
class Placement:
    """A stack in order.

    Attributes:
        frames: From the first along the normal, one for each position.
        geometry: Grid in the acquisition's own axes (columns, rows, slices); None if there is no volume.
        duplicates: Pairs of different frames at one position.
        copies: Frames left out because they are the same image again.
        gaps: (frame before, frame after, slices missing).
        unequal: Largest deviation from equal spacing in mm, and the frame that has it.
        drift: mm per mm that slices shift in their own plane (tilt): along a row, along a column.
        nudged: Largest in-plane deviation from the common line in mm, and its frame.
        resampled: True if positions are not a regular orthogonal grid.
        offsets: For each frame its place in mm from the first: along row, column and normal.
    """

    frames: list[Frame]
    geometry: Geometry | None = None
    duplicates: list[tuple[Frame, Frame]] = field(default_factory=list)
    copies: list[Frame] = field(default_factory=list)
    gaps: list[tuple[Frame, Frame, int]] = field(default_factory=list)
    unequal: tuple[float, Frame] | None = None
    drift: tuple[float, float] = (0.0, 0.0)
    nudged: tuple[float, Frame] | None = None
    resampled: bool = False
    offsets: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))

    @property
    def tilt_degrees(self) -> float:
        """Angle between the stack's normal and the line through the slices' origins."""
        return float(np.degrees(np.arctan(np.hypot(*self.drift))))


def place(frames: list[Frame], rows: int, columns: int) -> Placement:
    """Puts frames of one orientation, matrix and spacing in order and judges where they lie.

    Every frame must have position, orientation and pixel spacing.
    """
    first = frames[0]
    assert first.row is not None and first.column is not None and first.pixel_spacing is not None  # noqa: S101, PT018
    axes = np.array([first.row, first.column, np.cross(first.row, first.column)])
    positions = np.array([frame.place for frame in frames], dtype=np.float64)
    along = positions @ axes[2]
    order = np.argsort(along, kind="stable")
    placement = Placement([])
    kept = _without_duplicates([frames[index] for index in order], along[order], placement)
    ordered = placement.frames
    offsets = (np.array([frame.place for frame in ordered], dtype=np.float64) - ordered[0].place) @ axes.T
    placement.offsets = offsets
    spacing = _judge(placement, offsets, kept)
    vectors = [tuple(float(v) + 0.0 for v in axis) for axis in axes]
    placement.geometry = Geometry(
        size=(columns, rows, len(ordered)),
        origin=ordered[0].place,
        spacing=(first.pixel_spacing[1], first.pixel_spacing[0], spacing),
        direction=(_three(vectors[0]), _three(vectors[1]), _three(vectors[2])),
    )
    if placement.resampled:
        placement.geometry = _regular_grid(placement, placement.geometry)
    return placement


def _three(vector: tuple[float, ...]) -> tuple[float, float, float]:
    return (vector[0], vector[1], vector[2])


def _without_duplicates(frames: list[Frame], along: NDArray[np.float64], placement: Placement) -> NDArray[np.float64]:
    kept: list[float] = []
    for frame, place_along in zip(frames, along, strict=True):
        if kept and abs(place_along - kept[-1]) <= _SAME_POSITION_MM:
            before = placement.frames[-1]
            if _same_image(before, frame):
                placement.copies.append(frame)
            else:
                placement.duplicates.append((before, frame))
            continue
        kept.append(float(place_along))
        placement.frames.append(frame)
    return np.array(kept)


def _same_image(a: Frame, b: Frame) -> bool:
    uid = a.header.ascii("SOPInstanceUID")
    return (
        bool(uid)
        and uid == b.header.ascii("SOPInstanceUID")
        and a.index == b.index
        and (a.header.entry.size == b.header.entry.size)
    )


def _judge(placement: Placement, offsets: NDArray[np.float64], along: NDArray[np.float64]) -> float:
    """Fills in gaps, unequal spacing, tilt and nudged slices; returns the spacing in mm."""
    frames = placement.frames
    if len(frames) == 1:
        return frames[0].thickness or 1.0
    steps = np.diff(along)
    typical = float(np.median(steps))
    for index in np.flatnonzero(steps > typical * (1.0 + _MISSING_PART)):
        parts = float(steps[index]) / typical
        # A whole multiple of the spacing means missing slices; anything else is just unequal.
        if abs(parts - round(parts)) <= _UNEQUAL_PART:
            placement.gaps.append((frames[index], frames[index + 1], round(parts) - 1))
    even = float(along[-1] - along[0]) / (len(frames) - 1)
    deviations = np.abs(along - along[0] - even * np.arange(len(frames)))
    worst = int(np.argmax(deviations))
    if deviations[worst] > max(_EXACT_MM, 0.02 * even):
        # The step that stands out names the slice; the deviation from an even grid only says that there is one.
        odd = int(np.argmax(np.abs(steps - typical)))
        placement.unequal = (float(abs(steps[odd] - typical)), frames[odd + 1])
        placement.resampled = True
    _judge_in_plane(placement, offsets)
    return typical if placement.resampled else even


def _judge_in_plane(placement: Placement, offsets: NDArray[np.float64]) -> None:
    along = offsets[:, 2]
    plane = offsets[:, :2]
    # A robust line through the origins: one nudged slice must not tilt the rest.
    steps = np.diff(along)
    drift = np.median(np.diff(plane, axis=0) / steps[:, None], axis=0)
    if float(np.abs(drift).max()) * float(along[-1]) > _EXACT_MM:
        placement.drift = (float(drift[0]), float(drift[1]))
        placement.resampled = True
    residual = np.abs(plane - along[:, None] * np.array(placement.drift))
    residual = np.abs(residual - np.median(residual, axis=0)).max(axis=1)
    worst = int(np.argmax(residual))
    if residual[worst] > 2.5 * _EXACT_MM:
        placement.nudged = (float(residual[worst]), placement.frames[worst])
        placement.resampled = True


def unequal_part(placement: Placement) -> float:
    """The largest deviation of a step from the typical one, as a part of it."""
    steps = np.diff(placement.offsets[:, 2])
    typical = float(np.median(steps)) if len(steps) else 1.0
    return float(np.abs(steps - typical).max()) / typical if len(steps) else 0.0


def _regular_grid(placement: Placement, geometry: Geometry) -> Geometry:
    """A regular grid that covers every slice: the pixels as they are, the typical distance along the normal."""
    pixel = np.array(geometry.spacing[:2])
    shift = placement.offsets[:, :2] / pixel
    low = np.floor(shift.min(axis=0) + 1e-6)
    high = np.ceil(shift.max(axis=0) - 1e-6)
    columns, rows = (np.array(geometry.size[:2]) + (high - low)).astype(int)
    slices = int(np.floor(placement.offsets[-1, 2] / geometry.spacing[2] + 1e-3)) + 1
    start = geometry.to_patient((float(low[0]), float(low[1]), 0.0))
    return geometry.model_copy(
        update={
            "size": (int(columns), int(rows), slices),
            "origin": (float(start[0]), float(start[1]), float(start[2])),
        }
    )
