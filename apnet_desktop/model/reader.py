"""Reads findings from each scale: pooled vectors → tokens that all speak of the same findings. No torch.

Learnt in pre-training, from findings of simulated patients and never from an outcome. The reading is linear and has
one solution (no seed, no early stopping). With y the standardised findings, x_t the standardised pooled vector of
scale t and π_t the scale's prior weight, it minimises for each finding

    Σ (y - Σ_t π_t β_t·x_t)²  +  (δ / scales) Σ_t Σ (y - β_t·x_t)²  +  ρ Σ_t |β_t|²

The first term makes the scales good together, the second makes each token a reading of its own (so that a gate may
lean on one scale more than on another), the third keeps the weights small. ρ is chosen for each finding by four-fold
cross-validation, with even weights π, so that one solution serves all findings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reader", "fit_reader"]

_DEEP_SUPERVISION = 0.5
_RIDGES = (1.0, 10.0, 100.0, 1000.0, 10000.0)
_FOLDS = 4


@dataclass(frozen=True)
class Reader:
    """The linear reading of every scale.

    Attributes:
        weight: (scales, findings, pooled width).
        bias: (scales, findings).
        prior: (scales, findings): how much each scale is worth for each finding; columns sum to 1.
        centre: (scales, pooled width) taken off the pooled vectors first.
        spread: (scales, pooled width) that they are divided by.
        finding_centre: (findings,): mean of each finding in pre-training, in its own unit.
        finding_spread: (findings,): its standard deviation; tokens are in these units.
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]
    prior: NDArray[np.float64]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    finding_centre: NDArray[np.float64]
    finding_spread: NDArray[np.float64]

    def tokens(self, pooled: NDArray[np.float64]) -> NDArray[np.float64]:
        """Tokens (..., scales, findings), standardised, of pooled vectors (..., scales, pooled width)."""
        normed = np.clip((pooled - self.centre) / self.spread, -_LARGEST, _LARGEST)
        return np.asarray(np.einsum("...tf,tkf->...tk", normed, self.weight) + self.bias)

    def findings(self, tokens: NDArray[np.float64]) -> NDArray[np.float64]:
        """Findings (..., findings) in their own units, as all scales read them together."""
        return np.asarray((self.prior * tokens).sum(axis=-2) * self.finding_spread + self.finding_centre)

    def only(self, scales: NDArray[np.bool_]) -> Reader:
        """This reader with the other scales' weights set to 0 (image models of one backbone, and ablations)."""
        prior = self.prior * scales[:, None]
        total = prior.sum(axis=0)
        even = np.repeat((scales / scales.sum())[:, None], prior.shape[1], axis=1)
        prior = np.where(total > 0, prior / np.where(total > 0, total, 1.0), even)
        return Reader(self.weight, self.bias, prior, self.centre, self.spread, self.finding_centre, self.finding_spread)


# A pooled feature further than this many standard deviations from its mean is cut: one odd channel must not run away
# with a reading. Distance from the training distribution is judged apart, before the cut.
_LARGEST = 8.0


def fit_reader(
    pooled: NDArray[np.float64],
    findings: NDArray[np.float64],
    scales: NDArray[np.bool_] | None = None,
    ridges: tuple[float, ...] = _RIDGES,
) -> Reader:
    """Learns the reading.

    Args:
        pooled: (patients, scales, pooled width), from `features.pool_slices`.
        findings: (patients, findings), each on a scale where a linear reading makes sense.
        scales: Scales that may be used; None is all.
        ridges: Values of ρ to choose among.

    Returns:
        The reader; its tokens are in standard deviations of the findings.
    """
    count, places, _ = pooled.shape
    used = np.ones(places, dtype=bool) if scales is None else scales
    centre, spread = pooled.mean(axis=0), pooled.std(axis=0)
    spread = np.where(spread > 1e-6, spread, 1.0)
    x = np.clip((pooled - centre) / spread, -_LARGEST, _LARGEST)
    finding_centre = findings.mean(axis=0)
    finding_spread = np.where(findings.std(axis=0) > 1e-9, findings.std(axis=0), 1.0)
    y = (findings - finding_centre) / finding_spread
    fold = np.arange(count) % _FOLDS
    prior = _prior_weights(x, y, fold == 0, used)
    gram = _gram(x[:, used])
    error = _cross_validated(x[:, used], y, fold, gram, ridges)
    weight = np.zeros((places, y.shape[1], pooled.shape[2]))
    for k in range(y.shape[1]):
        best = ridges[int(error[:, k].argmin())]
        weight[used, k] = _solve(x[:, used], y[:, k : k + 1], prior[used, k], gram, best)[..., 0]
    bias = np.zeros((places, y.shape[1]))
    return Reader(weight, bias, prior, centre, spread, finding_centre, finding_spread)


def _gram(x: NDArray[np.float64]) -> NDArray[np.float64]:
    flat = x.reshape(len(x), -1)
    return np.asarray(flat.T @ flat)


def _solve(
    x: NDArray[np.float64], y: NDArray[np.float64], prior: NDArray[np.float64], gram: NDArray[np.float64], ridge: float
) -> NDArray[np.float64]:
    """β, (scales, pooled width, findings), for findings that share the prior, from the sum's normal equations."""
    from scipy.linalg import solve

    _, scales, width = x.shape
    deep = _DEEP_SUPERVISION / scales
    pairs = np.outer(prior, prior) + deep * np.eye(scales)
    matrix = gram * np.repeat(np.repeat(pairs, width, axis=0), width, axis=1)
    # In proportion to what each block of the matrix is multiplied by, so that ρ means the same for every scale.
    matrix[np.diag_indices_from(matrix)] += ridge * np.repeat(prior**2 + deep, width)
    right = ((prior + deep)[:, None, None] * np.einsum("ntf,nk->tfk", x, y)).reshape(scales * width, -1)
    return np.asarray(solve(matrix, right, assume_a="pos", overwrite_a=True)).reshape(scales, width, -1)


def _cross_validated(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    fold: NDArray[np.intp],
    gram: NDArray[np.float64],
    ridges: tuple[float, ...],
) -> NDArray[np.float64]:
    """Summed squared error (ridges, findings) of patients held out, all scales read together with even weights."""
    even = np.full(x.shape[1], 1.0 / x.shape[1])
    error = np.zeros((len(ridges), y.shape[1]))
    for n in range(_FOLDS):
        held = fold == n
        inner = gram - _gram(x[held])
        for place, ridge in enumerate(ridges):
            beta = _solve(x[~held], y[~held], even, inner, ridge)
            read = np.einsum("ntf,tfk->nk", x[held], even[:, None, None] * beta)
            error[place] += ((y[held] - read) ** 2).sum(axis=0)
    return error


def _prior_weights(
    x: NDArray[np.float64], y: NDArray[np.float64], held: NDArray[np.bool_], used: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Weights in proportion to 1 / squared held-out error of each scale alone, for each finding."""
    error = np.full((x.shape[1], y.shape[1]), np.inf)
    for t in np.flatnonzero(used):
        train = x[~held, t]
        matrix = train.T @ train + 30.0 * np.eye(x.shape[2])
        beta = np.linalg.solve(matrix, train.T @ y[~held])
        error[t] = np.mean((y[held] - x[held, t] @ beta) ** 2, axis=0)
    worth = 1.0 / np.maximum(error, 1e-3) ** 2
    return np.asarray(worth / worth.sum(axis=0))
