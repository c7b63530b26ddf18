"""What an axial plane is painted with."""

from __future__ import annotations

from dataclasses import dataclass

from apnet_desktop.simulation.labels import Tissue
from apnet_desktop.simulation.shapes import Shape
from apnet_desktop.simulation.texture import Texture

__all__ = ["Layer"]


@dataclass(frozen=True)
class Layer:
    """A solid and what it is painted with.

    Attributes:
        shape: The solid.
        tissue: Label of the voxels inside; None leaves the labels alone (the inside of what has its label already).
        hounsfield: HU inside.
        grain: Texture of the HU inside.
        contrast: HU by which the grain sways.
        over: Painted only where the label is one of these; empty: everywhere.
        within: Also cut by this solid.
        outer: Lies outside the cavity: nothing that is measured depends on it.
    """

    shape: Shape
    tissue: Tissue | None
    hounsfield: float
    grain: Texture | None = None
    contrast: float = 0.0
    over: tuple[Tissue, ...] = ()
    within: Shape | None = None
    outer: bool = False
