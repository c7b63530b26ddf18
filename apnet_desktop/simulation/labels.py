"""What a voxel of the label map is."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

__all__ = ["GLAND", "SOLID", "Tissue"]


class Tissue(IntEnum):
    """Tissue at a voxel's centre."""

    AIR = 0
    MUSCLE = 1
    FAT = 2
    BONE = 3
    LUNG = 4
    LIVER = 5
    SPLEEN = 6
    KIDNEY = 7
    STOMACH = 8
    BOWEL = 9
    VESSEL = 10
    BILE = 11
    EFFUSION = 12
    COUCH = 13
    PANCREAS = 20
    NECROSIS = 21
    DUCT = 22
    COLLECTION = 23
    STRANDING = 24
    THROMBUS = 25


GLAND: Final = (Tissue.PANCREAS, Tissue.NECROSIS, Tissue.DUCT)
"""The pancreas ROI: living and dead parenchyma and the duct."""

SOLID: Final = (
    Tissue.AIR,
    Tissue.MUSCLE,
    Tissue.BONE,
    Tissue.LUNG,
    Tissue.LIVER,
    Tissue.SPLEEN,
    Tissue.KIDNEY,
    Tissue.VESSEL,
)
"""What fluid does not spread into."""
