"""Fills the slices between those that a person has outlined, with an eye on the image between them.

Plain interpolation of signed distances (Raya and Udupa, IEEE Trans Med Imaging 1990;9:32) knows the outlines only,
and loses organs that bend, branch or taper. Here both outlines are first carried along with the anatomy, slice by
slice, by a displacement field between neighbouring slices. Where the two carried outlines agree, their blend decides,
as it does for compact organs. Where they disagree, HU that speak for the organ or for its surroundings decide.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.roi_editing.appearance import HIGHEST, LOWEST, LikelihoodRatio
from apnet_desktop.ct.roi_editing.blending import blended, trust_in_drawn
from apnet_desktop.ct.roi_editing.progress import Progress, silent
from apnet_desktop.ct.roi_editing.slice_motion import Thoroughness, carried, signed_distance, slice_motions

__all__ = ["fill_between_slices", "gaps"]

_MARGIN = 15.0
"""mm around both outlines in which the image is looked at."""

_SURROUNDINGS = 12.0
"""mm around an outline whose HU stand for what is not the organ."""

_DENOISING = 1.5
"""mm: standard deviation of the Gaussian against noise, but at least 0.7 voxels."""

_CERTAINTY = 0.3
"""mm: how far the blend of two outlines that agree may be wrong."""

_DOUBT = 0.4
"""How far it may be wrong for each mm by which they disagree."""

_AGREEMENT = 1.0
"""mm of disagreement, where slices lie 15 mm apart, at which HU count half: where near outlines agree, they decide."""

_EVIDENCE_WEIGHT = 0.8
_EVIDENCE_LIMITS = (-3.0, 1.2)
"""No single voxel's HU count for more than these log-likelihood ratios. HU like the organ's count for less than HU
unlike it: its neighbours may well look the same."""


def gaps(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Pairs of outlined slices (k) with at least one empty slice between them and none that is outlined."""
    outlined = np.flatnonzero(mask.any(axis=(1, 2)))
    return [(int(below), int(above)) for below, above in itertools.pairwise(outlined) if above - below > 1]


def fill_between_slices(
    hounsfield: NDArray[np.int16],
    mask: NDArray[np.bool_],
    spacing: tuple[float, float, float],
    progress: Progress = silent,
) -> NDArray[np.bool_]:
    """Fills the empty slices between outlined ones.

    Args:
        hounsfield: HU (z, y, x).
        mask: The outlined slices, bool (z, y, x); outlined slices are not changed.
        spacing: Voxel spacing in mm along z, y, x.
        progress: Hears the fraction done.

    Returns:
        The filled mask, a new array. It equals `mask` if there is nothing between.
    """
    filled = mask.copy()
    to_fill = gaps(mask)
    for number, (below, above) in enumerate(to_fill):
        progress(number / len(to_fill))
        rows, columns = _around(mask[below] | mask[above], spacing)
        slab = hounsfield[below : above + 1, rows, columns]
        between = _fill_gap(slab, mask[below, rows, columns], mask[above, rows, columns], spacing)
        filled[below + 1 : above, rows, columns] = between
    progress(1.0)
    return filled


def _around(outlines: NDArray[np.bool_], spacing: tuple[float, float, float]) -> tuple[slice, slice]:
    ranges = []
    for axis in range(2):
        touched = np.flatnonzero(outlines.any(axis=1 - axis))
        margin = int(np.ceil(_MARGIN / spacing[axis + 1]))
        ranges.append(slice(max(0, int(touched[0]) - margin), int(touched[-1]) + 1 + margin))
    return ranges[0], ranges[1]


def _fill_gap(
    slab: NDArray[np.int16],
    below: NDArray[np.bool_],
    above: NDArray[np.bool_],
    spacing: tuple[float, float, float],
) -> NDArray[np.bool_]:
    from scipy import ndimage

    plane = (spacing[1], spacing[2])
    sigma = [min(0.7, 2.1 / spacing[0]), *(max(0.7, _DENOISING / length) for length in plane)]
    image = ndimage.gaussian_filter(np.clip(slab, LOWEST, HIGHEST).astype(np.float32), sigma)
    steps = slab.shape[0] - 1
    motions = slice_motions(image, plane, Thoroughness())
    from_below = carried(signed_distance(below, plane), motions, 0, steps)
    from_above = carried(signed_distance(above, plane), motions, steps, 0)[::-1]
    evidence_of = _learned(image, below, above, plane)
    filled = np.empty((steps - 1, *below.shape), dtype=np.bool_)
    trust = trust_in_drawn(steps * spacing[0])
    drawn = (from_below[0], from_above[-1])
    for step in range(1, steps):
        carried_here = (from_below[step], from_above[step])
        blend, disagreement = blended(drawn, carried_here, step / steps, plane, trust)
        doubt = _CERTAINTY + _DOUBT * disagreement
        weight = _EVIDENCE_WEIGHT * disagreement / (disagreement + _AGREEMENT * (trust - 1.0))
        evidence = weight * np.clip(evidence_of(image[step]), *_EVIDENCE_LIMITS)
        filled[step - 1] = blend / doubt + evidence > 0.0
    return filled


def _learned(
    image: NDArray[np.float32], below: NDArray[np.bool_], above: NDArray[np.bool_], spacing: tuple[float, float]
) -> LikelihoodRatio:
    from scipy import ndimage

    inside, outside = [], []
    for level, outline in ((image[0], below), (image[-1], above)):
        distance = ndimage.distance_transform_edt(~outline, sampling=spacing)
        inside.append(level[outline])
        outside.append(level[(distance > 0.0) & (distance < _SURROUNDINGS)])
    return LikelihoodRatio(np.concatenate(inside), np.concatenate(outside))
