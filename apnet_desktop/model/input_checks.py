"""Named checks before the network runs: whom the model is for, and whether CT, ROI and record are what it takes."""

from __future__ import annotations

from datetime import date

import numpy as np

from apnet_desktop.bundle.manifest import Eligibility, Manifest, ct_requirements
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.checks import Check, CheckState, passed, refused, warned
from apnet_desktop.clinical.eligibility import check_ct_date, check_eligibility
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.validation import check_record
from apnet_desktop.ct.acquisition_checks import time_since_onset_check
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume

__all__ = ["eligibility_checks", "image_checks", "record_checks", "with_overrides"]

# Mean HU of a pancreas: from fat-infiltrated or necrotic without contrast to a strongly enhanced gland.
_PLAUSIBLE_DENSITY = (-20.0, 160.0)
# mm: a field of view of 50 mm over 512 pixels, and one of 500 mm over 100.
_PLAUSIBLE_PIXEL = (0.1, 5.0)
# Every CT of an abdomen holds air or fat well below this.
_HIGHEST_MINIMUM = -200
_ENHANCED = ("enhanced",)
_OF_THE_CT = ("clinical.eligibility.contrast", "clinical.eligibility.early_ct")


def eligibility_checks(record: ClinicalRecord, manifest: Manifest, volume: CtVolume | None) -> tuple[Check, ...]:
    """Whom the model is for, checked before anything else; outside it there is no score.

    Args:
        record: Clinical record.
        manifest: The bundle's.
        volume: The CT; None where the clinical route stands alone: then nothing is asked of a CT.
    """
    rules = manifest.eligibility
    found = check_eligibility(
        record,
        minimum_age=rules.minimum_age,
        severities=rules.severities,
        requires_contrast=rules.requires_contrast,
        age_at_study=volume.age_at_study if volume is not None else None,
        contrast=_contrast_given(volume),
    )
    if volume is None:
        return tuple(check for check in found if check.id not in _OF_THE_CT)
    said = any(check.id == "ct.contrast" and check.state is not CheckState.PASSED for check in volume.checks)
    kept = tuple(check for check in found if not (said and check.id == "clinical.eligibility.contrast"))
    return (*kept, check_ct_date(record, volume.series.study_date), *_after_onset(record, manifest, volume))


def _after_onset(record: ClinicalRecord, manifest: Manifest, volume: CtVolume) -> tuple[Check, ...]:
    """Whether the CT came late enough after the onset of pain, where the record says the day but not the hours."""
    onset = record.value("onset_date")
    if not isinstance(onset, date) or record.number("hours_since_onset") is not None:
        return ()
    acquired = volume.series.acquired or volume.series.study_date
    found = time_since_onset_check(acquired, onset, ct_requirements(manifest))
    return () if found is None else (found,)


def _contrast_given(volume: CtVolume | None) -> bool | None:
    phase = "unknown" if volume is None else volume.series.phase
    return None if phase == "unknown" else phase != "none"


def record_checks(
    record: ClinicalRecord, manifest: Manifest, volume: CtVolume | None, request: PredictionRequest
) -> tuple[Check, ...]:
    """The clinical room's checks against the bundle's schema, on the day of the request."""
    return check_record(
        record,
        manifest.factors,
        manifest.outcome.moment,
        identity=volume.identity if volume is not None else None,
        age_at_study=volume.age_at_study if volume is not None else None,
        today=request.time.date(),
    )


def image_checks(volume: CtVolume, roi: Roi, manifest: Manifest) -> tuple[Check, ...]:
    """Whether CT and ROI are what the model takes. The ROI is not empty and on the CT's grid."""
    rules = manifest.eligibility
    thickness = _thickness(volume, rules)
    # Said once: the reader has judged the thickness too, by this bundle's limits if it was open by then.
    said = any(check.id == "ct.slice_thickness" and check.state is thickness.state for check in volume.checks)
    phase = _phase(volume, manifest)
    return (
        _hounsfield(volume),
        *(() if phase is None else (phase,)),
        *(() if said else (thickness,)),
        _pixels(volume),
        _confirmation(roi),
        _volume(roi, rules),
        _density(volume, roi),
    )


def with_overrides(checks: tuple[Check, ...], request: PredictionRequest, manifest: Manifest) -> tuple[Check, ...]:
    """The checks with a person's reason beside each refusal that the bundle lets them override."""
    allowed = set(manifest.eligibility.overridable) & request.overrides.keys()
    return tuple(
        check.model_copy(update={"override_reason": request.overrides[check.id]})
        if check.state is CheckState.REFUSED and check.id in allowed and request.overrides[check.id].strip()
        else check
        for check in checks
    )


def _hounsfield(volume: CtVolume) -> Check:
    # Every fourth row and column is enough to meet air or fat, at a sixteenth of the time.
    sample = volume.hounsfield[:, ::4, ::4]
    lowest, highest = int(sample.min()), int(sample.max())
    if lowest > _HIGHEST_MINIMUM:
        return refused("model.hounsfield", "model.not_hounsfield", lowest=lowest, highest=highest)
    return passed("model.hounsfield", "model.hounsfield")


def _phase(volume: CtVolume, manifest: Manifest) -> Check | None:
    """Whether the phase is the one of training; None where the reader has judged it, or there is none to judge."""
    phase, wanted = volume.series.phase, manifest.ct.phase
    if phase in ("none", "unknown") or any(check.id == "ct.contrast" for check in volume.checks):
        return None
    if phase not in (wanted, *_ENHANCED):
        return warned("model.phase", "model.phase_other", phase=phase, wanted=wanted)
    return passed("model.phase", "model.phase_fits", phase=phase)


def _thickness(volume: CtVolume, rules: Eligibility) -> Check:
    thickness = round(max(volume.geometry.spacing[2], volume.series.slice_thickness or 0.0), 2)
    if thickness > rules.maximum_slice_thickness:
        return refused(
            "model.thickness", "model.thickness_refused", thickness=thickness, limit=rules.maximum_slice_thickness
        )
    if thickness > rules.warn_slice_thickness:
        return warned("model.thickness", "model.thickness_thick", thickness=thickness, warn=rules.warn_slice_thickness)
    return passed("model.thickness", "model.thickness_fits", thickness=thickness)


def _pixels(volume: CtVolume) -> Check:
    lower, upper = _PLAUSIBLE_PIXEL
    sides = [round(side, 3) for side in volume.geometry.spacing[:2]]
    if any(not lower <= side <= upper for side in sides):
        return refused("model.pixels", "model.pixels_odd", first=sides[0], second=sides[1], lower=lower, upper=upper)
    return passed("model.pixels", "model.pixels_fit", first=sides[0], second=sides[1])


def _confirmation(roi: Roi) -> Check:
    if roi.confirmation is None:
        return warned("model.roi_confirmed", "model.roi_not_confirmed")
    return passed("model.roi_confirmed", "model.roi_confirmed")


def _volume(roi: Roi, rules: Eligibility) -> Check:
    lower, upper = rules.roi_volume
    volume = round(roi.volume, 1)
    if not lower <= roi.volume <= upper:
        return refused("model.roi_volume", "model.roi_volume_odd", volume=volume, lower=lower, upper=upper)
    return passed("model.roi_volume", "model.roi_volume_fits", volume=volume)


def _density(volume: CtVolume, roi: Roi) -> Check:
    lower, upper = _PLAUSIBLE_DENSITY
    touched = roi.slices()
    part = slice(int(touched[0]), int(touched[-1]) + 1)
    mean = round(float(np.mean(volume.hounsfield[part][roi.mask[part]], dtype=np.float64)), 1)
    if not lower <= mean <= upper:
        return warned("model.roi_density", "model.roi_density_odd", mean=mean, lower=lower, upper=upper)
    return passed("model.roi_density", "model.roi_density_fits", mean=mean)
