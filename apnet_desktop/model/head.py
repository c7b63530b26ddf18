"""The fusion head: tokens of all scales and the clinical embedding → one logit. No torch: it runs in every engine.

With e the clinical vector, Q its embedding, τ_tk the reading of finding k by scale t and π_tk the reader's prior:

    h = Q e                                       clinical embedding, a few dimensions
    α_tk = π_tk exp(p_t·h) / Σ_t' π_t'k exp(p_t'·h)   gate over the scales, conditioned on the clinical embedding
    z_k = Σ_t α_tk τ_tk                           fused findings
    logit = b + w·z + v·e + Σ_m h_m (u_m·z)       additive part, and findings that weigh more or less by h

Everything is learnt by penalised maximum likelihood, from as few as 184 patients: w and v carry the answer; Q, P and
U are shrunk so strongly that the head is the additive model unless the cohort shows otherwise. The image head is the
same without a clinical vector.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import sigmoid

__all__ = ["Head", "Penalties", "choose_penalties", "fit_head"]

_Array = NDArray[np.float64]
_INNER_FOLDS = 5
# Log likelihood that a weaker shrinkage of the fusion must gain over all inner folds.
_WORTH = 1.0


@dataclass(frozen=True)
class Penalties:
    """Strengths of the quadratic penalties, in units of one patient's log likelihood.

    Attributes:
        image: On w.
        clinical: On v.
        fusion: On Q, P and U: the distance from the additive model.
        rank: Dimensions of the clinical embedding; 0 leaves the additive model alone.
    """

    image: float = 10.0
    clinical: float = 10.0
    fusion: float = 30.0
    rank: int = 2


@dataclass(frozen=True)
class Head:
    """A fitted head.

    Attributes:
        intercept: b.
        image: w, (findings,).
        clinical: v, (clinical width,).
        embedding: Q, (rank, clinical width).
        gate: P, (scales, rank).
        interaction: U, (rank, findings).
        prior: π, (scales, findings).
    """

    intercept: float
    image: _Array
    clinical: _Array
    embedding: _Array
    gate: _Array
    interaction: _Array
    prior: _Array

    def logits(self, tokens: _Array, clinical: _Array) -> _Array:
        """Raw logits (n,) of tokens (n, scales, findings) and clinical vectors (n, clinical width)."""
        return _forward(self, tokens, clinical).logits

    def gates(self, tokens: _Array, clinical: _Array) -> _Array:
        """α, (n, scales, findings): how much each scale counts for each finding."""
        return _forward(self, tokens, clinical).gates


@dataclass(frozen=True)
class _Pass:
    """Values of one forward pass that its gradient needs."""

    embedded: _Array
    gates: _Array
    findings: _Array
    crossed: _Array
    logits: _Array


def _forward(head: Head, tokens: _Array, clinical: _Array) -> _Pass:
    embedded = clinical @ head.embedding.T
    lean = np.clip(embedded @ head.gate.T, -30.0, 30.0)
    weighed = head.prior * np.exp(lean)[:, :, None]
    gates = weighed / weighed.sum(axis=1, keepdims=True)
    findings = (gates * tokens).sum(axis=1)
    crossed = findings @ head.interaction.T
    logits = head.intercept + findings @ head.image + clinical @ head.clinical + (embedded * crossed).sum(axis=1)
    return _Pass(embedded, gates, findings, crossed, logits)


def fit_head(
    tokens: _Array,
    prior: _Array,
    clinical: _Array,
    outcome: _Array,
    weights: _Array | None = None,
    penalties: Penalties | None = None,
    start: Head | None = None,
) -> Head:
    """Fits a head by penalised maximum likelihood.

    Args:
        tokens: (patients, scales, findings), from `Reader.tokens`.
        prior: (scales, findings), `Reader.prior`; scales whose weights are 0 take no part.
        clinical: (patients, clinical width), from `ClinicalEncoding.encode`; width 0 for the image head.
        outcome: (patients,) 0 or 1.
        weights: (patients,) censoring weights; None is 1 for each.
        penalties: Strengths.
        start: A head of the same shape to start from (bootstrap refits); None starts from the additive model.

    Returns:
        The head; the same arguments give the same head.
    """
    from scipy.optimize import minimize

    strengths = penalties or Penalties()
    case_weights = np.ones(len(outcome)) if weights is None else weights
    first = start or _additive_start(prior, clinical.shape[1], strengths.rank, outcome, case_weights)

    def objective(flat: _Array) -> tuple[float, _Array]:
        return _objective(_unflatten(flat, first), tokens, clinical, outcome, case_weights, strengths)

    result = minimize(objective, _flatten(first), jac=True, method="L-BFGS-B", options={"maxiter": 300, "ftol": 1e-10})
    return _unflatten(np.asarray(result.x), first)


def choose_penalties(
    tokens: _Array,
    prior: _Array,
    clinical: _Array,
    outcome: _Array,
    weights: _Array | None = None,
    grid: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0, 100.0),
    fusion_grid: tuple[float, ...] = (5.0, 15.0, 45.0),
) -> Penalties:
    """Chooses the penalties by five-fold cross-validated log likelihood: first of the additive model, then of fusion.

    Args:
        tokens: As in `fit_head`: the training patients of one outer fold only.
        prior: As in `fit_head`.
        clinical: As in `fit_head`.
        outcome: As in `fit_head`.
        weights: As in `fit_head`.
        grid: Values tried for image and clinical part.
        fusion_grid: Values tried for the distance from the additive model.
    """
    case_weights = np.ones(len(outcome)) if weights is None else weights
    fold = _inner_folds(outcome)

    def loss(tried: Penalties) -> float:
        total = 0.0
        for n in range(_INNER_FOLDS):
            inner, held = fold != n, fold == n
            head = fit_head(tokens[inner], prior, clinical[inner], outcome[inner], case_weights[inner], tried)
            logits = head.logits(tokens[held], clinical[held])
            total += float(np.sum(case_weights[held] * (np.logaddexp(0, logits) - outcome[held] * logits)))
        return total

    if not clinical.shape[1]:
        return min((Penalties(image=image, rank=0) for image in grid), key=loss)
    additive = min((Penalties(image=image, clinical=other, rank=0) for image in grid for other in grid), key=loss)
    rank = Penalties().rank
    losses = {fusion: loss(replace(additive, fusion=fusion, rank=rank)) for fusion in sorted(fusion_grid, reverse=True)}
    # The strongest shrinkage that is not clearly worse: less of it must earn its freedom.
    good_enough = min(losses.values()) + _WORTH
    chosen = next(fusion for fusion, value in losses.items() if value <= good_enough)
    return replace(additive, fusion=chosen, rank=rank)


def _inner_folds(outcome: _Array) -> NDArray[np.intp]:
    """The inner fold of each patient; events and others are dealt out apart."""
    fold = np.empty(len(outcome), dtype=np.intp)
    for value in (0, 1):
        members = np.flatnonzero(outcome == value)
        fold[members] = np.arange(len(members)) % _INNER_FOLDS
    return fold


def _additive_start(prior: _Array, width: int, rank: int, outcome: _Array, weights: _Array) -> Head:
    """Weights 0, the intercept at the base rate, and a small fixed disturbance of Q, P and U: at 0 they are stuck."""
    rate = float(np.clip(np.average(outcome, weights=weights), 1e-3, 1 - 1e-3))
    generator = np.random.default_rng(20260306)
    scales, findings = prior.shape
    rank = rank if width else 0
    return Head(
        intercept=float(np.log(rate / (1 - rate))),
        image=np.zeros(findings),
        clinical=np.zeros(width),
        embedding=0.05 * generator.standard_normal((rank, width)),
        gate=0.05 * generator.standard_normal((scales, rank)),
        interaction=0.05 * generator.standard_normal((rank, findings)),
        prior=prior,
    )


def _objective(
    head: Head, tokens: _Array, clinical: _Array, outcome: _Array, weights: _Array, penalties: Penalties
) -> tuple[float, _Array]:
    """Penalised negative log likelihood and its gradient, in the order of `_flatten`."""
    run = _forward(head, tokens, clinical)
    loss = float(np.sum(weights * (np.logaddexp(0, run.logits) - outcome * run.logits)))
    residual = weights * (sigmoid(run.logits) - outcome)
    by_finding = residual[:, None] * (head.image + run.embedded @ head.interaction)
    by_gate = (by_finding[:, None, :] * run.gates * (tokens - run.findings[:, None, :])).sum(axis=2)
    by_embedding = residual[:, None] * run.crossed + by_gate @ head.gate
    gradient = Head(
        intercept=float(residual.sum()),
        image=run.findings.T @ residual + penalties.image * head.image,
        clinical=clinical.T @ residual + penalties.clinical * head.clinical,
        embedding=by_embedding.T @ clinical + penalties.fusion * head.embedding,
        gate=by_gate.T @ run.embedded + penalties.fusion * head.gate,
        interaction=(residual[:, None] * run.embedded).T @ run.findings + penalties.fusion * head.interaction,
        prior=head.prior,
    )
    loss += 0.5 * penalties.image * float(head.image @ head.image)
    loss += 0.5 * penalties.clinical * float(head.clinical @ head.clinical)
    for part in (head.embedding, head.gate, head.interaction):
        loss += 0.5 * penalties.fusion * float((part**2).sum())
    return loss, _flatten(gradient)


def _flatten(head: Head) -> _Array:
    parts = (head.image, head.clinical, head.embedding, head.gate, head.interaction)
    return np.concatenate([[head.intercept], *(part.ravel() for part in parts)])


def _unflatten(flat: _Array, like: Head) -> Head:
    parts, place = [], 1
    for part in (like.image, like.clinical, like.embedding, like.gate, like.interaction):
        parts.append(flat[place : place + part.size].reshape(part.shape))
        place += part.size
    image, clinical, embedding, gate, interaction = parts
    return Head(float(flat[0]), image, clinical, embedding, gate, interaction, like.prior)
