import numpy as np
import pytest
from numpy.typing import NDArray

from apnet_desktop.simulation.findings import LabelledSlice, measure_findings, measure_slice
from apnet_desktop.simulation.labels import Tissue

SPACING = (0.5, 2.0, 4.0)  # a voxel is 4 mm³


def block(tissue: Tissue, count: int) -> NDArray[np.uint8]:
    return np.full(count, int(tissue), np.uint8)


def labelled(**counts: int) -> NDArray[np.uint8]:
    flat = np.concatenate([block(Tissue[name.upper()], count) for name, count in counts.items()])
    side = np.zeros(1000, np.uint8)
    side[: len(flat)] = flat
    return side.reshape(20, 50)


def test_findings_are_counts_times_voxel() -> None:
    labels = labelled(pancreas=200, necrosis=100, duct=50, collection=250, stranding=30, fat=90)
    rim = np.ones_like(labels, dtype=bool)
    found = measure_findings([LabelledSlice(labels, rim)] * 3, SPACING, effusion=True, walled=False)
    assert found.gland_volume == pytest.approx(3 * 350 * 4 / 1000)
    assert found.necrosis_share == pytest.approx(100 / 300, abs=1e-4)
    assert found.duct_ratio == pytest.approx(np.sqrt(50 / 250), abs=1e-4)
    assert found.collection_volume == pytest.approx(3 * 250 * 4 / 1000)
    ball = np.pi / 6 * found.collection_diameter**3 / 1000
    assert ball == pytest.approx(found.collection_volume, rel=5e-3)
    assert found.stranding_share == pytest.approx(0.25)
    assert found.effusion
    assert not found.walled
    assert not found.vein_occluded


def test_only_fat_inside_the_rim_counts() -> None:
    labels = labelled(pancreas=10, stranding=40, fat=40)
    rim = np.zeros_like(labels, dtype=bool)
    rim.ravel()[30:70] = True  # 20 of the stranded pixels, 20 of the others
    found = measure_findings([LabelledSlice(labels, rim)], SPACING, effusion=False, walled=False)
    assert found.stranding_share == pytest.approx(0.5)
    assert measure_slice(labels, rim, SPACING).stranding_share == pytest.approx(0.5)


def test_a_thrombus_is_an_occluded_vein_and_a_slice_without_gland_shows_none() -> None:
    labels = labelled(thrombus=3, fat=20)
    rim = np.zeros_like(labels, dtype=bool)
    slice_findings = measure_slice(labels, rim, SPACING)
    assert slice_findings.vein_occluded
    assert slice_findings.gland_area == 0
    assert slice_findings.necrosis_share == 0
    assert measure_findings([LabelledSlice(labels, rim)], SPACING, effusion=False, walled=False).vein_occluded
