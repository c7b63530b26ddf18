"""Correlated CT noise in integer arithmetic: equal on every machine, independent from slice to slice.

The noise power spectrum of filtered back projection rises with frequency from near zero (the ramp filter) and falls
again where the reconstruction kernel and the detector end (Riederer et al., Phys Med Biol 1978;23:446). Here white
noise is smoothed once narrowly (kernel) and once widely, and most of the wide part is taken away. All of it is
additions and shifts of integers.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.randomness import Stream, generator

__all__ = ["NoiseGrain", "noise_slice"]

_HEADROOM = 8  # bits below the integer's point that the rounding shifts may use up
_WIDE_WEIGHT = 3  # quarters of the wide part that are taken away: what is left of the lowest frequencies


class NoiseGrain:
    """How coarse the noise of a kernel is.

    Args:
        passes: Binomial smoothing passes of step 1 pixel: 1 is a sharp kernel, 3 a soft one.
        wide_step: Pixels between the taps of the wide smoothing: below this frequency the noise fades.
    """

    def __init__(self, passes: int, wide_step: int = 3) -> None:
        self.passes = passes
        self.wide_step = wide_step

    def filter(self, white: NDArray[np.int32]) -> NDArray[np.int32]:
        """The white field after the kernel; periodic at its borders."""
        narrow = white
        for _ in range(self.passes):
            narrow = _binomial(narrow, 1)
        wide = _binomial(_binomial(narrow, self.wide_step), self.wide_step)
        return narrow - ((wide * _WIDE_WEIGHT) >> 2)

    @property
    def gain(self) -> float:
        """Standard deviation after the kernel over that of the white field."""
        return _gain(self.passes, self.wide_step)


@cache
def _gain(passes: int, wide_step: int) -> float:
    impulse = np.zeros((64, 64), np.int32)
    impulse[32, 32] = 1 << 20
    response = NoiseGrain(passes, wide_step).filter(impulse).astype(np.float64) / (1 << 20)
    return float(np.round(np.sqrt(np.sum(response * response)), 6))


def _binomial(field: NDArray[np.int32], step: int) -> NDArray[np.int32]:
    for axis in (0, 1):
        field = (field * 2 + np.roll(field, step, axis) + np.roll(field, -step, axis) + 2) >> 2
    return field


def noise_slice(
    seed: int,
    index: int,
    slice_number: int,
    size: int,
    grain: NoiseGrain,
    rows: tuple[int, int] | None = None,
    columns: tuple[int, int] | None = None,
) -> NDArray[np.float32]:
    """Noise of one slice or a window of it: mean 0, standard deviation 1, near Gaussian.

    Args:
        seed: Seed of the cohort.
        index: Patient in it.
        slice_number: Slice k; every slice has a stream of its own, so any slice can be made alone.
        size: Pixels along each side; even.
        grain: Correlation.
        rows: First and last + 1 of the window; None: all.
        columns: First and last + 1 of the window; None: all.

    Returns:
        (rows, columns); a window holds what the whole slice holds there.
    """
    stream = generator(seed, index, Stream.NOISE, slice_number)
    raw = stream.bit_generator.random_raw(size * size // 2).astype("<u8", copy=False)
    # Four uniform bytes make one nearly normal number; the smoothing does the rest.
    parts = raw.view(np.uint8).reshape(4, size * size)
    white = parts[0].astype(np.int32) + parts[1] + parts[2] + parts[3] - 510
    # The window and what the filters reach beyond it; the slice is periodic.
    margin = grain.passes + 2 * grain.wide_step
    down, across = (
        np.arange(first - margin, last + margin) % size for first, last in (rows or (0, size), columns or (0, size))
    )
    part = white.reshape(size, size)[down[:, None], across]
    filtered = grain.filter(part << _HEADROOM)[margin:-margin, margin:-margin]
    deviation = np.sqrt(4 * (256.0**2 - 1) / 12) * grain.gain * (1 << _HEADROOM)
    return filtered.astype(np.float32) * np.float32(1 / deviation)
