"""Operations on a whole mask or from one click: smooth, largest island, margin, grow from a seed, polygon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.roi_editing.history import Box, bounding_box

__all__ = ["grow_from_seed", "largest_island", "polygon_interior", "smoothed", "with_margin"]

Spacing = tuple[float, float, float]


def smoothed(mask: NDArray[np.bool_], spacing: Spacing, strength: float = 1.5) -> NDArray[np.bool_]:
    """The mask without its small notches and spikes: blurred by a Gaussian and cut at one half.

    Args:
        mask: bool (z, y, x).
        spacing: Voxel spacing in mm along z, y, x.
        strength: Standard deviation in mm.
    """
    from scipy import ndimage

    result = np.zeros_like(mask)
    box = _widened(mask, spacing, 3.0 * strength)
    if box is None:
        return result
    sigma = [strength / length for length in spacing]
    result[box] = ndimage.gaussian_filter(mask[box].astype(np.float32), sigma, mode="nearest", truncate=3.0) > 0.5
    return result


def largest_island(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected part of the mask; voxels that touch at a face, an edge or a corner are connected."""
    from scipy import ndimage

    result = np.zeros_like(mask)
    box = bounding_box(mask)
    if box is None:
        return result
    parts, _ = ndimage.label(mask[box], structure=np.ones((3, 3, 3), dtype=np.bool_))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    result[box] = parts == int(sizes.argmax())
    return result


def with_margin(mask: NDArray[np.bool_], spacing: Spacing, margin: float) -> NDArray[np.bool_]:
    """The mask grown by `margin` mm on all sides, or shrunk if it is negative.

    Grown: every voxel whose centre lies within `margin` of a voxel of the mask. Shrunk: every voxel of the mask whose
    centre lies farther than −`margin` from every voxel outside.
    """
    from scipy import ndimage

    result = np.zeros_like(mask)
    box = _widened(mask, spacing, abs(margin) + max(spacing))
    if box is None or margin == 0.0:
        return mask.copy()
    if margin > 0.0:
        result[box] = ndimage.distance_transform_edt(~mask[box], sampling=spacing) <= margin
    else:
        result[box] = ndimage.distance_transform_edt(mask[box], sampling=spacing) > -margin
    return result


def grow_from_seed(
    hounsfield: NDArray[np.int16],
    seed: tuple[int, int, int],
    spacing: Spacing,
    limits: tuple[float, float],
    reach: float,
) -> tuple[Box, NDArray[np.bool_]] | None:
    """The voxels that hang together with a seed, lie within HU limits, and within a distance from it.

    A thin bridge of voxels, as noise makes them, does not count as hanging together: regions are parted by an opening
    with the six neighbours.

    Args:
        hounsfield: HU (z, y, x).
        seed: Voxel (k, j, i).
        spacing: Voxel spacing in mm along z, y, x.
        limits: Lowest and highest HU, both included.
        reach: mm from the seed that nothing exceeds.

    Returns:
        The box and the voxels in it; None if the seed itself is outside of the limits.
    """
    from scipy import ndimage

    box: list[slice] = []
    squared = np.zeros((1, 1, 1), dtype=np.float32)
    for axis in range(3):
        steps = int(reach / spacing[axis])
        part = slice(max(0, seed[axis] - steps), min(hounsfield.shape[axis], seed[axis] + steps + 1))
        away = (np.arange(part.start, part.stop, dtype=np.float32) - seed[axis]) * np.float32(spacing[axis])
        squared = squared + np.square(away).reshape([-1 if other == axis else 1 for other in range(3)])
        box.append(part)
    where: Box = (box[0], box[1], box[2])
    values = hounsfield[where]
    allowed = (values >= limits[0]) & (values <= limits[1]) & (squared <= reach * reach)
    inner = (seed[0] - box[0].start, seed[1] - box[1].start, seed[2] - box[2].start)
    if not allowed[inner]:
        return None
    opened = ndimage.binary_opening(allowed) | _neighbourhood(allowed.shape, inner)
    parts, _ = ndimage.label(opened & allowed)
    region = parts == parts[inner]
    return where, ndimage.binary_dilation(region) & allowed


def polygon_interior(
    vertices: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[tuple[slice, slice], NDArray[np.bool_]] | None:
    """The pixels whose centres lie inside of a closed polygon, by the even-odd rule.

    Args:
        vertices: (n, 2): column and row of each corner, in pixels; whole numbers are pixel centres.
        shape: Rows and columns of the image.

    Returns:
        The box (rows, columns) and the pixels in it; None if the polygon encloses no pixel's centre.
    """
    if len(vertices) < 3:
        return None
    first = np.maximum(np.ceil(vertices.min(axis=0)).astype(int), 0)
    last = np.minimum(np.floor(vertices.max(axis=0)).astype(int), [shape[1] - 1, shape[0] - 1])
    if (last < first).any():
        return None
    columns = np.arange(first[0], last[0] + 1, dtype=np.float64)
    rows = np.arange(first[1], last[1] + 1, dtype=np.float64)
    inside = np.zeros((rows.size, columns.size), dtype=np.bool_)
    for (x1, y1), (x2, y2) in zip(vertices, np.roll(vertices, -1, axis=0), strict=True):
        crossed = (rows >= min(y1, y2)) & (rows < max(y1, y2))
        if not crossed.any():
            continue
        at = x1 + (rows[crossed] - y1) * (x2 - x1) / (y2 - y1)
        inside[crossed] ^= columns[np.newaxis, :] > at[:, np.newaxis]
    if not inside.any():
        return None
    return (slice(int(first[1]), int(last[1]) + 1), slice(int(first[0]), int(last[0]) + 1)), inside


def _neighbourhood(shape: tuple[int, ...], center: tuple[int, int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, dtype=np.bool_)
    mask[tuple(slice(max(0, value - 1), value + 2) for value in center)] = True
    return mask


def _widened(mask: NDArray[np.bool_], spacing: Spacing, extra: float) -> Box | None:
    box = bounding_box(mask)
    if box is None:
        return None
    wide = [
        slice(max(0, part.start - int(np.ceil(extra / length))), part.stop + int(np.ceil(extra / length)))
        for part, length in zip(box, spacing, strict=True)
    ]
    return (wide[0], wide[1], wide[2])
