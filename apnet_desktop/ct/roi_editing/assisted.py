"""From a few strokes inside and outside of an organ on a few slices, a proposal of the whole organ.

Three stages. (1) On each slice with strokes: a random walker whose prior is what the strokes' HU and the cost of the
way to them say. (2) Between these slices, and a little beyond the outermost: their outlines are carried along with the
anatomy, as `fill_between` does. (3) In space: a random walker whose prior is the carried outline and the HU, held to
the strokes. Everything is done on a grid of about 2 mm around the strokes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.roi_editing.appearance import HIGHEST, LOWEST, LikelihoodRatio
from apnet_desktop.ct.roi_editing.blending import blended, trust_in_drawn
from apnet_desktop.ct.roi_editing.coarse_grid import CoarseGrid
from apnet_desktop.ct.roi_editing.progress import Progress, silent
from apnet_desktop.ct.roi_editing.relaxation import edge_weights, relax
from apnet_desktop.ct.roi_editing.slice_motion import Thoroughness, carried, signed_distance, slice_motions
from apnet_desktop.ct.roi_editing.travel_cost import travel_cost

__all__ = ["propose"]

_MARGIN = 20.0
"""mm around the strokes within a slice that the organ may reach."""

_BEYOND = (6.0, 15.0)
"""mm beyond the outermost slices with strokes that the organ may reach: half the distance of stroke slices, within
these."""

_DENOISING = 1.5
_EVIDENCE_LIMIT = 3.0
_EVIDENCE_FOR = 1.2
"""Between slices, HU like the organ's count for less than HU unlike it: its neighbours may well look the same."""

_CONTRAST = 18.0
"""HU step that counts as an edge."""

_TRUST = 0.5
"""How much a voxel's prior counts against the pull of its neighbours (1 where HU are equal)."""

_STROKE_TRUST = 50.0
_DISTANCE_WEIGHT = 0.45
"""Log-odds for each mm by which the way to the outside strokes is longer than the way to the inside ones."""

_DETOUR = 2.0
"""How much longer a way becomes for each unit of log-likelihood against it."""

_REACH = 27.0
"""Percentile of the distances of outside strokes from the inside ones: where no outside stroke stands in the way, the
organ ends before it."""

_USUAL_REACH = 1.25
"""How much farther than on the other slices the organ may reach on one: its second part on a slice, without an inside
stroke of its own, sends the outside strokes far away."""

_ENCLOSED = 2.0
"""How much farther the organ may reach between outside strokes, where they bound it themselves."""

_NEAR = 8.0
"""mm: an outside stroke is drawn beside the organ, an inside stroke through its middle. So a way from the inside
strokes counts no more than this against the way from the outside ones, or wide organs would end half-way."""

_CERTAINTY = 1.0
_DOUBT = 0.4
_DOUBT_BEYOND = 0.4
_TAPER = 1.0
"""mm by which an outline shrinks for each mm beyond the outermost slice with strokes."""

_MATCHING = Thoroughness(spacing=3.0, pixels=3000, iterations=(8, 8))


@dataclass(frozen=True)
class _Scene:
    """The region around the strokes on the coarse grid."""

    image: NDArray[np.float32]
    inside: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    spacing: tuple[float, float, float]

    @property
    def plane(self) -> tuple[float, float]:
        return (self.spacing[1], self.spacing[2])

    def stroke_slices(self) -> list[int]:
        strokes = self.inside | self.outside
        return [int(k) for k in np.flatnonzero(strokes.any(axis=(1, 2)))]


def propose(
    hounsfield: NDArray[np.int16],
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    spacing: tuple[float, float, float],
    progress: Progress = silent,
) -> NDArray[np.bool_]:
    """Proposes the organ that the strokes belong to.

    Args:
        hounsfield: HU (z, y, x).
        inside: Strokes inside of the organ, bool (z, y, x).
        outside: Strokes outside of it.
        spacing: Voxel spacing in mm along z, y, x.
        progress: Hears the fraction done.

    Returns:
        The proposal, bool (z, y, x): holds every inside stroke, no outside stroke; empty without inside strokes.
    """
    proposal = np.zeros_like(inside)
    if not inside.any():
        return proposal
    progress(0.0)
    grid = CoarseGrid.around(inside, outside, spacing, _MARGIN, _BEYOND)
    scene = _scene(hounsfield, inside, outside, grid)
    progress(0.1)
    outlines, evidence = _outlined_slices(scene)
    progress(0.4)
    prior = _carried_outlines(scene, outlines)
    progress(0.8)
    odds = np.clip(prior + np.minimum(evidence, _EVIDENCE_FOR), -20.0, 20.0)
    likely = _walked(scene.image, odds, scene.inside, scene.outside, scene.spacing)
    proposal[grid.box] = grid.refined(likely) > 0.5
    progress(1.0)
    return (_touching(proposal, inside, grid.box) | inside) & ~outside


def _scene(
    hounsfield: NDArray[np.int16], inside: NDArray[np.bool_], outside: NDArray[np.bool_], grid: CoarseGrid
) -> _Scene:
    from scipy import ndimage

    clipped = np.clip(hounsfield[grid.box], LOWEST, HIGHEST).astype(np.float32)
    coarse = grid.mean(clipped)
    spacing = grid.spacing
    sigma = [min(0.7, 2.1 / spacing[0]), *(max(0.7, _DENOISING / length) for length in spacing[1:])]
    within = grid.any(inside[grid.box])
    return _Scene(ndimage.gaussian_filter(coarse, sigma), within, grid.any(outside[grid.box]) & ~within, spacing)


def _outlined_slices(scene: _Scene) -> tuple[dict[int, NDArray[np.bool_]], NDArray[np.float32]]:
    """The organ on each slice with strokes, and the log-likelihood ratio of every voxel; learned in two rounds."""
    outlines: dict[int, NDArray[np.bool_]] = {}
    evidence = np.zeros_like(scene.image)
    reaches = {k: _reach(scene, k) for k in scene.stroke_slices()}
    known = [reach for reach in reaches.values() if reach is not None]
    usual = float(np.median(known)) if known else _MARGIN
    for _ in range(2):
        ratio = _learned(scene, outlines)
        evidence = np.clip(ratio(scene.image), -_EVIDENCE_LIMIT, _EVIDENCE_LIMIT)
        for k, reach in reaches.items():
            outlines[k] = _outlined(scene, k, evidence[k], usual if reach is None else min(reach, _USUAL_REACH * usual))
    return outlines, evidence


def _reach(scene: _Scene, k: int) -> float | None:
    from scipy import ndimage

    if not (scene.inside[k].any() and scene.outside[k].any()):
        return None
    distance = ndimage.distance_transform_edt(~scene.inside[k], sampling=scene.plane)
    return float(np.percentile(distance[scene.outside[k]], _REACH))


def _learned(scene: _Scene, outlines: dict[int, NDArray[np.bool_]]) -> LikelihoodRatio:
    """What strokes, and then outlines, teach about HU; half from the strokes, half from around or within them."""
    from scipy import ndimage

    inner, outer = [], []
    for k in scene.stroke_slices():
        outline = outlines.get(k)
        if outline is None or not outline.any():
            near = ndimage.distance_transform_edt(~scene.inside[k], sampling=scene.plane)
            outer.append(scene.image[k][(near > 0.0) & (near < 2.0 * _MARGIN)] if scene.inside[k].any() else _NOTHING)
        else:
            distance = ndimage.distance_transform_edt(~outline, sampling=scene.plane)
            inner.append(scene.image[k][outline])
            outer.append(scene.image[k][(distance > 1.0) & (distance < 12.0)])
    inside, outside = scene.image[scene.inside], scene.image[scene.outside]
    return LikelihoodRatio(_mixed(inside, inner), _mixed(outside, outer))


_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_NOTHING = np.zeros(0, dtype=np.float32)


def _mixed(strokes: NDArray[np.float32], others: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Both sources with equal weight, whatever their sizes: the smaller one is repeated."""
    other = np.concatenate([_NOTHING, *others])
    if strokes.size == 0 or other.size == 0:
        return strokes if other.size == 0 else other
    size = max(strokes.size, other.size)
    return np.concatenate([np.resize(strokes, size), np.resize(other, size)])


def _outlined(scene: _Scene, k: int, evidence: NDArray[np.float32], reach: float) -> NDArray[np.bool_]:
    inside, outside = scene.inside[k], scene.outside[k]
    if not inside.any():
        return np.zeros_like(inside)
    to_inside = travel_cost(inside, _ONE + np.float32(_DETOUR) * np.maximum(-evidence, _ZERO), scene.plane)
    to_outside = travel_cost(outside, _ONE + np.float32(_DETOUR) * np.maximum(evidence, _ZERO), scene.plane)
    far = np.float32(reach) * np.where(_enclosed(outside), np.float32(_ENCLOSED), _ONE)
    nearer = np.minimum(to_outside - np.minimum(to_inside, _NEAR), far - to_inside)
    odds = evidence + _DISTANCE_WEIGHT * np.clip(nearer, -30.0, 30.0)
    return _walked(scene.image[k], odds, inside, outside, scene.plane) > 0.5


def _enclosed(strokes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels within the convex hull of strokes on a slice; none if they lie on one line."""
    from scipy.spatial import ConvexHull, QhullError

    pixels = np.argwhere(strokes)
    if len(pixels) < 3:
        return np.zeros_like(strokes)
    try:
        sides = ConvexHull(pixels).equations
    except QhullError:
        return np.zeros_like(strokes)
    rows, columns = np.ogrid[: strokes.shape[0], : strokes.shape[1]]
    enclosed = np.ones_like(strokes)
    for across, along, offset in sides:
        enclosed &= across * rows + along * columns + offset <= 0.0
    return enclosed


def _walked(
    image: NDArray[np.float32],
    odds: NDArray[np.float32],
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    spacing: tuple[float, ...],
) -> NDArray[np.float32]:
    prior = _ONE / (_ONE + np.exp(-odds.astype(np.float32)))
    trust = np.full(image.shape, _TRUST, dtype=np.float32)
    for strokes, value in ((inside, 1.0), (outside, 0.0)):
        prior[strokes] = value
        trust[strokes] = _STROKE_TRUST
    return relax(prior, trust, edge_weights(image, spacing, _CONTRAST))


def _carried_outlines(scene: _Scene, outlines: dict[int, NDArray[np.bool_]]) -> NDArray[np.float32]:
    """Log-odds by the outlines: on their slices, carried in between, and tapering beyond."""
    prior = np.full(scene.image.shape, -20.0, dtype=np.float32)
    filled = sorted(k for k, outline in outlines.items() if outline.any())
    if not filled:
        return prior
    motions = slice_motions(scene.image, scene.plane, _MATCHING)
    distances = {k: signed_distance(outlines[k], scene.plane) for k in filled}
    for k in filled:
        prior[k] = distances[k] / _CERTAINTY
    for below, above in itertools.pairwise(filled):
        steps = above - below
        trust = trust_in_drawn(steps * scene.spacing[0])
        drawn = (distances[below], distances[above])
        low = carried(distances[below], motions, below, above)
        high = carried(distances[above], motions, above, below)[::-1]
        for step in range(1, steps):
            blend, disagreement = blended(drawn, (low[step], high[step]), step / steps, scene.plane, trust)
            prior[below + step] = blend / (_CERTAINTY + _DOUBT * disagreement)
    for start, end in ((filled[0], 0), (filled[-1], scene.image.shape[0] - 1)):
        for step, level in enumerate(carried(distances[start], motions, start, end)):
            away = step * scene.spacing[0]
            if step:
                k = start + step if end > start else start - step
                prior[k] = (level - _TAPER * away) / (_CERTAINTY + _DOUBT_BEYOND * away)
    return prior


def _touching(
    proposal: NDArray[np.bool_], inside: NDArray[np.bool_], box: tuple[slice, slice, slice]
) -> NDArray[np.bool_]:
    """The parts of the proposal that hold a stroke."""
    from scipy import ndimage

    parts, _ = ndimage.label(proposal[box], structure=np.ones((3, 3, 3), dtype=np.bool_))
    kept = np.unique(parts[inside[box]])
    result = np.zeros_like(proposal)
    result[box] = np.isin(parts, kept[kept > 0])
    return result
