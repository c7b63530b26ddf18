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

    if name == "contrast":
        return _contrast_scan()
    folder = shared_data("nifti-with-masks")
    image, labels = (sitk.ReadImage(str(folder / f"{file}.nii.gz")) for file in _FILES[name])
    i, j, k = image.GetSpacing()
    return sitk.GetArrayFromImage(image).astype(np.int16), sitk.GetArrayFromImage(labels), (k, j, i)


def _contrast_scan() -> tuple[NDArray[np.int16], NDArray[np.uint8], tuple[float, float, float]]:
    import SimpleITK as sitk  # noqa: N813 - the library's own short name

    slices = [sitk.ReadImage(str(file), sitk.sitkInt16) for file in shared_data("abdomen-j2k-with-mask").iterdir()]
    slices.sort(key=lambda one: float(one.GetOrigin()[2]))
    image = sitk.JoinSeries([one[:, :, 0] for one in slices])
    image.SetOrigin(slices[0].GetOrigin())
    apart = slices[1].GetOrigin()[2] - slices[0].GetOrigin()[2]
    image.SetSpacing((*slices[0].GetSpacing()[:2], apart))
    labels = sitk.ReadImage(str(shared_data("abdomen-j2k-with-mask.seg.nii.gz")))
    on_grid = sitk.Resample(labels, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    i, j, k = image.GetSpacing()
    return sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(on_grid), (k, j, i)


def real_organ(scan: str, name: str) -> Organ:
    """An organ of a real scan.

    "upper" (30 slices) and "whole" (112 slices) have voxels of 3 mm and no contrast medium; "contrast" is the part of
    an abdomen in the portal venous phase, 20 slices of 512² voxels, 1 mm wide and 2 mm apart.
    """
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
