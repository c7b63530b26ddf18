"""Puts the planes of a SEG that are sheared (gantry tilt) or unevenly spaced on a regular grid, as the CT itself is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.resample_stack import AIR, resample

__all__ = ["RegularPlanes"]

_FAR = 1.5
_LARGEST_GROWTH = 4
_LARGEST_VOXELS = 2 * 1024**3


class RegularPlanes:
    """Planes of one orientation and their regular grid.

    Args:
        places: (planes, 3): mm from the first plane along row, column and normal, ascending along the normal.
        geometry: Grid as if the planes were regular: size, in-plane spacing and directions are right; its slice
            spacing is the usual one.
    """

    def __init__(self, places: NDArray[np.float64], geometry: Geometry) -> None:
        self._places, self._source = _with_empty(places, geometry.spacing[2])
        pixel = np.array(geometry.spacing[:2])
        shift = self._places[:, :2] / pixel
        low, high = np.floor(shift.min(axis=0) + 1e-6), np.ceil(shift.max(axis=0) - 1e-6)
        columns, rows = (np.array(geometry.size[:2]) + (high - low)).astype(int)
        slices = int(np.floor(self._places[-1, 2] / geometry.spacing[2] + 1e-3)) + 1
        corner = np.array(geometry.direction).T @ np.array([low[0] * pixel[0], low[1] * pixel[1], 0.0])
        start = np.array(geometry.origin) + corner
        self.geometry = geometry.model_copy(
            update={
                "size": (int(columns), int(rows), slices),
                "origin": (float(start[0]), float(start[1]), float(start[2])),
            }
        )
        stored = geometry.size[0] * geometry.size[1] * len(self._places)
        voxels = columns * rows * slices
        self.bounded = bool(voxels <= min(_LARGEST_VOXELS, _LARGEST_GROWTH * stored))
        self._rows, self._columns = geometry.size[1], geometry.size[0]

    def mask(self, plane: Callable[[int], NDArray[np.bool_]]) -> NDArray[np.bool_]:
        """The mask [slice, row, column] on the regular grid: inside where the interpolated plane is at least half.

        Args:
            plane: Gives the mask [row, column] of one of the planes that the object was made of.
        """
        values = np.empty(self.geometry.shape, np.int16)

        def read(index: int) -> NDArray[np.int16]:
            source = self._source[index]
            if source < 0:
                return np.full((self._rows, self._columns), AIR, np.int16)
            return np.where(plane(source), np.int16(-AIR), np.int16(AIR))

        resample(read, values, self._places, self.geometry.spacing, lambda _: None)
        return np.asarray(values >= 0)


def _with_empty(places: NDArray[np.float64], spacing: float) -> tuple[NDArray[np.float64], list[int]]:
    """Places with empty planes (-1) put in where some were left out: a SEG need not hold empty frames."""
    result, source = [places[0]], [0]
    for index in range(1, len(places)):
        step = places[index] - places[index - 1]
        missing = round(float(step[2]) / spacing) - 1 if step[2] > _FAR * spacing else 0
        for number in range(1, missing + 1):
            result.append(places[index - 1] + step * number / (missing + 1))
            source.append(-1)
        result.append(places[index])
        source.append(index)
    return np.array(result), source
