"""The pancreas region of interest: a mask, who made it and who confirmed it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.frozen import FrozenModel

__all__ = ["Confirmation", "Roi", "RoiOrigin"]


class RoiOrigin(StrEnum):
    """How a ROI came to be."""

    PAINTED = "painted"
    IMPORTED = "imported"
    ASSISTED = "assisted"


class Confirmation(FrozenModel):
    """A person's word that the ROI is the pancreas."""

    person: str
    time: datetime


@dataclass(frozen=True)
class Roi:
    """A binary mask on a CT volume's grid.

    Attributes:
        mask: bool, shape (z, y, x), same grid as its volume.
        geometry: Its grid.
        origins: Every way that had a part in it, in order of first use.
        author: Who drew or imported it.
        confirmation: None until a person confirms; any edit drops it.
    """

    mask: NDArray[np.bool_]
    geometry: Geometry
    origins: tuple[RoiOrigin, ...] = (RoiOrigin.PAINTED,)
    author: str = ""
    confirmation: Confirmation | None = field(default=None)

    def __post_init__(self) -> None:
        if self.mask.shape != self.geometry.shape or self.mask.dtype != np.bool_:
            raise ValueError(f"mask {self.mask.dtype}{self.mask.shape} on a grid {self.geometry.shape}")

    @property
    def volume(self) -> float:
        """Volume in mL."""
        return float(np.count_nonzero(self.mask)) * self.geometry.voxel_volume

    def slices(self) -> NDArray[np.intp]:
        """Indices k of the slices that the ROI touches, ascending."""
        return np.flatnonzero(self.mask.any(axis=(1, 2)))

    def edited(self, mask: NDArray[np.bool_], origin: RoiOrigin, author: str) -> Roi:
        """This ROI after an edit: the new mask, the origin added, the confirmation dropped."""
        origins = self.origins if origin in self.origins else (*self.origins, origin)
        return replace(self, mask=mask, origins=origins, author=author, confirmation=None)

    def confirmed(self, person: str, time: datetime) -> Roi:
        """This ROI with a person's confirmation."""
        return replace(self, confirmation=Confirmation(person=person, time=time))

    def digest(self) -> str:
        """SHA-256 of grid and mask, in hexadecimal."""
        digest = hashlib.sha256(self.geometry.model_dump_json().encode())
        digest.update(np.packbits(self.mask).data)
        return digest.hexdigest()
