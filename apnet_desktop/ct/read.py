"""Reads a scanned series into an array that the caller gives, the first slice at once and the rest with progress."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.ct.file_names import text_path
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.patient_frame import Reorientation, reorient
from apnet_desktop.ct.pixels import PixelReader
from apnet_desktop.ct.resample_stack import resample
from apnet_desktop.ct.rescale import to_hounsfield, used_bits
from apnet_desktop.ct.series import PixelFormat, SeriesSlice, SeriesSummary
from apnet_desktop.ct.sources import FileBytes
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.ct.volume_files import read_volume_file
from apnet_desktop.errors import CtError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["ReadProgress", "read_series"]

# More threads than four only wait for the disk and for memory.
_THREADS = max(2, min(4, os.cpu_count() or 2))


class ReadProgress(FrozenModel):
    """How far a series is read.

    Attributes:
        fraction: 0 to 1.
        first: Index k of a slice of the volume that is ready to be shown before all others; None if none is yet.
        ready: Slices 0 to `ready` - 1 of the volume are in their place.
    """

    fraction: float
    first: int | None = None
    ready: int = 0


@dataclass
class _Findings:
    """What the slices' values turned out to be."""

    rounded: set[int] = field(default_factory=set)
    clipped: set[int] = field(default_factory=set)


def read_series(
    summary: SeriesSummary,
    allocate: Callable[[tuple[int, int, int]], NDArray[np.int16]],
    progress: Callable[[ReadProgress], None] | None = None,
) -> CtVolume:
    """The volume of a series that `scan` found, in the patient frame.

    Args:
        summary: The series, with its files and slices.
        allocate: Gives a C-contiguous int16 array of the shape (z, y, x), in shared memory perhaps.
        progress: Called from this thread as slices come; it may raise `Stopped`.

    Raises:
        CtError: The series cannot become a volume, or a file is damaged, truncated, gone, or changed since the scan.
    """
    report = progress or _ignore
    if summary.volume_file is not None:
        volume = read_volume_file(text_path(summary.volume_file), allocate=allocate)
        report(ReadProgress(fraction=1.0, first=volume.geometry.size[2] // 2, ready=volume.geometry.size[2]))
        return replace(volume, checks=summary.checks, series=summary.description, identity=summary.identity)
    if summary.geometry is None or summary.stacking is None:
        raise CtError(summary.sentence)
    target = allocate(summary.geometry.shape)
    if target.shape != summary.geometry.shape or target.dtype != np.int16:
        raise ValueError(f"allocated {target.dtype}{target.shape} for {summary.geometry.shape}")
    with FileBytes() as files, PixelReader(files) as pixels:
        reading = _Reading(summary, pixels, target, report)
        if summary.stacking.resampled:
            reading.resampled()
        else:
            reading.copied()
    checks = (*summary.checks, *reading.checks())
    return CtVolume(
        hounsfield=target,
        geometry=summary.geometry,
        identity=summary.identity,
        series=summary.description,
        checks=checks,
        source_uids=reading.source_uids(),
    )


def _ignore(_: ReadProgress) -> None:
    return


class _Reading:
    """One run over the slices of a series."""

    def __init__(
        self,
        summary: SeriesSummary,
        pixels: PixelReader,
        target: NDArray[np.int16],
        report: Callable[[ReadProgress], None],
    ) -> None:
        assert summary.geometry is not None and summary.stacking is not None  # noqa: S101, PT018 - caller
        self._summary = summary
        self._pixels = pixels
        self._report = report
        self._findings = _Findings()
        self._target = target
        self._orientation, self._acquisition = _acquisition(summary)
        self._stack = self._orientation.input_view(target)

    def copied(self) -> None:
        """Every slice to its place: the middle one first, then in the order of the volume."""
        count = len(self._summary.slices)
        backwards = self._orientation.keeps_slices and self._orientation.flipped[2]
        order = list(range(count))[::-1] if backwards else list(range(count))
        middle = count // 2
        first = None
        self._place(order[middle])
        if self._orientation.keeps_slices:
            first = middle
        self._report(ReadProgress(fraction=1 / count, first=first))
        with ThreadPoolExecutor(_THREADS) as pool:
            chunk = max(1, min(16, count // 8))
            pending: dict[Future[None], int] = {
                pool.submit(self._place_all, order[start : start + chunk]): start for start in range(0, count, chunk)
            }
            self._follow(pending, chunk, count, first)

    def _follow(self, pending: dict[Future[None], int], chunk: int, count: int, first: int | None) -> None:
        finished: set[int] = set()
        ready = 0
        try:
            while pending:
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                    finished.add(pending.pop(future))
                while ready < count and ready in finished:
                    ready = min(count, ready + chunk)
                shown = ready if first is not None or ready == count else 0
                fraction = min(1.0, len(finished) * chunk / count)
                self._report(ReadProgress(fraction=fraction, first=first, ready=shown))
        finally:
            for future in pending:
                future.cancel()

    def _place_all(self, indices: list[int]) -> None:
        for index in indices:
            self._place(index)

    def _place(self, index: int) -> None:
        self._hounsfield(index, self._stack[index])

    def _hounsfield(self, index: int, target: NDArray[np.int16]) -> None:
        slice = self._summary.slices[index]
        file = self._summary.files[slice.file]
        format = self._summary.formats[file.format]
        if format.frames == 1 and self._pixels.read_native_into(file, format, target):
            raw: NDArray[np.integer] = target if format.signed else target.view(np.uint16)
            stored = used_bits(raw, format)
        else:
            stored = self._pixels.read(file, format, slice.frame)
        rounded, clipped = to_hounsfield(stored, slice.slope, slice.intercept, target)
        if rounded:
            self._findings.rounded.add(index)
        if clipped and not _only_padding(stored, slice, format):
            self._findings.clipped.add(index)

    def resampled(self) -> None:
        """Tilted or uneven slices, interpolated on the regular grid."""
        summary = self._summary
        stacking = summary.stacking
        assert stacking is not None  # noqa: S101 - checked on entry
        axes = np.array([stacking.row, stacking.column, np.cross(stacking.row, stacking.column)])
        positions = np.array([slice.position for slice in summary.slices])
        offsets = (positions - positions[0]) @ axes.T
        count = self._stack.shape[0]

        def read(index: int) -> NDArray[np.int16]:
            file = summary.files[summary.slices[index].file]
            format = summary.formats[file.format]
            values = np.empty((format.rows, format.columns), np.int16)
            self._hounsfield(index, values)
            return values

        def done(index: int) -> None:
            # Only stacks that are not turned or swapped can be shown while they come.
            plain = self._orientation.keeps_slices and not self._orientation.flipped[2]
            ready = index + 1 if plain or index + 1 == count else 0
            self._report(ReadProgress(fraction=(index + 1) / count, first=0 if plain else None, ready=ready))

        resample(read, self._stack, offsets, self._acquisition.spacing, done)

    def checks(self) -> tuple[Check, ...]:
        """What reading the values showed."""
        found = []
        if self._findings.rounded and not any(
            c.id == "ct.rescale" and c.state is not CheckState.PASSED for c in self._summary.checks
        ):
            found.append(Check(id="ct.rescale", state=CheckState.WARNED, message=Message.of("ct.values_rounded")))
        if self._findings.clipped:
            file = self._summary.files[self._summary.slices[min(self._findings.clipped)].file]
            found.append(
                Check(id="ct.values", state=CheckState.WARNED, message=Message.of("ct.values_clipped", file=file.name))
            )
        return tuple(found)

    def source_uids(self) -> tuple[str, ...]:
        """SOP instance UIDs in the order of the volume's slices; none where a slice is not one of the file's."""
        if self._summary.stacking is not None and self._summary.stacking.resampled:
            return ()
        if not self._orientation.keeps_slices:
            return ()
        uids = tuple(slice.uid for slice in self._summary.slices)
        return uids[::-1] if self._orientation.flipped[2] else uids


def _only_padding(stored: NDArray[np.integer], slice: SeriesSlice, format: PixelFormat) -> bool:
    """True if values beyond int16 are nothing but the padding value."""
    if format.padding is None:
        return False
    rest = stored[stored != format.padding]
    if not rest.size:
        return True
    ends = (float(rest.min()) * slice.slope + slice.intercept, float(rest.max()) * slice.slope + slice.intercept)
    return min(ends) >= -32768 and max(ends) <= 32767


def _acquisition(summary: SeriesSummary) -> tuple[Reorientation, Geometry]:
    """How the volume's grid comes from the acquisition's, and the acquisition's own grid."""
    stacking = summary.stacking
    geometry = summary.geometry
    assert stacking is not None and geometry is not None  # noqa: S101, PT018 - checked on entry
    normal = np.cross(stacking.row, stacking.column)
    axes = np.array([stacking.row, stacking.column, normal])
    own = np.array(geometry.direction)
    # Which axis of the volume each axis of the acquisition became, from the directions themselves.
    match = np.abs(axes @ own.T)
    became = [int(np.argmax(match[axis])) for axis in range(3)]
    size = [geometry.size[became[axis]] for axis in range(3)]
    spacing = [geometry.spacing[became[axis]] for axis in range(3)]
    start = [0.0, 0.0, 0.0]
    for axis in range(3):
        if float(axes[axis] @ own[became[axis]]) < 0:
            start[became[axis]] = geometry.size[became[axis]] - 1.0
    origin = geometry.to_patient((start[0], start[1], start[2]))
    acquisition = Geometry(
        size=(size[0], size[1], size[2]),
        origin=(float(origin[0]), float(origin[1]), float(origin[2])),
        spacing=(spacing[0], spacing[1], spacing[2]),
        direction=(
            (float(axes[0][0]), float(axes[0][1]), float(axes[0][2])),
            (float(axes[1][0]), float(axes[1][1]), float(axes[1][2])),
            (float(axes[2][0]), float(axes[2][1]), float(axes[2][2])),
        ),
    )
    return reorient(acquisition)[0], acquisition
