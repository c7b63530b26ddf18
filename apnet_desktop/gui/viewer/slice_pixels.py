"""From Hounsfield units to the colours of a screen: windows, slabs, and the outline of a mask."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.gui.viewer.plane import Plane

__all__ = ["SlabMode", "block_means", "gray_levels", "grayscale_table", "mask_outline", "slab_of"]


class SlabMode(StrEnum):
    """How the slices of a thick slab become one image."""

    MEAN = "mean"
    MAXIMUM = "maximum"


def gray_levels(hounsfield: NDArray[Any], center: float, width: float) -> NDArray[np.uint8]:
    """Gray levels 0 to 255 of HU in a window, as DICOM PS3.3 C.11.2.1.2.1 (LINEAR) defines it."""
    span = max(width - 1.0, 1.0)
    levels = ((np.asarray(hounsfield, dtype=np.float64) - (center - 0.5)) / span + 0.5) * 255.0
    return np.rint(np.clip(levels, 0.0, 255.0)).astype(np.uint8)


def grayscale_table(center: float, width: float) -> NDArray[np.uint32]:
    """Opaque colours 0xFFRRGGBB for all 65,536 HU of int16, indexed by their bits as uint16."""
    every = np.arange(65536, dtype=np.uint16).view(np.int16)
    return np.uint32(0xFF000000) + gray_levels(every, center, width).astype(np.uint32) * np.uint32(0x010101)


def slab_of(
    hounsfield: NDArray[np.int16], plane: Plane, index: int, thickness: float, mode: SlabMode
) -> NDArray[np.int16]:
    """The slice `index` of a plane, or a slab of `thickness` mm around it, as int16 (rows, columns) on the screen.

    A slab has as many slices as fit around the middle one; the borders of the volume cut it.
    """
    around = max(0, round((thickness / plane.slice_spacing - 1.0) / 2.0))
    if around == 0:
        single: NDArray[np.int16] = plane.cut(hounsfield, index, index)[0]
        return single
    slab = plane.cut(hounsfield, max(0, index - around), min(plane.slices - 1, index + around))
    if mode is SlabMode.MAXIMUM:
        thickest: NDArray[np.int16] = slab.max(axis=0)
        return thickest
    total = slab.sum(axis=0, dtype=np.int32)
    mean: NDArray[np.int16] = np.rint(total / slab.shape[0]).astype(np.int16)
    return mean


def block_means(levels: NDArray[np.int16], factors: tuple[int, int]) -> NDArray[np.int16]:
    """Mean HU of blocks of pixels, int16; blocks at the lower and right border may be cut, and are padded.

    Args:
        levels: HU (rows, columns).
        factors: Pixels of a block along rows and columns.
    """
    padding = [(0, -size % factor) for size, factor in zip(levels.shape, factors, strict=True)]
    padded = np.pad(levels, padding, mode="edge")
    total = np.zeros((padded.shape[0] // factors[0], padded.shape[1] // factors[1]), dtype=np.int32)
    for row in range(factors[0]):
        for column in range(factors[1]):
            total += padded[row :: factors[0], column :: factors[1]]
    return np.rint(total / (factors[0] * factors[1])).astype(np.int16)


def mask_outline(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The edges between set and clear voxels of a 2D mask, as straight segments.

    Args:
        mask: bool (rows, columns).

    Returns:
        (n, 4): x1, y1, x2, y2 in voxel edges, x along columns; neighbouring edges of one direction are joined.
    """
    padded = np.pad(mask, 1)
    horizontal = _runs(padded[1:, :] != padded[:-1, :])
    vertical = _runs((padded[:, 1:] != padded[:, :-1]).T)
    segments = np.empty((len(horizontal) + len(vertical), 4), dtype=np.int32)
    lines, first, last = horizontal.T
    segments[: len(horizontal)] = np.stack([first - 1, lines, last - 1, lines], axis=1)
    lines, first, last = vertical.T
    segments[len(horizontal) :] = np.stack([lines, first - 1, lines, last - 1], axis=1)
    return segments


def _runs(edges: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Runs of set cells along each row: (n, 3) of row, first column, column after the last."""
    steps = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, first = np.nonzero(steps == 1)
    _, after = np.nonzero(steps == -1)
    return np.stack([rows, first, after], axis=1)
