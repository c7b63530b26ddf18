"""From a stack to what the picker shows: description, checks, grid, thumbnail, and enough to read it again."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.ct.acquisition_checks import contrast_check
from apnet_desktop.ct.character_sets import name_readings
from apnet_desktop.ct.contrast import judge_phase
from apnet_desktop.ct.coverage import coverage_check, measure_content
from apnet_desktop.ct.describe import describe, identify
from apnet_desktop.ct.frames import Frame
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.patient_frame import Reorientation, reorient
from apnet_desktop.ct.pixels import PixelReader
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.rescale import to_hounsfield
from apnet_desktop.ct.series import PixelFormat, ScanLimits, SeriesFile, SeriesSlice, SeriesSummary, Stacking
from apnet_desktop.ct.series_checks import series_checks
from apnet_desktop.ct.sources import series_file_of
from apnet_desktop.ct.stacks import Kind, SeriesFrames, Stack, kind_of
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["partial_summary", "summarize", "thumbnail_of"]

_SAMPLES = 7
_THUMBNAIL_PIXELS = 96
_AXIAL = 0.9
# A tilt or a gap that is resampled makes the grid larger than its slices, but not many times.
_LARGEST_GROWTH = 4
_SOFT_TISSUE_WINDOW = (40.0, 400.0)


def summarize(
    stack: Stack, part: int, pixels: PixelReader, requirements: CtRequirements, character_set: str = ""
) -> SeriesSummary:
    """The summary of one stack.

    Args:
        stack: Its frames.
        part: Which stack of its series it is, from 0.
        pixels: Reads the few slices that tell phase and thumbnail.
        requirements: What the model asks of a CT.
        character_set: Read text in this character set, whatever the files say.
    """
    header = stack.frames[0].header
    readings = name_readings(header, character_set)
    description = describe(_ordered(stack), "unknown", character_set)
    # A person who chose a reading has looked: it is offered still, but there is nothing to warn of.
    checks = series_checks(stack, description, requirements, () if character_set else readings)
    readable = _readable(stack, checks)
    formats, files, slices = _contents(stack)
    key = description.series_uid if part == 0 else f"{description.series_uid}#{part + 1}"
    summary = SeriesSummary(
        key=key,
        description=description,
        identity=identify(header, character_set),
        other_names=readings,
        slice_count=len(stack.frames),
        formats=formats,
        files=files,
        slices=slices,
    )
    if readable and stack.placement is not None and stack.placement.geometry is not None:
        geometry = stack.placement.geometry
        acquisition = stack.frames[0]
        assert acquisition.pixel_spacing is not None  # noqa: S101 - placed
        stacking = Stacking(
            row=geometry.direction[0],
            column=geometry.direction[1],
            pixel_spacing=acquisition.pixel_spacing,
            resampled=stack.placement.resampled,
        )
        samples, problem = _samples(summary, pixels)
        phase = judge_phase(header, samples[1:-1], acquisition.pixel_spacing)
        checks = (*checks, *problem, contrast_check(phase, requirements))
        if abs(geometry.direction[2][2]) > _AXIAL and samples and not problem:
            upwards = samples if geometry.direction[2][2] > 0 else samples[::-1]
            contents = [measure_content(values, acquisition.pixel_spacing) for values in upwards]
            checks = (*checks, coverage_check(contents, geometry.spacing[2] * geometry.size[2]))
        turn, placed = reorient(geometry)
        summary = summary.model_copy(
            update={
                "geometry": placed if not problem else None,
                "stacking": stacking if not problem else None,
                "description": description.model_copy(update={"phase": phase}),
                "thumbnail": _upright(samples[len(samples) // 2], turn) if samples else None,
            }
        )
    return summary.with_checks(checks)


def _ordered(stack: Stack) -> list[Frame]:
    return stack.placement.frames if stack.placement is not None else stack.frames


def _readable(stack: Stack, checks: tuple[Check, ...]) -> bool:
    """True if it can become a volume, though perhaps one that is refused for prediction."""
    if stack.kind is not Kind.CT or stack.placement is None or stack.problems or stack.series.broken:
        return False
    fatal = {"ct.pixels", "ct.patient", "ct.frame_of_reference"}
    if any(check.id in fatal and check.state is CheckState.REFUSED for check in checks):
        return False
    geometry = stack.placement.geometry
    if geometry is None or not _bounded(geometry, stack):
        return False
    # One position again and again (bolus tracking) is not a volume.
    return len(stack.placement.duplicates) < len(stack.placement.frames)


def _bounded(geometry: Geometry, stack: Stack) -> bool:
    """False if a grid is beyond any CT, or far larger than its slices, because one of them lies far from the others."""
    format = stack.format_of(stack.frames[0])
    voxels = geometry.size[0] * geometry.size[1] * geometry.size[2]
    stored = format.rows * format.columns * len(stack.frames)
    return voxels <= ScanLimits().voxels and voxels <= _LARGEST_GROWTH * stored


def _contents(stack: Stack) -> tuple[tuple[PixelFormat, ...], tuple[SeriesFile, ...], tuple[SeriesSlice, ...]]:
    formats: dict[PixelFormat, int] = {}
    files: dict[int, int] = {}
    series_files: list[SeriesFile] = []
    slices = []
    if stack.placement is None:
        return (), (), ()
    for frame in stack.placement.frames:
        header = frame.header
        index = files.get(id(header))
        if index is None:
            format = formats.setdefault(stack.format_of(frame), len(formats))
            index = files[id(header)] = len(series_files)
            series_files.append(series_file_of(header.entry, header.pixel_offset, header.pixel_length, format))
        assert frame.position is not None  # noqa: S101 - placed
        slices.append(
            SeriesSlice(
                file=index,
                frame=frame.index,
                position=frame.position,
                uid=header.ascii("SOPInstanceUID"),
                slope=frame.slope,
                intercept=frame.intercept,
            )
        )
    return tuple(formats), tuple(series_files), tuple(slices)


def _samples(summary: SeriesSummary, pixels: PixelReader) -> tuple[list[NDArray[np.int16]], tuple[Check, ...]]:
    """HU of a few slices spread over the stack, or the check that says why one cannot be decoded."""
    count = len(summary.slices)
    indices = sorted({round(part * (count - 1) / (_SAMPLES - 1)) for part in range(_SAMPLES)})
    samples: list[NDArray[np.int16]] = []
    for index in indices:
        slice = summary.slices[index]
        file = summary.files[slice.file]
        try:
            stored = pixels.read(file, summary.formats[file.format], slice.frame)
        except CtError as error:
            return samples, (Check(id="ct.pixels", state=CheckState.REFUSED, message=error.message),)
        values = np.empty(stored.shape, np.int16)
        to_hounsfield(stored, slice.slope, slice.intercept, values)
        samples.append(values)
    return samples, ()


def _upright(values: NDArray[np.int16], turn: Reorientation) -> str:
    """The thumbnail of a slice, axial ones as a radiologist looks at them: the patient's left on the right."""
    return thumbnail_of(turn.output_view(values[None])[0] if turn.keeps_slices else values)


def partial_summary(
    series: SeriesFrames, pixels: PixelReader, thumbnail: str | None, character_set: str = ""
) -> SeriesSummary:
    """What a list can show of a series while its files are still being found."""
    frame = series.frames[0]
    format = series.formats[id(frame.header)]
    if thumbnail is None and kind_of(frame.header) is Kind.CT and not frame.problems:
        file = series_file_of(frame.header.entry, frame.header.pixel_offset, frame.header.pixel_length, 0)
        values = np.empty((format.rows, format.columns), np.int16)
        try:
            to_hounsfield(pixels.read(file, format, frame.index), frame.slope, frame.intercept, values)
            thumbnail = thumbnail_of(values)
        except CtError:
            # The judgement that follows reads the slice again and says what is wrong with it.
            thumbnail = None
    count = len(series.frames)
    return SeriesSummary(
        key=frame.header.ascii("SeriesInstanceUID"),
        description=describe(series.frames[:1], "unknown", character_set),
        identity=identify(frame.header, character_set),
        sentence=Message.of("ct.being_scanned", count=count),
        slice_count=count,
        thumbnail=thumbnail,
        scanning=True,
    )


def thumbnail_of(values: NDArray[np.int16]) -> str:
    """A small grey PNG of a slice in the soft-tissue window, in base64."""
    from PIL import Image

    step = max(1, -(-max(values.shape) // _THUMBNAIL_PIXELS))
    rows, columns = (size // step * step for size in values.shape)
    small = values[:rows, :columns].reshape(rows // step, step, columns // step, step).mean(axis=(1, 3))
    centre, width = _SOFT_TISSUE_WINDOW
    grey = np.clip((small - centre) / width + 0.5, 0.0, 1.0) * 255.0
    buffer = io.BytesIO()
    Image.fromarray(grey.astype(np.uint8)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
