"""What a person would draw of an organ whose mask is known: outlines on some slices, or a few strokes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

__all__ = ["Mask", "dice", "outlined_slices", "scripted_strokes", "signed_distance_fill", "stroke_slices", "strokes_on"]

Mask = NDArray[np.bool_]
Spacing = tuple[float, float, float]
_RING = 7.0
_ARC = 0.6


def dice(first: Mask, second: Mask) -> float:
    """Dice's overlap."""
    return 2.0 * float((first & second).sum()) / max(1.0, float(first.sum() + second.sum()))


def outlined_slices(mask: Mask, gap: int) -> Mask:
    """The mask on every `gap`-th slice of the organ from its first, and on its last."""
    slices = np.flatnonzero(mask.any(axis=(1, 2)))
    drawn = np.zeros_like(mask)
    for k in {*range(int(slices[0]), int(slices[-1]) + 1, gap), int(slices[-1])}:
        drawn[k] = mask[k]
    return drawn


def signed_distance_fill(drawn: Mask, spacing: Spacing) -> Mask:
    """Plain interpolation of signed distances between the outlined slices: what every editor does."""
    filled = drawn.copy()
    outlined = np.flatnonzero(drawn.any(axis=(1, 2)))
    for below, above in pairwise(outlined.tolist()):
        low, high = (
            ndimage.distance_transform_edt(drawn[k], sampling=spacing[1:])
            - ndimage.distance_transform_edt(~drawn[k], sampling=spacing[1:])
            for k in (below, above)
        )
        for k in range(below + 1, above):
            part = (k - below) / (above - below)
            filled[k] = (1 - part) * low + part * high > 0
    return filled


def stroke_slices(mask: Mask) -> list[int]:
    """Five slices spread over the organ."""
    slices = np.flatnonzero(mask.any(axis=(1, 2)))
    return sorted({round(value) for value in np.quantile(slices, [0.08, 0.29, 0.5, 0.71, 0.92])})


def scripted_strokes(mask: Mask, spacing: Spacing, seed: int = 0) -> tuple[Mask, Mask]:
    """One stroke inside and one outside on each of five slices."""
    inside, outside = np.zeros_like(mask), np.zeros_like(mask)
    rng = np.random.default_rng(seed)
    for k in stroke_slices(mask):
        one, other = strokes_on(mask[k], spacing[1:], rng)
        inside[k], outside[k] = one, other
    return inside, outside


def strokes_on(mask: Mask, spacing: tuple[float, float], rng: np.random.Generator) -> tuple[Mask, Mask]:
    """Inside: along the middle of the largest part. Outside: three fifths of a ring 7 mm around all of it."""
    inside, outside = np.zeros_like(mask), np.zeros_like(mask)
    if not mask.any():
        return inside, outside
    for row, column in _middle_line(mask, np.array(spacing)):
        inside[row, column] = True
    away = ndimage.distance_transform_edt(~mask, sampling=spacing)
    ring = np.argwhere(np.abs(away - _RING) < 0.75 * max(spacing))
    around = (ring - np.argwhere(mask).mean(axis=0)) * np.array(spacing)
    turned = (np.arctan2(around[:, 0], around[:, 1]) - rng.uniform(-np.pi, np.pi)) % (2 * np.pi)
    for row, column in ring[turned < 2 * np.pi * _ARC]:
        outside[row, column] = True
    return inside, outside


def _middle_line(mask: Mask, spacing: NDArray[np.float64]) -> list[tuple[int, int]]:
    """A way through the largest part that keeps to its middle, nearly from tip to tip."""
    parts, count = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    largest = parts == sizes.argmax()
    depth = ndimage.distance_transform_edt(np.pad(largest, 1), sampling=spacing)[1:-1, 1:-1]
    points = np.argwhere(largest)
    number = np.full(mask.shape, -1)
    number[largest] = np.arange(len(points))
    cost = 1.0 / (depth**2 + 0.1)
    rows, columns, weights = [], [], []
    for step in ((0, 1), (1, 0), (1, 1), (1, -1)):
        others = points + step
        valid = ((others >= 0) & (others < mask.shape)).all(axis=1)
        a, b = points[valid], others[valid]
        valid = largest[b[:, 0], b[:, 1]]
        a, b = a[valid], b[valid]
        rows.append(number[a[:, 0], a[:, 1]])
        columns.append(number[b[:, 0], b[:, 1]])
        length = float(np.hypot(*(np.array(step) * spacing)))
        weights.append(length * (cost[a[:, 0], a[:, 1]] + cost[b[:, 0], b[:, 1]]) / 2)
    ways = coo_matrix(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=(len(points),) * 2
    ).tocsr()
    deepest = points[int(np.argmax(depth[largest]))]
    tip = int(np.argmax(np.hypot(*((points - deepest) * spacing).T)))
    _, before = dijkstra(ways, directed=False, indices=tip, return_predecessors=True)
    at = int(np.argmax(np.hypot(*((points - points[tip]) * spacing).T)))
    path = [at]
    while at != tip and before[at] >= 0:
        at = int(before[at])
        path.append(at)
    cut = max(1, len(path) // 10)
    kept = path[cut:-cut] or path
    return [(int(points[n][0]), int(points[n][1])) for n in kept]
