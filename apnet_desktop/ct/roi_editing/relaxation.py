"""The random walker with priors: the smoothest labelling that fits what is known and follows the image's edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["edge_weights", "relax"]

_FLOOR = 0.01
"""Weight of an edge across the sharpest step: a noisy voxel is never cut off altogether."""


def edge_weights(image: NDArray[np.float32], spacing: tuple[float, ...], contrast: float) -> list[NDArray[np.float32]]:
    """How strongly neighbours along each axis hold together: exp(−(ΔHU / contrast)²), less over longer distances.

    Args:
        image: HU, two or three axes.
        spacing: Spacing in mm along the axes.
        contrast: HU step that counts as an edge.
    """
    shortest = min(spacing)
    weights = []
    for axis, length in enumerate(spacing):
        step = np.diff(image, axis=axis) / np.float32(contrast)
        weights.append(np.exp(-np.square(step)) * np.float32((shortest / length) ** 2) + np.float32(_FLOOR))
    return weights


def relax(
    prior: NDArray[np.float32],
    trust: NDArray[np.float32],
    weights: list[NDArray[np.float32]],
    iterations: int = 60,
    tolerance: float = 2e-3,
) -> NDArray[np.float32]:
    """Minimises Σ w (x_a − x_b)² + Σ trust (x − prior)² by conjugate gradients with a diagonal preconditioner.

    Grady, "Multilabel random walker image segmentation using prior models", CVPR 2005; Hestenes and Stiefel 1952.

    Args:
        prior: What each voxel is believed to be, 0 to 1.
        trust: How much that belief counts; large where a person has said so.
        weights: What `edge_weights` returned.
        iterations: At most this many.
        tolerance: Ends when the residual is this small a part of the right-hand side.

    Returns:
        float32, 0 to 1.
    """
    right = trust * prior
    diagonal = trust.copy()
    for axis, weight in enumerate(weights):
        diagonal[_all_but(axis, last=True, axes=prior.ndim)] += weight
        diagonal[_all_but(axis, last=False, axes=prior.ndim)] += weight
    solution = prior.copy()
    residual = right - _multiplied(solution, trust, weights)
    search = residual / diagonal
    conjugate = search.copy()
    product = float((residual * search).sum())
    enough = tolerance * float(np.linalg.norm(right))
    for _ in range(iterations):
        if float(np.linalg.norm(residual)) <= enough:
            break
        image = _multiplied(conjugate, trust, weights)
        step = np.float32(product / float((conjugate * image).sum()))
        solution += step * conjugate
        residual -= step * image
        search = residual / diagonal
        product, before = float((residual * search).sum()), product
        conjugate = search + np.float32(product / before) * conjugate
    return solution


def _multiplied(
    values: NDArray[np.float32], trust: NDArray[np.float32], weights: list[NDArray[np.float32]]
) -> NDArray[np.float32]:
    result = trust * values
    for axis, weight in enumerate(weights):
        low = _all_but(axis, last=True, axes=values.ndim)
        high = _all_but(axis, last=False, axes=values.ndim)
        flow = weight * (values[low] - values[high])
        result[low] += flow
        result[high] -= flow
    return result


def _all_but(axis: int, *, last: bool, axes: int) -> tuple[slice, ...]:
    chosen = [slice(None)] * axes
    chosen[axis] = slice(0, -1) if last else slice(1, None)
    return tuple(chosen)
