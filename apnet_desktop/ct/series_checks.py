"""The checks of a series: each passed, warned or refused, with the sentence that the person reads."""

from __future__ import annotations

from datetime import date, datetime

from pydicom.uid import UID

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.ct.frames import Frame
from apnet_desktop.ct.placement import Placement, unequal_part
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.series import NameReading, ScanLimits
from apnet_desktop.ct.stacks import Kind, Stack
from apnet_desktop.ct.transfer_syntaxes import decoder_of, is_lossy, syntax_name
from apnet_desktop.ct.volume import SeriesDescription
from apnet_desktop.language import Message

__all__ = ["contrast_check", "grid_thickness_check", "series_checks", "time_since_onset_check"]

_FEWEST_SLICES = 5
_NAMED_UNEQUAL_PART = 0.1
_NUDGED_MM = 0.25
# HU; necrotic and poorly enhancing pancreas differ by some 30, and 8-bit files have steps of 16 or 32.
_COARSEST_STEP = 5.0
_NAMED_PHASES = ("arterial", "portal_venous", "delayed")
_PHASES = (*_NAMED_PHASES, "none", "enhanced", "unknown")


def _passed(id: str, message: str, **values: str | int | float) -> Check:
    return Check(id=id, state=CheckState.PASSED, message=Message.of(message, **values))


def _warned(id: str, message: str, **values: str | int | float) -> Check:
    return Check(id=id, state=CheckState.WARNED, message=Message.of(message, **values))


def _refused(id: str, message: str, **values: str | int | float) -> Check:
    return Check(id=id, state=CheckState.REFUSED, message=Message.of(message, **values))


def series_checks(
    stack: Stack,
    description: SeriesDescription,
    requirements: CtRequirements,
    other_names: tuple[NameReading, ...] = (),
) -> tuple[Check, ...]:
    """Everything that can be judged without reading all pixels."""
    if stack.kind is not Kind.CT:
        return (_kind_check(stack, description),)
    checks = [_kind_check(stack, description), *_file_checks(stack), _patient(stack), _frame_of_reference(stack)]
    if stack.placement is not None:
        checks += _placement_checks(stack, stack.placement)
        checks.append(_thickness(stack, stack.placement, requirements))
    checks += _encoding_checks(stack)
    checks += _identity_checks(stack, other_names)
    return tuple(checks)


def _name(frame: Frame) -> str:
    return frame.header.entry.name


def _kind_check(stack: Stack, description: SeriesDescription) -> Check:
    if stack.kind is Kind.LOCALIZER:
        return _refused("ct.modality", "ct.localizer")
    if stack.kind is Kind.PROJECTION:
        return _refused("ct.modality", "ct.projection")
    if stack.kind is Kind.SECONDARY:
        return _refused("ct.modality", "ct.secondary")
    if stack.kind is not Kind.CT:
        sop_class = stack.frames[0].header.ascii("SOPClassUID")
        if description.modality == "CT" and sop_class:
            return _refused("ct.modality", "ct.not_ct_class", sop_class=UID(sop_class).name)
        if description.modality in ("", "CT"):
            return _refused("ct.modality", "ct.modality_unknown")
        return _refused("ct.modality", "ct.not_ct", modality=description.modality)
    if any("REFORMAT" in code or code == "MPR" for code in stack.frames[0].image_type):
        return _warned("ct.modality", "ct.reformat")
    return _passed("ct.modality", "ct.is_ct")


def _file_checks(stack: Stack) -> list[Check]:
    """Problems of single files, one check for each kind of problem, naming the first file and how many."""
    checks = []
    problems = [*(problem for _, problem in stack.series.broken), *stack.problems]
    by_check: dict[str, list[Message]] = {}
    for problem in problems:
        by_check.setdefault(problem.check, []).append(problem.message)
    for id, messages in by_check.items():
        checks.append(Check(id=id, state=CheckState.REFUSED, message=messages[0]))
    if stack.left_out:
        checks.append(_warned("ct.left_out", "ct.left_out", count=len(stack.left_out), file=_name(stack.left_out[0])))
    executable = next((frame for frame in stack.frames if frame.header.executable), None)
    if executable is not None:
        checks.append(_warned("ct.preamble", "ct.executable_preamble", file=_name(executable)))
    return checks


def _odd_one(frames: list[Frame], keyword: str) -> Frame | None:
    """A frame whose value differs from the most frequent one; None if all agree."""
    counts: dict[bytes, int] = {}
    for frame in frames:
        value = frame.header.raw(keyword).strip(b" \0")
        counts[value] = counts.get(value, 0) + 1
    if len(counts) < 2:
        return None
    usual = max(counts, key=lambda value: counts[value])
    return next(frame for frame in frames if frame.header.raw(keyword).strip(b" \0") != usual)


def _patient(stack: Stack) -> Check:
    for keyword in ("PatientID", "PatientName", "PatientBirthDate", "StudyInstanceUID"):
        odd = _odd_one([*stack.frames, *stack.left_out], keyword)
        if odd is not None:
            return _refused("ct.patient", "ct.several_patients", file=_name(odd))
    return _passed("ct.patient", "ct.one_patient")


def _frame_of_reference(stack: Stack) -> Check:
    odd = _odd_one(stack.frames, "FrameOfReferenceUID")
    if odd is not None:
        return _refused("ct.frame_of_reference", "ct.several_frames_of_reference", file=_name(odd))
    if not stack.frames[0].header.raw("FrameOfReferenceUID").strip(b" \0"):
        return _passed("ct.frame_of_reference", "ct.no_frame_of_reference")
    return _passed("ct.frame_of_reference", "ct.one_frame_of_reference")


def _placement_checks(stack: Stack, placement: Placement) -> list[Check]:
    frames = placement.frames
    if len(frames) < _FEWEST_SLICES:
        checks = [_refused("ct.slices", "ct.too_few_slices", count=len(frames), fewest=_FEWEST_SLICES)]
    else:
        checks = [_passed("ct.slices", "ct.slices_in_order", count=len(frames))]
    voxels = (
        placement.geometry.size[0] * placement.geometry.size[1] * placement.geometry.size[2]
        if placement.geometry
        else 0
    )
    if voxels > ScanLimits().voxels:
        checks.append(_refused("ct.size", "ct.too_large"))
    checks.append(_duplicates(placement))
    if len(frames) > 1:
        checks += [_gaps(placement), _equal_spacing(placement), *_in_plane(placement)]
    checks.append(_orientation(placement))
    return checks


def _duplicates(placement: Placement) -> Check:
    if placement.duplicates:
        first, second = placement.duplicates[0]
        return _refused(
            "ct.duplicates",
            "ct.duplicates",
            count=len(placement.duplicates),
            first=_name(first),
            second=_name(second),
        )
    if placement.copies:
        return _warned("ct.duplicates", "ct.copies", count=len(placement.copies), file=_name(placement.copies[0]))
    return _passed("ct.duplicates", "ct.no_duplicates")


def _gaps(placement: Placement) -> Check:
    if not placement.gaps:
        return _passed("ct.gaps", "ct.no_gaps")
    before, after, _ = placement.gaps[0]
    missing = sum(count for _, _, count in placement.gaps)
    return _refused("ct.gaps", "ct.gaps", missing=missing, first=_name(before), second=_name(after))


def _equal_spacing(placement: Placement) -> Check:
    assert placement.geometry is not None  # noqa: S101 - placed
    spacing = round(placement.geometry.spacing[2], 3)
    if placement.unequal is None:
        return _passed("ct.spacing", "ct.equal_spacing", spacing=spacing)
    deviation, frame = placement.unequal
    values: dict[str, str | int | float] = {"deviation": round(deviation, 2), "file": _name(frame), "spacing": spacing}
    if unequal_part(placement) > _NAMED_UNEQUAL_PART:
        return _refused("ct.spacing", "ct.unequal_spacing", **values)
    return _warned("ct.spacing", "ct.slightly_unequal_spacing", **values)


def _in_plane(placement: Placement) -> list[Check]:
    checks = []
    if placement.nudged is not None:
        deviation, frame = placement.nudged
        judge = _refused if deviation > _NUDGED_MM else _warned
        checks.append(judge("ct.position", "ct.nudged", deviation=round(deviation, 2), file=_name(frame)))
    if any(placement.drift):
        checks.append(_warned("ct.tilt", "ct.tilt", degrees=round(placement.tilt_degrees, 1)))
    else:
        checks.append(_passed("ct.tilt", "ct.no_tilt"))
    return checks


def _orientation(placement: Placement) -> Check:
    assert placement.geometry is not None  # noqa: S101 - placed
    normal = placement.geometry.direction[2]
    if abs(normal[2]) > 0.9:
        return _passed("ct.orientation", "ct.axial")
    plane = "ct.sagittal" if abs(normal[0]) > 0.9 else "ct.coronal" if abs(normal[1]) > 0.9 else "ct.oblique"
    return _warned("ct.orientation", plane)


def _thickness(stack: Stack, placement: Placement, requirements: CtRequirements) -> Check:
    assert placement.geometry is not None  # noqa: S101 - placed
    thickness = max((frame.thickness or 0.0 for frame in stack.frames), default=0.0)
    spacing = placement.geometry.spacing[2] if len(placement.frames) > 1 else 0.0
    # Slices further apart than they are thick leave tissue unseen: the coarser of the two counts.
    return grid_thickness_check(max(thickness, spacing), requirements)


def grid_thickness_check(thickness: float, requirements: CtRequirements) -> Check:
    """Whether slices are thin enough for the model; `thickness` in mm."""
    coarse = round(thickness, 2)
    values = {"thickness": coarse, "limit": requirements.maximum_slice_thickness}
    if coarse > requirements.maximum_slice_thickness + 0.01:
        return _refused("ct.slice_thickness", "ct.too_thick", **values)
    values["limit"] = requirements.warn_slice_thickness
    if coarse > requirements.warn_slice_thickness + 0.01:
        return _warned("ct.slice_thickness", "ct.thick", **values)
    return _passed("ct.slice_thickness", "ct.thin", **values)


def _encoding_checks(stack: Stack) -> list[Check]:
    checks = []
    formats = {stack.format_of(frame) for frame in stack.frames}
    unreadable = next((format for format in formats if decoder_of(format.transfer_syntax) is None), None)
    if unreadable is not None:
        checks.append(
            _refused(
                "ct.pixels",
                "ct.unknown_syntax",
                file=_name(stack.frames[0]),
                syntax=syntax_name(unreadable.transfer_syntax),
            )
        )
    header = stack.frames[0].header
    lossy = next((format for format in formats if is_lossy(format.transfer_syntax)), None)
    if lossy is not None or header.ascii("LossyImageCompression") == "01":
        name = syntax_name(
            lossy.transfer_syntax if lossy is not None else stack.format_of(stack.frames[0]).transfer_syntax
        )
        checks.append(_warned("ct.compression", "ct.lossy", syntax=name))
    if not any(problem.check == "ct.rescale" for problem in stack.problems):
        checks.append(_rescale(stack))
    return checks


def _rescale(stack: Stack) -> Check:
    pairs = {(frame.slope, frame.intercept) for frame in stack.frames}
    step = max(abs(slope) for slope, _ in pairs)
    if step > _COARSEST_STEP:
        return _refused("ct.rescale", "ct.coarse_steps", step=round(step, 1))
    if len(pairs) > 1:
        return _warned("ct.rescale", "ct.rescale_differs", count=len(pairs))
    slope, intercept = next(iter(pairs))
    if not (slope.is_integer() and intercept.is_integer()):
        return _warned("ct.rescale", "ct.rescale_rounded", slope=slope, intercept=intercept)
    return _passed("ct.rescale", "ct.rescale_whole")


def _identity_checks(stack: Stack, other_names: tuple[NameReading, ...]) -> list[Check]:
    header = stack.frames[0].header
    checks = []
    if not header.raw("PatientName").strip(b" \0^") and not header.raw("PatientID").strip(b" \0"):
        checks.append(_warned("ct.identity", "ct.no_identity"))
    if other_names:
        first = other_names[0]
        checks.append(
            _warned("ct.character_set", "ct.character_set", name=first.name, character_set=first.character_set)
        )
    return checks


def contrast_check(phase: str, requirements: CtRequirements) -> Check:
    """Whether the contrast phase is the one that the model was trained on."""
    if phase == requirements.phase and phase in _NAMED_PHASES:
        return _passed("ct.contrast", f"ct.contrast_wanted_{phase}")
    message = f"ct.contrast_other_{phase if phase in _PHASES else 'unknown'}"
    if phase == "enhanced":
        return _passed("ct.contrast", message)
    if phase == "none" and requirements.requires_contrast:
        return _refused("ct.contrast", message)
    return _warned("ct.contrast", message)


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
        return _refused("ct.time_since_onset", "ct.before_onset")
    if hours < requirements.minimum_hours:
        return _warned("ct.time_since_onset", "ct.early", hours=int(hours), minimum=round(requirements.minimum_hours))
    return _passed("ct.time_since_onset", "ct.late_enough", minimum=round(requirements.minimum_hours))


def _start(day: date | datetime) -> datetime:
    if isinstance(day, datetime):
        return day.replace(tzinfo=None)
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - hospitals write local time


def _end(day: date | datetime) -> datetime:
    if isinstance(day, datetime):
        return day.replace(tzinfo=None)
    return datetime(day.year, day.month, day.day, 23, 59)  # noqa: DTZ001 - hospitals write local time
