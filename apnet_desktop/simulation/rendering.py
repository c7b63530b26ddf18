"""Renders a simulated patient: the whole series, or only the slices and the window that somebody asks for.

A voxel's value depends on the patient and its position only. A slice rendered alone, in any window, holds bit for
bit what the whole volume holds there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.roi import Roi, RoiOrigin
from apnet_desktop.ct.volume import CtVolume, SeriesDescription
from apnet_desktop.simulation.disease import RIM
from apnet_desktop.simulation.findings import (
    Findings,
    LabelledSlice,
    SliceFindings,
    measure_findings,
    measure_slice,
)
from apnet_desktop.simulation.identifiers import instance_uid, series_uid, study_uid
from apnet_desktop.simulation.labels import GLAND, Tissue
from apnet_desktop.simulation.noise import NoiseGrain, noise_slice
from apnet_desktop.simulation.painting import Layers, paint, paint_labels
from apnet_desktop.simulation.patient import SimulatedPatient
from apnet_desktop.simulation.shapes import Plane

__all__ = [
    "MANUFACTURER",
    "PartialCt",
    "RenderedCt",
    "RenderedSlices",
    "Window",
    "disease_window",
    "measure_patient",
    "render_partial",
    "render_roi",
    "render_slices",
    "render_volume",
]

MANUFACTURER = "APNet Desktop simulator"

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Window:
    """Rows and columns of a series' grid, half open: [first, last)."""

    rows: tuple[int, int]
    columns: tuple[int, int]


@dataclass(frozen=True)
class RenderedSlices:
    """Some slices of a series in one window.

    Attributes:
        slices: Indices k in the series.
        window: Which part of the grid.
        hounsfield: int16 (n, rows, columns), with noise.
        labels: Tissue (n, rows, columns), uint8.
        findings: Of each slice, from its labels inside the window.
        spacing: mm along x and y.
    """

    slices: tuple[int, ...]
    window: Window
    hounsfield: NDArray[np.int16]
    labels: NDArray[np.uint8]
    findings: tuple[SliceFindings, ...]
    spacing: tuple[float, float]


@dataclass(frozen=True)
class RenderedCt:
    """A rendered series.

    Attributes:
        volume: As the reader would return it.
        roi: The true pancreas: living and dead parenchyma and duct.
        labels: Tissues (z, y, x), uint8.
    """

    volume: CtVolume
    roi: Roi
    labels: NDArray[np.uint8]


@dataclass(frozen=True)
class PartialCt:
    """A series of which only a part is rendered.

    Attributes:
        volume: On the whole grid; 0 HU where nothing was rendered.
        roi: The true pancreas, whole.
    """

    volume: CtVolume
    roi: Roi


def _plane(geometry: Geometry, window: Window, slice_number: int) -> Plane:
    (x0, y0, z0), (dx, dy, dz) = geometry.origin, geometry.spacing
    x = (x0 + np.arange(*window.columns) * dx).astype(np.float32)
    y = (y0 + np.arange(*window.rows) * dy).astype(np.float32)
    return Plane(x, y, round(z0 + slice_number * dz, 4))


def _whole(geometry: Geometry) -> Window:
    return Window((0, geometry.size[1]), (0, geometry.size[0]))


def disease_window(patient: SimulatedPatient) -> tuple[range, Window]:
    """Slices and window that hold gland, its 15 mm rim and all collections."""
    geometry = patient.series.geometry
    ends = []
    for axis, (lower, upper) in enumerate(patient.plan.box):
        origin, step, size = geometry.origin[axis], geometry.spacing[axis], geometry.size[axis]
        first = int(np.clip(np.floor((lower - origin) / step), 0, size - 2))
        last = int(np.clip(np.ceil((upper - origin) / step) + 1, first + 2, size))
        ends.append((first, last))
    return range(*ends[2]), Window(rows=ends[1], columns=ends[0])


def _rim(patient: SimulatedPatient, plane: Plane) -> NDArray[np.bool_]:
    rim = np.zeros((len(plane.y), len(plane.x)), np.bool_)
    told = patient.plan.gland.distance(plane)
    if told is not None:
        patch, distance = told
        rim[patch.rows, patch.columns] = distance < np.float32(RIM)
    return rim


def _narrowed(patient: SimulatedPatient, plane: Plane) -> Plane:
    """The part of a plane that gland, rim and fluid reach; one pixel where they do not."""
    solids = [patient.plan.gland] if patient.plan.collection is None else [patient.plan.gland, patient.plan.collection]
    patches = [told[0] for told in (solid.distance(plane) for solid in solids) if told is not None]
    if not patches:
        return Plane(plane.x[:1], plane.y[:1], plane.z)
    rows = slice(min(patch.rows.start for patch in patches), max(patch.rows.stop for patch in patches))
    columns = slice(min(patch.columns.start for patch in patches), max(patch.columns.stop for patch in patches))
    return Plane(plane.x[columns], plane.y[rows], plane.z)


def _noisy(
    patient: SimulatedPatient, slice_number: int, plane: Plane, window: Window, clean: NDArray[np.float32]
) -> NDArray[np.int16]:
    series = patient.series
    grain = NoiseGrain(series.kernel.passes, series.kernel.wide_step)
    size = series.geometry.size[0]
    noise = noise_slice(patient.seed, patient.index, slice_number, size, grain, window.rows, window.columns)
    # Noise is greatest where the rays are longest: the middle of the trunk.
    across = plane.x * np.float32(1 / 175.0)
    along = plane.y * np.float32(1 / 135.0)
    depth = np.maximum(np.float32(1) - across * across - (along * along)[:, None], np.float32(0))
    local = (depth * np.float32(0.45) + np.float32(0.55)) * np.float32(series.noise)
    return np.asarray(np.clip(np.rint(clean + noise * local), -1024, 3071).astype(np.int16))


def render_slices(patient: SimulatedPatient, slices: Sequence[int], window: Window | None = None) -> RenderedSlices:
    """Slices of a patient's series, fast: only what is asked for is painted.

    Args:
        patient: Whom.
        slices: Indices k in his series' grid (`patient.series.geometry`).
        window: Part of the grid; None: all of it. Slice findings are counted inside it.
    """
    series = patient.series
    window = window or _whole(series.geometry)
    shape = (len(slices), window.rows[1] - window.rows[0], window.columns[1] - window.columns[0])
    hounsfield, labels = np.empty(shape, np.int16), np.empty(shape, np.uint8)
    findings = []
    for row, number in enumerate(slices):
        plane = _plane(series.geometry, window, number)
        clean, labels[row] = paint(patient.plan.layers, plane, series.softness)
        hounsfield[row] = _noisy(patient, number, plane, window, clean)
        findings.append(measure_slice(labels[row], _rim(patient, plane), series.geometry.spacing))
    spacing = (series.geometry.spacing[0], series.geometry.spacing[1])
    return RenderedSlices(tuple(slices), window, hounsfield, labels, tuple(findings), spacing)


def _labelled(patient: SimulatedPatient, numbers: range, window: Window) -> Iterator[LabelledSlice]:
    for number in numbers:
        plane = _narrowed(patient, _plane(patient.series.geometry, window, number))
        yield LabelledSlice(paint_labels(patient.plan.inner, plane), _rim(patient, plane))


def measure_patient(patient: SimulatedPatient) -> Findings:
    """The image causes, on the label map at the spacing of the patient's series (a few tenths of a second)."""
    numbers, window = disease_window(patient)
    return measure_findings(
        _labelled(patient, numbers, window),
        patient.series.geometry.spacing,
        effusion=patient.request.effusion,
        walled=patient.request.late,
    )


def render_roi(patient: SimulatedPatient) -> Roi:
    """The true pancreas mask on the patient's grid, without rendering the CT."""
    geometry = patient.series.geometry
    mask = np.zeros(geometry.shape, np.bool_)
    numbers, window = disease_window(patient)
    layers = Layers([layer for layer in patient.plan.layers if layer.tissue in GLAND])
    for number in numbers:
        plane = _plane(geometry, window, number)
        mask[number, slice(*window.rows), slice(*window.columns)] = _is_gland(paint_labels(layers, plane))
    return Roi(mask=mask, geometry=geometry, origins=(RoiOrigin.IMPORTED,), author=MANUFACTURER)


def _is_gland(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return (labels >= int(Tissue.PANCREAS)) & (labels <= int(Tissue.DUCT))


def _description(patient: SimulatedPatient) -> SeriesDescription:
    series = patient.series
    return SeriesDescription(
        series_uid=series_uid(patient.seed, patient.index),
        study_uid=study_uid(patient.seed, patient.index),
        study_date=series.study_date,
        number=2,
        description="Portal venous" if series.portal_venous else "Pancreatic",
        manufacturer=f"{MANUFACTURER} {series.scanner.model}",
        kernel=series.kernel.name,
        slice_thickness=series.thickness,
        window=(40.0, 400.0),
        phase=series.phase,
        simulated=True,
    )


def _volume(patient: SimulatedPatient, hounsfield: NDArray[np.int16]) -> CtVolume:
    geometry = patient.series.geometry
    uids = tuple(instance_uid(patient.seed, patient.index, number) for number in range(geometry.size[2]))
    return CtVolume(hounsfield, geometry, patient.identity, _description(patient), source_uids=uids)


def render_volume(patient: SimulatedPatient, progress: Progress | None = None) -> RenderedCt:
    """The whole series, its label map and the true pancreas (about 50 ms a slice).

    Args:
        patient: Whom.
        progress: Told the share that is done.
    """
    geometry = patient.series.geometry
    hounsfield, labels = np.empty(geometry.shape, np.int16), np.empty(geometry.shape, np.uint8)
    window = _whole(geometry)
    for number in range(geometry.size[2]):
        plane = _plane(geometry, window, number)
        clean, labels[number] = paint(patient.plan.layers, plane, patient.series.softness)
        hounsfield[number] = _noisy(patient, number, plane, window, clean)
        if progress is not None:
            progress((number + 1) / geometry.size[2])
    roi = Roi(mask=_is_gland(labels), geometry=geometry, origins=(RoiOrigin.IMPORTED,), author=MANUFACTURER)
    return RenderedCt(_volume(patient, hounsfield), roi, labels)


def render_partial(
    patient: SimulatedPatient, slices: Sequence[int], window: Window | None = None, roi: Roi | None = None
) -> PartialCt:
    """A volume on the whole grid of which only some slices, and there only a window, are rendered.

    Whatever reads only those voxels cannot tell it from `render_volume`: model inputs are made from it by the same
    code as from a DICOM series, at a tenth of the cost. Untouched memory is not even claimed from the system.

    Args:
        patient: Whom.
        slices: Indices k.
        window: Part of the grid; None: whole slices.
        roi: His ROI if the caller has it already.
    """
    geometry = patient.series.geometry
    rendered = render_slices(patient, slices, window)
    hounsfield = np.zeros(geometry.shape, np.int16)
    rows, columns = rendered.window.rows, rendered.window.columns
    hounsfield[np.asarray(slices)[:, None, None], np.arange(*rows)[None, :, None], np.arange(*columns)] = (
        rendered.hounsfield
    )
    return PartialCt(_volume(patient, hounsfield), roi or render_roi(patient))
