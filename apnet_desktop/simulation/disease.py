"""Lesions: necrosis, collections, stranding, effusion; and the duct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.coarse import REACH, CoarseGrid, growth_to_hold
from apnet_desktop.simulation.frame import Frame
from apnet_desktop.simulation.labels import SOLID, Tissue
from apnet_desktop.simulation.layer import Layer
from apnet_desktop.simulation.settings import GeneratorSettings
from apnet_desktop.simulation.shapes import Box, Ellipsoid, Patch, Plane, Tube, smooth_curve

__all__ = [
    "RIM",
    "Request",
    "collection_layers",
    "collection_solid",
    "duct_solid",
    "effusion_layer",
    "necrosis_solid",
    "stranding_layer",
]


RIM: Final = 15.0
"""mm around the gland within which the share of stranded fat is counted."""


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


def collection_solid(frame: Frame, coarse: CoarseGrid, inside: NDArray[np.bool_], request: Request) -> Tube | None:
    """The fluid about the gland, grown to its volume where no solid organ lies; None without a collection.

    Args:
        frame: Random numbers.
        coarse: The grid to count on.
        inside: Voxels of the gland.
        request: What the patient is to have.
    """
    order = np.argsort([frame.uniform(0, 1) for _ in _SITES])
    number = 1 + int(frame.uniform(0, 1) * 3)
    shifts = frame.place(*(_SITES[site][0] for site in order[:number]), jitter=5.0)
    radii = np.array([_SITES[site][1] for site in order[:number]])
    texture = frame.texture(17.0)
    roughness = 2.0 if request.late else 5.0
    if request.collection_volume <= 0:
        return None
    seeds = Tube(shifts, radii, texture, roughness, reach=REACH)
    free = ~inside & ~np.isin(coarse.tissues, [int(tissue) for tissue in SOLID])
    growth = growth_to_hold(coarse.distances(seeds, REACH)[free], request.collection_volume / coarse.voxel)
    return Tube(shifts, radii + growth, texture, roughness)


def collection_layers(frame: Frame, collection: Tube, request: Request, settings: GeneratorSettings) -> list[Layer]:
    """Fluid, islands of dead fat if there is necrosis, and a wall if it had four weeks to form."""
    fluid = frame.plain(frame.uniform(*settings.fluid), 0.0)
    necrotic = request.necrosis_share > 0
    over = (Tissue.FAT, Tissue.STRANDING, Tissue.BOWEL, Tissue.STOMACH, Tissue.BILE, Tissue.COLLECTION)
    layers = [Layer(collection, Tissue.COLLECTION, fluid, frame.texture(10.0), 14.0 if necrotic else 2.0, over=over)]
    if necrotic:  # islands of dead fat: what makes a necrotic collection heterogeneous
        debris = Tube(collection.points + np.array([3.0, 5.0, 2.0]), collection.radii - 5.0, frame.texture(8.0), 24.0)
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


def stranding_layer(
    frame: Frame,
    coarse: CoarseGrid,
    gland: tuple[NDArray[np.float64], NDArray[np.float64]],
    to_gland: NDArray[np.float32],
    taken: NDArray[np.bool_],
    request: Request,
    settings: GeneratorSettings,
) -> Layer:
    """Inflamed fat, grown outwards from the gland to its share of the fat within RIM.

    Args:
        frame: Random numbers.
        coarse: The grid to count on.
        gland: Axis (n, 3) and radii (n,) in mm.
        to_gland: Distances in mm from the gland on the grid.
        taken: Voxels of gland and fluid.
        request: What the patient is to have.
        settings: Contrast and grain.
    """
    texture = frame.texture(settings.lesion_grain)
    axis, radii = gland
    seeds = Tube(axis, radii, texture, 9.0, reach=REACH)
    countable = (to_gland < RIM) & ~taken & (coarse.tissues == Tissue.FAT)
    values = coarse.distances(seeds, REACH)[countable]
    growth = growth_to_hold(values, request.stranding_share * len(values))
    contrast = frame.uniform(*settings.stranding_contrast)
    return Layer(
        Tube(axis, radii + growth, texture, 9.0), Tissue.STRANDING, round(-100.0 + contrast, 2), frame.texture(4.0),
        26.0, over=(Tissue.FAT,),
    )  # fmt: skip


def necrosis_solid(
    frame: Frame,
    coarse: CoarseGrid,
    axis: NDArray[np.float64],
    inside: NDArray[np.bool_],
    share: float,
    lesion_grain: float,
) -> Tube:
    """Dead parenchyma, grown from two sites of the axis to its share of the gland.

    Args:
        frame: Random numbers.
        coarse: The grid to count on.
        axis: Of the gland, (n, 3) in mm.
        inside: Voxels of the gland.
        share: Of the gland that is dead.
        lesion_grain: mm, size of the irregularities.
    """
    sites = [int(frame.uniform(6, len(axis) - 6)) for _ in range(2)]
    seeds = Tube(axis[sites], np.array([6.0, frame.uniform(-8.0, 6.0)]), frame.texture(lesion_grain), 7.0, reach=140.0)
    values = coarse.distances(seeds, 140.0)[inside]
    growth = growth_to_hold(values, share * len(values))
    return Tube(seeds.points, seeds.radii + growth, seeds.texture, seeds.roughness)


def duct_solid(axis: NDArray[np.float64], request: Request) -> Tube:
    """The duct in the gland's axis, of the volume that has the asked-for share of the gland's."""
    path = smooth_curve(axis[8:-2], 200)
    steps = np.diff(path, axis=0)
    length = float(np.sqrt((steps * steps).sum(axis=1)).sum())
    taper = np.linspace(1.12, 0.88, 200)
    volume = 1000.0 * request.gland_volume * request.duct_ratio**2
    radius = float(np.sqrt(volume / (np.pi * length * np.mean(taper * taper))))
    return Tube(path, np.round(radius * taper, 4))


def effusion_layer(frame: Frame) -> Layer:
    """Fluid in the back of the left pleural space."""
    a, b = frame.cavity
    pool = Ellipsoid((0.55 * a, 0.95 * b, 112.0), (0.62 * a, 0.52 * b, 40.0), 0.15)
    return Layer(pool, Tissue.EFFUSION, frame.plain(9.0), over=(Tissue.LUNG,))
