"""How much the risk depends on the ROI's edge: the whole prediction again for small changes of the ROI."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import shift_base_rate, sigmoid
from apnet_desktop.bundle.prediction import REPEATABILITY, BaseRate, Prediction
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.language import Message
from apnet_desktop.model.inputs import prepare_arrays
from apnet_desktop.model.predict import Predictor
from apnet_desktop.model.result_checks import percent

__all__ = ["check_repeatability", "roi_variants", "with_repeatability"]

_EDGE = 2.0
_SHIFT = 3.0
_WIDE = 0.1


def roi_variants(
    mask: NDArray[np.bool_], spacing: tuple[float, float, float], edge: float = _EDGE, shift: float = _SHIFT
) -> dict[str, NDArray[np.bool_]]:
    """The ROI eroded, dilated and shifted by a few millimetres, by name; variants that leave nothing are left out.

    Args:
        mask: (z, y, x).
        spacing: mm along (z, y, x).
        edge: mm that the edge moves in or out.
        shift: mm that the whole moves to each side in the axial plane.
    """
    touched = [np.flatnonzero(mask.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    margin = [int(np.ceil(max(edge, shift) / step)) + 1 for step in spacing]
    box = tuple(
        slice(max(int(places[0]) - reach, 0), int(places[-1]) + reach + 1)
        for places, reach in zip(touched, margin, strict=True)
    )
    part = mask[box]
    signed = _signed_distance(part, spacing)
    variants = {"eroded": signed < -edge, "dilated": signed <= edge}
    for name, axis, sign in (("left", 2, 1), ("right", 2, -1), ("back", 1, 1), ("front", 1, -1)):
        step = max(1, round(shift / spacing[axis])) * sign
        variants[name] = _moved(part, axis, step)
    whole = {}
    for name, variant in variants.items():
        if variant.any():
            placed = np.zeros_like(mask)
            placed[box] = variant
            whole[name] = placed
    return whole


def check_repeatability(
    predictor: Predictor,
    volume: CtVolume,
    roi: Roi,
    record: ClinicalRecord,
    base_rate: BaseRate,
    progress: Callable[[str, float], None] | None = None,
    known: float | None = None,
) -> Check:
    """The fused risk over variants of the ROI, as the named check `model.repeatability`.

    Args:
        predictor: A loaded bundle.
        volume: The CT.
        roi: The confirmed ROI.
        record: The clinical record.
        base_rate: The prediction's.
        progress: Told the stage and the fraction done.
        known: The fused risk of the ROI as it is, at the development base rate; None computes it.

    Raises:
        PredictionError: Out of memory.
    """
    manifest = predictor.bundle.manifest
    step = volume.geometry.spacing
    spacing = (step[2], step[1], step[0])
    masks = list(roi_variants(roi.mask, spacing).values())
    if known is None:
        masks.insert(0, roi.mask)
    clinical = predictor.model.encode([record])
    risks = [] if known is None else [known]
    for n, mask in enumerate(masks):
        if progress is not None:
            progress("model.stage_repeatability", n / len(masks))
        features = predictor.extract(prepare_arrays(volume.hounsfield, mask, spacing, manifest.ct))
        risks.append(float(sigmoid(predictor.model.fused_logits(predictor.tokens(features), clinical))[0]))
    if progress is not None:
        progress("model.stage_repeatability", 1.0)
    crosses = min(risks) < manifest.threshold.risk <= max(risks)
    ends = [min(risks), max(risks)]
    if base_rate.site is not None:
        ends = [shift_base_rate(end, base_rate.development, base_rate.site) for end in ends]
    odd = crosses or ends[1] - ends[0] > _WIDE
    message = Message.of(
        "model.not_repeatable" if odd else "model.repeatable", lower=percent(ends[0]), upper=percent(ends[1])
    )
    return Check(id=REPEATABILITY, state=CheckState.WARNED if odd else CheckState.PASSED, message=message)


def with_repeatability(
    predictor: Predictor,
    volume: CtVolume,
    roi: Roi,
    record: ClinicalRecord,
    prediction: Prediction,
    progress: Callable[[str, float], None] | None = None,
) -> Prediction:
    """The prediction with the check `model.repeatability` added, or as it was where it has no fused risk.

    The risk is shown first; this follows and takes as many times as long as there are variants of the ROI. Until it is
    there, a prediction with a fused risk lacks that check.

    Raises:
        PredictionError: Out of memory.
    """
    if prediction.fused is None or not prediction.unfinished:
        return prediction
    known = prediction.fused.unshifted
    check = check_repeatability(predictor, volume, roi, record, prediction.base_rate, progress, known)
    return prediction.model_copy(update={"checks": (*prediction.checks, check)})


def _signed_distance(mask: NDArray[np.bool_], spacing: tuple[float, float, float]) -> NDArray[np.float64]:
    """Mm to the ROI's edge, negative inside."""
    from scipy.ndimage import distance_transform_edt

    inside = np.asarray(distance_transform_edt(mask, sampling=spacing))
    outside = np.asarray(distance_transform_edt(~mask, sampling=spacing)) if not mask.all() else 0.0
    return np.where(mask, -inside, outside)


def _moved(mask: NDArray[np.bool_], axis: int, step: int) -> NDArray[np.bool_]:
    """The mask moved by `step` voxels along `axis`; what leaves the array is lost."""
    moved = np.zeros_like(mask)
    source: list[slice] = [slice(None)] * mask.ndim
    target: list[slice] = [slice(None)] * mask.ndim
    source[axis] = slice(max(-step, 0), mask.shape[axis] - max(step, 0))
    target[axis] = slice(max(step, 0), mask.shape[axis] - max(-step, 0))
    moved[tuple(target)] = mask[tuple(source)]
    return moved
