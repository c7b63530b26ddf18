"""From stored values to Hounsfield units: slope and intercept of each slice, in floating point unless whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.series import PixelFormat

__all__ = ["native_dtype", "to_hounsfield", "used_bits"]

_LOW, _HIGH = -32768, 32767


def native_dtype(format: PixelFormat) -> np.dtype[np.integer]:
    """How uncompressed values lie in the file."""
    kind = "i" if format.signed else "u"
    return np.dtype(f"{'>' if format.big_endian else '<'}{kind}{format.bits_allocated // 8}")


def used_bits(values: NDArray[np.integer], format: PixelFormat) -> NDArray[np.integer]:
    """Values without what may lie in the bits above those stored (old overlays), with their sign."""
    unused = format.bits_allocated - format.bits_stored
    if not unused:
        return values
    if not format.signed:
        return np.asarray(np.bitwise_and(values, (1 << format.bits_stored) - 1))
    return np.asarray(np.right_shift(np.left_shift(values, unused), unused))


def to_hounsfield(
    stored: NDArray[np.integer], slope: float, intercept: float, target: NDArray[np.int16]
) -> tuple[bool, bool]:
    """Writes slope × stored + intercept into `target` as int16.

    Returns:
        (rounded, clipped): True if some value was not whole; True if some value was beyond int16.
    """
    low, high = int(stored.min()), int(stored.max())
    if slope == 1.0 and float(intercept).is_integer():
        whole = int(intercept)
        if low >= _LOW and high <= _HIGH and low + whole >= _LOW and high + whole <= _HIGH:
            # Both ends fit int16, so that adding modulo 2^16 gives the exact sum.
            narrow = stored.view(np.int16) if stored.dtype.itemsize == 2 else stored.astype(np.int16)
            np.add(narrow, np.int16(whole), out=target)
            return False, False
        wide = stored.astype(np.int64) + whole
        np.clip(wide, _LOW, _HIGH, out=wide)
        target[...] = wide
        return False, low + whole < _LOW or high + whole > _HIGH
    exact = stored.astype(np.float64) * slope + intercept
    near = np.rint(exact)
    rounded = bool(np.abs(near - exact).max() > 1e-6)
    clipped = bool(near.min() < _LOW or near.max() > _HIGH)
    target[...] = np.clip(near, _LOW, _HIGH)
    return rounded, clipped
