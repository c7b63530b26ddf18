"""How anatomy moves from slice to slice, and how an outline is carried along with it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Thoroughness", "carried", "displacement", "signed_distance", "slice_motions"]

_SMOOTHNESS = 6.0
"""Standard deviation in mm of the Gaussian that keeps a field smooth."""

_CONTRAST = 50.0
"""HU that count as one unit of difference."""


@dataclass(frozen=True)
class Thoroughness:
    """How much time the matching of two slices may take.

    Attributes:
        spacing: mm; the grid on which slices are matched is about this coarse.
        pixels: Most pixels of that grid; it is made coarser for large regions.
        iterations: On the coarse and on the fine level.
    """

    spacing: float = 2.4
    pixels: int = 16000
    iterations: tuple[int, int] = (20, 20)


def displacement(
    fixed: NDArray[np.float32],
    moving: NDArray[np.float32],
    spacing: tuple[float, float],
    iterations: tuple[int, int] = (20, 20),
) -> NDArray[np.float32]:
    """The field u with moving(x + u(x)) ≈ fixed(x), by symmetric-force demons.

    Thirion, Med Image Anal 1998;2:243 (demons), with the mean of both gradients as the force, as in Vercauteren et
    al., NeuroImage 2009;45:S61.

    Args:
        fixed: HU (rows, columns).
        moving: HU of the neighbouring slice, same shape.
        spacing: Spacing in mm along rows and columns.
        iterations: On slices smoothed by one voxel, then by half a voxel.

    Returns:
        float32 (2, rows, columns): displacement in voxels along rows and columns.
    """
    from scipy import ndimage

    field = np.zeros((2, *fixed.shape), dtype=np.float32)
    if min(fixed.shape) < 3:
        return field
    grid = np.mgrid[0 : fixed.shape[0], 0 : fixed.shape[1]].astype(np.float32)
    sigma = [_SMOOTHNESS / length for length in spacing]
    for smoothing, count in zip((1.0, 0.5), iterations, strict=True):
        target = ndimage.gaussian_filter(fixed, smoothing) / _CONTRAST
        source = ndimage.gaussian_filter(moving, smoothing) / _CONTRAST
        target_gradient = np.stack(np.gradient(target))
        for _ in range(count):
            warped = ndimage.map_coordinates(source, grid + field, order=1, mode="nearest")
            force = (target_gradient + np.stack(np.gradient(warped))) / 2
            difference = target - warped
            field += difference * force / (np.square(force).sum(axis=0) + np.square(difference) / 4 + 1e-3)
            for axis in range(2):
                field[axis] = ndimage.gaussian_filter(field[axis], sigma, truncate=3.0)
    return field


def slice_motions(
    image: NDArray[np.float32], spacing: tuple[float, float], thoroughness: Thoroughness
) -> list[NDArray[np.float32]]:
    """The fields that carry slice n − 1 of `image` (slices, rows, columns) to slice n; the first one is zero."""
    factors = _factors(image.shape[1:], spacing, thoroughness)
    coarse = [_coarsened(level, factors) for level in image]
    coarse_spacing = (spacing[0] * factors[0], spacing[1] * factors[1])
    fields = [np.zeros((2, *image.shape[1:]), dtype=np.float32)]
    for before, level in itertools.pairwise(coarse):
        field = displacement(level, before, coarse_spacing, thoroughness.iterations)
        fields.append(_refined(field, factors, image.shape[1:]))
    return fields


def carried(
    start: NDArray[np.float32], motions: list[NDArray[np.float32]], first: int, last: int
) -> list[NDArray[np.float32]]:
    """`start`, given on slice `first`, carried along to each slice up or down to `last` (included).

    Args:
        start: float32 (rows, columns), such as a signed distance.
        motions: What `slice_motions` returned.
        first: Slice of `start`.
        last: Slice to end with; may be below `first`: a field is then followed backwards, as −u, which is close for
            the small steps between slices.

    Returns:
        One array for each slice from `first` to `last`, in this order.
    """
    levels = [start]
    if last >= first:
        for n in range(first + 1, last + 1):
            levels.append(_moved(levels[-1], motions[n]))
    else:
        for n in range(first - 1, last - 1, -1):
            levels.append(_moved(levels[-1], -motions[n + 1]))
    return levels


def signed_distance(mask: NDArray[np.bool_], spacing: tuple[float, float]) -> NDArray[np.float32]:
    """Distance in mm of each pixel of a 2D mask to its outline, positive inside."""
    from scipy import ndimage

    inside = ndimage.distance_transform_edt(mask, sampling=spacing)
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing)
    return np.asarray(inside - outside, dtype=np.float32)


def _moved(image: NDArray[np.float32], field: NDArray[np.float32]) -> NDArray[np.float32]:
    from scipy import ndimage

    grid = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    result: NDArray[np.float32] = ndimage.map_coordinates(image, grid + field, order=1, mode="nearest")
    return result


def _factors(shape: tuple[int, ...], spacing: tuple[float, float], thoroughness: Thoroughness) -> tuple[int, int]:
    wanted = thoroughness.spacing
    area = shape[0] * spacing[0] * shape[1] * spacing[1]
    wanted = max(wanted, float(np.sqrt(area / thoroughness.pixels)))
    return max(1, int(wanted / spacing[0])), max(1, int(wanted / spacing[1]))


def _coarsened(image: NDArray[np.float32], factors: tuple[int, int]) -> NDArray[np.float32]:
    if factors == (1, 1):
        return image
    padding = [(0, -size % factor) for size, factor in zip(image.shape, factors, strict=True)]
    padded = np.pad(image, padding, mode="edge")
    rows, columns = padded.shape[0] // factors[0], padded.shape[1] // factors[1]
    mean: NDArray[np.float32] = padded.reshape(rows, factors[0], columns, factors[1]).mean(
        axis=(1, 3), dtype=np.float32
    )
    return mean


def _refined(field: NDArray[np.float32], factors: tuple[int, int], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A field of the coarse grid on the fine one, in fine voxels."""
    if factors == (1, 1):
        return field
    from scipy import ndimage

    rows, columns = (
        (np.arange(size, dtype=np.float32) - (factor - 1) / 2) / factor
        for size, factor in zip(shape, factors, strict=True)
    )
    at = np.stack(np.meshgrid(rows, columns, indexing="ij"))
    return np.stack(
        [
            ndimage.map_coordinates(part, at, order=1, mode="nearest") * np.float32(factor)
            for part, factor in zip(field, factors, strict=True)
        ]
    )
