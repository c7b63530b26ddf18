"""Distances, angles and HU statistics that a person has drawn on slices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.roi_editing.mask_operations import polygon_interior
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.gui.viewer.plane import Index, Plane, PlaneKind

__all__ = ["HounsfieldStatistics", "Measurement", "MeasurementKind"]


class MeasurementKind(StrEnum):
    """What is measured."""

    DISTANCE = "distance"
    ANGLE = "angle"
    ELLIPSE = "ellipse"
    FREEHAND = "freehand"


@dataclass(frozen=True)
class HounsfieldStatistics:
    """HU within an outline on one slice.

    Attributes:
        mean: Mean in HU.
        deviation: Standard deviation in HU (of the sample, n − 1).
        lowest: Lowest HU.
        highest: Highest HU.
        area: Area of the pixels in mm².
        pixels: How many.
    """

    mean: float
    deviation: float
    lowest: int
    highest: int
    area: float
    pixels: int


@dataclass(frozen=True)
class Measurement:
    """One measurement on one slice of one plane.

    Attributes:
        kind: What is measured.
        plane: On which plane.
        slice_index: On which slice.
        points: Voxel indices (k, j, i): two ends; three points with the angle at the second; two opposite corners of
            the ellipse's box; or the freehand outline.
    """

    kind: MeasurementKind
    plane: PlaneKind
    slice_index: int
    points: tuple[Index, ...]

    def millimetres(self, volume: CtVolume) -> NDArray[np.float64]:
        """The points in the patient frame, (n, 3), mm."""
        return volume.geometry.to_patient(np.array([(i, j, k) for k, j, i in self.points]))

    def distance(self, volume: CtVolume) -> float:
        """Length in mm from the first to the second point."""
        first, second = self.millimetres(volume)[:2]
        return float(np.linalg.norm(second - first))

    def angle(self, volume: CtVolume) -> float:
        """Angle in degrees at the second of three points; 0 if two of them coincide."""
        first, corner, third = self.millimetres(volume)[:3]
        a, b = first - corner, third - corner
        lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
        if lengths == 0.0:
            return 0.0
        return float(np.degrees(np.arccos(np.clip(float(a @ b) / lengths, -1.0, 1.0))))

    def outline(self, plane: Plane) -> NDArray[np.float64]:
        """Corners (column, row) in pixels of the outline that holds the statistics."""
        points = np.array([_on_slice(plane, index) for index in self.points])
        if self.kind is MeasurementKind.FREEHAND:
            return points
        middle, half = (points[0] + points[1]) / 2, np.abs(points[1] - points[0]) / 2
        turn = np.linspace(0.0, 2.0 * np.pi, 96, endpoint=False)
        return np.asarray(middle + half * np.stack([np.cos(turn), np.sin(turn)], axis=1))

    def statistics(self, volume: CtVolume, plane: Plane) -> HounsfieldStatistics | None:
        """HU of the pixels whose centres lie within the outline; None if there is no such pixel."""
        interior = polygon_interior(self.outline(plane), (plane.rows, plane.columns))
        if interior is None:
            return None
        (rows, columns), inside = interior
        picture = plane.cut(volume.hounsfield, self.slice_index, self.slice_index)[0]
        values = picture[rows, columns][inside].astype(np.float64)
        return HounsfieldStatistics(
            mean=float(values.mean()),
            deviation=float(values.std(ddof=1)) if values.size > 1 else 0.0,
            lowest=int(values.min()),
            highest=int(values.max()),
            area=values.size * plane.column_spacing * plane.row_spacing,
            pixels=int(values.size),
        )


def _on_slice(plane: Plane, index: Index) -> tuple[float, float]:
    u, v = plane.to_point(index)
    return u / plane.column_spacing - 0.5, v / plane.row_spacing - 0.5
