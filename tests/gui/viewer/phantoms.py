"""Volumes whose every voxel can be told apart, in any orientation."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry, Vector3
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.volume import CtVolume, SeriesDescription

__all__ = ["ALL_DIRECTIONS", "patient_volume", "simple_volume"]


def _directions() -> list[tuple[Vector3, Vector3, Vector3]]:
    found = []
    for order in permutations(range(3)):
        for signs in product((1.0, -1.0), repeat=3):
            rows = []
            for axis, sign in zip(order, signs, strict=True):
                row = [0.0, 0.0, 0.0]
                row[axis] = sign
                rows.append((row[0], row[1], row[2]))
            found.append((rows[0], rows[1], rows[2]))
    return found


ALL_DIRECTIONS = _directions()
"""The 48 ways in which voxel axes can lie along the patient's."""


def simple_volume(
    hounsfield: NDArray[np.int16], spacing: tuple[float, float, float] = (1.0, 1.0, 1.0), *, name: str = "Doe Jane"
) -> CtVolume:
    """A volume in the standard orientation, origin at zero. `spacing` is along i, j, k."""
    shape = hounsfield.shape
    geometry = Geometry(size=(shape[2], shape[1], shape[0]), origin=(0.0, 0.0, 0.0), spacing=spacing)
    identity = PatientIdentity(name=name, patient_id="P-1", sex="F")
    return CtVolume(hounsfield, geometry, identity, SeriesDescription(series_uid="1.2.3", window=(40.0, 400.0)))


def patient_volume(direction: tuple[Vector3, Vector3, Vector3]) -> CtVolume:
    """The same patient, whatever the voxel axes: HU depend on the position in the patient only.

    A box of 24 × 20 × 12 mm about the patient's origin, 2 mm voxels along x, 1 mm along y, 3 mm along z.
    """
    lengths = {0: (12, 2.0), 1: (20, 1.0), 2: (4, 3.0)}
    axes = [int(np.argmax(np.abs(row))) for row in direction]
    size = tuple(lengths[axis][0] for axis in axes)
    spacing = tuple(lengths[axis][1] for axis in axes)
    matrix = np.array(direction).T * np.array(spacing)
    origin = -matrix @ ((np.array(size) - 1) / 2)
    geometry = Geometry(
        size=(size[0], size[1], size[2]),
        origin=(float(origin[0]), float(origin[1]), float(origin[2])),
        spacing=(spacing[0], spacing[1], spacing[2]),
        direction=direction,
    )
    k, j, i = np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij")
    x, y, z = np.moveaxis(geometry.to_patient(np.stack([i, j, k], axis=-1).astype(np.float64)), -1, 0)
    return CtVolume(patient_value(x, y, z), geometry, PatientIdentity(), SeriesDescription(series_uid="1"))


def patient_value(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.int16]:
    """HU at a position of `patient_volume`: different in every voxel's neighbourhood, within 0 to 240."""
    return np.rint(120 + 6 * x + 3.5 * y + 8 * z).astype(np.int16)
