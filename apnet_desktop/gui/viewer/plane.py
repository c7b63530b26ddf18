"""The three planes of a volume: which voxels lie where on a screen, for any orientation of the voxel grid."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry, orientation_letter

__all__ = ["Index", "Plane", "PlaneKind"]

Index = tuple[float, float, float]
"""A voxel index in array order (k, j, i), fractions allowed; whole numbers are voxel centres."""


class PlaneKind(StrEnum):
    """The planes, in the order in which they are laid out."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"


# Screen axes (right, down, and the way the wheel scrolls when turned up) in the patient frame LPS. Axial as seen from
# the feet with the patient's right on the screen's left; coronal from the front; sagittal from the patient's left,
# face to the left: the radiological views of DICOM viewers.
_SCREEN: dict[PlaneKind, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    PlaneKind.AXIAL: ((0, 1), (1, 1), (2, 1)),
    PlaneKind.CORONAL: ((0, 1), (2, -1), (1, -1)),
    PlaneKind.SAGITTAL: ((1, 1), (2, -1), (0, 1)),
}


def _array_axes(geometry: Geometry) -> tuple[int, int, int]:
    """Array axis (0 = z, 1 = y, 2 = x) that runs closest along patient x, y and z."""
    direction = np.abs(np.array(geometry.direction))
    best = max(permutations(range(3)), key=lambda order: sum(direction[order[axis], axis] for axis in range(3)))
    return (2 - best[0], 2 - best[1], 2 - best[2])


@dataclass(frozen=True)
class Plane:
    """How slices of one plane are cut from an array (z, y, x) and laid on a screen.

    A point of the plane is (u, v) in mm, from the upper left corner of the upper left voxel, right and down.

    Attributes:
        kind: Which plane.
        column_axis: Array axis that runs along the screen's rows (u).
        row_axis: Array axis that runs down the screen (v).
        slice_axis: Array axis across the plane.
        column_flipped: True if that array axis runs to the left.
        row_flipped: True if that array axis runs up.
        forward: +1 or −1: how the slice index changes to go to the head, the front or the patient's left.
        shape: Shape of the array (z, y, x).
        spacing: Voxel spacing in mm along the array's axes.
        letters: Patient's sides at the screen's left, top, right and bottom.
    """

    kind: PlaneKind
    column_axis: int
    row_axis: int
    slice_axis: int
    column_flipped: bool
    row_flipped: bool
    forward: int
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    letters: tuple[str, str, str, str]

    @classmethod
    def of(cls, kind: PlaneKind, geometry: Geometry) -> Plane:
        """The plane `kind` of a volume on the grid `geometry`."""
        axes = _array_axes(geometry)
        array_directions = np.array(geometry.direction)[::-1]
        (right, right_sign), (down, down_sign), (forward, forward_sign) = _SCREEN[kind]

        def runs_along(patient_axis: int, sign: int) -> bool:
            return bool(array_directions[axes[patient_axis], patient_axis] * sign > 0)

        column_flipped = not runs_along(right, right_sign)
        row_flipped = not runs_along(down, down_sign)
        to_right = array_directions[axes[right]] * (-1 if column_flipped else 1)
        to_bottom = array_directions[axes[down]] * (-1 if row_flipped else 1)
        return cls(
            kind=kind,
            column_axis=axes[right],
            row_axis=axes[down],
            slice_axis=axes[forward],
            column_flipped=column_flipped,
            row_flipped=row_flipped,
            forward=1 if runs_along(forward, forward_sign) else -1,
            shape=geometry.shape,
            spacing=(geometry.spacing[2], geometry.spacing[1], geometry.spacing[0]),
            letters=(
                orientation_letter(-to_right),
                orientation_letter(-to_bottom),
                orientation_letter(to_right),
                orientation_letter(to_bottom),
            ),
        )

    @property
    def columns(self) -> int:
        """Voxels across the screen."""
        return self.shape[self.column_axis]

    @property
    def rows(self) -> int:
        """Voxels down the screen."""
        return self.shape[self.row_axis]

    @property
    def slices(self) -> int:
        """Slices of this plane."""
        return self.shape[self.slice_axis]

    @property
    def column_spacing(self) -> float:
        """Distance in mm between voxel centres across the screen."""
        return self.spacing[self.column_axis]

    @property
    def row_spacing(self) -> float:
        """Distance in mm between voxel centres down the screen."""
        return self.spacing[self.row_axis]

    @property
    def slice_spacing(self) -> float:
        """Distance in mm between slices."""
        return self.spacing[self.slice_axis]

    @property
    def width(self) -> float:
        """Width in mm."""
        return self.columns * self.column_spacing

    @property
    def height(self) -> float:
        """Height in mm."""
        return self.rows * self.row_spacing

    def lay_out(self, slab: NDArray[Any]) -> NDArray[Any]:
        """A view of `slab`, (z, y, x), with axes (slices, rows, columns) as they lie on the screen."""
        laid = slab.transpose(self.slice_axis, self.row_axis, self.column_axis)
        return laid[:, :: -1 if self.row_flipped else 1, :: -1 if self.column_flipped else 1]

    def cut(self, array: NDArray[Any], first: int, last: int) -> NDArray[Any]:
        """Slices `first` to `last` (included) of `array`: a view (slices, rows, columns) as on the screen."""
        chosen: list[slice] = [slice(None)] * 3
        chosen[self.slice_axis] = slice(first, last + 1)
        return self.lay_out(array[tuple(chosen)])

    def to_index(self, u: float, v: float, slice_index: float) -> Index:
        """Voxel index of the point (u, v) in mm of a slice."""
        column = u / self.column_spacing - 0.5
        row = v / self.row_spacing - 0.5
        index = [0.0, 0.0, 0.0]
        index[self.column_axis] = self.columns - 1 - column if self.column_flipped else column
        index[self.row_axis] = self.rows - 1 - row if self.row_flipped else row
        index[self.slice_axis] = slice_index
        return (index[0], index[1], index[2])

    def to_point(self, index: Index) -> tuple[float, float]:
        """Where a voxel index lies in the plane: (u, v) in mm."""
        column, row = index[self.column_axis], index[self.row_axis]
        if self.column_flipped:
            column = self.columns - 1 - column
        if self.row_flipped:
            row = self.rows - 1 - row
        return ((column + 0.5) * self.column_spacing, (row + 0.5) * self.row_spacing)
