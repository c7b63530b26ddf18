"""Finds the CT series in a folder, file, ZIP or DICOMDIR, and says of each whether it can be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from apnet_desktop.ct.file_names import path_text
from apnet_desktop.ct.frames import Problem, pixel_format, read_frames
from apnet_desktop.ct.header import Header, NotDicomError, read_header
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
from apnet_desktop.ct.stacks import Kind, SeriesFrames, kind_of, stacks_of
from apnet_desktop.ct.summarize import summarize
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["ScanLimits", "ScanProgress", "ScanResult", "SeriesSummary", "SkippedFile", "scan"]

_EXAMPLES = 5
_REPORT_EVERY = 64


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
        self._roi_files: list[str] = []
        self._count = 0

    def run(self, path: Path) -> ScanResult:
        """Reads every header, then judges every series."""
        entries = []
        for found in find_entries(path, self._limits):
            if isinstance(found, Skip):
                self._skip(found.name, found.reason)
            else:
                entries.append(found)
        total = len(entries)
        for entry in entries:
            self._read(entry)
            self._count += 1
            if self._count % _REPORT_EVERY == 0:
                self._report(0.9 * self._count / total, total)
        return self._judge(path, total)

    def _skip(self, name: str, reason: Message) -> None:
        message, count, examples = self._skipped.get(reason.id, (reason, 0, []))
        if count < _EXAMPLES:
            examples.append(name)
        self._skipped[reason.id] = (message, count + 1, examples)

    def _report(self, fraction: float, total: int, series: tuple[SeriesSummary, ...] = ()) -> None:
        if self._progress is not None:
            slim = tuple(s.model_copy(update={"slices": (), "files": (), "formats": ()}) for s in series)
            self._progress(ScanProgress(fraction=fraction, files=self._count, total=total, series=slim))

    def _read(self, entry: Entry) -> None:
        try:
            header = read_header(self._files, entry, self._limits)
            self._sort(header)
        except NotDicomError as error:
            self._skip(entry.name, error.message)
        except CtError as error:
            self._skip(entry.name, error.message)

    def _sort(self, header: Header) -> None:
        kind = kind_of(header)
        if header.ascii("SOPClassUID") == "1.2.840.10008.1.3.10":
            self._skip(header.entry.name, Message.of("ct.skip_dicomdir"))
            return
        if kind is Kind.ROI:
            self._roi_files.append(path_text(header.entry.path))
            return
        if kind is Kind.DOCUMENT:
            self._skip(header.entry.name, Message.of("ct.skip_document"))
            return
        series = self._series_of(header)
        format = pixel_format(header, self._limits)
        if isinstance(format, Problem):
            series.broken.append((header, format))
            return
        series.headers.append(header)
        series.formats[id(header)] = format
        series.frames += read_frames(header, format)

    def _series_of(self, header: Header) -> SeriesFrames:
        uid = header.ascii("SeriesInstanceUID")
        if uid:
            key: tuple[str, ...] = (uid,)
        else:
            entry = header.entry
            folder = str(entry.path.parent) if entry.member is None else f"{entry.path}|{Path(entry.name).parent}"
            texts = (header.raw(keyword).decode("latin-1") for keyword in ("StudyInstanceUID", "SeriesNumber"))
            key = ("", folder, *texts, header.raw("SeriesDescription").decode("latin-1"))
        return self._series.setdefault(key, SeriesFrames(key))

    def _judge(self, path: Path, total: int) -> ScanResult:
        found: list[SeriesSummary] = []
        with PixelReader(self._files, self._limits) as pixels:
            for number, series in enumerate(self._series.values()):
                for part, stack in enumerate(stacks_of(series)):
                    found.append(summarize(stack, part, pixels, self._requirements, self._limits.character_set))
                if not series.frames:
                    for header, problem in series.broken:
                        self._skip(header.entry.name, problem.message)
                self._report(0.9 + 0.1 * (number + 1) / len(self._series), total, tuple(found[-1:]))
        if not found and not self._roi_files and set(self._skipped) <= {"ct.skip_not_dicom", "ct.skip_empty"}:
            raise CtError(Message.of("ct.no_dicom", path=path.name, count=total))
        ordered, preselected, why = preselect(found, self._requirements)
        return ScanResult(
            series=ordered,
            skipped=tuple(
                SkippedFile(reason=message, count=count, examples=tuple(examples))
                for message, count, examples in self._skipped.values()
            ),
            preselected=preselected,
            why=why,
            roi_files=tuple(self._roi_files),
            files=total,
        )
