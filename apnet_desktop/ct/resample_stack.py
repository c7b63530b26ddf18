"""Interpolates a stack whose slices are tilted, unevenly spaced or missing onto a regular grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["AIR", "resample", "shifted", "weights_along"]

# HU of what lies outside every slice.
AIR = -1024


def shifted(values: NDArray[np.int16], shape: tuple[int, int], shift: tuple[float, float]) -> NDArray[np.float32]:
    """A slice [row, column], moved by `shift` = (rows, columns) pixels into an image of `shape`, linear in between.

    Pixels that the slice does not reach are air.
    """
    result = np.full(shape, np.float32(AIR))
    whole = np.floor(np.array(shift) + 1e-6).astype(int)
    part = np.clip(np.array(shift) - whole, 0.0, 1.0)
    padded = np.full((values.shape[0] + 1, values.shape[1] + 1), np.float32(AIR))
    padded[: values.shape[0], : values.shape[1]] = values
    row, column = (float(part[0]), float(part[1]))
    if row > 1e-6:
        padded[1:] = (1.0 - row) * padded[1:] + row * padded[:-1]
        padded[0] = (1.0 - row) * padded[0] + row * AIR
    if column > 1e-6:
        padded[:, 1:] = (1.0 - column) * padded[:, 1:] + column * padded[:, :-1]
        padded[:, 0] = (1.0 - column) * padded[:, 0] + column * AIR
    top, left = int(whole[0]), int(whole[1])
    height = min(padded.shape[0], shape[0] - top)
    width = min(padded.shape[1], shape[1] - left)
    result[top : top + height, left : left + width] = padded[:height, :width]
    return result


def weights_along(places: NDArray[np.float64], spacing: float, count: int) -> list[tuple[int, int, float]]:
    """For each of `count` output slices: the slices before and after it, and the weight of the one after.

    Args:
        places: mm along the normal of each input slice, ascending from 0.
        spacing: mm between output slices.
        count: Output slices.
    """
    result = []
    for index in range(count):
        wanted = min(index * spacing, float(places[-1]))
        after = int(np.searchsorted(places, wanted - 1e-4))
        if after == 0 or abs(places[after] - wanted) <= 1e-4:
            result.append((after, after, 0.0))
        else:
            before = after - 1
            weight = (wanted - places[before]) / (places[after] - places[before])
            result.append((before, after, float(weight)))
    return result


def resample(
    read: Callable[[int], NDArray[np.int16]],
    target: NDArray[np.int16],
    offsets: NDArray[np.float64],
    spacing: tuple[float, float, float],
    done: Callable[[int], None],
) -> None:
    """Fills `target` [slice, row, column] from the slices that `read` gives by index, two at a time in memory.

    Args:
        read: HU of one input slice.
        target: The regular grid in the acquisition's axes.
        offsets: (slices, 3): mm from the first along row, column and normal.
        spacing: mm of the target along row, column and normal.
        done: Called with the index of each finished slice.
    """
    low = np.floor(offsets[:, :2].min(axis=0) / spacing[:2] + 1e-6)
    cache: dict[int, NDArray[np.float32]] = {}

    def moved(index: int) -> NDArray[np.float32]:
        if index not in cache:
            column, row = offsets[index, :2] / spacing[:2] - low
            cache[index] = shifted(read(index), (target.shape[1], target.shape[2]), (float(row), float(column)))
        return cache[index]

    for index, (before, after, weight) in enumerate(weights_along(offsets[:, 2], spacing[2], target.shape[0])):
        values = moved(before)
        if weight > 0.0:
            values = (1.0 - weight) * values + weight * moved(after)
        target[index] = np.clip(np.rint(values), -32768, 32767)
        for old in [key for key in cache if key < before]:
            del cache[old]
        done(index)
