from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from apnet_desktop.model.head import Head, Penalties, _flatten, _objective, _unflatten, choose_penalties, fit_head

Floats = NDArray[np.float64]


def cohort(count: int = 120, seed: int = 0, gated: bool = False) -> tuple[Floats, Floats, Floats, Floats]:
    """Tokens of 4 scales and 3 findings, priors, 5 clinical entries, outcomes."""
    rng = np.random.default_rng(seed)
    tokens = rng.standard_normal((count, 4, 3))
    prior = rng.dirichlet(np.ones(4), 3).T
    clinical = rng.standard_normal((count, 5))
    findings = (prior * tokens).sum(axis=1)
    logits = 2 * findings[:, 0] + clinical[:, 0] - 1
    if gated:
        # Which scale tells the truth depends on a clinical entry.
        logits = 3 * np.where(clinical[:, 0] > 0, tokens[:, 0, 0], tokens[:, 1, 0])
    outcome = (rng.random(count) < expit(logits)).astype(float)
    return tokens, prior, clinical, outcome


def test_the_gradient_is_the_slope_of_the_objective() -> None:
    tokens, prior, clinical, outcome = cohort(40)
    rng = np.random.default_rng(1)
    like = Head(
        0.1,
        *(rng.standard_normal(shape) for shape in ((3,), (5,), (2, 5), (4, 2), (2, 3))),
        prior=prior,  # type: ignore[misc]
    )
    weights = rng.random(40)
    penalties = Penalties(2.0, 3.0, 4.0, 2)
    flat = _flatten(like)

    def value(point: Floats) -> float:
        return _objective(_unflatten(point, like), tokens, clinical, outcome, weights, penalties)[0]

    step = 1e-5
    numeric = [(value(flat + step * e) - value(flat - step * e)) / (2 * step) for e in np.eye(len(flat))]
    gradient = _objective(like, tokens, clinical, outcome, weights, penalties)[1]
    np.testing.assert_allclose(gradient, numeric, atol=1e-6 * np.abs(gradient).max())


def test_the_additive_head_is_ridge_logistic_regression() -> None:
    """Without fusion it must agree with scikit-learn on the same penalty."""
    tokens, prior, clinical, outcome = cohort()
    head = fit_head(tokens, prior, clinical, outcome, penalties=Penalties(image=5.0, clinical=5.0, rank=0))
    table = np.concatenate([(prior * tokens).sum(axis=1), clinical], axis=1)
    peer = LogisticRegression(C=1 / 5.0, tol=1e-10, max_iter=1000).fit(table, outcome)
    np.testing.assert_allclose(np.concatenate([head.image, head.clinical]), peer.coef_[0], atol=2e-4)
    np.testing.assert_allclose(head.logits(tokens, clinical), peer.decision_function(table), atol=1e-3)


def test_strong_shrinkage_gives_the_additive_model() -> None:
    tokens, prior, clinical, outcome = cohort()
    additive = fit_head(tokens, prior, clinical, outcome, penalties=Penalties(rank=0))
    fused = fit_head(tokens, prior, clinical, outcome, penalties=Penalties(fusion=1000.0))
    np.testing.assert_allclose(fused.logits(tokens, clinical), additive.logits(tokens, clinical), atol=1e-3)


def test_the_gate_learns_which_scale_to_believe() -> None:
    tokens, prior, clinical, outcome = cohort(1500, gated=True)
    unseen = cohort(1500, seed=1, gated=True)
    fused = fit_head(tokens, prior, clinical, outcome, penalties=Penalties(1.0, 1.0, 2.0, 2))
    additive = fit_head(tokens, prior, clinical, outcome, penalties=Penalties(1.0, 1.0, rank=0))

    def loss(head: Head) -> float:
        logits = head.logits(unseen[0], unseen[2])
        return float(np.mean(np.logaddexp(0, logits) - unseen[3] * logits))

    assert loss(fused) < loss(additive) - 0.05
    gates = fused.gates(unseen[0], unseen[2])
    np.testing.assert_allclose(gates.sum(axis=1), 1.0)


def test_censoring_weights_count_like_repeated_patients() -> None:
    tokens, prior, clinical, outcome = cohort()
    twice = np.arange(len(outcome)) % 3 == 0
    repeated = [np.concatenate([part, part[twice]]) for part in (tokens, clinical, outcome)]
    a = fit_head(tokens, prior, clinical, outcome, 1.0 + twice, Penalties(rank=0))
    b = fit_head(repeated[0], prior, repeated[1], repeated[2], penalties=Penalties(rank=0))
    np.testing.assert_allclose(a.logits(tokens, clinical), b.logits(tokens, clinical), atol=1e-3)


def test_the_same_patients_give_the_same_head() -> None:
    data = cohort()
    assert np.array_equal(_flatten(fit_head(*data)), _flatten(fit_head(*data)))


def test_scales_without_prior_weight_take_no_part() -> None:
    tokens, prior, clinical, outcome = cohort()
    only = prior * np.array([[1.0], [1.0], [0.0], [0.0]])
    only /= only.sum(axis=0)
    head = fit_head(tokens, only, clinical, outcome)
    changed = tokens.copy()
    changed[:, 2:] = 99.0
    np.testing.assert_allclose(head.logits(changed, clinical), head.logits(tokens, clinical), atol=1e-9)


@pytest.mark.parametrize("width", [0, 5])
def test_noise_is_mostly_shrunk_away(width: int) -> None:
    """With outcomes that nothing predicts, the stronger image penalty wins but for chance."""
    tokens, prior, clinical, _ = cohort(150)
    strong = 0
    for seed in range(12):
        outcome = (np.random.default_rng(seed).random(150) < 0.3).astype(float)
        chosen = choose_penalties(tokens, prior, clinical[:, :width], outcome, grid=(1.0, 100.0), fusion_grid=(45.0,))
        strong += chosen.image == 100.0
        assert chosen.rank == (2 if width else 0)
    assert strong >= 8
