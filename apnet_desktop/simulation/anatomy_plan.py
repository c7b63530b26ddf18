"""From what a patient is to have, to layers that have it: volumes and shares are set on a coarse grid.

A gland of 80 mL, a dead share of 0.3 or a collection of 120 mL is had by growing the solid until the right number of
voxels of a coarse grid lies inside. What the finer raster of a series then shows differs by a few parts in a hundred
and is measured there (findings.py): risk and targets rest on the measured value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.anatomy import (
    Frame,
    Layer,
    bowel_layers,
    organ_layers,
    pancreas_axis,
    trunk_layers,
)
from apnet_desktop.simulation.labels import SOLID, Tissue
from apnet_desktop.simulation.painting import Layers, paint_labels
from apnet_desktop.simulation.settings import GeneratorSettings
from apnet_desktop.simulation.shapes import Box, Ellipsoid, Patch, Plane, Shape, Tube, smooth_curve

__all__ = ["RIM", "Plan", "Request", "make_plan"]

RIM: Final = 15.0
"""mm around the gland within which the share of stranded fat is counted."""

_STEP: Final = 4.0  # mm of the coarse grid in the axial plane
_RISE: Final = 6.0  # mm between its planes
_REACH: Final = 48.0  # mm beyond the gland that the coarse grid tells distances to

# Where fluid gathers first: lesser sac, left anterior pararenal space, splenic hilum, root of the mesentery, about
# the head. (Position in mm, first radius in mm.)
_SITES: Final = (
    ((22.0, -54.0, 20.0), 15.0),
    ((78.0, 10.0, 4.0), 13.0),
    ((84.0, 2.0, 38.0), 11.0),
    ((6.0, -24.0, -34.0), 11.0),
    ((-50.0, -28.0, -22.0), 10.0),
)


@dataclass(frozen=True)
class Request:
    """What the anatomy is asked for; see population.Population.

    Volumes in mL, shares and ratio 0 to 1.
    """

    necrosis_share: float
    collection_volume: float
    duct_ratio: float
    stranding_share: float
    gland_volume: float
    vein_occluded: bool
    effusion: bool
    late: bool


@dataclass(frozen=True)
class Plan:
    """The layers of one patient in painting order, and the box that disease lies in.

    Attributes:
        layers: All of them.
        inner: Those inside the cavity.
        gland: The pancreas, with distances up to RIM.
        box: (x, y, z) lower and upper ends in mm of gland, rim and collections.
    """

    layers: Layers
    inner: Layers
    gland: Tube
    box: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class _Coarse:
    """Values at all voxels of the coarse grid, (z, y, x)."""

    planes: list[Plane]
    tissues: NDArray[np.uint8]

    @property
    def voxel(self) -> float:
        return _STEP * _STEP * _RISE / 1000.0

    def distances(self, shape: Shape, limit: float) -> NDArray[np.float32]:
        values = np.full(self.tissues.shape, np.float32(limit), np.float32)
        for number, plane in enumerate(self.planes):
            told = shape.distance(plane)
            if told is not None:
                patch, distance = told
                values[number, patch.rows, patch.columns] = distance
        return values


def _growth(distances: NDArray[np.float32], count: float) -> float:
    """How far a solid must grow to hold `count` of the voxels whose distances from it are given."""
    ordered = np.sort(distances.ravel())
    if not len(ordered):
        return 0.0
    position = float(np.clip(count - 0.5, 0, len(ordered) - 1))
    lower = int(position)
    upper = min(lower + 1, len(ordered) - 1)
    share = position - lower
    return float(np.round((1 - share) * float(ordered[lower]) + share * float(ordered[upper]), 4))


def make_plan(frame: Frame, request: Request, settings: GeneratorSettings) -> Plan:
    """All layers of one patient.

    Args:
        frame: His build; its random numbers are used up in a fixed order.
        request: What he is to have.
        settings: Contrasts and grain of lesions.
    """
    axis, radii = pancreas_axis(frame)
    base = trunk_layers(frame, frame.uniform(-16.0, 16.0)) + bowel_layers(frame) + organ_layers(frame)
    base += _vessel_layers(frame, axis, radii, request.vein_occluded)
    if request.effusion:
        base.append(_effusion(frame))
    coarse = _coarse_grid(axis, base)
    lobules = frame.texture(9.0)
    rough = 0.6 * frame.roughness
    first = Tube(axis, radii, lobules, rough, reach=_REACH)
    to_gland = coarse.distances(first, _REACH)
    growth = _growth(to_gland, request.gland_volume / coarse.voxel)
    gland = Tube(axis, radii + growth, lobules, rough, reach=RIM)
    to_gland -= np.float32(growth)

    tint = frame.hounsfield("pancreas")
    grain = frame.texture(4.0)
    inside = to_gland < 0
    collection = _collection(frame, coarse, inside, request)
    swallowed = inside if collection is None else inside | (coarse.distances(collection, _REACH) < 0)
    layers = [*base]
    layers.append(_stranding(frame, coarse, (axis, radii + growth), to_gland, swallowed, request, settings))
    if collection is not None:
        layers += _collection_layers(frame, collection, request, settings)
    layers.append(Layer(gland, Tissue.PANCREAS, tint, grain, 9.0))
    if request.necrosis_share > 0:
        contrast = frame.uniform(*settings.necrosis_contrast)
        dead = _necrosis(frame, coarse, axis, inside, request.necrosis_share, settings.lesion_grain)
        layers.append(
            Layer(dead, Tissue.NECROSIS, round(max(tint - contrast, 12.0), 2), frame.texture(6.0), 7.0,
                  over=(Tissue.PANCREAS,))
        )  # fmt: skip
    duct = _duct(axis, request)
    shade = round(max(tint - frame.uniform(*settings.duct_contrast), 6.0), 2)
    layers.append(Layer(duct, Tissue.DUCT, shade, over=(Tissue.PANCREAS,)))
    return Plan(Layers(layers), Layers([layer for layer in layers if not layer.outer]), gland, _box(gland, collection))


def _coarse_grid(axis: NDArray[np.float64], base: list[Layer]) -> _Coarse:
    room = np.array([56.0, 56.0, _REACH])
    lower, upper = axis.min(axis=0) - room, axis.max(axis=0) + room
    x = np.arange(round(lower[0]), upper[0], _STEP).astype(np.float32)
    y = np.arange(round(lower[1]), upper[1], _STEP).astype(np.float32)
    planes = [Plane(x, y, float(z)) for z in np.arange(round(lower[2]), upper[2], _RISE)]
    inner = Layers([layer for layer in base if not layer.outer])
    return _Coarse(planes, np.stack([paint_labels(inner, plane) for plane in planes]))


def _collection(frame: Frame, coarse: _Coarse, inside: NDArray[np.bool_], request: Request) -> Tube | None:
    order = np.argsort([frame.uniform(0, 1) for _ in _SITES])
    number = 1 + int(frame.uniform(0, 1) * 3)
    shifts = frame.place(*(_SITES[site][0] for site in order[:number]), jitter=5.0)
    radii = np.array([_SITES[site][1] for site in order[:number]])
    texture = frame.texture(17.0)
    roughness = 2.0 if request.late else 5.0
    if request.collection_volume <= 0:
        return None
    seeds = Tube(shifts, radii, texture, roughness, reach=_REACH)
    free = ~inside & ~np.isin(coarse.tissues, [int(tissue) for tissue in SOLID])
    growth = _growth(coarse.distances(seeds, _REACH)[free], request.collection_volume / coarse.voxel)
    return Tube(shifts, radii + growth, texture, roughness)


def _collection_layers(frame: Frame, collection: Tube, request: Request, settings: GeneratorSettings) -> list[Layer]:
    fluid = frame.plain(frame.uniform(*settings.fluid), 0.0)
    necrotic = request.necrosis_share > 0
    over = (Tissue.FAT, Tissue.STRANDING, Tissue.BOWEL, Tissue.STOMACH, Tissue.BILE, Tissue.COLLECTION)
    layers = [Layer(collection, Tissue.COLLECTION, fluid, frame.texture(10.0), 14.0 if necrotic else 2.0, over=over)]
    if necrotic:  # islands of dead fat: what makes a necrotic collection heterogeneous
        debris = Tube(collection.points + [3.0, 5.0, 2.0], collection.radii - 5.0, frame.texture(8.0), 24.0)
        layers.append(Layer(debris, None, -12.0, frame.texture(4.0), 25.0, over=(Tissue.COLLECTION,)))
    if request.late:
        wall = _Shell(collection, 2.2)
        layers.append(Layer(wall, None, frame.plain(78.0, 8.0), over=(Tissue.COLLECTION,)))
    return layers


@dataclass(frozen=True)
class _Shell:
    """The outermost mm of a solid."""

    solid: Tube
    thickness: float

    @property
    def box(self) -> Box:
        """See shapes.Shape."""
        return self.solid.box

    def distance(self, plane: Plane) -> tuple[Patch, NDArray[np.float32]] | None:
        """See shapes.Shape."""
        told = self.solid.distance(plane)
        if told is None:
            return None
        patch, distance = told
        half = np.float32(self.thickness / 2)
        return patch, np.abs(distance + half) - half


def _stranding(
    frame: Frame,
    coarse: _Coarse,
    gland: tuple[NDArray[np.float64], NDArray[np.float64]],
    to_gland: NDArray[np.float32],
    taken: NDArray[np.bool_],
    request: Request,
    settings: GeneratorSettings,
) -> Layer:
    texture = frame.texture(settings.lesion_grain)
    axis, radii = gland
    seeds = Tube(axis, radii, texture, 9.0, reach=_REACH)
    countable = (to_gland < RIM) & ~taken & (coarse.tissues == Tissue.FAT)
    values = coarse.distances(seeds, _REACH)[countable]
    growth = _growth(values, request.stranding_share * len(values))
    contrast = frame.uniform(*settings.stranding_contrast)
    return Layer(
        Tube(axis, radii + growth, texture, 9.0), Tissue.STRANDING, round(-100.0 + contrast, 2), frame.texture(4.0),
        26.0, over=(Tissue.FAT,),
    )  # fmt: skip


def _necrosis(
    frame: Frame,
    coarse: _Coarse,
    axis: NDArray[np.float64],
    inside: NDArray[np.bool_],
    share: float,
    lesion_grain: float,
) -> Tube:
    sites = [int(frame.uniform(6, len(axis) - 6)) for _ in range(2)]
    seeds = Tube(axis[sites], np.array([6.0, frame.uniform(-8.0, 6.0)]), frame.texture(lesion_grain), 7.0, reach=140.0)
    values = coarse.distances(seeds, 140.0)[inside]
    growth = _growth(values, share * len(values))
    return Tube(seeds.points, seeds.radii + growth, seeds.texture, seeds.roughness)


def _duct(axis: NDArray[np.float64], request: Request) -> Tube:
    """The duct in the gland's axis, of the volume that has the asked-for share of the gland's."""
    path = smooth_curve(axis[8:-2], 200)
    steps = np.diff(path, axis=0)
    length = float(np.sqrt((steps * steps).sum(axis=1)).sum())
    taper = np.linspace(1.12, 0.88, 200)
    volume = 1000.0 * request.gland_volume * request.duct_ratio**2
    radius = float(np.sqrt(volume / (np.pi * length * np.mean(taper * taper))))
    return Tube(path, np.round(radius * taper, 4))


def _vessel_layers(frame: Frame, axis: NDArray[np.float64], radii: NDArray[np.float64], occluded: bool) -> list[Layer]:
    aorta, vein, cava = frame.hounsfield("aorta"), frame.hounsfield("vein"), frame.hounsfield("cava")
    line = np.linspace(-130.0, 140.0, 60)
    trunk = frame.place((11.0, 29.0, 0.0), (-24.0, 30.0, 0.0), jitter=1.5)
    layers = [
        Layer(Tube(np.stack([np.full(60, x), np.full(60, y) + 0.04 * np.abs(line), line], axis=1), radius), Tissue.VESSEL,
              shade)
        for (x, y, _), radius, shade in zip(trunk, (10.5, 12.0), (aorta, cava), strict=True)
    ]  # fmt: skip
    root = trunk[0]
    superior_artery = np.array([root, [6.0, 4.0, 2.0], [2.0, -4.0, -30.0], [0.0, -14.0, -95.0]])
    celiac = np.array([root + [0, 0, 24.0], root + [-1.0, -18.0, 28.0]])
    hilum = frame.place((-40.0, -14.0, 44.0))[0]
    behind = axis[24:] + np.array([0.0, 1.0, 0.0]) * (radii[24:, None] + 4.0)
    confluence = behind[0]
    superior_vein = np.array([[-10.0, -20.0, -95.0], [-9.0, -12.0, -45.0], confluence])
    spleen_end = np.array([[93.0, 24.0, behind[-1][2] + 4.0]])
    splenic = np.vstack([behind[::6], behind[-1:], spleen_end])
    for knots, radius, shade in (
        (superior_artery, 3.8, aorta),
        (celiac, 3.6, aorta),
        (superior_vein, 6.0, vein),
        (np.array([confluence, (confluence + hilum) / 2 + [0, 2, 0], hilum]), 7.0, vein),
    ):
        layers.append(Layer(Tube(smooth_curve(knots, 60), radius), Tissue.VESSEL, shade))
    layers.append(
        Layer(Tube(smooth_curve(splenic, 60), 4.4), Tissue.THROMBUS if occluded else Tissue.VESSEL,
              frame.plain(42.0) if occluded else vein)
    )  # fmt: skip
    for side in (-1.0, 1.0):
        renal = np.array([trunk[1] if side < 0 else root, [side * 34.0, 40.0, -26.0], [side * 52.0, 44.0, -24.0]])
        renal[0, 2] = -24.0
        layers.append(Layer(Tube(smooth_curve(renal, 40), 4.0), Tissue.VESSEL, cava))
    duct = np.array([hilum + [-6.0, -2.0, 0.0], [-40.0, -14.0, 20.0], [-41.0, -12.0, -4.0]])
    layers.append(Layer(Tube(smooth_curve(duct, 40), 2.8), Tissue.BILE, frame.plain(10.0)))
    return layers + _mesentery(frame, vein)


def _mesentery(frame: Frame, shade: float) -> list[Layer]:
    layers = []
    for _ in range(14):
        start = np.array([frame.uniform(-20, 20), frame.uniform(-30, -8), frame.uniform(-60, -25)])
        end = np.array([frame.uniform(-70, 80), frame.uniform(-66, -10), frame.uniform(-120, -40)])
        bend = (start + end) / 2 + [0.0, frame.uniform(-10, 10), 6.0]
        layers.append(
            Layer(Tube(smooth_curve(np.array([start, bend, end]), 50), frame.uniform(1.2, 2.2)), Tissue.VESSEL, shade,
                  over=(Tissue.FAT,))
        )  # fmt: skip
    return layers


def _effusion(frame: Frame) -> Layer:
    a, b = frame.cavity
    pool = Ellipsoid((0.55 * a, 0.95 * b, 112.0), (0.62 * a, 0.52 * b, 40.0), 0.15)
    return Layer(pool, Tissue.EFFUSION, frame.plain(9.0), over=(Tissue.LUNG,))


def _box(gland: Tube, collection: Tube | None) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    solids = [(gland, RIM)] + ([(collection, 0.0)] if collection is not None else [])
    lower, upper = [], []
    for solid, rim in solids:
        spread = np.maximum(solid.radii, 0.0) + solid.roughness + rim
        lower.append((solid.points - spread[:, None]).min(axis=0))
        upper.append((solid.points + spread[:, None]).max(axis=0))
    low, high = np.min(lower, axis=0), np.max(upper, axis=0)
    return tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))  # type: ignore[return-value]
