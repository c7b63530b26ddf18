"""What a brush covers: discs in a slice and balls in space, in millimetres, swept along the hand's path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.roi_editing.history import Box

__all__ = ["Index", "swept_brush"]

Index = tuple[float, float, float]
"""A voxel index (k, j, i) with fractions."""


def swept_brush(
    start: Index,
    end: Index,
    radius: float,
    spacing: tuple[float, float, float],
    shape: tuple[int, int, int],
    flat_axis: int | None,
) -> tuple[Box, NDArray[np.bool_]] | None:
    """The voxels that a round brush covers on its way from `start` to `end`.

    A voxel is covered if its centre lies within `radius` of the path. The voxels under both ends always are, however
    small the brush.

    Args:
        start: Where the hand was, (k, j, i).
        end: Where it is, (k, j, i).
        radius: Radius in mm.
        spacing: Voxel spacing in mm along k, j, i.
        shape: Shape of the mask (z, y, x).
        flat_axis: Array axis across which the brush is one voxel thick (a disc); None for a ball.

    Returns:
        The box of the mask and the covered voxels in it; None if the path lies outside of the mask.
    """
    box: list[slice] = []
    for axis in range(3):
        reach = 0.5 if axis == flat_axis else radius / spacing[axis] + 0.5
        first = max(0, int(np.floor(min(start[axis], end[axis]) - reach + 0.5)))
        last = min(shape[axis] - 1, int(np.ceil(max(start[axis], end[axis]) + reach - 0.5)))
        if axis == flat_axis:
            first = last = round(end[axis])
        if last < first or last < 0 or first >= shape[axis]:
            return None
        box.append(slice(first, last + 1))
    covered = _near_path(start, end, radius, spacing, box, flat_axis)
    for point in (start, end):
        nearest = [round(value) for value in point]
        if flat_axis is not None:
            nearest[flat_axis] = round(end[flat_axis])
        inside = [value - part.start for value, part in zip(nearest, box, strict=True)]
        if all(0 <= value < size for value, size in zip(inside, covered.shape, strict=True)):
            covered[inside[0], inside[1], inside[2]] = True
    return (box[0], box[1], box[2]), covered


def _near_path(
    start: Index,
    end: Index,
    radius: float,
    spacing: tuple[float, float, float],
    box: list[slice],
    flat_axis: int | None,
) -> NDArray[np.bool_]:
    origin = np.array([0.0 if axis == flat_axis else start[axis] * spacing[axis] for axis in range(3)])
    target = np.array([0.0 if axis == flat_axis else end[axis] * spacing[axis] for axis in range(3)])
    path = target - origin
    length = float(path @ path)
    offsets = []
    for axis in range(3):
        centres = np.arange(box[axis].start, box[axis].stop, dtype=np.float64) * spacing[axis]
        if axis == flat_axis:
            centres[:] = 0.0
        offsets.append((centres - origin[axis]).reshape([-1 if axis == other else 1 for other in range(3)]))
    if length == 0.0:
        along: NDArray[np.float64] | float = 0.0
    else:
        along = np.clip((offsets[0] * path[0] + offsets[1] * path[1] + offsets[2] * path[2]) / length, 0.0, 1.0)
    squared = sum((offsets[axis] - along * path[axis]) ** 2 for axis in range(3))
    return np.asarray(squared <= radius * radius)
