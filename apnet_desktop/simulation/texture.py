"""A smooth random field in three dimensions, the same on every machine: contours and organs are never quite even."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.randomness import Stream, generator

__all__ = ["Texture"]

_SIDE = 64


@cache
def _lattice() -> NDArray[np.float32]:
    bits = generator(20260306, 0, Stream.TEXTURE).integers(-1000, 1001, size=(_SIDE, _SIDE, _SIDE))
    return (bits / np.float64(1000.0)).astype(np.float32)


class Texture:
    """Value noise: random numbers in -1...1 on a periodic lattice, linear between its points.

    Only additions and products of IEEE single precision are used, element by element, so that a value does not
    depend on which other pixels are computed with it, nor on the machine.

    Args:
        scale: Distance between lattice points in mm.
        offset: Position of the lattice, in lattice points along x, y, z: another offset is another texture.
    """

    def __init__(self, scale: float, offset: tuple[float, float, float]) -> None:
        self.scale = scale
        self.offset = offset

    def sample(self, x: NDArray[np.float32], y: NDArray[np.float32], z: float) -> NDArray[np.float32]:
        """The field at the pixels of an axial plane, shape (y, x); columns at `x`, rows at `y`, in mm."""
        depth = z / self.scale + self.offset[2]
        lower = int(np.floor(depth))
        share = np.float32(depth - lower)
        lattice = _lattice()
        plane = lattice[lower % _SIDE] * (np.float32(1) - share) + lattice[(lower + 1) % _SIDE] * share
        columns, column_share = self._locate(x, self.offset[0])
        rows, row_share = self._locate(y, self.offset[1])
        narrow = plane[:, columns] * (np.float32(1) - column_share) + plane[:, (columns + 1) % _SIDE] * column_share
        upper = row_share[:, None]
        return np.asarray(narrow[rows] * (np.float32(1) - upper) + narrow[(rows + 1) % _SIDE] * upper)

    def _locate(self, axis: NDArray[np.float32], offset: float) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        position = axis.astype(np.float64) / self.scale + offset
        lower = np.floor(position)
        return lower.astype(np.intp) % _SIDE, (position - lower).astype(np.float32)
