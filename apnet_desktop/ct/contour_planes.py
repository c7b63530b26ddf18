"""The grid in which planar contours lie, where that is not the CT's own: sagittal, coronal or oblique drawings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry

__all__ = ["contour_grid"]

# mm: printed coordinates are rounded, and a hand-drawn plane is a plane.
_FLAT_MM = 0.5
_PARALLEL = 0.999
_LARGEST_VOXELS = 512 * 1024**2


def contour_grid(contours: list[NDArray[np.float64]], target: Geometry) -> Geometry | None:
    """A grid whose slices are the contours' own planes, as fine as the target's finest spacing.

    Args:
        contours: LPS points (points, 3) of closed contours.
        target: Grid of the CT.

    Returns:
        None if the contours are not flat, not parallel, or too far apart for one grid.
    """
    normal = _normal(max(contours, key=len))
    if normal is None:
        return None
    heights = []
    for points in contours:
        own = _normal(points)
        along = points @ normal
        if float(np.ptp(along)) > _FLAT_MM or (own is not None and abs(float(own @ normal)) < _PARALLEL):
            return None
        heights.append(float(along.mean()))
    first = np.cross(normal, np.eye(3)[int(np.argmin(np.abs(normal)))])
    first /= np.linalg.norm(first)
    axes = np.array([first, np.cross(normal, first), normal])
    spacing = min(target.spacing)
    steps = np.diff(np.unique(np.round(heights, 2)))
    distance = float(np.median(steps)) if len(steps) else max(target.spacing)
    points = np.concatenate(contours) @ axes.T
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.ceil((high - low) / (spacing, spacing, distance)).astype(int) + 3
    size[2] = int(np.rint((max(heights) - min(heights)) / distance)) + 1
    if float(np.prod(size.astype(np.float64))) > _LARGEST_VOXELS:
        return None
    origin = np.array([low[0] - spacing, low[1] - spacing, min(heights)]) @ axes
    vectors = [(float(v[0]), float(v[1]), float(v[2])) for v in axes]
    return Geometry(
        size=(int(size[0]), int(size[1]), int(size[2])),
        origin=(float(origin[0]), float(origin[1]), float(origin[2])),
        spacing=(spacing, spacing, distance),
        direction=(vectors[0], vectors[1], vectors[2]),
    )


def _normal(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Unit normal of the plane through points; None if they lie on a line."""
    _, sizes, vectors = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    if sizes[1] < 1e-3 * max(float(sizes[0]), 1e-9):
        return None
    return np.asarray(vectors[2])
