"""Brings a mask from its own grid to another by geometry: a copy where the voxels coincide, interpolated elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry

__all__ = ["mask_on_grid"]

_COINCIDE = 1e-3


def mask_on_grid(mask: NDArray[np.bool_], source: Geometry, target: Geometry) -> tuple[NDArray[np.bool_], float, bool]:
    """A mask [k, j, i] on another grid.

    Returns:
        The mask on `target`; the part of its volume that lies outside `target` (0 to 1); True if it was interpolated
        (linearly, a voxel belongs where the value is at least one half), False if voxels were copied.
    """
    moved = _copied(mask, source, target)
    interpolated = moved is None
    if moved is None:
        moved = _interpolated(mask, source, target)
    return moved, _part_outside(mask, source, target), interpolated


def _part_outside(mask: NDArray[np.bool_], source: Geometry, target: Geometry) -> float:
    places = np.argwhere(mask)[:, ::-1]
    if not len(places):
        return 0.0
    if len(places) > 200_000:
        places = places[:: len(places) // 200_000 + 1]
    index = target.to_index(source.to_patient(places.astype(np.float64)))
    inside = np.all((index >= -0.5) & (index <= np.array(target.size) - 0.5), axis=1)
    return 1.0 - float(np.count_nonzero(inside)) / len(places)


def _copied(mask: NDArray[np.bool_], source: Geometry, target: Geometry) -> NDArray[np.bool_] | None:
    """The mask if both grids are parallel with equal spacing and shifted by whole voxels, else None."""
    matrix = np.linalg.inv(target.affine) @ source.affine
    if np.abs(matrix[:3, :3] - np.eye(3)).max() * max(source.size) > 0.05:
        return None
    shift = matrix[:3, 3]
    whole = np.rint(shift)
    if np.abs(shift - whole).max() > 0.01 + _COINCIDE:
        return None
    result = np.zeros(target.shape, bool)
    to: list[slice] = []
    taken: list[slice] = []
    for axis in (2, 1, 0):
        start = int(whole[axis])
        low = max(0, start)
        high = min(target.size[axis], start + source.size[axis])
        if high <= low:
            return result
        to.append(slice(low, high))
        taken.append(slice(low - start, high - start))
    result[tuple(to)] = mask[tuple(taken)]
    return result


def _interpolated(mask: NDArray[np.bool_], source: Geometry, target: Geometry) -> NDArray[np.bool_]:
    from scipy import ndimage

    result = np.zeros(target.shape, bool)
    places = np.argwhere(mask)
    if not len(places):
        return result
    low, high = places.min(axis=0), places.max(axis=0)
    corners = np.array(
        [
            [i, j, k]
            for k in (low[0] - 1, high[0] + 1)
            for j in (low[1] - 1, high[1] + 1)
            for i in (low[2] - 1, high[2] + 1)
        ]
    )
    reach = target.to_index(source.to_patient(corners.astype(np.float64)))
    start = np.maximum(np.floor(reach.min(axis=0)).astype(int), 0)
    stop = np.minimum(np.ceil(reach.max(axis=0)).astype(int) + 1, target.size)
    if np.any(stop <= start):
        return result
    # A coarser target voxel must not miss thin parts between its samples: blur the finer source to its size first.
    crop = mask[low[0] : high[0] + 1, low[1] : high[1] + 1, low[2] : high[2] + 1].astype(np.float32)
    padded = np.pad(crop, 2)
    matrix = np.linalg.inv(source.affine) @ target.affine
    # Array axes run k, j, i: turn the affine round.
    flip = np.array([2, 1, 0])
    linear = matrix[:3, :3][np.ix_(flip, flip)]
    ratio = np.abs(linear).sum(axis=1)
    sigma = np.where(ratio > 1.5, ratio / 3.0, 0.0)
    if sigma.any():
        padded = ndimage.gaussian_filter(padded, sigma)
    offset = matrix[:3, 3][flip] - low + 2 + linear @ start[flip].astype(np.float64)
    size = tuple(int(n) for n in (stop - start)[flip])
    values = ndimage.affine_transform(padded, linear, offset, output_shape=size, order=1, mode="constant", cval=0.0)
    result[start[2] : stop[2], start[1] : stop[1], start[0] : stop[0]] = values >= 0.5
    return result
