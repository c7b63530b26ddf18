"""Where a voxel grid lies in the patient: the DICOM patient frame, LPS, millimetres."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from apnet_desktop.frozen import FrozenModel

__all__ = ["Geometry", "Vector3", "orientation_letter"]

_Positive = Annotated[float, Field(gt=0)]
Vector3 = tuple[float, float, float]

_LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))


def orientation_letter(direction: NDArray[np.float64] | Vector3) -> str:
    """The letters of the patient's sides that `direction` (a vector in the LPS frame) points to, the largest first.

    DICOM PS3.3 C.7.6.1.1.1: x grows to the patient's left (L), y to the back (P), z to the head (H). A direction
    within 5 degrees of an axis gets one letter; an oblique one up to three ("LPH").
    """
    vector = np.asarray(direction, dtype=np.float64)
    vector = vector / np.linalg.norm(vector)
    order = np.argsort(-np.abs(vector))
    smallest_named = np.sin(np.deg2rad(5.0))
    return "".join(_LETTERS[axis][int(vector[axis] > 0)] for axis in order if abs(vector[axis]) > smallest_named)


class Geometry(FrozenModel):
    """A regular voxel grid in the patient frame.

    Index order here is (i, j, k) = (column, row, slice), as in DICOM and SimpleITK; arrays are indexed [k, j, i].

    Attributes:
        size: Voxels along i, j, k.
        origin: LPS position in mm of the centre of voxel (0, 0, 0).
        spacing: Distance in mm between voxel centres along i, j, k; positive.
        direction: Three unit vectors in LPS: where i, j and k grow to. Rows of this tuple are the columns of the
            usual direction matrix.
    """

    size: tuple[int, int, int]
    origin: Vector3
    spacing: tuple[_Positive, _Positive, _Positive]
    direction: tuple[Vector3, Vector3, Vector3] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Array shape (z, y, x) of a volume on this grid."""
        return (self.size[2], self.size[1], self.size[0])

    @property
    def voxel_volume(self) -> float:
        """Volume of one voxel in mL."""
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    @property
    def affine(self) -> NDArray[np.float64]:
        """4 × 4 matrix from (i, j, k, 1) to LPS mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.array(self.direction, dtype=np.float64).T * np.array(self.spacing, dtype=np.float64)
        matrix[:3, 3] = self.origin
        return matrix

    def to_patient(self, indices: NDArray[np.float64] | Vector3) -> NDArray[np.float64]:
        """LPS positions in mm, (..., 3), of voxel indices (i, j, k), (..., 3), fractions allowed."""
        points = np.asarray(indices, dtype=np.float64)
        return np.asarray(points @ self.affine[:3, :3].T + self.affine[:3, 3])

    def to_index(self, positions: NDArray[np.float64] | Vector3) -> NDArray[np.float64]:
        """Voxel indices (i, j, k) as fractions, (..., 3), of LPS positions in mm, (..., 3)."""
        points = np.asarray(positions, dtype=np.float64) - self.affine[:3, 3]
        return np.asarray(points @ np.linalg.inv(self.affine[:3, :3]).T)

    def same_grid(self, other: Geometry, tolerance: float = 1e-3) -> bool:
        """True if both grids have the same size and every corner agrees within `tolerance` mm."""
        if self.size != other.size:
            return False
        corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * (np.array(self.size) - 1)
        difference = self.to_patient(corners) - other.to_patient(corners)
        return bool(np.abs(difference).max() <= tolerance)
