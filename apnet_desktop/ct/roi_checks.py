"""Whether a ROI can be a pancreas: its volume, its mean HU, its place."""

from __future__ import annotations

import numpy as np

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.language import Message

__all__ = ["roi_checks"]

# Mean HU of a pancreas: 30 to 55 without contrast, up to 130 in the pancreatic phase, down to fluid (0) with necrosis
# and below with fat between the lobules; the ROI of the paper includes peripancreatic collections.
_PLAUSIBLE_MEAN = (-40.0, 180.0)
_AIR_HU = -200
_BONE_HU = 400
_MUCH = 0.05


def roi_checks(roi: Roi, volume: CtVolume, limits_ml: tuple[float, float] = (10.0, 400.0)) -> tuple[Check, ...]:
    """The checks of a ROI on its CT.

    Args:
        roi: On the volume's grid.
        volume: The CT.
        limits_ml: Plausible volume of the ROI in mL, lower and upper (a bundle's `roi_volume`).

    Raises:
        ValueError: The ROI is not on the volume's grid; a bug of the caller.
    """
    if not roi.geometry.same_grid(volume.geometry):
        raise ValueError("the ROI is not on the volume's grid")
    if not roi.mask.any():
        return (Check(id="ct.roi_empty", state=CheckState.REFUSED, message=Message.of("ct.roi_empty")),)
    checks = [_size(roi, limits_ml), _values(roi, volume), _place(roi, volume)]
    edge = _at_the_end(roi)
    if edge is not None:
        checks.append(edge)
    return tuple(checks)


def _size(roi: Roi, limits_ml: tuple[float, float]) -> Check:
    lower, upper = limits_ml
    values = {"volume": round(roi.volume, 1), "lower": lower, "upper": upper}
    if lower <= roi.volume <= upper:
        return Check(id="ct.roi_volume", state=CheckState.PASSED, message=Message.of("ct.roi_volume", **values))
    return Check(
        id="ct.roi_volume", state=CheckState.REFUSED, message=Message.of("ct.roi_volume_implausible", **values)
    )


def _values(roi: Roi, volume: CtVolume) -> Check:
    inside = volume.hounsfield[roi.mask]
    mean = float(inside.mean(dtype=np.float64))
    air = float(np.count_nonzero(inside < _AIR_HU)) / inside.size
    bone = float(np.count_nonzero(inside > _BONE_HU)) / inside.size
    values = {"mean": round(mean, 1)}
    if not _PLAUSIBLE_MEAN[0] <= mean <= _PLAUSIBLE_MEAN[1] or air > _MUCH or bone > _MUCH:
        return Check(
            id="ct.roi_values", state=CheckState.WARNED, message=Message.of("ct.roi_values_implausible", **values)
        )
    return Check(id="ct.roi_values", state=CheckState.PASSED, message=Message.of("ct.roi_values", **values))


def _place(roi: Roi, volume: CtVolume) -> Check:
    """The pancreas lies in front of the spine, near the middle of the body, inside it."""
    body = _body_box(volume, roi)
    if body is None:
        return Check(id="ct.roi_place", state=CheckState.WARNED, message=Message.of("ct.roi_outside_body"))
    (left, right), (front, back) = body
    rows = np.flatnonzero(roi.mask.any(axis=(0, 2)))
    columns = np.flatnonzero(roi.mask.any(axis=(0, 1)))
    centre_row = float(rows[0] + rows[-1]) / 2.0
    centre_column = float(columns[0] + columns[-1]) / 2.0
    across = (centre_column - left) / max(right - left, 1)
    deep = (centre_row - front) / max(back - front, 1)
    if not (0.2 <= across <= 0.8 and 0.1 <= deep <= 0.8):
        return Check(id="ct.roi_place", state=CheckState.WARNED, message=Message.of("ct.roi_place_implausible"))
    return Check(id="ct.roi_place", state=CheckState.PASSED, message=Message.of("ct.roi_place"))


def _body_box(volume: CtVolume, roi: Roi) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """(columns from, to), (rows from, to) of the body in the ROI's middle slice; None if there is no body."""
    from scipy import ndimage

    slices = roi.slices()
    values = volume.hounsfield[int(slices[len(slices) // 2])]
    tissue = ndimage.binary_opening(values[::2, ::2] > -300, iterations=2)
    labels, count = ndimage.label(tissue)
    if not count:
        return None
    sizes = np.bincount(labels.ravel())[1:]
    box = ndimage.find_objects(labels)[int(np.argmax(sizes))]
    return (box[1].start * 2, box[1].stop * 2), (box[0].start * 2, box[0].stop * 2)


def _at_the_end(roi: Roi) -> Check | None:
    """Warns of a ROI that touches the first or last slice: the pancreas may go on beyond the scan."""
    if roi.mask.shape[0] > 1 and (roi.mask[0].any() or roi.mask[-1].any()):
        return Check(id="ct.roi_cut", state=CheckState.WARNED, message=Message.of("ct.roi_cut"))
    return None
