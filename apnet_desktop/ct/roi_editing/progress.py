"""How a long operation says how far it is, and learns that nobody waits for it any more."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress", "silent"]

Progress = Callable[[float], None]
"""Called with the fraction done, 0 to 1, several times a second. It may raise `errors.Stopped`, which ends the
operation."""


def silent(fraction: float) -> None:
    """Progress that nobody looks at."""
