"""Brings axes to the patient frame by swaps and flips only: i to the left, j to the back, k to the head."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry, Vector3

__all__ = ["Reorientation", "reorient"]

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True)
class Reorientation:
    """How output axes come from input axes; both are numbered (i, j, k) = (column, row, slice).

    Attributes:
        order: For each output axis, the input axis that it is.
        flipped: For each output axis, True if it runs against that input axis.
    """

    order: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]

    @property
    def keeps_slices(self) -> bool:
        """True if a slice of the input is a slice of the output, so that slices can be shown as they come."""
        return self.order[2] == 2

    def input_view(self, output: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """The array [k, j, i] of the output, seen as the input: writing slice n of this view fills the output."""
        flips = tuple(slice(None, None, -1) if flip else slice(None) for flip in reversed(self.flipped))
        # Array axis 2 - a holds axis a; the view's array axis for input axis a is the output axis that took it.
        axes = tuple(2 - self.order.index(axis) for axis in (2, 1, 0))
        return output[flips].transpose(axes)

    def output_view(self, values: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """The input array [slice, row, column], seen in the patient frame [k, j, i]."""
        axes = tuple(2 - self.order[axis] for axis in (2, 1, 0))
        flips = tuple(slice(None, None, -1) if flip else slice(None) for flip in reversed(self.flipped))
        return values.transpose(axes)[flips]


def reorient(geometry: Geometry) -> tuple[Reorientation, Geometry]:
    """The swaps and flips that bring a grid to the patient frame, and the grid afterwards.

    Each voxel keeps its value and its place. An oblique grid stays oblique: its axes go to the nearest patient axes.
    """
    direction = np.array(geometry.direction)  # rows: where i, j, k grow to, in LPS
    order = max(permutations(range(3)), key=lambda axes: sum(abs(direction[axes[out], out]) for out in range(3)))
    flipped = tuple(bool(direction[order[out], out] < 0) for out in range(3))
    corner = [0.0, 0.0, 0.0]
    for out in range(3):
        if flipped[out]:
            corner[order[out]] = geometry.size[order[out]] - 1.0
    signs = [-1.0 if flip else 1.0 for flip in flipped]
    axes = [_vector(direction[order[out]] * signs[out]) for out in range(3)]
    result = Geometry(
        size=(geometry.size[order[0]], geometry.size[order[1]], geometry.size[order[2]]),
        origin=_vector(geometry.to_patient((corner[0], corner[1], corner[2]))),
        spacing=(geometry.spacing[order[0]], geometry.spacing[order[1]], geometry.spacing[order[2]]),
        direction=(axes[0], axes[1], axes[2]),
    )
    return Reorientation((order[0], order[1], order[2]), (flipped[0], flipped[1], flipped[2])), result


def _vector(values: NDArray[np.float64]) -> Vector3:
    # Adding 0.0 turns -0.0 into 0.0, so that equal grids have equal text.
    return (float(values[0]) + 0.0, float(values[1]) + 0.0, float(values[2]) + 0.0)
