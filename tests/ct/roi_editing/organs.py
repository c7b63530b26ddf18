"""Real organs with masks, and a simulated pancreas, for the tools that outline them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.shared_data import shared_data

__all__ = ["LABELS", "Organ", "real_organ", "simulated_pancreas"]

LABELS = {
    "spleen": 1,
    "right kidney": 2,
    "left kidney": 3,
    "gallbladder": 4,
    "liver": 5,
    "stomach": 6,
    "pancreas": 7,
    "right adrenal": 8,
    "left adrenal": 9,
    "duodenum": 19,
    "aorta": 52,
    "inferior vena cava": 63,
    "portal vein": 64,
}
_FILES = {"upper": ("example_ct_sm", "example_seg"), "whole": ("example_ct", "example_seg_fast_force_split")}


@dataclass(frozen=True)
class Organ:
    """HU (z, y, x), the organ's mask, and the spacing in mm along z, y, x."""

    hounsfield: NDArray[np.int16]
    mask: NDArray[np.bool_]
    spacing: tuple[float, float, float]


@cache
def _scan(name: str) -> tuple[NDArray[np.int16], NDArray[np.uint8], tuple[float, float, float]]:
    import SimpleITK as sitk  # noqa: N813 - the library's own short name

    folder = shared_data("nifti-with-masks")
    image, labels = (sitk.ReadImage(str(folder / f"{file}.nii.gz")) for file in _FILES[name])
    i, j, k = image.GetSpacing()
    return sitk.GetArrayFromImage(image).astype(np.int16), sitk.GetArrayFromImage(labels), (k, j, i)


def real_organ(scan: str, name: str) -> Organ:
    """An organ of the scan "upper" (30 slices) or "whole" (112 slices), 3 mm voxels, without contrast."""
    hounsfield, labels, spacing = _scan(scan)
    return Organ(hounsfield, labels == LABELS[name], spacing)


@cache
def simulated_pancreas(number: int) -> Organ:
    """The pancreas of a simulated patient with necrosis and collections."""
    from apnet_desktop.simulation.patient import simulate_patient
    from apnet_desktop.simulation.rendering import render_volume

    rendered = render_volume(simulate_patient(1234, number))
    i, j, k = rendered.volume.geometry.spacing
    return Organ(rendered.volume.hounsfield, rendered.roi.mask, (k, j, i))
