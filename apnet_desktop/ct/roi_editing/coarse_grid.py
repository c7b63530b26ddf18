"""A region of a volume on a coarser grid, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.roi_editing.history import Box, bounding_box

__all__ = ["CoarseGrid"]

_SPACING = (2.0, 1.8, 1.8)
"""mm: the coarse grid is not finer than this along z, y, x."""

_VOXELS = 350_000
"""The coarse grid has hardly more voxels than this."""


@dataclass(frozen=True)
class CoarseGrid:
    """Blocks of voxels in a box of a volume.

    Attributes:
        box: The box, in voxels of the volume.
        factors: Voxels in a block along z, y, x.
        shape: Blocks along z, y, x.
        spacing: Spacing of the blocks in mm along z, y, x.
    """

    box: Box
    factors: tuple[int, int, int]
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]

    @classmethod
    def around(
        cls,
        inside: NDArray[np.bool_],
        outside: NDArray[np.bool_],
        spacing: tuple[float, float, float],
        margin: float,
        beyond: tuple[float, float],
    ) -> CoarseGrid:
        """The grid around strokes.

        Args:
            inside: Strokes, not all empty, bool (z, y, x).
            outside: More strokes.
            spacing: Voxel spacing in mm along z, y, x.
            margin: mm around the strokes within a slice.
            beyond: Least and most mm beyond the outermost slices; half the usual distance of stroke slices in between.
        """
        strokes = inside | outside
        tight = bounding_box(strokes)
        if tight is None:
            raise ValueError("no strokes")
        slices = np.flatnonzero(strokes.any(axis=(1, 2)))
        apart = float(np.median(np.diff(slices))) * spacing[0] if slices.size > 1 else 0.0
        margins = (min(max(apart / 2, beyond[0]), beyond[1]), margin, margin)
        factors = [max(1, int(least / length)) for least, length in zip(_SPACING, spacing, strict=True)]
        wide = [
            (max(0, part.start - int(np.ceil(extra / length))), min(size, part.stop + int(np.ceil(extra / length))))
            for part, extra, length, size in zip(tight, margins, spacing, inside.shape, strict=True)
        ]
        voxels = np.prod([(stop - start) / factor for (start, stop), factor in zip(wide, factors, strict=True)])
        if voxels > _VOXELS:
            more = float(np.sqrt(voxels / _VOXELS))
            factors[1:] = [max(factor, round(factor * more)) for factor in factors[1:]]
        shape = [-(-(stop - start) // factor) for (start, stop), factor in zip(wide, factors, strict=True)]
        return cls(
            box=(slice(*wide[0]), slice(*wide[1]), slice(*wide[2])),
            factors=(factors[0], factors[1], factors[2]),
            shape=(shape[0], shape[1], shape[2]),
            spacing=(spacing[0] * factors[0], spacing[1] * factors[1], spacing[2] * factors[2]),
        )

    def mean(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean of each block of the box's values."""
        mean: NDArray[np.float32] = self._blocks(values).mean(axis=(1, 3, 5), dtype=np.float32)
        return mean

    def any(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Blocks of the box that hold a set voxel."""
        return np.asarray(self._blocks(mask).any(axis=(1, 3, 5)))

    def refined(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values of the blocks, interpolated between their centres, at each voxel of the box."""
        result: NDArray[np.float32] = values
        for axis, (part, factor) in enumerate(zip(self.box, self.factors, strict=True)):
            if factor == 1:
                continue
            size = part.stop - part.start
            at = (np.arange(size) - (factor - 1) / 2) / factor
            low = np.clip(np.floor(at).astype(np.intp), 0, self.shape[axis] - 1)
            high = np.clip(low + 1, 0, self.shape[axis] - 1)
            part_high = np.clip(at - low, 0.0, 1.0).astype(np.float32)
            part_high = part_high.reshape([-1 if other == axis else 1 for other in range(3)])
            result = result.take(low, axis) * (1 - part_high) + result.take(high, axis) * part_high
        return result

    def _blocks(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        padding = [
            (0, count * factor - size)
            for count, factor, size in zip(self.shape, self.factors, values.shape, strict=True)
        ]
        padded = np.pad(values, padding, mode="edge")
        (a, b, c), (f, g, h) = self.shape, self.factors
        return padded.reshape(a, f, b, g, c, h)
