"""The checks of how a CT was made: contrast phase, thickness of the slices, time since the onset of pain."""

from __future__ import annotations

from datetime import date, datetime

from apnet_desktop.checks import Check, passed, refused, warned
from apnet_desktop.ct.requirements import CtRequirements

__all__ = ["contrast_check", "grid_thickness_check", "time_since_onset_check"]

_NAMED_PHASES = ("arterial", "portal_venous", "delayed")
_PHASES = (*_NAMED_PHASES, "none", "enhanced", "unknown")


def grid_thickness_check(thickness: float, requirements: CtRequirements) -> Check:
    """Whether slices are thin enough for the model; `thickness` in mm."""
    coarse = round(thickness, 2)
    values = {"thickness": coarse, "limit": requirements.maximum_slice_thickness}
    if coarse > requirements.maximum_slice_thickness + 0.01:
        return refused("ct.slice_thickness", "ct.too_thick", **values)
    values["limit"] = requirements.warn_slice_thickness
    if coarse > requirements.warn_slice_thickness + 0.01:
        return warned("ct.slice_thickness", "ct.thick", **values)
    return passed("ct.slice_thickness", "ct.thin", **values)


def contrast_check(phase: str, requirements: CtRequirements) -> Check:
    """Whether the contrast phase is the one that the model was trained on."""
    if phase == requirements.phase and phase in _NAMED_PHASES:
        return passed("ct.contrast", f"ct.contrast_wanted_{phase}")
    message = f"ct.contrast_other_{phase if phase in _PHASES else 'unknown'}"
    if phase == "enhanced":
        return passed("ct.contrast", message)
    if phase == "none" and requirements.requires_contrast:
        return refused("ct.contrast", message)
    return warned("ct.contrast", message)


def time_since_onset_check(
    acquired: date | datetime | None, onset: date | datetime | None, requirements: CtRequirements
) -> Check | None:
    """Whether the CT was made late enough after onset to show necrosis; None if one of the times is not known.

    A date without a time counts as any time of that day: warned only if no time of the two days is late enough.

    Args:
        acquired: When the CT was made.
        onset: When the pain began.
        requirements: `minimum_hours`; Banks et al., Gut 2013;62:102, advise a CT not before 72 to 96 hours.
    """
    if acquired is None or onset is None:
        return None
    latest = _end(acquired)
    earliest = _start(onset)
    hours = (latest - earliest).total_seconds() / 3600.0
    if hours < 0:
        return refused("ct.time_since_onset", "ct.before_onset")
    if hours < requirements.minimum_hours:
        return warned("ct.time_since_onset", "ct.early", hours=int(hours), minimum=round(requirements.minimum_hours))
    return passed("ct.time_since_onset", "ct.late_enough", minimum=round(requirements.minimum_hours))


def _start(day: date | datetime) -> datetime:
    if isinstance(day, datetime):
        return day.replace(tzinfo=None)
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - hospitals write local time


def _end(day: date | datetime) -> datetime:
    if isinstance(day, datetime):
        return day.replace(tzinfo=None)
    return datetime(day.year, day.month, day.day, 23, 59)  # noqa: DTZ001 - hospitals write local time
