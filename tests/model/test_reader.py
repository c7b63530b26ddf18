from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.model.reader import fit_reader

Floats = NDArray[np.float64]


def patients(count: int = 600, seed: int = 0) -> tuple[Floats, Floats]:
    """Pooled features of 3 scales that see 2 findings with more and more noise; the third sees the second only."""
    findings = np.random.default_rng(seed).normal(3.0, 2.0, (count, 2))
    mixing = np.random.default_rng(99).standard_normal((3, 2, 6))
    mixing[2, 0] = 0
    noise = np.random.default_rng(seed + 1).standard_normal((count, 3, 6)) * np.array([0.5, 2.0, 1.0])[:, None]
    return np.einsum("nk,tkf->ntf", findings, mixing) + noise + 10.0, findings


def correlation(a: Floats, b: Floats) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def test_findings_of_unseen_patients_are_read_in_their_own_units() -> None:
    reader = fit_reader(*patients())
    pooled, findings = patients(seed=7)
    read = reader.findings(reader.tokens(pooled))
    assert correlation(read[:, 0], findings[:, 0]) > 0.97
    assert correlation(read[:, 1], findings[:, 1]) > 0.97
    assert abs(float((read - findings).mean())) < 0.1


def test_all_scales_together_read_better_than_each() -> None:
    reader = fit_reader(*patients())
    pooled, findings = patients(seed=7)
    tokens = reader.tokens(pooled)
    together = reader.findings(tokens)
    for k in range(2):
        alone = [correlation(tokens[:, t, k], findings[:, k]) for t in range(3)]
        assert correlation(together[:, k], findings[:, k]) >= max(alone) - 0.002


def test_the_prior_trusts_the_scale_that_sees() -> None:
    prior = fit_reader(*patients()).prior
    np.testing.assert_allclose(prior.sum(axis=0), 1.0)
    assert prior[:, 0].argmax() == 0
    assert prior[2, 0] < prior[2, 1]


def test_a_reader_of_some_scales_ignores_the_others() -> None:
    pooled, findings = patients()
    kept = np.array([True, False, True])
    for reader in (fit_reader(pooled, findings, kept), fit_reader(pooled, findings).only(kept)):
        changed = pooled.copy()
        changed[:, 1] = 0
        np.testing.assert_array_equal(reader.findings(reader.tokens(changed)), reader.findings(reader.tokens(pooled)))
        np.testing.assert_allclose(reader.prior.sum(axis=0), 1.0)


def test_constant_features_and_findings_do_no_harm() -> None:
    pooled, findings = patients()
    pooled[:, 0, 0] = 4.0
    findings[:, 1] = 2.0
    reader = fit_reader(pooled, findings)
    read = reader.findings(reader.tokens(pooled))
    assert np.isfinite(read).all()
    np.testing.assert_allclose(read[:, 1], 2.0)


def test_one_odd_channel_cannot_run_away() -> None:
    reader = fit_reader(*patients())
    pooled, _ = patients(seed=3)
    pooled[:, 1, 2] = 1e12
    assert np.abs(reader.tokens(pooled)).max() < 100
