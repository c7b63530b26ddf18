"""One outline from two, on a slice between those that they were drawn on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["blended", "trust_in_drawn"]

_NEIGHBOURHOOD = 3.0
"""mm: standard deviation of the Gaussian over which agreement of two outlines is judged."""

_FAR = 15.0
"""mm between outlined slices at which an outline as drawn counts twice as much as one that was carried."""


def trust_in_drawn(distance: float) -> float:
    """How many times as much as a carried outline one counts as it was drawn, `distance` mm between their slices.

    The nearer the slices, the less there is to gain by carrying, and the more a carried outline's own error counts.
    """
    return 1.0 + (_FAR / distance) ** 2


def blended(
    drawn: tuple[NDArray[np.float32], NDArray[np.float32]],
    carried: tuple[NDArray[np.float32], NDArray[np.float32]],
    part: float,
    spacing: tuple[float, float],
    trust: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One signed distance from two pairs of them; the pair that agrees better counts more.

    The pairs are the same two outlines: as they were drawn, and as carried along with the anatomy. A straight vessel
    is best left where it was drawn, a bent organ is best carried; each shows by how well its two outlines agree.

    Args:
        drawn: Signed distances in mm by the outline below and by the one above, as they were drawn.
        carried: The same, carried to the slice.
        part: How far the slice is from below to above, 0 to 1.
        spacing: Spacing in mm along rows and columns.
        trust: How many times as much the drawn pair counts where both agree equally well.

    Returns:
        The signed distance, and by how many mm it may be wrong: the disagreement, most in the middle and none at
        both ends.
    """
    from scipy import ndimage

    sigma = [_NEIGHBOURHOOD / length for length in spacing]
    total = np.zeros_like(drawn[0])
    weights, disagreements = total.copy(), total.copy()
    for (low, high), counts in ((drawn, trust), (carried, 1.0)):
        disagreement = ndimage.gaussian_filter(np.abs(low - high), sigma)
        weight = np.float32(counts) / (np.square(disagreement) + np.float32(0.25))
        total += weight * ((1.0 - part) * low + part * high)
        disagreements += weight * disagreement
        weights += weight
    return total / weights, np.float32(2.0 * np.sqrt(part * (1.0 - part))) * (disagreements / weights)
