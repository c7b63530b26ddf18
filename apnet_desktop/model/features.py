"""What the network read in one patient's images: kept, so that head, what-if and reasons need no second look. No torch.

A *scale* is one view at one depth of one backbone; scales are counted view by view, backbone by backbone. For each
slice and scale there is a vector: for each region (inside, rim, whole image) the means, then the soft maxima, of the
projected channels. Over the slices these are pooled once more by mean and soft maximum, each slice weighed by the
region's area in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.model.inputs import REGIONS, ModelInputs

__all__ = ["Features", "features_of", "pool_slices", "pooled_width"]

_POOLS = 2
_SHARPNESS = 2.0
# The ROI's size, as two numbers, goes to every scale: mL and mm on a log scale, about 0 for an ordinary pancreas.
_USUAL_VOLUME = 80.0
_USUAL_EXTENT = 80.0


@dataclass(frozen=True)
class Features:
    """Features of one patient.

    Attributes:
        vectors: float32 (views, slices, scales of a view, regions · 2 · embedding).
        areas: float32 (views, slices, regions): area of each region in each image, in pixels.
        size: float32 (2,): log of ROI volume / 80 mL and of ROI extent / 80 mm.
    """

    vectors: NDArray[np.float32]
    areas: NDArray[np.float32]
    size: NDArray[np.float32]


def features_of(inputs: ModelInputs, vectors: NDArray[np.float32]) -> Features:
    """Puts the network's vectors beside the areas of the regions they were pooled over.

    Args:
        inputs: What the network saw.
        vectors: (views, slices, scales, width), each image by its own view's projections.
    """
    covered = inputs.weights.sum(axis=(3, 4), dtype=np.int64) / 255.0
    pixels = inputs.hounsfield.shape[2] * inputs.hounsfield.shape[3]
    areas = np.concatenate([covered, np.full((*covered.shape[:2], 1), pixels)], axis=2)
    size = np.log([inputs.roi_volume / _USUAL_VOLUME, inputs.roi_extent / _USUAL_EXTENT])
    return Features(np.asarray(vectors, dtype=np.float32), areas.astype(np.float32), size.astype(np.float32))


def pooled_width(vector_width: int) -> int:
    """Length of a scale's pooled vector for slice vectors of `vector_width`."""
    return 2 * vector_width + 2


def pool_slices(features: Features, keep: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Pools the slices of a patient.

    Args:
        features: The patient.
        keep: (views, slices): slices that count; None is all.

    Returns:
        (scales of all views, 2 · width + 2): means over slices, soft maxima over slices, size of the ROI. A region
        that no slice touches gives zeros.
    """
    vectors = features.vectors.astype(np.float64)
    views, _, scales, width = vectors.shape
    areas = features.areas.astype(np.float64)
    if keep is not None:
        areas = areas * keep[:, :, None]
    share = areas / np.maximum(areas.sum(axis=1, keepdims=True), 1e-9)
    # One weight for every channel of a region: (views, slices, 1, width).
    weights = np.repeat(share, width // len(REGIONS), axis=2)[:, :, None, :]
    mean = (weights * vectors).sum(axis=1)
    sharp = weights * np.exp(_SHARPNESS * vectors)
    soft = (sharp * vectors).sum(axis=1) / np.maximum(sharp.sum(axis=1), 1e-9)
    size = np.broadcast_to(features.size.astype(np.float64), (views, scales, 2))
    return np.concatenate([mean, soft, size], axis=2).reshape(views * scales, pooled_width(width))
