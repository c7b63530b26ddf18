import numpy as np
import pytest

from apnet_desktop.study.localisation import enrichment, shuffled_tensors


def test_enrichment_by_hand() -> None:
    region = np.ones((4, 4), dtype=bool)
    lesion = np.zeros((4, 4), dtype=bool)
    lesion[0] = True
    flat = np.ones((4, 4))
    assert enrichment(flat, lesion, region) == pytest.approx(1)
    # The lesion's quarter of the area holds 3 of 4 parts of the mass, of either sign.
    mass = np.where(lesion, -9.0, 1.0)
    assert enrichment(mass, lesion, region) == pytest.approx(3)
    # What lies outside the region does not count.
    region[3] = False
    assert enrichment(np.where(lesion, 1.0, 0.0), lesion, region) == pytest.approx(3)
    assert np.isnan(enrichment(flat, np.zeros_like(lesion), region))


def test_shuffled_weights_keep_their_values_and_lose_their_places() -> None:
    generator = np.random.default_rng(1)
    tensors = {"weight": generator.normal(size=(8, 4)).astype(np.float16), "running_mean": np.arange(4.0)}
    dealt = shuffled_tensors(tensors, 3)
    assert np.array_equal(np.sort(dealt["weight"].ravel()), np.sort(tensors["weight"].ravel()))
    assert (dealt["weight"] != tensors["weight"]).mean() > 0.8
    assert np.array_equal(dealt["running_mean"], tensors["running_mean"])
