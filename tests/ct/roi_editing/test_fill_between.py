"""Fill between slices against plain interpolation of signed distances, on real masks and a simulated pancreas."""

from __future__ import annotations

import numpy as np
import pytest

from apnet_desktop.ct.roi_editing.fill_between import fill_between_slices, gaps
from apnet_desktop.errors import Stopped
from tests.ct.roi_editing.organs import LABELS, Organ, real_organ, simulated_pancreas
from tests.ct.roi_editing.strokes import dice, outlined_slices, signed_distance_fill

# Dice at 12 mm that no organ may fall below, and what looking at the image must gain on thin or branching organs.
_LEAST = {"liver": 0.96, "spleen": 0.96, "right kidney": 0.93, "left kidney": 0.93, "aorta": 0.93}
_THIN = ("pancreas", "right adrenal", "left adrenal", "portal vein")


def _scores(organ: Organ, millimetres: float) -> tuple[float, float]:
    drawn = outlined_slices(organ.mask, max(2, round(millimetres / organ.spacing[0])))
    ours = fill_between_slices(organ.hounsfield, drawn, organ.spacing)
    plain = signed_distance_fill(drawn, organ.spacing)
    return dice(ours, organ.mask), dice(plain, organ.mask)


@pytest.mark.parametrize("name", ["spleen", "left kidney", "pancreas", "right adrenal", "aorta", "portal vein"])
def test_filling_at_12_mm(name: str) -> None:
    _check(real_organ("upper", name), name, 12.0)


@pytest.mark.soak
@pytest.mark.parametrize("millimetres", [12.0, 24.0])
@pytest.mark.parametrize("scan", ["upper", "whole"])
@pytest.mark.parametrize("name", list(LABELS))
def test_filling_of_every_organ(name: str, scan: str, millimetres: float) -> None:
    _check(real_organ(scan, name), name, millimetres)


@pytest.mark.soak
@pytest.mark.parametrize("millimetres", [12.0, 24.0])
@pytest.mark.parametrize("name", ["spleen", "liver", "stomach", "aorta", "inferior vena cava", "portal vein"])
def test_filling_on_a_scan_with_contrast_and_fine_voxels(name: str, millimetres: float) -> None:
    _check(real_organ("contrast", name), name, millimetres)


def _check(organ: Organ, name: str, millimetres: float) -> None:
    ours, plain = _scores(organ, millimetres)
    assert ours >= plain - 0.005
    if millimetres == 12.0:
        assert ours >= _LEAST.get(name, 0.0)
    if name in _THIN:
        # At 24 mm an adrenal gland is three outlines, and 0.01 is two of its voxels.
        assert ours >= plain + (0.05 if millimetres == 12.0 else 0.04)


@pytest.mark.soak
def test_filling_of_a_simulated_pancreas() -> None:
    for number in (1, 2, 3):
        ours, plain = _scores(simulated_pancreas(number), 12.0)
        assert ours >= 0.9
        assert ours >= plain


def _steps() -> tuple[np.ndarray, np.ndarray]:
    mask = np.zeros((9, 40, 40), dtype=np.bool_)
    mask[1, 10:20, 10:20] = mask[2, 10:20, 10:20] = mask[7, 18:28, 14:24] = True
    return np.zeros(mask.shape, dtype=np.int16), mask


def test_outlined_slices_stay_and_nothing_is_added_beyond_them() -> None:
    hounsfield, mask = _steps()
    filled = fill_between_slices(hounsfield, mask, (3.0, 1.0, 1.0))
    for k in (0, 1, 2, 7, 8):
        assert np.array_equal(filled[k], mask[k])
    assert all(filled[k].any() for k in (3, 4, 5, 6))
    assert gaps(mask) == [(2, 7)]
    assert gaps(filled) == []


def test_without_an_image_to_look_at_it_is_plain_interpolation() -> None:
    hounsfield, mask = _steps()
    mask[7] = np.roll(mask[2], 4, axis=0)
    filled = fill_between_slices(hounsfield, mask, (3.0, 1.0, 1.0))
    assert dice(filled, signed_distance_fill(mask, (3.0, 1.0, 1.0))) > 0.97


def test_a_tube_that_bends_is_followed_by_the_image() -> None:
    k, j, i = np.ogrid[:17, :64, :64]
    middle = 32 + 14 * np.sin(k / 16 * np.pi)
    organ = np.asarray((j - middle) ** 2 + (i - 32) ** 2 < 36)
    noise = np.random.default_rng(0).normal(0, 10, organ.shape)
    hounsfield = np.asarray(np.where(organ, 90, -60) + noise, dtype=np.int16)
    drawn = np.zeros_like(organ)
    drawn[[0, 8, 16]] = organ[[0, 8, 16]]
    assert dice(fill_between_slices(hounsfield, drawn, (2.0, 1.0, 1.0)), organ) > 0.93
    assert dice(signed_distance_fill(drawn, (2.0, 1.0, 1.0)), organ) < 0.85


def test_it_can_be_stopped() -> None:
    hounsfield, mask = _steps()

    def stop(fraction: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        fill_between_slices(hounsfield, mask, (3.0, 1.0, 1.0), stop)
