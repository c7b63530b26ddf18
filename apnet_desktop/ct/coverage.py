"""Whether a scan can hold the pancreas: judged from the lungs at its lower end, its length and the body's size.

The pancreas lies at the level of the first two lumbar vertebrae (T12 to L3), below the domes of the diaphragm; at that
level only the tips of the posterior recesses of the lungs are in view.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.language import Message

__all__ = ["SliceContent", "coverage_check", "measure_content"]

_CELL_MM = 4.0
_LUNG_HU = (-930.0, -500.0)
_SMALLEST_LUNG = 5.0
# cm² of lung in the lowest slice: more than recesses show; more than any slice through a pancreas has.
_SOME_LUNG = 20.0
_MUCH_LUNG = 80.0
_SMALLEST_BODY = 250.0
_SHORTEST_MM = 80.0


class SliceContent(NamedTuple):
    """cm² of body and of lung in one slice."""

    body: float
    lung: float


def measure_content(values: NDArray[np.int16], pixel_spacing: tuple[float, float]) -> SliceContent:
    """How much body and lung an axial slice [row, column] shows; pixel spacing in mm between rows, columns."""
    from scipy import ndimage

    steps = [max(1, round(_CELL_MM / spacing)) for spacing in pixel_spacing]
    rows, columns = (size // step * step for size, step in zip(values.shape, steps, strict=True))
    cells = values[:rows, :columns].reshape(rows // steps[0], steps[0], columns // steps[1], steps[1])
    small = np.clip(cells, -1024, 1500).mean(axis=(1, 3), dtype=np.float32)
    area = steps[0] * steps[1] * pixel_spacing[0] * pixel_spacing[1] / 100.0
    tissue = ndimage.binary_opening(small > -300.0)
    body = ndimage.binary_fill_holes(tissue)
    inside = body & (small < _LUNG_HU[1])
    labels, count = ndimage.label(inside)
    lung = 0.0
    for number in range(1, count + 1):
        part = labels == number
        size = float(np.count_nonzero(part)) * area
        # Gas in the bowel is nearer to -1000 HU than lung.
        if size >= _SMALLEST_LUNG and _LUNG_HU[0] <= float(small[part].mean()):
            lung += size
    return SliceContent(float(np.count_nonzero(body)) * area, lung)


def coverage_check(contents: list[SliceContent], extent: float) -> Check:
    """The coverage check of an axial series.

    Args:
        contents: Of slices from the feet end to the head end, first and last slice among them.
        extent: Length of the scan in mm.
    """
    lowest = contents[0]
    values = {"extent": round(extent), "lung": round(lowest.lung)}
    if float(np.median([content.body for content in contents])) < _SMALLEST_BODY:
        return _check(CheckState.WARNED, "ct.coverage_not_abdomen", values)
    if lowest.lung > _MUCH_LUNG:
        return _check(CheckState.REFUSED, "ct.coverage_above", values)
    if lowest.lung > _SOME_LUNG:
        return _check(CheckState.WARNED, "ct.coverage_perhaps_above", values)
    if extent < _SHORTEST_MM:
        return _check(CheckState.WARNED, "ct.coverage_short", values)
    if max(content.lung for content in contents) < _SMALLEST_LUNG:
        return _check(CheckState.WARNED, "ct.coverage_no_lung", values)
    return _check(CheckState.PASSED, "ct.coverage", values)


def _check(state: CheckState, id: str, values: dict[str, int]) -> Check:
    return Check(id="ct.coverage", state=state, message=Message.of(id, **values))
