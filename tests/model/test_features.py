from __future__ import annotations

import numpy as np
import pytest
import torch

from apnet_desktop.model.features import Features, pool_slices
from apnet_desktop.model.network import pool_maps

WIDTH = 12  # 3 regions, 2 pools, 2 channels


def features(slices: int = 5, seed: int = 0) -> Features:
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((2, slices, 3, WIDTH)).astype(np.float32)
    areas = rng.integers(0, 200, (2, slices, 3)).astype(np.float32)
    areas[:, :, 2] = 4096
    return Features(vectors, areas, np.array([0.1, -0.2], dtype=np.float32))


def test_means_weigh_slices_by_area() -> None:
    one = features()
    pooled = pool_slices(one)
    assert pooled.shape == (6, 2 * WIDTH + 2)
    for view in range(2):
        for scale in range(3):
            for channel in range(WIDTH):
                region = channel // 4
                expected = np.average(one.vectors[view, :, scale, channel], weights=one.areas[view, :, region])
                assert pooled[view * 3 + scale, channel] == pytest.approx(expected, abs=1e-6)


def test_the_soft_maximum_lies_between_mean_and_maximum() -> None:
    one = features()
    pooled = pool_slices(one)
    mean, soft = pooled[:, :WIDTH], pooled[:, WIDTH : 2 * WIDTH]
    assert (soft >= mean - 1e-9).all()
    assert (soft <= one.vectors.max()).all()
    np.testing.assert_allclose(pooled[:, -2:], np.tile([0.1, -0.2], (6, 1)), atol=1e-7)


def test_slices_without_a_region_do_not_count_and_none_gives_zeros() -> None:
    one = features()
    areas = one.areas.copy()
    areas[:, 2:, 0] = 0
    fewer = Features(one.vectors, areas, one.size)
    changed = one.vectors.copy()
    changed[:, 2:, :, :4] = 50.0
    np.testing.assert_allclose(pool_slices(Features(changed, areas, one.size)), pool_slices(fewer))
    areas[:, :, 0] = 0
    assert (pool_slices(Features(changed, areas, one.size))[:, :4] == 0).all()


def test_order_of_slices_does_not_matter() -> None:
    one = features()
    turned = Features(one.vectors[:, ::-1], one.areas[:, ::-1], one.size)
    np.testing.assert_allclose(pool_slices(turned), pool_slices(one))


def test_a_slice_left_out_is_a_slice_that_never_was() -> None:
    one = features()
    keep = np.ones((2, 5), dtype=bool)
    keep[:, 3] = False
    shorter = Features(np.delete(one.vectors, 3, axis=1), np.delete(one.areas, 3, axis=1), one.size)
    np.testing.assert_allclose(pool_slices(one, keep), pool_slices(shorter))


def test_maps_are_pooled_inside_their_region_only() -> None:
    maps = torch.zeros(1, 2, 8, 8)
    maps[0, 0, :4] = 1.0
    maps[0, 1, 0, 0] = 5.0
    weights = torch.zeros(1, 3, 8, 8)
    weights[0, 0, :4] = 1.0
    weights[0, 2] = 1.0
    pooled = pool_maps(maps, weights)[0].numpy().reshape(3, 2, 2)
    np.testing.assert_allclose(pooled[0, 0], [1.0, 5 / 32], atol=1e-5)
    assert (pooled[1] == 0).all()
    np.testing.assert_allclose(pooled[2, 0], [0.5, 5 / 64], atol=1e-5)
    # One strong pixel among 64 takes over the soft maximum, not the mean.
    assert pooled[2, 1, 1] > 4.9
