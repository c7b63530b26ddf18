"""Contrast judged from the picture: how bright vessels and organs are beside muscle.

Without contrast blood (30 to 60 HU) is no brighter than muscle. In the arterial phase the aorta exceeds 180 HU while
the liver is still near its plain value; in the portal venous phase aorta and veins lie between 110 and 180 HU and the
liver near 100. The limits were set on a handful of real series with and without contrast; they choose a label for a
person to check, not a treatment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Enhancement", "measure_enhancement", "phase_from_picture"]

_CELL_MM = 2.0
_BRIGHTER = 35.0
_ORGAN_BRIGHTER = 20.0
_EVEN_HU = 40.0
_BONE_HU = 200.0
# Part of the body that is evenly brighter than muscle: organs and vessels with contrast, hardly anything without.
_MUCH_PART = 0.03
_LITTLE_PART = 0.015
_VESSEL_HU = 115.0
_ARTERIAL_HU = 180.0
_ENHANCED_LIVER_HU = 85.0
_LARGEST_DRIFT_MM = 30.0


class Enhancement(NamedTuple):
    """What a few slices show.

    Attributes:
        muscle: Median HU of muscle.
        vessel: Median HU of a round bright tube through the slices (the aorta); None if there is none.
        organ: Median HU of the largest even region brighter than muscle (the liver); None if there is none.
        bright: Part of the body's area that is evenly brighter than muscle and not bone.
    """

    muscle: float
    vessel: float | None
    organ: float | None
    bright: float


def phase_from_picture(samples: list[NDArray[np.int16]], pixel_spacing: tuple[float, float]) -> str:
    """The answer "none", "arterial", "portal_venous", "enhanced" or "unknown", from HU of a few slices.

    Args:
        samples: Slices spread over the series, [row, column].
        pixel_spacing: mm between rows, between columns.
    """
    seen = measure_enhancement(samples, pixel_spacing)
    if seen is None:
        return "unknown"
    if seen.vessel is None and seen.bright < _MUCH_PART:
        return "none" if seen.bright < _LITTLE_PART else "unknown"
    liver = seen.organ is not None and seen.organ >= _ENHANCED_LIVER_HU
    if seen.vessel is not None and seen.vessel >= _ARTERIAL_HU and not liver:
        return "arterial"
    if seen.vessel is not None and seen.vessel < _ARTERIAL_HU and liver:
        return "portal_venous"
    return "enhanced"


def measure_enhancement(samples: list[NDArray[np.int16]], pixel_spacing: tuple[float, float]) -> Enhancement | None:
    """Brightness of muscle, vessels and organs; None if too little of a body is in view."""
    slices = [measured for measured in (_measure(values, pixel_spacing) for values in samples) if measured is not None]
    if len(slices) < max(1, len(samples) // 2):
        return None
    organs = [slice.organ for slice in slices if slice.organ is not None]
    return Enhancement(
        muscle=float(np.median([slice.muscle for slice in slices])),
        vessel=_tube([slice.rounds for slice in slices]),
        organ=float(np.median(organs)) if organs else None,
        bright=float(np.mean([slice.bright for slice in slices])),
    )


class _Slice(NamedTuple):
    muscle: float
    rounds: list[tuple[float, float, float]]
    organ: float | None
    bright: float


def _measure(values: NDArray[np.int16], pixel_spacing: tuple[float, float]) -> _Slice | None:
    from scipy import ndimage

    steps = [max(1, round(_CELL_MM / spacing)) for spacing in pixel_spacing]
    rows, columns = (size // step * step for size, step in zip(values.shape, steps, strict=True))
    cells = np.clip(values[:rows, :columns], -1024, 1500).reshape(
        rows // steps[0], steps[0], columns // steps[1], steps[1]
    )
    small = cells.mean(axis=(1, 3), dtype=np.float32)
    cell = (pixel_spacing[0] * steps[0], pixel_spacing[1] * steps[1])
    body = ndimage.binary_opening(small > -200.0, iterations=2)
    mean = ndimage.uniform_filter(small, 3)
    deviation = np.sqrt(np.maximum(ndimage.uniform_filter(small * small, 3) - mean * mean, 0.0))
    tissue = mean[body & (deviation < 30.0) & (mean > 20.0) & (mean < 90.0)]
    if tissue.size * cell[0] * cell[1] < 1000.0:
        return None
    muscle = float(np.median(tissue))
    bright = body & (mean > muscle + _BRIGHTER) & (mean < 450.0) & (deviation < _EVEN_HU)
    away_from_bone = bright & ~ndimage.binary_dilation(small > 300.0, iterations=4)
    part = float(np.count_nonzero(away_from_bone)) / float(np.count_nonzero(body))
    organ = _organ(mean, body & (deviation < _EVEN_HU) & (mean > muscle + _ORGAN_BRIGHTER) & (mean < 250.0), cell)
    return _Slice(muscle, _rounds(small, bright, cell), organ, part)


def _organ(mean: NDArray[np.float32], even: NDArray[np.bool_], cell: tuple[float, float]) -> float | None:
    """Median HU of the largest even region brighter than muscle, if it is as large as a slice of liver."""
    from scipy import ndimage

    labels, count = ndimage.label(ndimage.binary_erosion(even, iterations=2))
    if not count:
        return None
    sizes = np.bincount(labels.ravel())[1:]
    largest = int(np.argmax(sizes))
    if float(sizes[largest]) * cell[0] * cell[1] < 2500.0:
        return None
    return float(np.median(mean[labels == largest + 1]))


def _rounds(
    small: NDArray[np.float32], bright: NDArray[np.bool_], cell: tuple[float, float]
) -> list[tuple[float, float, float]]:
    """Round bright regions of a vessel's size that are not rimmed by bone: (HU, row in mm, column in mm)."""
    from scipy import ndimage

    labels, _ = ndimage.label(bright)
    found = []
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        wide = tuple(slice(max(0, side.start - 4), side.stop + 4) for side in box)
        inside = labels[wide] == number
        area = float(np.count_nonzero(inside)) * cell[0] * cell[1]
        height, width = ((side.stop - side.start) * size for side, size in zip(box, cell, strict=True))
        if not 100.0 <= area <= 1000.0 or max(height, width) > 2.0 * min(height, width):
            continue
        if area < 0.7 * np.pi / 4.0 * height * width:
            continue
        rim = ndimage.binary_dilation(inside, iterations=3) & ~ndimage.binary_dilation(inside, iterations=1)
        if rim.any() and float((small[wide][rim] > _BONE_HU).mean()) > 0.35:
            continue
        row = (box[0].start + box[0].stop) / 2.0 * cell[0]
        column = (box[1].start + box[1].stop) / 2.0 * cell[1]
        found.append((float(np.median(small[wide][inside])), row, column))
    return found


def _tube(slices: list[list[tuple[float, float, float]]]) -> float | None:
    """Median HU of the round region that goes on through the most slices at about one place; None if under a third."""
    best: list[float] = []
    for start in (blob for blobs in slices for blob in blobs):
        chain = []
        for blobs in slices:
            near = [blob[0] for blob in blobs if np.hypot(blob[1] - start[1], blob[2] - start[2]) <= _LARGEST_DRIFT_MM]
            if near:
                chain.append(max(near))
        if (len(chain), sum(chain)) > (len(best), sum(best)):
            best = chain
    if len(best) < max(2, len(slices) / 3.0) or float(np.median(best)) < _VESSEL_HU:
        return None
    return float(np.median(best))
