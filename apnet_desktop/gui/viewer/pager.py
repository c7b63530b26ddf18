"""Turns the wheel into slices without losing one: each slice is painted before the next one is asked for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

__all__ = ["SlicePager"]

_WAITING_LIMIT = 12
"""Steps that may wait: a fifth of a second at 60 Hz. When the hand is faster than the display, steps beyond it are
given up, so that paging ends when the hand stops; no slice on the way is ever left out."""


class SlicePager(QObject):
    """Makes steps one at a time, at most one for each refresh of the display.

    Args:
        step: Moves by one slice (+1 or −1) and paints it before it returns.
        interval: Time between two steps in ms.
        parent: Owner.
    """

    def __init__(self, step: Callable[[int], None], interval: int, parent: QObject) -> None:
        super().__init__(parent)
        self._step = step
        self._waiting = 0
        self._timer = QTimer(self)
        self._timer.setInterval(interval)
        self._timer.timeout.connect(self._next)

    @property
    def interval(self) -> int:
        """Time between two steps in ms."""
        return self._timer.interval()

    def request(self, steps: int) -> None:
        """Asks for `steps` slices forward, or backward if negative. Turning back drops what still waits."""
        if self._waiting * steps < 0:
            self._waiting = 0
        self._waiting = min(max(self._waiting + steps, -_WAITING_LIMIT), _WAITING_LIMIT)
        if not self._timer.isActive() and self._waiting:
            self._timer.start()
            self._next()

    def stop(self) -> None:
        """Drops what still waits."""
        self._waiting = 0
        self._timer.stop()

    def _next(self) -> None:
        if self._waiting == 0:
            self._timer.stop()
            return
        direction = 1 if self._waiting > 0 else -1
        self._waiting -= direction
        self._step(direction)
