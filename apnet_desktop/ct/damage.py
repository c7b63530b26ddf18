"""Files beside a series that may be one of its missing slices: damaged, broken, or torn away by a damaged UID.

A damaged file is worth a sentence only where it may have belonged to something: a series with which it lies.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from pydicom.uid import UID

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.ct.header import Header
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.ct.sources import Entry
from apnet_desktop.ct.stacks import SeriesFrames, Stack, alike, is_ct_class
from apnet_desktop.language import Message

__all__ = ["DamagedFiles", "folder_of", "looks_torn", "made_up_class", "stray_files"]

# A series of this many slices at most may be another's slices whose UID was damaged.
_FEW = 2
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_STANDARD_ROOT = "1.2.840.10008."
_BROKEN = {"ct.pixels", "ct.orientation", "ct.position", "ct.pixel_spacing", "ct.rescale"}


def folder_of(entry: Entry) -> str:
    """Where an entry lies: its folder, or its folder within the ZIP."""
    if entry.member is None:
        return str(entry.path.parent)
    return f"{entry.path}|{Path(entry.name).parent}"


class DamagedFiles:
    """The damaged files of a scan, by the folder in which they lie."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._names)

    def add(self, folder: str, name: str) -> None:
        """Notes a damaged file."""
        names = self._names.setdefault(folder, [])
        if name not in names:
            names.append(name)

    def add_entry(self, entry: Entry) -> None:
        """Notes a damaged file where it lies."""
        self.add(folder_of(entry), entry.name)

    def judged(self, series: SeriesFrames, summary: SeriesSummary, strays: list[str]) -> SeriesSummary:
        """The summary with a warning if damaged or stray files lie beside its own that may belong to it."""
        checks = list(summary.checks)
        own = {header.entry.name for header in (*series.headers, *(header for header, _ in series.broken))}
        folders = {folder_of(header.entry) for header in series.headers}
        damaged = [name for folder in sorted(folders) for name in self._names.get(folder, []) if name not in own]
        for id, names in (("ct.damaged_files", damaged), ("ct.stray_files", strays)):
            if names:
                message = Message.of(id, count=len(names), file=names[0])
                checks.append(Check(id=id, state=CheckState.WARNED, message=message))
        return summary.with_checks(tuple(checks)) if len(checks) > len(summary.checks) else summary


def looks_torn(series: SeriesFrames, summaries: list[SeriesSummary]) -> bool:
    """True if a series is one or two files that may be damaged slices of another: CT, and broken in some way."""
    headers = [*series.headers, *(header for header, _ in series.broken)]
    if len(series.frames) > _FEW or not headers:
        return False
    if not all(_perhaps_ct(header) for header in headers):
        return False
    if not all(_UID.fullmatch(header.ascii("SeriesInstanceUID")) for header in headers):
        return True
    broken = any(check.id in _BROKEN and check.state is CheckState.REFUSED for one in summaries for check in one.checks)
    return broken or not summaries or any(made_up_class(header.ascii("SOPClassUID")) for header in headers)


def _perhaps_ct(header: Header) -> bool:
    if is_ct_class(header):
        return True
    return header.ascii("Modality").upper() in ("", "CT") and made_up_class(header.ascii("SOPClassUID"))


def made_up_class(sop_class: str) -> bool:
    """True for a SOP class that nobody defines: missing, malformed, or unknown below DICOM's own root."""
    if not _UID.fullmatch(sop_class):
        return True
    return sop_class.startswith(_STANDARD_ROOT) and UID(sop_class).name == sop_class


def stray_files(stacks: list[Stack]) -> dict[int, list[str]]:
    """Single slices of other series that fill a gap of a stack or continue it at an end, by the stack's id().

    A damaged series UID tears a slice from its series; where it lies tells where it belongs.
    """
    single = [stack for stack in stacks if stack.placement is not None and len(stack.frames) <= _FEW]
    result: dict[int, list[str]] = {}
    for stack in stacks:
        if stack.placement is None or len(stack.frames) <= _FEW:
            continue
        names = [
            frame.header.entry.name
            for other in single
            for frame in other.frames
            if alike(stack, other.kind, other.format_of(frame), frame) and _continues(stack, frame.place)
        ]
        if names:
            result[id(stack)] = names
    return result


def _continues(stack: Stack, position: tuple[float, float, float]) -> bool:
    placement = stack.placement
    if placement is None or placement.geometry is None:
        return False
    axes = np.array(placement.geometry.direction)
    offset = axes @ (np.array(position) - placement.frames[0].place)
    spacing = placement.geometry.spacing[2]
    along = placement.offsets[:, 2]
    beside = float(np.abs(offset[:2] - offset[2] * np.array(placement.drift)).max()) < 0.1
    near = -1.5 * spacing < offset[2] < along[-1] + 1.5 * spacing
    return beside and near and float(np.abs(along - offset[2]).min()) > 0.3 * spacing
