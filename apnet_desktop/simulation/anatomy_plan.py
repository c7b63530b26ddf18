"""From what a patient is to have, to layers that have it: volumes and shares are set on a coarse grid.

A gland of 80 mL, a dead share of 0.3 or a collection of 120 mL is had by growing the solid until the right number of
voxels of a coarse grid lies inside. What the finer raster of a series then shows differs by a few parts in a hundred
and is measured there (findings.py): risk and targets rest on the measured value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.bowel import bowel_layers
from apnet_desktop.simulation.coarse import REACH, coarse_grid, growth_to_hold
from apnet_desktop.simulation.disease import (
    RIM,
    Request,
    collection_layers,
    collection_solid,
    duct_solid,
    effusion_layer,
    necrosis_solid,
    stranding_layer,
)
from apnet_desktop.simulation.frame import Frame
from apnet_desktop.simulation.labels import Tissue
from apnet_desktop.simulation.layer import Layer
from apnet_desktop.simulation.organs import organ_layers
from apnet_desktop.simulation.painting import Layers
from apnet_desktop.simulation.settings import GeneratorSettings
from apnet_desktop.simulation.shapes import Tube, smooth_curve
from apnet_desktop.simulation.trunk import trunk_layers
from apnet_desktop.simulation.vessels import vessel_layers

__all__ = ["Plan", "make_plan"]


@dataclass(frozen=True)
class Plan:
    """The layers of one patient in painting order, and the box that disease lies in.

    Attributes:
        layers: All of them.
        inner: Those inside the cavity.
        gland: The pancreas, with distances up to RIM.
        collection: The fluid, if any.
        box: (x, y, z) lower and upper ends in mm of gland, rim and collections.
    """

    layers: Layers
    inner: Layers
    gland: Tube
    collection: Tube | None
    box: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]


def make_plan(frame: Frame, request: Request, settings: GeneratorSettings) -> Plan:
    """All layers of one patient.

    Args:
        frame: His build; its random numbers are used up in a fixed order.
        request: What he is to have.
        settings: Contrasts and grain of lesions.
    """
    axis, radii = _pancreas_axis(frame)
    base = trunk_layers(frame, frame.uniform(-16.0, 16.0)) + bowel_layers(frame) + organ_layers(frame)
    base += vessel_layers(frame, axis, radii, request.vein_occluded)
    if request.effusion:
        base.append(effusion_layer(frame))
    coarse = coarse_grid(axis, base)
    lobules = frame.texture(9.0)
    rough = 0.6 * frame.roughness
    first = Tube(axis, radii, lobules, rough, reach=REACH)
    to_gland = coarse.distances(first, REACH)
    growth = growth_to_hold(to_gland, request.gland_volume / coarse.voxel)
    gland = Tube(axis, radii + growth, lobules, rough, reach=RIM)
    to_gland -= np.float32(growth)

    tint = frame.hounsfield("pancreas")
    grain = frame.texture(4.0)
    inside = to_gland < 0
    collection = collection_solid(frame, coarse, inside, request)
    swallowed = inside if collection is None else inside | (coarse.distances(collection, REACH) < 0)
    layers = [*base]
    layers.append(stranding_layer(frame, coarse, (axis, radii + growth), to_gland, swallowed, request, settings))
    if collection is not None:
        layers += collection_layers(frame, collection, request, settings)
    layers.append(Layer(gland, Tissue.PANCREAS, tint, grain, 9.0))
    if request.necrosis_share > 0:
        contrast = frame.uniform(*settings.necrosis_contrast)
        dead = necrosis_solid(frame, coarse, axis, inside, request.necrosis_share, settings.lesion_grain)
        layers.append(
            Layer(dead, Tissue.NECROSIS, round(max(tint - contrast, 12.0), 2), frame.texture(6.0), 7.0,
                  over=(Tissue.PANCREAS,))
        )  # fmt: skip
    duct = duct_solid(axis, request)
    shade = round(max(tint - frame.uniform(*settings.duct_contrast), 6.0), 2)
    layers.append(Layer(duct, Tissue.DUCT, shade, over=(Tissue.PANCREAS,)))
    return Plan(
        Layers(layers),
        Layers([layer for layer in layers if not layer.outer]),
        gland,
        collection,
        _box(gland, collection),
    )


def _pancreas_axis(frame: Frame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The gland's axis, (56, 3) points from uncinate process to tail, and its radii in mm before scaling to volume."""
    lift = 8.0 * frame.normal()
    knots = frame.place(
        (-20.0, -2.0, -44.0), (-36.0, -14.0, -30.0), (-38.0, -22.0, -8.0), (-14.0, -36.0, 6.0), (16.0, -34.0, 14.0),
        (46.0, -10.0, 22.0 + lift), (74.0, 16.0, 32.0 + lift), jitter=2.0,
    )  # fmt: skip
    knots[1:-1] += np.array([[frame.normal(), frame.normal(), frame.normal()] for _ in knots[1:-1]]) * 2.5
    radii = np.interp(np.linspace(0, 1, 56), [0, 0.18, 0.34, 0.5, 0.68, 1.0], [9.0, 15.0, 14.5, 9.5, 11.5, 10.5])
    return np.round(smooth_curve(knots, 56), 3), np.round(radii, 3)


def _box(gland: Tube, collection: Tube | None) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    solids = [(gland, RIM)] + ([(collection, 0.0)] if collection is not None else [])
    lower, upper = [], []
    for solid, rim in solids:
        spread = np.maximum(solid.radii, 0.0) + solid.roughness + rim
        lower.append((solid.points - spread[:, None]).min(axis=0))
        upper.append((solid.points + spread[:, None]).max(axis=0))
    low, high = np.min(lower, axis=0), np.max(upper, axis=0)
    return tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))  # type: ignore[return-value]
