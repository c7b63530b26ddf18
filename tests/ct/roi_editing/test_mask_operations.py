"""Whole-mask operations against brute force and known shapes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from apnet_desktop.ct.roi_editing.mask_operations import (
    grow_from_seed,
    largest_island,
    polygon_interior,
    smoothed,
    with_margin,
)

_SPACING = (3.0, 0.8, 0.8)


def _ball(shape: tuple[int, int, int], center: tuple[float, float, float], radius: float) -> NDArray[np.bool_]:
    k, j, i = np.ogrid[: shape[0], : shape[1], : shape[2]]
    squared = sum(((x - c) * s) ** 2 for x, c, s in zip((k, j, i), center, _SPACING, strict=True))
    return np.asarray(squared <= radius**2)


@pytest.mark.parametrize("margin", [4.0, -4.0])
def test_margin_moves_the_surface_by_that_many_millimetres(margin: float) -> None:
    shape = (21, 71, 71)
    ball = _ball(shape, (10, 35, 35), 15.0)
    moved = with_margin(ball, _SPACING, margin)
    points = np.argwhere(ball if margin > 0 else ~ball) * np.array(_SPACING)
    rng = np.random.default_rng(0)
    for index in rng.integers(0, shape, (300, 3)):
        nearest = float(np.sqrt(((points - index * np.array(_SPACING)) ** 2).sum(1)).min())
        expected = nearest <= margin if margin > 0 else nearest > -margin
        assert moved[tuple(index)] == expected


def test_a_margin_reaches_over_the_edge_of_the_box_but_not_of_the_volume() -> None:
    mask = np.zeros((3, 10, 10), dtype=np.bool_)
    mask[0, 0, 0] = True
    grown = with_margin(mask, (1.0, 1.0, 1.0), 2.0)
    assert int(grown.sum()) == sum(k * k + j * j + i * i <= 4 for k in range(3) for j in range(10) for i in range(10))


def test_the_largest_island_stays() -> None:
    mask = np.zeros((5, 20, 20), dtype=np.bool_)
    mask[1:3, 2:6, 2:6] = True
    mask[3, 6, 6] = True  # touches at a corner
    mask[4, 15, 15:18] = True
    kept = largest_island(mask)
    assert kept[3, 6, 6]
    assert int(kept.sum()) == 33
    assert not largest_island(np.zeros_like(mask)).any()


def test_smoothing_removes_spikes_and_keeps_volume() -> None:
    ball = _ball((21, 71, 71), (10, 35, 35), 18.0)
    spiky = ball.copy()
    spiky[10, 35, 58:66] = True
    smooth = smoothed(spiky, _SPACING)
    assert not smooth[10, 35, 60:].any()
    assert int(smooth.sum()) == pytest.approx(int(ball.sum()), rel=0.05)


def test_growing_stays_within_limits_reach_and_its_own_region() -> None:
    hounsfield = np.full((15, 60, 60), -100, dtype=np.int16)
    first, second = _ball(hounsfield.shape, (7, 20, 20), 10.0), _ball(hounsfield.shape, (7, 45, 45), 9.0)
    hounsfield[first | second] = 60
    hounsfield[7, 20:46, 33] = 60  # a bridge one voxel thin
    grown = grow_from_seed(hounsfield, (7, 20, 20), _SPACING, (0.0, 120.0), 60.0)
    assert grown is not None
    mask = np.zeros(hounsfield.shape, dtype=np.bool_)
    mask[grown[0]] = grown[1]
    assert int((mask & first).sum()) > 0.97 * int(first.sum())
    assert not (mask & second).any()
    near = grow_from_seed(hounsfield, (7, 20, 20), _SPACING, (0.0, 120.0), 5.0)
    assert near is not None
    far = np.argwhere(near[1]) + [part.start for part in near[0]]
    assert float(np.sqrt((((far - [7, 20, 20]) * _SPACING) ** 2).sum(1)).max()) <= 5.0
    assert grow_from_seed(hounsfield, (0, 0, 0), _SPACING, (0.0, 120.0), 60.0) is None


def test_a_polygon_covers_the_pixels_whose_centres_it_holds() -> None:
    star = np.array([[5.2, 1.1], [7.3, 8.7], [0.4, 3.6], [10.1, 3.3], [3.0, 8.9]])
    got = np.zeros((12, 14), dtype=np.bool_)
    filled = polygon_interior(star, (12, 14))
    assert filled is not None
    got[filled[0]] = filled[1]
    for row in range(12):
        for column in range(14):
            crossings = 0
            for (x1, y1), (x2, y2) in zip(star, np.roll(star, -1, axis=0), strict=True):
                if (y1 > row) != (y2 > row) and column > x1 + (row - y1) * (x2 - x1) / (y2 - y1):
                    crossings += 1
            assert got[row, column] == bool(crossings % 2), (row, column)
    square = polygon_interior(np.array([[-5.0, -5.0], [50.0, -5.0], [50.0, 50.0], [-5.0, 50.0]]), (12, 14))
    assert square is not None
    assert square[1].all()
    assert square[1].shape == (12, 14)
    assert polygon_interior(np.array([[1.1, 1.1], [1.4, 1.1], [1.4, 1.4]]), (12, 14)) is None
