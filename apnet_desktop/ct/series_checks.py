"""The checks of a series: each passed, warned or refused, with the sentence that the person reads."""

from __future__ import annotations

from pydicom.uid import UID

from apnet_desktop.checks import Check, CheckState, passed, refused, warned
from apnet_desktop.ct.frames import Frame
from apnet_desktop.ct.placement_checks import file_name, placement_checks
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.series import NameReading
from apnet_desktop.ct.stacks import Kind, Stack
from apnet_desktop.ct.transfer_syntaxes import decoder_of, is_lossy, syntax_name
from apnet_desktop.ct.volume import SeriesDescription
from apnet_desktop.language import Message

__all__ = ["series_checks"]

# HU; necrotic and poorly enhancing pancreas differ by some 30, and 8-bit files have steps of 16 or 32.
_COARSEST_STEP = 5.0


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
        checks += placement_checks(stack, stack.placement, requirements)
    checks += _encoding_checks(stack)
    checks += _identity_checks(stack, other_names)
    return tuple(checks)


def _kind_check(stack: Stack, description: SeriesDescription) -> Check:
    if stack.kind is Kind.LOCALIZER:
        return refused("ct.modality", "ct.localizer")
    if stack.kind is Kind.PROJECTION:
        return refused("ct.modality", "ct.projection")
    if stack.kind is Kind.SECONDARY:
        return refused("ct.modality", "ct.secondary")
    if stack.kind is not Kind.CT:
        sop_class = stack.frames[0].header.ascii("SOPClassUID")
        if description.modality == "CT" and sop_class:
            return refused("ct.modality", "ct.not_ct_class", sop_class=UID(sop_class).name)
        if description.modality in ("", "CT"):
            return refused("ct.modality", "ct.modality_unknown")
        return refused("ct.modality", "ct.not_ct", modality=description.modality)
    if any("REFORMAT" in code or code == "MPR" for code in stack.frames[0].image_type):
        return warned("ct.modality", "ct.reformat")
    return passed("ct.modality", "ct.is_ct")


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
        checks.append(
            warned("ct.left_out", "ct.left_out", count=len(stack.left_out), file=file_name(stack.left_out[0]))
        )
    executable = next((frame for frame in stack.frames if frame.header.executable), None)
    if executable is not None:
        checks.append(warned("ct.preamble", "ct.executable_preamble", file=file_name(executable)))
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
            return refused("ct.patient", "ct.several_patients", file=file_name(odd))
    return passed("ct.patient", "ct.one_patient")


def _frame_of_reference(stack: Stack) -> Check:
    odd = _odd_one(stack.frames, "FrameOfReferenceUID")
    if odd is not None:
        return refused("ct.frame_of_reference", "ct.several_frames_of_reference", file=file_name(odd))
    if not stack.frames[0].header.raw("FrameOfReferenceUID").strip(b" \0"):
        return passed("ct.frame_of_reference", "ct.no_frame_of_reference")
    return passed("ct.frame_of_reference", "ct.one_frame_of_reference")


def _encoding_checks(stack: Stack) -> list[Check]:
    checks = []
    formats = {stack.format_of(frame) for frame in stack.frames}
    unreadable = next((format for format in formats if decoder_of(format.transfer_syntax) is None), None)
    if unreadable is not None:
        checks.append(
            refused(
                "ct.pixels",
                "ct.unknown_syntax",
                file=file_name(stack.frames[0]),
                syntax=syntax_name(unreadable.transfer_syntax),
            )
        )
    header = stack.frames[0].header
    lossy = next((format for format in formats if is_lossy(format.transfer_syntax)), None)
    if lossy is not None or header.ascii("LossyImageCompression") == "01":
        name = syntax_name(
            lossy.transfer_syntax if lossy is not None else stack.format_of(stack.frames[0]).transfer_syntax
        )
        checks.append(warned("ct.compression", "ct.lossy", syntax=name))
    if not any(problem.check == "ct.rescale" for problem in stack.problems):
        checks.append(_rescale(stack))
    return checks


def _rescale(stack: Stack) -> Check:
    pairs = {(frame.slope, frame.intercept) for frame in stack.frames}
    step = max(abs(slope) for slope, _ in pairs)
    if step > _COARSEST_STEP:
        return refused("ct.rescale", "ct.coarse_steps", step=round(step, 1))
    if len(pairs) > 1:
        return warned("ct.rescale", "ct.rescale_differs", count=len(pairs))
    slope, intercept = next(iter(pairs))
    if not (slope.is_integer() and intercept.is_integer()):
        return warned("ct.rescale", "ct.rescale_rounded", slope=slope, intercept=intercept)
    return passed("ct.rescale", "ct.rescale_whole")


def _identity_checks(stack: Stack, other_names: tuple[NameReading, ...]) -> list[Check]:
    header = stack.frames[0].header
    checks = []
    if not header.raw("PatientName").strip(b" \0^") and not header.raw("PatientID").strip(b" \0"):
        checks.append(warned("ct.identity", "ct.no_identity"))
    if other_names:
        first = other_names[0]
        checks.append(
            warned("ct.character_set", "ct.character_set", name=first.name, character_set=first.character_set)
        )
    return checks
