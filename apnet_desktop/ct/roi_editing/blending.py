"""One outline from two, on a slice between those that they were drawn on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["blended"]

_NEIGHBOURHOOD = 3.0
"""mm: standard deviation of the Gaussian over which agreement of two outlines is judged."""


def blended(
    pairs: list[tuple[NDArray[np.float32], NDArray[np.float32]]], part: float, spacing: tuple[float, float]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One signed distance from several pairs of them; the pairs that agree count most.

    The pairs are the same two outlines: as they were drawn, and as carried along with the anatomy. A straight vessel
    is best left where it was drawn, a bent organ is best carried; each shows by how well its two outlines agree.

    Args:
        pairs: Signed distances in mm, by the outline below and by the one above.
        part: How far the slice is from below to above, 0 to 1.
        spacing: Spacing in mm along rows and columns.

    Returns:
        The signed distance, and by how many mm it may be wrong: the disagreement, most in the middle and none at
        both ends.
    """
    from scipy import ndimage

    sigma = [_NEIGHBOURHOOD / length for length in spacing]
    total = np.zeros_like(pairs[0][0])
    weights, disagreements = total.copy(), total.copy()
    for low, high in pairs:
        disagreement = ndimage.gaussian_filter(np.abs(low - high), sigma)
        weight = 1.0 / (np.square(disagreement) + 0.25)
        total += weight * ((1.0 - part) * low + part * high)
        disagreements += weight * disagreement
        weights += weight
    return total / weights, np.float32(2.0 * np.sqrt(part * (1.0 - part))) * (disagreements / weights)
