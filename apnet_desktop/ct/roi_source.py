"""A ROI file that was opened: its labels, and how to get the mask of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.frozen import FrozenModel

__all__ = ["RoiCandidate", "RoiSource", "is_pancreas"]


class RoiCandidate(FrozenModel):
    """One label of a file that could be the pancreas.

    Attributes:
        label: Its value (segment number, ROI number).
        name: What the file calls it; empty if it does not say.
        volume: mL.
        suggested: True if its name says pancreas.
    """

    label: int
    name: str = ""
    volume: float
    suggested: bool = False


@dataclass(frozen=True)
class RoiSource:
    """A ROI file, read.

    Attributes:
        candidates: Its labels.
        mask: Gives mask [k, j, i] and grid of a label.
        frame_of_reference_uid: Of a DICOM object; None for other formats, which have none.
        referenced_uids: SOP instance UIDs of the images that it was drawn on.
    """

    candidates: tuple[RoiCandidate, ...]
    mask: Callable[[int], tuple[NDArray[np.bool_], Geometry]]
    frame_of_reference_uid: str | None = None
    referenced_uids: frozenset[str] = frozenset()


def is_pancreas(name: str) -> bool:
    """True if a label's name says pancreas."""
    return "pancrea" in name.lower() or "胰" in name
