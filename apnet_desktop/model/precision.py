"""Whether a bundle may run in bfloat16: only where no validation patient's risk moves much or crosses the threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST_SHIFT", "bfloat16_allowed"]

LARGEST_SHIFT = 0.005


def bfloat16_allowed(exact: NDArray[np.float64], rounded: NDArray[np.float64], threshold: float) -> bool:
    """The rule for `Manifest.bfloat16_allowed`.

    Args:
        exact: Fused risks (patients,) of the validation patients in float32.
        rounded: The same with the backbones in bfloat16.
        threshold: The bundle's operating threshold.

    Returns:
        True if every risk moves by less than 0.005 and none changes sides of the threshold.
    """
    if exact.shape != rounded.shape or not exact.size:
        raise ValueError("both runs must be of the same patients")
    small = bool((np.abs(exact - rounded) < LARGEST_SHIFT).all())
    return small and bool(((exact >= threshold) == (rounded >= threshold)).all())
