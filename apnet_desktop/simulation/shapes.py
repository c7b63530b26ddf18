"""Solids whose cross-sections an axial slice is painted with: signed distances in mm, negative inside.

All pixel arithmetic is element-wise IEEE single precision with + - * / and square root: a pixel's value does not
depend on the window that it is computed in, nor on the machine. Patient frame LPS, mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.texture import Texture

__all__ = ["FAR", "Box", "Ellipsoid", "Patch", "Plane", "Prism", "Shape", "Tube", "smooth_curve"]

FAR = 3.0
"""Distance in mm beyond which a shape has no influence; distances are cut off there."""

Field = NDArray[np.float32]

_EVERYWHERE = 1e9
_AT_ONCE = 30_000  # ball-pixel pairs below which one broadcast beats a loop over the balls


@dataclass(frozen=True)
class Plane:
    """A window of an axial plane.

    Attributes:
        x: Column positions in mm, ascending, evenly spaced.
        y: Row positions in mm, ascending, evenly spaced.
        z: Height in mm.
    """

    x: Field
    y: Field
    z: float

    def window(self, left: float, right: float, front: float, back: float) -> Patch | None:
        """Index window that covers x in [left, right] and y in [front, back], one pixel to spare; None if empty."""
        columns = slice(*_cover(self.x, left, right))
        rows = slice(*_cover(self.y, front, back))
        if columns.stop <= columns.start or rows.stop <= rows.start:
            return None
        return Patch(rows, columns)


@dataclass(frozen=True)
class Patch:
    """Rows and columns of a plane."""

    rows: slice
    columns: slice


def _step(axis: Field) -> float:
    return float(axis[1] - axis[0]) if len(axis) > 1 else 1.0


def _cover(axis: Field, lower: float, upper: float) -> tuple[int, int]:
    step = _step(axis)
    first = int(np.floor((lower - float(axis[0])) / step)) - 1
    last = int(np.ceil((upper - float(axis[0])) / step)) + 2
    return max(first, 0), min(last, len(axis))


Box = tuple[float, float, float, float, float, float]
"""Least and greatest x, y, z in mm."""


class Shape(Protocol):
    """A solid."""

    @property
    def box(self) -> Box:
        """Outside this box the distance is at least FAR."""

    def distance(self, plane: Plane) -> tuple[Patch, Field] | None:
        """Signed distance in mm, at most FAR, over the patch outside which it is at least FAR; None: out of reach."""


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid, turned about the z axis, its surface roughened by a texture.

    Attributes:
        centre: x, y, z in mm.
        radii: Semi-axes in mm before turning.
        angle: Turn from x to y in radians.
        texture: Roughness of the surface.
        roughness: mm.
    """

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    angle: float = 0.0
    texture: Texture | None = None
    roughness: float = 0.0

    @property
    def box(self) -> Box:
        """See Shape."""
        half_x, half_y = self._halves()
        half_z = self.radii[2] * self._scale
        x, y, z = self.centre
        return (x - half_x, x + half_x, y - half_y, y + half_y, z - half_z, z + half_z)

    def _halves(self) -> tuple[float, float]:
        a, b, _ = self.radii
        cosine, sine = float(np.cos(self.angle)), float(np.sin(self.angle))
        half_x, half_y = np.hypot(a * cosine, b * sine), np.hypot(a * sine, b * cosine)
        return float(half_x) * self._scale, float(half_y) * self._scale

    @property
    def _scale(self) -> float:
        """How much larger the ellipsoid is that holds everything nearer than FAR.

        With n = |p / r| and s = |p / r²| ≤ n / min(r), the distance n (n - 1) / s is at least (n - 1) min(r).
        """
        return 1.0 + (FAR + self.roughness) / min(self.radii)

    def distance(self, plane: Plane) -> tuple[Patch, Field] | None:
        """See Shape. First-order distance |p|(|p| - 1) / |p / r| in the frame where the ellipsoid is a unit ball."""
        a, b, c = self.radii
        height = plane.z - self.centre[2]
        if abs(height) > c * self._scale:
            return None
        cosine, sine = float(np.round(np.cos(self.angle), 9)), float(np.round(np.sin(self.angle), 9))
        half_x, half_y = self._halves()
        patch = plane.window(
            self.centre[0] - half_x, self.centre[0] + half_x, self.centre[1] - half_y, self.centre[1] + half_y
        )
        if patch is None:
            return None
        x = plane.x[patch.columns] - np.float32(self.centre[0])
        y = (plane.y[patch.rows] - np.float32(self.centre[1]))[:, None]
        u = x * np.float32(cosine / a) + y * np.float32(sine / a)
        v = y * np.float32(cosine / b) - x * np.float32(sine / b)
        u, v = u * u, v * v
        w = np.float32((height / c) ** 2)
        norm = np.sqrt(u + v + w)
        slope = np.sqrt(u * np.float32(1 / a**2) + v * np.float32(1 / b**2) + w * np.float32(1 / c**2))
        distance = norm * (norm - np.float32(1)) / (slope + np.float32(1e-6))
        if self.texture is not None:
            distance += self.texture.sample(plane.x[patch.columns], plane.y[patch.rows], plane.z) * np.float32(
                self.roughness
            )
        return patch, np.minimum(distance, np.float32(FAR))


@dataclass(frozen=True)
class Prism:
    """An elliptic cylinder along z with a superelliptic cross-section: the trunk and its layers.

    Attributes:
        centre: x, y in mm.
        radii: Semi-axes in mm.
    """

    centre: tuple[float, float]
    radii: tuple[float, float]

    @property
    def box(self) -> Box:
        """See Shape."""
        (x, y), (a, b) = self.centre, self.radii
        # Nearer than FAR means a power below 1 + 5 FAR / (a + b), so |u| and |v| below its root.
        scale = float((1.0 + 5.0 * FAR / (a + b)) ** 0.4)
        return (x - a * scale, x + a * scale, y - b * scale, y + b * scale, -_EVERYWHERE, _EVERYWHERE)

    def distance(self, plane: Plane) -> tuple[Patch, Field] | None:
        """See Shape. Exponent 2.5 as the square root of a square of a square root: |u|^2.5 = u² √|u|."""
        a, b = self.radii
        left, right, front, back, _, _ = self.box
        patch = plane.window(left, right, front, back)
        if patch is None:
            return None
        u = np.abs(plane.x[patch.columns] - np.float32(self.centre[0])) * np.float32(1 / a)
        v = np.abs(plane.y[patch.rows] - np.float32(self.centre[1])) * np.float32(1 / b)
        power = (v * v * np.sqrt(v))[:, None] + u * u * np.sqrt(u)
        # d(power)/d(normal) is about 2.5 / mean radius at the surface.
        distance = (power - np.float32(1)) * np.float32((a + b) / 5)
        return patch, np.minimum(distance, np.float32(FAR))


class Tube:
    """A union of balls along a curve: vessels, bowel, ribs, the pancreas.

    Args:
        points: (n, 3) centres in mm, closer together than the radii.
        radii: (n,) in mm.
        texture: Roughness of the surface.
        roughness: mm.
        reach: Distance in mm up to which distances are told; FAR for painting.
    """

    def __init__(
        self,
        points: NDArray[np.float64],
        radii: NDArray[np.float64] | float,
        texture: Texture | None = None,
        roughness: float = 0.0,
        reach: float = FAR,
    ) -> None:
        self.points: NDArray[np.float64] = np.asarray(np.round(np.asarray(points, np.float64), 4))
        spread = np.broadcast_to(np.asarray(radii, np.float64), (len(self.points),))
        self.radii: NDArray[np.float64] = np.asarray(np.round(spread, 4))
        self.texture = texture
        self.roughness = roughness
        self.reach = reach

    @cached_property
    def box(self) -> Box:
        """See Shape."""
        spread = (np.maximum(self.radii, 0.0) + self.reach + self.roughness)[:, None]
        low, high = (self.points - spread).min(axis=0), (self.points + spread).max(axis=0)
        return (float(low[0]), float(high[0]), float(low[1]), float(high[1]), float(low[2]), float(high[2]))

    def distance(self, plane: Plane) -> tuple[Patch, Field] | None:
        """See Shape."""
        height = plane.z - self.points[:, 2]
        outer = self.radii + self.reach + self.roughness
        inside = outer * outer - height * height
        near = np.flatnonzero(inside > 0)
        if not len(near):
            return None
        half = np.sqrt(inside[near])
        x, y = self.points[near, 0], self.points[near, 1]
        patch = plane.window((x - half).min(), (x + half).max(), (y - half).min(), (y + half).max())
        if patch is None:
            return None
        columns, rows = plane.x[patch.columns], plane.y[patch.rows]
        limit = np.float32(self.reach + self.roughness)
        across = columns - x.astype(np.float32)[:, None]
        across *= across
        along = rows - y.astype(np.float32)[:, None]
        along *= along
        along += (height[near] * height[near]).astype(np.float32)[:, None]
        distance = self._nearest(across, along, _spans(columns, x, half), _spans(rows, y, half), near)
        np.minimum(distance, limit, out=distance)
        if self.texture is not None:
            distance += self.texture.sample(columns, rows, plane.z) * np.float32(self.roughness)
        return patch, np.minimum(distance, np.float32(self.reach))

    def _nearest(
        self,
        across: Field,
        along: Field,
        columns: list[tuple[int, int]],
        rows: list[tuple[int, int]],
        near: NDArray[np.intp],
    ) -> Field:
        """Distance to the nearest ball, told only in each ball's reach.

        Balls of one radius need one square root in the end instead of one for each ball; the result is the same, for
        rounding keeps the order.
        """
        radii = self.radii[near].astype(np.float32)
        alike = bool((radii == radii[0]).all())
        if across.size * along.shape[1] <= _AT_ONCE:
            apart = along[:, :, None] + across[:, None, :]
            if alike:
                return np.asarray(np.sqrt(apart.min(axis=0)) - radii[0])
            return np.asarray((np.sqrt(apart) - radii[:, None, None]).min(axis=0))
        nearest = np.full((along.shape[1], across.shape[1]), np.float32(1e8), np.float32)
        for point, ((left, right), (front, back)) in enumerate(zip(columns, rows, strict=True)):
            apart = along[point, front:back, None] + across[point, left:right]
            if not alike:
                np.sqrt(apart, out=apart)
                apart -= radii[point]
            view = nearest[front:back, left:right]
            np.minimum(view, apart, out=view)
        return np.asarray(np.sqrt(nearest) - radii[0]) if alike else nearest


def _spans(axis: Field, centres: NDArray[np.float64], half: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Index ranges that cover centre ± half on an axis, one pixel to spare."""
    step = _step(axis)
    first = np.maximum(np.floor((centres - half - float(axis[0])) / step).astype(int) - 1, 0)
    last = np.minimum(np.ceil((centres + half - float(axis[0])) / step).astype(int) + 2, len(axis))
    return list(zip(first.tolist(), last.tolist(), strict=True))


def smooth_curve(knots: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """`count` points on the Catmull-Rom spline through `knots` (n, d), evenly spread over the knots."""
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    position = np.linspace(0, len(knots) - 1, count)
    start = np.minimum(position.astype(int), len(knots) - 2)
    t = (position - start)[:, None]
    p0, p1, p2, p3 = (padded[start + shift] for shift in range(4))
    curve = 2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    return np.asarray(curve / 2)
