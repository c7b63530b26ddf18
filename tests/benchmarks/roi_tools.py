"""The tools that outline: how fast, and how much better than plain interpolation, region growing, random walker."""

from __future__ import annotations

import time

import numpy as np
import pytest

from apnet_desktop.ct.roi_editing.assisted import propose
from apnet_desktop.ct.roi_editing.fill_between import fill_between_slices
from tests.benchmarks.ratio import Ratio
from tests.ct.roi_editing.organs import Organ, real_organ, simulated_pancreas
from tests.ct.roi_editing.strokes import Mask, dice, outlined_slices, scripted_strokes, signed_distance_fill

_LONGEST = 1.5
_ABDOMEN = 100
"""Slices of an abdomen of 512² on which the assisted outline is timed."""


def measure() -> list[Ratio]:
    """Errors (1 − Dice) beside those of the peers, and the time that a person waits for a proposal."""
    rows = []
    organs = {"simulated pancreas": simulated_pancreas(1)}
    try:
        organs |= {name: real_organ("upper", name) for name in ("pancreas", "right adrenal", "spleen", "liver")}
    except pytest.skip.Exception:
        rows.append(Ratio("real masks are not at hand", 1.0, 1.0, None, ""))
    for name, organ in organs.items():
        rows += _filling(name, organ)
    for name, organ in organs.items():
        rows += _assisted(name, organ)
    rows.append(_proposal_time(organs["simulated pancreas"]))
    return rows


def _filling(name: str, organ: Organ) -> list[Ratio]:
    rows = []
    for gap in (12.0, 24.0):
        drawn = outlined_slices(organ.mask, max(2, round(gap / organ.spacing[0])))
        ours = dice(fill_between_slices(organ.hounsfield, drawn, organ.spacing), organ.mask)
        plain = dice(signed_distance_fill(drawn, organ.spacing), organ.mask)
        note = f"Dice {ours:.3f}, signed distances {plain:.3f}"
        rows.append(Ratio(f"fill between, {name}, {gap:.0f} mm: error", 1 - ours, 1 - plain + 0.005, 1.0, "", note))
    return rows


def _assisted(name: str, organ: Organ) -> list[Ratio]:
    inside, outside = scripted_strokes(organ.mask, organ.spacing)
    start = time.process_time()
    ours = dice(propose(organ.hounsfield, inside, outside, organ.spacing), organ.mask)
    seconds = time.process_time() - start
    rows = []
    for peer, found in (("region growing", _region_growing), ("random walker", _random_walker)):
        mask = found(organ, inside, outside)
        if mask is not None:
            theirs = dice(mask, organ.mask)
            note = f"Dice {ours:.3f} in {seconds:.2f} s of a core, {peer} {theirs:.3f}"
            rows.append(Ratio(f"assisted, {name}, beside {peer}: error", 1 - ours, 1 - theirs, 1.0, "", note))
    return rows


def _region_growing(organ: Organ, inside: Mask, outside: Mask) -> Mask:
    """SimpleITK's confidence-connected growing from the inside strokes, with the outside strokes taken out."""
    import SimpleITK as sitk  # noqa: N813 - the library's own short name

    slices = np.flatnonzero((inside | outside).any(axis=(1, 2)))
    part = slice(int(slices[0]), int(slices[-1]) + 1)
    image = sitk.GetImageFromArray(organ.hounsfield[part].astype(np.float32))
    image.SetSpacing(organ.spacing[::-1])
    seeds = [(int(i), int(j), int(k)) for k, j, i in np.argwhere(inside[part])]
    smooth = sitk.CurvatureFlow(image, timeStep=0.05, numberOfIterations=5)
    grown = sitk.ConfidenceConnected(smooth, seedList=seeds, numberOfIterations=1, multiplier=2.0, replaceValue=1)
    mask = np.zeros_like(organ.mask)
    mask[part] = sitk.GetArrayFromImage(grown) > 0
    return mask & ~outside


def _random_walker(organ: Organ, inside: Mask, outside: Mask) -> Mask | None:
    """scikit-image's random walker around the strokes; None where it is not installed for the benchmark."""
    try:
        from skimage.segmentation import random_walker  # type: ignore[import-not-found]
    except ImportError:
        return None
    touched = np.argwhere(inside | outside)
    first, last = np.maximum(touched.min(axis=0) - 5, 0), touched.max(axis=0) + 6
    box = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    labels = inside[box].astype(np.int32) + 2 * outside[box].astype(np.int32)
    image = np.clip(organ.hounsfield[box], -160, 300) / 460.0
    mask = np.zeros_like(organ.mask)
    mask[box] = random_walker(image, labels, beta=130, mode="cg_j", spacing=np.array(organ.spacing)) == 1
    return mask


def _proposal_time(organ: Organ) -> Ratio:
    """The simulated pancreas in an abdomen of 100 slices."""
    size = _ABDOMEN - organ.mask.shape[0]
    padding = ((max(0, size // 2), max(0, size - size // 2)), (0, 0), (0, 0))
    hounsfield = np.pad(organ.hounsfield, padding, mode="edge")
    inside, outside = (np.pad(strokes, padding) for strokes in scripted_strokes(organ.mask, organ.spacing))
    propose(hounsfield, inside, outside, organ.spacing)
    times, work = [], []
    for _ in range(3):
        start, worked = time.perf_counter(), time.process_time()
        propose(hounsfield, inside, outside, organ.spacing)
        times.append(time.perf_counter() - start)
        work.append(time.process_time() - worked)
    note = f"{' × '.join(str(size) for size in hounsfield.shape)}; work of one core {float(np.median(work)):.2f} s"
    return Ratio("assisted proposal, time waited", float(np.median(times)), _LONGEST, 1.0, "s", note)
