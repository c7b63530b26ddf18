"""What the rasterised label map of a series shows: the image causes of the outcome, and targets for pre-training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.simulation.labels import GLAND, Tissue

__all__ = ["CAUSES", "Findings", "LabelledSlice", "SliceFindings", "measure_findings", "measure_slice"]

Labels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

CAUSES: Final = ("necrosis_share", "collection_diameter", "duct_ratio", "stranding_share", "gland_volume")
"""The findings that the risk rests on."""


class Findings(FrozenModel):
    """One patient's findings on his label map, at the spacing of his series.

    Attributes:
        gland_volume: mL of living and dead parenchyma and duct.
        necrosis_share: Dead share of the parenchyma.
        collection_volume: mL of fluid collections.
        collection_diameter: mm, of the ball of that volume; 0 without a collection.
        duct_ratio: Calibre of the duct beside that of the living gland: square root of the ratio of their volumes.
        stranding_share: Stranded share of the fat within 15 mm of the gland.
        vein_occluded: A thrombosed vein is in sight.
        effusion: Pleural fluid is in sight.
        walled: CT beyond four weeks: collections have walls.
    """

    gland_volume: float
    necrosis_share: float
    collection_volume: float
    collection_diameter: float
    duct_ratio: float
    stranding_share: float
    vein_occluded: bool
    effusion: bool
    walled: bool


class SliceFindings(FrozenModel):
    """Findings of one axial slice, from its label map alone.

    Attributes:
        gland_area: mm².
        necrosis_share: Dead share of the parenchyma; 0 where there is no gland.
        duct_area: mm².
        collection_area: mm².
        stranding_share: Stranded share of the fat within 15 mm of the gland.
        vein_occluded: A thrombosed vein crosses the slice.
        effusion: Pleural fluid is in the slice.
    """

    gland_area: float
    necrosis_share: float
    duct_area: float
    collection_area: float
    stranding_share: float
    vein_occluded: bool
    effusion: bool


@dataclass(frozen=True)
class LabelledSlice:
    """Labels (y, x) of one slice and the pixels within 15 mm of the gland."""

    labels: Labels
    rim: Mask


def _count(labels: Labels, *tissues: Tissue) -> int:
    return sum(int(np.count_nonzero(labels == int(tissue))) for tissue in tissues)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def measure_slice(labels: Labels, rim: Mask, spacing: Sequence[float]) -> SliceFindings:
    """Findings of one slice.

    Args:
        labels: Tissues (y, x).
        rim: Pixels within 15 mm of the gland, gland left out or not.
        spacing: mm along x and y.
    """
    pixel = spacing[0] * spacing[1]
    living, dead, duct = (_count(labels, tissue) for tissue in GLAND)
    stranded = int(np.count_nonzero(rim & (labels == int(Tissue.STRANDING))))
    fat = int(np.count_nonzero(rim & (labels == int(Tissue.FAT))))
    return SliceFindings(
        gland_area=round((living + dead + duct) * pixel, 2),
        necrosis_share=_share(dead, living + dead),
        duct_area=round(duct * pixel, 2),
        collection_area=round(_count(labels, Tissue.COLLECTION) * pixel, 2),
        stranding_share=_share(stranded, stranded + fat),
        vein_occluded=_count(labels, Tissue.THROMBUS) > 0,
        effusion=_count(labels, Tissue.EFFUSION) > 0,
    )


def measure_findings(
    slices: Iterable[LabelledSlice], spacing: Sequence[float], *, effusion: bool, walled: bool
) -> Findings:
    """Findings of one patient.

    Args:
        slices: The slices through gland, rim and collections, in order, gaps not allowed.
        spacing: mm along x, y, z.
        effusion: Whether pleural fluid shows (it lies above those slices).
        walled: Whether collections have walls.
    """
    voxel = spacing[0] * spacing[1] * spacing[2] / 1000.0
    totals = dict.fromkeys(("living", "dead", "duct", "fluid", "stranded", "fat", "thrombus"), 0)
    for item in slices:
        labels = item.labels
        living, dead, duct = (_count(labels, tissue) for tissue in GLAND)
        totals["living"] += living
        totals["dead"] += dead
        totals["duct"] += duct
        totals["fluid"] += _count(labels, Tissue.COLLECTION)
        totals["thrombus"] += _count(labels, Tissue.THROMBUS)
        totals["stranded"] += int(np.count_nonzero(item.rim & (labels == int(Tissue.STRANDING))))
        totals["fat"] += int(np.count_nonzero(item.rim & (labels == int(Tissue.FAT))))
    fluid = totals["fluid"] * voxel
    viable = totals["living"] + totals["duct"]
    return Findings(
        gland_volume=round((totals["living"] + totals["dead"] + totals["duct"]) * voxel, 2),
        necrosis_share=_share(totals["dead"], totals["living"] + totals["dead"]),
        collection_volume=round(fluid, 2),
        collection_diameter=round(float(np.cbrt(6000.0 * fluid / np.pi)), 2),
        duct_ratio=round(float(np.sqrt(totals["duct"] / viable)), 4) if viable else 0.0,
        stranding_share=_share(totals["stranded"], totals["stranded"] + totals["fat"]),
        vein_occluded=totals["thrombus"] > 0,
        effusion=effusion,
        walled=walled,
    )
