"""A coarse grid about the gland, on which solids are grown until they hold what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.layer import Layer
from apnet_desktop.simulation.painting import Layers, paint_labels
from apnet_desktop.simulation.shapes import Plane, Shape

__all__ = ["REACH", "CoarseGrid", "coarse_grid", "growth_to_hold"]


_STEP: Final = 4.0  # mm of the coarse grid in the axial plane
_RISE: Final = 6.0  # mm between its planes
REACH: Final = 48.0  # mm beyond the gland that the coarse grid tells distances to


@dataclass(frozen=True)
class CoarseGrid:
    """Values at all voxels of the coarse grid.

    Attributes:
        planes: Its planes, from foot to head.
        tissues: What lies there without gland and lesions, (z, y, x).
    """

    planes: list[Plane]
    tissues: NDArray[np.uint8]

    @property
    def voxel(self) -> float:
        """Volume of a voxel in mL."""
        return _STEP * _STEP * _RISE / 1000.0

    def distances(self, shape: Shape, limit: float) -> NDArray[np.float32]:
        """Distances in mm from a solid at all voxels, at most `limit`, (z, y, x)."""
        values = np.full(self.tissues.shape, np.float32(limit), np.float32)
        for number, plane in enumerate(self.planes):
            told = shape.distance(plane)
            if told is not None:
                patch, distance = told
                values[number, patch.rows, patch.columns] = distance
        return values


def growth_to_hold(distances: NDArray[np.float32], count: float) -> float:
    """How far a solid must grow to hold `count` of the voxels whose distances from it are given."""
    ordered = np.sort(distances.ravel())
    if not len(ordered):
        return 0.0
    position = float(np.clip(count - 0.5, 0, len(ordered) - 1))
    lower = int(position)
    upper = min(lower + 1, len(ordered) - 1)
    share = position - lower
    return float(np.round((1 - share) * float(ordered[lower]) + share * float(ordered[upper]), 4))


def coarse_grid(axis: NDArray[np.float64], base: list[Layer]) -> CoarseGrid:
    """The grid about a gland.

    Args:
        axis: Of the gland, (n, 3) in mm.
        base: Every other organ, in painting order.
    """
    room = np.array([56.0, 56.0, REACH])
    lower, upper = axis.min(axis=0) - room, axis.max(axis=0) + room
    x = np.arange(round(lower[0]), upper[0], _STEP).astype(np.float32)
    y = np.arange(round(lower[1]), upper[1], _STEP).astype(np.float32)
    planes = [Plane(x, y, float(z)) for z in np.arange(round(lower[2]), upper[2], _RISE)]
    inner = Layers([layer for layer in base if not layer.outer])
    return CoarseGrid(planes, np.stack([paint_labels(inner, plane) for plane in planes]))
