"""A proposal from ten scripted strokes: real organs, a simulated pancreas, and what more strokes do."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from apnet_desktop.ct.roi_editing.assisted import propose
from apnet_desktop.errors import Stopped
from tests.ct.roi_editing.organs import Organ, real_organ, simulated_pancreas
from tests.ct.roi_editing.strokes import Mask, dice, scripted_strokes, stroke_slices, strokes_on


def _score(organ: Organ, seed: int = 0) -> float:
    inside, outside = scripted_strokes(organ.mask, organ.spacing, seed)
    return dice(propose(organ.hounsfield, inside, outside, organ.spacing), organ.mask)


@pytest.mark.parametrize(
    ("name", "least"),
    [("spleen", 0.85), ("right kidney", 0.85), ("stomach", 0.85), ("pancreas", 0.6), ("left adrenal", 0.6)],
)
def test_ten_strokes_on_a_scan_without_contrast(name: str, least: float) -> None:
    assert _score(real_organ("upper", name)) >= least


_COMPACT = ("spleen", "right kidney", "left kidney", "liver", "stomach", "gallbladder")
_THIN = ("pancreas", "right adrenal", "left adrenal", "duodenum", "aorta", "inferior vena cava", "portal vein")
_IN_CONTRAST = ("spleen", "liver", "stomach", "aorta", "inferior vena cava", "portal vein")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("scan", "name"),
    [
        *((scan, name) for scan in ("upper", "whole") for name in _COMPACT + _THIN),
        *(("contrast", n) for n in _IN_CONTRAST),
    ],
)
def test_ten_strokes_on_every_organ(scan: str, name: str, seed: int) -> None:
    assert _score(real_organ(scan, name), seed) >= (0.85 if name in _COMPACT else 0.6)


def test_ten_strokes_on_a_simulated_pancreas_with_necrosis_and_collections() -> None:
    assert _score(simulated_pancreas(1)) >= 0.8


@pytest.mark.soak
@pytest.mark.parametrize("number", range(2, 6))
def test_ten_strokes_on_more_simulated_pancreases(number: int) -> None:
    assert _score(simulated_pancreas(number)) >= 0.8


def _worst_slice(proposal: Mask, mask: Mask, drawn: list[int]) -> int:
    wrong = (proposal ^ mask).sum(axis=(1, 2))
    wrong[drawn] = 0
    return int(wrong.argmax())


@pytest.mark.parametrize("name", ["pancreas", "stomach"])
def test_more_strokes_on_the_worst_slice_make_it_better(name: str) -> None:
    organ = real_organ("upper", name)
    inside, outside = scripted_strokes(organ.mask, organ.spacing)
    rng = np.random.default_rng(1)
    drawn = stroke_slices(organ.mask)
    scores = []
    for _ in range(4):
        proposal = propose(organ.hounsfield, inside, outside, organ.spacing)
        scores.append(dice(proposal, organ.mask))
        k = _worst_slice(proposal, organ.mask, drawn)
        drawn.append(k)
        one, other = strokes_on(organ.mask[k], organ.spacing[1:], rng)
        inside[k] |= one
        outside[k] |= other
    assert scores[-1] > scores[0] + 0.01
    assert all(later > earlier - 0.01 for earlier, later in itertools.pairwise(scores))


def _phantom() -> tuple[np.ndarray, Mask]:
    k, j, i = np.ogrid[:20, :80, :80]
    ball = np.asarray(((k - 10) * 2.5 / 20) ** 2 + ((j - 40) / 16) ** 2 + ((i - 40) / 24) ** 2 < 1)
    noise = np.random.default_rng(0).normal(0, 12, ball.shape)
    return np.asarray(np.where(ball, 90, 20) + noise, dtype=np.int16), ball


def test_the_strokes_are_kept_whatever_the_image_says() -> None:
    hounsfield, ball = _phantom()
    inside, outside = np.zeros_like(ball), np.zeros_like(ball)
    inside[10, 40, 30:50] = True
    inside[10, 70, 40:44] = True
    outside[10, 20, 20:60] = True
    outside[10, 45, 38:42] = True
    proposal = propose(hounsfield, inside, outside, (2.5, 1.0, 1.0))
    assert proposal[inside].all()
    assert not proposal[outside].any()


def test_a_stroke_inside_alone_is_enough_for_a_proposal() -> None:
    hounsfield, ball = _phantom()
    inside = np.zeros_like(ball)
    for k in (5, 10, 15):
        inside[k, 40, 34:46] = True
    proposal = propose(hounsfield, inside, np.zeros_like(ball), (2.5, 1.0, 1.0))
    assert dice(proposal, ball) > 0.7


def test_without_a_stroke_inside_there_is_no_proposal() -> None:
    hounsfield, ball = _phantom()
    outside = np.zeros_like(ball)
    outside[10, 20, 20:60] = True
    assert not propose(hounsfield, np.zeros_like(ball), outside, (2.5, 1.0, 1.0)).any()


def test_one_voxel_strokes_at_the_corner_of_the_volume() -> None:
    hounsfield, ball = _phantom()
    inside, outside = np.zeros_like(ball), np.zeros_like(ball)
    inside[0, 0, 0] = True
    outside[-1, -1, -1] = True
    proposal = propose(hounsfield, inside, outside, (2.5, 1.0, 1.0))
    assert proposal[0, 0, 0]
    assert not proposal[-1, -1, -1]


def test_it_can_be_stopped() -> None:
    hounsfield, ball = _phantom()

    def stop(fraction: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        propose(hounsfield, ball, ~ball, (2.5, 1.0, 1.0), stop)
