"""Finds the CT series in a folder, file, ZIP or DICOMDIR, and says of each whether it can be used."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from apnet_desktop.ct.character_sets import header_text
from apnet_desktop.ct.damage import DamagedFiles, folder_of, looks_torn, made_up_class, stray_files
from apnet_desktop.ct.dicomdir import find_dicomdir_entries
from apnet_desktop.ct.file_names import path_text, readable_name
from apnet_desktop.ct.frames import Problem, pixel_format, read_frames
from apnet_desktop.ct.grid_files import is_grid_file
from apnet_desktop.ct.header import Header, NotDicomError
from apnet_desktop.ct.header_layouts import Layouts
from apnet_desktop.ct.header_reading import read_header
from apnet_desktop.ct.heads import read_heads
from apnet_desktop.ct.pixels import PixelReader
from apnet_desktop.ct.quiet import quiet_pydicom
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.selection import preselect
from apnet_desktop.ct.series import (
    ScanLimits,
    ScanProgress,
    ScanResult,
    SeriesSummary,
    SkippedFile,
)
from apnet_desktop.ct.sources import Entry, FileBytes, Skip, find_entries
from apnet_desktop.ct.stacks import KNOWN_MODALITIES, Kind, SeriesFrames, Stack, is_ct_class, kind_of, stacks_of
from apnet_desktop.ct.summarize import partial_summary, summarize
from apnet_desktop.ct.volume_summary import summarize_volume_file
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["ScanLimits", "ScanProgress", "ScanResult", "SeriesSummary", "SkippedFile", "scan"]

_EXAMPLES = 5
_REPORT_SECONDS = 0.1
_REPORT_FILES = 256
_DICOMDIR_CLASS = "1.2.840.10008.1.3.10"
# What a file says that is DICOM but cannot be read: it may be the missing slice of a series beside it.
_DAMAGED = {"ct.file_damaged", "ct.header_too_long", "ct.file_truncated", "ct.nested_too_deep", "ct.inflates_too_much"}


def scan(
    path: Path,
    progress: Callable[[ScanProgress], None] | None = None,
    limits: ScanLimits | None = None,
    requirements: CtRequirements | None = None,
) -> ScanResult:
    """Every series below `path`, each with its checks, and the one to take.

    Args:
        path: A folder (any depth), a DICOM file with or without extension, a ZIP, a DICOMDIR, or a NIfTI or NRRD file.
        progress: Called as files are read, with the series that are complete so far; it may raise `Stopped`.
        limits: Bounds against hostile or endless input.
        requirements: What the model asks of a CT.

    Raises:
        CtError: `path` cannot be opened, or holds no DICOM at all.
    """
    with quiet_pydicom(), FileBytes() as files:
        return _Scan(files, progress, limits or ScanLimits(), requirements or CtRequirements()).run(path)


class _Scan:
    """One run over the files of a path."""

    def __init__(
        self,
        files: FileBytes,
        progress: Callable[[ScanProgress], None] | None,
        limits: ScanLimits,
        requirements: CtRequirements,
    ) -> None:
        self._files = files
        self._progress = progress
        self._limits = limits
        self._requirements = requirements
        self._skipped: dict[str, tuple[Message, int, list[str]]] = {}
        self._series: dict[tuple[str, ...], SeriesFrames] = {}
        self._damaged = DamagedFiles()
        self._roi_files: list[str] = []
        self._layouts = Layouts()
        self._count = 0
        self._total = 0
        self._reported = 0.0
        self._changed: set[tuple[str, ...]] = set()
        self._thumbnails: dict[tuple[str, ...], str | None] = {}

    def run(self, path: Path) -> ScanResult:
        """Reads every header, then judges every series."""
        if is_grid_file(path) and path.is_file():
            return self._volume_file(path)
        with PixelReader(self._files, self._limits) as pixels:
            entries = self._entries(path)
            for entry, head in read_heads(self._files, entries):
                self._read(entry, head)
                self._count += 1
                self._report(pixels)
            return self._judge(path, pixels)

    def _volume_file(self, path: Path) -> ScanResult:
        summary = summarize_volume_file(path, self._requirements)
        ordered, preselected, why = preselect([summary], self._requirements)
        return ScanResult(series=ordered, preselected=preselected, why=why, files=1)

    def _entries(self, path: Path) -> list[Entry]:
        entries = []
        for found in self._found(path):
            if isinstance(found, Skip):
                self._skip(found.name, found.reason)
                if found.reason.id == "ct.skip_empty" and found.folder:
                    self._damaged.add(found.folder, found.name)
            elif is_grid_file(Path(found.name)) and found.member is None:
                self._roi_files.append(path_text(found.path))
                self._skip(found.name, Message.of("ct.skip_grid_file"))
            else:
                entries.append(found)
            self._total = len(entries)
            if self._progress is not None and self._total % _REPORT_FILES == 0:
                self._progress(ScanProgress(fraction=0.0, files=0, total=self._total))
        return entries

    def _found(self, path: Path) -> Iterator[Entry | Skip]:
        if not path.is_file() or not self._is_dicomdir(path):
            return find_entries(path, self._limits)
        listed = list(find_dicomdir_entries(path, self._limits))
        if any(isinstance(found, Entry) for found in listed):
            return iter(listed)
        # A DICOMDIR whose files are all gone or renamed: the images may lie beside it nevertheless.
        return find_entries(path.parent, self._limits)

    def _is_dicomdir(self, path: Path) -> bool:
        if path.name.upper() == "DICOMDIR":
            return True
        try:
            with path.open("rb") as file:
                return _DICOMDIR_CLASS.encode() in file.read(512)
        except OSError:
            return False

    def _skip(self, name: str, reason: Message) -> None:
        message, count, examples = self._skipped.get(reason.id, (reason, 0, []))
        if count < _EXAMPLES:
            examples.append(name)
        self._skipped[reason.id] = (message, count + 1, examples)

    def _report(self, pixels: PixelReader) -> None:
        """Tells how far it is and which series grew: at the first image at once, then ten times a second."""
        first = bool(self._changed) and not self._thumbnails
        if self._progress is None or not (first or time.monotonic() - self._reported > _REPORT_SECONDS):
            return
        grown = []
        for key in sorted(self._changed):
            series = self._series[key]
            if key not in self._thumbnails:
                self._thumbnails[key] = None
            summary = partial_summary(series, pixels, self._thumbnails[key], self._limits.character_set)
            self._thumbnails[key] = summary.thumbnail
            grown.append(summary)
        self._changed.clear()
        fraction = 0.9 * self._count / max(1, self._total)
        self._progress(ScanProgress(fraction=fraction, files=self._count, total=self._total, series=tuple(grown)))
        self._reported = time.monotonic()

    def _read(self, entry: Entry, head: bytes | CtError) -> None:
        try:
            if isinstance(head, CtError):
                raise head
            self._sort(read_header(self._files, entry, self._limits, self._layouts, head))
        except NotDicomError as error:
            self._skip(entry.name, error.message)
        except CtError as error:
            self._skip(entry.name, error.message)
            if error.message.id in _DAMAGED:
                self._damaged.add_entry(entry)

    def _sort(self, header: Header) -> None:
        kind = kind_of(header)
        if header.ascii("SOPClassUID") == _DICOMDIR_CLASS or header.entry.name.upper().endswith("DICOMDIR"):
            self._skip(header.entry.name, Message.of("ct.skip_dicomdir"))
            return
        if kind is Kind.ROI and header.entry.member is not None:
            self._skip(header.entry.name, Message.of("ct.skip_roi_in_zip"))
            return
        if kind is Kind.ROI:
            self._roi_files.append(path_text(header.entry.path))
            return
        sop_class = header.ascii("SOPClassUID")
        if kind is Kind.DOCUMENT and (is_ct_class(header) or not header.raw("Modality") or made_up_class(sop_class)):
            raise CtError(Message.of("ct.file_truncated", file=header.entry.name))
        if kind is Kind.DOCUMENT:
            self._skip(header.entry.name, Message.of("ct.skip_document"))
            return
        if kind is Kind.OTHER_MODALITY and header.ascii("Modality") not in KNOWN_MODALITIES:
            # No modality is called so: a damaged header, perhaps of a CT slice.
            self._damaged.add_entry(header.entry)
        series = self._series_of(header)
        format = pixel_format(header, self._limits)
        if isinstance(format, Problem):
            series.broken.append((header, format))
            return
        try:
            frames = read_frames(header, format)
        except CtError as error:
            series.broken.append((header, Problem("ct.pixels", error.message)))
            return
        series.headers.append(header)
        series.formats[id(header)] = format
        series.frames += frames
        self._changed.add(series.key)

    def _series_of(self, header: Header) -> SeriesFrames:
        uid = header.ascii("SeriesInstanceUID")
        if uid:
            key: tuple[str, ...] = (uid,)
        else:
            texts = (header_text(header, keyword) for keyword in ("StudyInstanceUID", "SeriesNumber"))
            key = ("", folder_of(header.entry), *texts, header_text(header, "SeriesDescription"))
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = SeriesFrames(key)
        return series

    def _judge(self, path: Path, pixels: PixelReader) -> ScanResult:
        found: list[tuple[SeriesFrames, Stack, SeriesSummary]] = []
        stacked = [(series, stacks_of(series)) for series in self._series.values()]
        strays = stray_files([stack for _, stacks in stacked for stack in stacks])
        for number, (series, stacks) in enumerate(stacked):
            judged = [
                summarize(stack, part, pixels, self._requirements, self._limits.character_set)
                for part, stack in enumerate(stacks)
            ]
            self._count_broken(series, judged)
            found += [(series, stack, summary) for stack, summary in zip(stacks, judged, strict=True)]
            if self._progress is not None:
                slim = tuple(s.model_copy(update={"slices": (), "files": (), "formats": ()}) for s in judged)
                fraction = 0.9 + 0.1 * (number + 1) / len(self._series)
                self._progress(ScanProgress(fraction=fraction, files=self._count, total=self._total, series=slim))
        if not found and not self._roi_files and not self._damaged and not self._dicom_skipped():
            raise CtError(Message.of("ct.no_dicom", path=readable_name(path.name), count=self._total))
        # Only now is it known which files are damaged.
        summaries = [
            self._damaged.judged(series, summary, strays.get(id(stack), [])) for series, stack, summary in found
        ]
        ordered, preselected, why = preselect(summaries, self._requirements)
        return ScanResult(
            series=ordered,
            skipped=tuple(
                SkippedFile(reason=message, count=count, examples=tuple(examples))
                for message, count, examples in self._skipped.values()
            ),
            preselected=preselected,
            why=why,
            roi_files=tuple(self._roi_files),
            files=self._total,
        )

    def _count_broken(self, series: SeriesFrames, summaries: list[SeriesSummary]) -> None:
        """Files of which nothing could be read but that they are images, and series that look like a torn slice."""
        if not series.frames:
            for header, problem in series.broken:
                self._skip(header.entry.name, problem.message)
        if looks_torn(series, summaries):
            for header in (*series.headers, *(header for header, _ in series.broken)):
                self._damaged.add_entry(header.entry)

    def _dicom_skipped(self) -> bool:
        """True if something was passed over that is DICOM."""
        return any(
            id in ("ct.skip_dicomdir", "ct.skip_document") or not id.startswith("ct.skip_") for id in self._skipped
        )
