"""Sorts frames into stacks: one series, one kind, one matrix, one orientation, one pixel spacing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from apnet_desktop.ct.frames import Frame, Problem
from apnet_desktop.ct.header import Header
from apnet_desktop.ct.placement import Placement, place
from apnet_desktop.ct.series import PixelFormat

__all__ = ["KNOWN_MODALITIES", "Kind", "SeriesFrames", "Stack", "alike", "is_ct_class", "kind_of", "stacks_of"]


class Kind(StrEnum):
    """What a DICOM object is to us."""

    CT = "ct"
    LOCALIZER = "localizer"
    PROJECTION = "projection"
    SECONDARY = "secondary"
    OTHER_MODALITY = "other_modality"
    ROI = "roi"
    DOCUMENT = "document"


_CT_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.2.2",
}
# Image modalities of PS3.3 C.7.3.1.1.1.
KNOWN_MODALITIES = frozenset(
    (
        "AR",
        "BDUS",
        "BI",
        "BMD",
        "CR",
        "CT",
        "DG",
        "DX",
        "ECG",
        "EPS",
        "ES",
        "GM",
        "HC",
        "IO",
        "IVOCT",
        "IVUS",
        "KER",
        "LS",
        "MG",
        "MR",
        "NM",
        "OAM",
        "OCT",
        "OP",
        "OPM",
        "OPT",
        "OPTENF",
        "OPV",
        "OT",
        "PT",
        "PX",
        "RF",
        "RG",
        "RTIMAGE",
        "SC",
        "SM",
        "SMR",
        "SRF",
        "TG",
        "US",
        "VA",
        "XA",
        "XC",
    )
)
_SECONDARY_CLASSES = "1.2.840.10008.5.1.4.1.1.7"
_DOCUMENTS = {"SR", "PR", "KO", "DOC", "REG", "RTPLAN", "RTDOSE", "RTRECORD", "PLAN"}
_PROJECTIONS = ("MIP", "MINIP", "MAX_IP", "MIN_IP", "PROJECTION", "MAX_INTENSITY", "VOLUME RENDERED", "VRT", "3D")


def is_ct_class(header: Header) -> bool:
    """True if the SOP class is CT Image, Enhanced CT Image or Legacy Converted Enhanced CT Image."""
    return header.ascii("SOPClassUID") in _CT_CLASSES


def kind_of(header: Header) -> Kind:
    """What the object is, by SOP class, modality and image type."""
    modality = header.ascii("Modality").upper()
    sop_class = header.ascii("SOPClassUID")
    if modality in ("SEG", "RTSTRUCT"):
        return Kind.ROI
    if modality in _DOCUMENTS or (header.pixel_offset < 0 and modality != "CT"):
        return Kind.DOCUMENT
    if sop_class not in _CT_CLASSES and (modality != "CT" or sop_class):
        return Kind.SECONDARY if sop_class.startswith(_SECONDARY_CLASSES) else Kind.OTHER_MODALITY
    return frame_kind(header.codes("ImageType"))


def frame_kind(image_type: tuple[str, ...]) -> Kind:
    """What a CT frame is by its image type, (0008,0008)."""
    if "LOCALIZER" in image_type:
        return Kind.LOCALIZER
    if any("SCREEN" in code or "DOSE" in code for code in image_type):
        return Kind.SECONDARY
    if any(code.startswith(_PROJECTIONS) for code in image_type[2:]):
        return Kind.PROJECTION
    return Kind.CT


@dataclass
class SeriesFrames:
    """Everything found of one series, before it is sorted into stacks.

    Attributes:
        key: What makes it one series.
        headers: Its files.
        frames: Its frames.
        formats: Pixel format of each header, by the header's id().
        broken: Files of the series that have no usable pixels at all.
    """

    key: tuple[str, ...]
    headers: list[Header] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    formats: dict[int, PixelFormat] = field(default_factory=dict)
    broken: list[tuple[Header, Problem]] = field(default_factory=list)


@dataclass
class Stack:
    """Frames that can be one volume.

    Attributes:
        series: Where they come from.
        kind: What they are.
        frames: All of them, also those that cannot be placed.
        placement: Where they lie; None if positions are missing.
        left_out: Frames of the series' other stacks, where this is its main one.
        problems: What is wrong with single slices.
    """

    series: SeriesFrames
    kind: Kind
    frames: list[Frame]
    placement: Placement | None = None
    left_out: list[Frame] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def format_of(self, frame: Frame) -> PixelFormat:
        """The pixel format of a frame's file."""
        return self.series.formats[id(frame.header)]


def stacks_of(series: SeriesFrames) -> list[Stack]:
    """The stacks of one series, the main one first."""
    groups: list[Stack] = []
    by_text: dict[tuple[object, ...], Stack] = {}
    for frame in series.frames:
        format = series.formats[id(frame.header)]
        kind = kind_of(frame.header)
        if kind is Kind.CT:
            kind = frame_kind(frame.image_type)
        key = (kind, format.rows, format.columns, frame.row, frame.column, frame.pixel_spacing)
        stack = by_text.get(key)
        if stack is None:
            stack = next((other for other in groups if alike(other, kind, format, frame)), None)
            if stack is None:
                stack = Stack(series, kind, [])
                groups.append(stack)
            by_text[key] = stack
        stack.frames.append(frame)
    stacks = [part for stack in groups for part in _placed(stack)]
    stacks.sort(key=lambda stack: (stack.kind is not Kind.CT, -len(stack.frames)))
    main = stacks[0] if stacks and stacks[0].kind is Kind.CT else None
    if main is not None and main.placement is not None:
        main.left_out = [frame for stack in stacks[1:] if _is_stray(stack) for frame in stack.frames]
        # A slice whose place cannot be read may be the one that is missing: it spoils the whole series.
        main.problems += [problem for frame in main.left_out for problem in frame.problems]
        stacks = [main, *(stack for stack in stacks[1:] if not _is_stray(stack))]
    return stacks


def _is_stray(stack: Stack) -> bool:
    """True for one or two slices that a series' main stack may lack: of its kind, or of no kind that is known."""
    return stack.kind in (Kind.CT, Kind.OTHER_MODALITY) and len(stack.frames) < 3


def alike(stack: Stack, kind: Kind, format: PixelFormat, frame: Frame) -> bool:
    """True if a frame of this kind and format has the stack's matrix, orientation and pixel spacing."""
    first = stack.frames[0]
    other = stack.format_of(first)
    return (
        stack.kind is kind
        and (other.rows, other.columns) == (format.rows, format.columns)
        and _close(first.row, frame.row, 1e-3)
        and _close(first.column, frame.column, 1e-3)
        and _close(first.pixel_spacing, frame.pixel_spacing, 1e-4)
    )


def _close(a: tuple[float, ...] | None, b: tuple[float, ...] | None, tolerance: float) -> bool:
    if a is None or b is None:
        return a is b
    return all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))


def _placed(stack: Stack) -> list[Stack]:
    stack.problems = [problem for frame in stack.frames for problem in frame.problems]
    placeable = all(
        value is not None
        for frame in stack.frames
        for value in (frame.position, frame.row, frame.column, frame.pixel_spacing)
    )
    if stack.kind is not Kind.CT or not placeable:
        return [stack]
    format = stack.format_of(stack.frames[0])
    stack.placement = place(stack.frames, format.rows, format.columns)
    if stack.placement.duplicates:
        return _acquisitions(stack) or [stack]
    return [stack]


def _acquisitions(stack: Stack) -> list[Stack] | None:
    """The stack split into acquisitions or phases that repeat its positions; None if that leaves duplicates."""
    parts: dict[tuple[str, ...], list[Frame]] = {}
    for frame in stack.frames:
        parts.setdefault(frame.acquisition, []).append(frame)
    if len(parts) < 2 or min(map(len, parts.values())) < 3:
        return None
    result = []
    for frames in parts.values():
        part = Stack(stack.series, stack.kind, frames, problems=[p for frame in frames for p in frame.problems])
        format = part.format_of(frames[0])
        part.placement = place(frames, format.rows, format.columns)
        if part.placement.duplicates:
            return None
        result.append(part)
    return result
