"""Paints layers on an axial plane: the label of each pixel's centre, and HU with soft edges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.labels import Tissue
from apnet_desktop.simulation.layer import Layer
from apnet_desktop.simulation.shapes import FAR, Patch, Plane, Shape

__all__ = ["AIR", "Layers", "paint", "paint_labels"]

AIR = -1000.0

Field = NDArray[np.float32]


class Layers(Sequence[Layer]):
    """Layers in painting order, with their boxes at hand, so that those out of reach of a plane cost nothing."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = tuple(layers)
        self._boxes = np.array([layer.shape.box for layer in self._layers])
        self._labelling: Layers | None = None

    @property
    def labelling(self) -> Layers:
        """Those that change labels."""
        if self._labelling is None:
            self._labelling = Layers([layer for layer in self._layers if layer.tissue is not None])
        return self._labelling

    def __len__(self) -> int:
        return len(self._layers)

    @overload
    def __getitem__(self, index: int) -> Layer: ...

    @overload
    def __getitem__(self, index: slice) -> Layers: ...

    def __getitem__(self, index: int | slice) -> Layer | Layers:
        return Layers(self._layers[index]) if isinstance(index, slice) else self._layers[index]

    def near(self, plane: Plane) -> Iterator[Layer]:
        """Those that may show in a plane, in painting order."""
        x_low, x_high, y_low, y_high, z_low, z_high = self._boxes.T
        touched = (z_low <= plane.z) & (z_high >= plane.z)
        touched &= (x_low <= plane.x[-1]) & (x_high >= plane.x[0])
        touched &= (y_low <= plane.y[-1]) & (y_high >= plane.y[0])
        return (self._layers[row] for row in np.flatnonzero(touched))


class _Cuts:
    """Distances from the solids that cut many layers, told once for a plane."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._told: dict[int, Field] = {}

    def __call__(self, shape: Shape) -> Field:
        """Distances over the whole plane, FAR out of the solid's reach."""
        if id(shape) not in self._told:
            whole = np.full((len(self._plane.y), len(self._plane.x)), np.float32(FAR), np.float32)
            told = shape.distance(self._plane)
            if told is not None:
                patch, distance = told
                whole[patch.rows, patch.columns] = distance
            self._told[id(shape)] = whole
        return self._told[id(shape)]


def _distance(layer: Layer, plane: Plane, cuts: _Cuts) -> tuple[Patch, Field] | None:
    told = layer.shape.distance(plane)
    if told is None or layer.within is None:
        return told
    patch, distance = told
    return patch, np.maximum(distance, cuts(layer.within)[patch.rows, patch.columns])


def _allowed(layer: Layer, under: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    if not layer.over:
        return None
    allowed: NDArray[np.bool_] = np.equal(under, int(layer.over[0]))
    for tissue in layer.over[1:]:
        allowed |= under == int(tissue)
    return allowed


def paint_labels(layers: Layers, plane: Plane) -> NDArray[np.uint8]:
    """Tissue at the pixel centres of a plane, (y, x)."""
    labels = np.full((len(plane.y), len(plane.x)), int(Tissue.AIR), np.uint8)
    cuts = _Cuts(plane)
    for layer in layers.labelling.near(plane):
        told = _distance(layer, plane, cuts)
        if told is None or layer.tissue is None:
            continue
        patch, distance = told
        view = labels[patch.rows, patch.columns]
        inside = distance < 0
        allowed = _allowed(layer, view)
        if allowed is not None:
            inside &= allowed
        view[inside] = int(layer.tissue)
    return labels


def paint(layers: Layers, plane: Plane, softness: float) -> tuple[Field, NDArray[np.uint8]]:
    """HU without noise and tissues of a plane, both (y, x).

    Args:
        layers: In painting order.
        plane: Where.
        softness: mm: half the width over which an edge goes from one HU to the other; kernel and slice thickness.
    """
    if softness > FAR:
        raise ValueError(f"an edge {softness} mm wide to each side reaches beyond {FAR} mm")
    hounsfield = np.full((len(plane.y), len(plane.x)), np.float32(AIR), np.float32)
    labels = np.full(hounsfield.shape, int(Tissue.AIR), np.uint8)
    cuts = _Cuts(plane)
    slope = np.float32(0.5 / softness)
    for layer in layers.near(plane):
        told = _distance(layer, plane, cuts)
        if told is None:
            continue
        patch, distance = told
        if distance.min() >= softness:
            continue
        view, tissues = hounsfield[patch.rows, patch.columns], labels[patch.rows, patch.columns]
        allowed = _allowed(layer, tissues)
        cover = np.clip(np.float32(0.5) - distance * slope, np.float32(0), np.float32(1))
        if allowed is not None:
            cover *= allowed
        if layer.grain is None:
            view += cover * (np.float32(layer.hounsfield) - view)
        else:
            texture = layer.grain.sample(plane.x[patch.columns], plane.y[patch.rows], plane.z)
            texture *= np.float32(layer.contrast)
            texture += np.float32(layer.hounsfield)
            texture -= view
            texture *= cover
            view += texture
        if layer.tissue is not None:
            inside = distance < 0
            if allowed is not None:
                inside &= allowed
            tissues[inside] = int(layer.tissue)
    return hounsfield, labels
