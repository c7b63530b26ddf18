"""How much a voxel's HU speak for the organ and against what surrounds it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["HIGHEST", "LOWEST", "LikelihoodRatio"]

LOWEST, HIGHEST = -160.0, 300.0
"""HU beyond which nothing about soft tissue is learned: air, lung and cortical bone are each one value."""

_BIN = 5.0
_BLUR = 15.0


class LikelihoodRatio:
    """log p(HU | organ) − log p(HU | surroundings), from histograms blurred by a Gaussian (Parzen's estimate).

    Args:
        inside: HU of voxels known to be the organ.
        outside: HU of voxels known not to be.
    """

    def __init__(self, inside: NDArray[np.float32], outside: NDArray[np.float32]) -> None:
        edges = np.arange(LOWEST, HIGHEST + _BIN, _BIN)
        self._centers = (edges[:-1] + edges[1:]) / 2
        self._ratio = np.log(_density(inside, edges) / _density(outside, edges))

    def __call__(self, hounsfield: NDArray[np.float32]) -> NDArray[np.float32]:
        """The ratio at each voxel; positive speaks for the organ."""
        return np.interp(hounsfield, self._centers, self._ratio).astype(np.float32)


def _density(values: NDArray[np.float32], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy import ndimage

    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    blurred = ndimage.gaussian_filter1d(counts.astype(np.float64), _BLUR / _BIN, mode="nearest") + 0.3
    return np.asarray(blurred / blurred.sum())
