"""Runs an operation on the ROI beside the window, so that the window never stands still."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal

from apnet_desktop.ct.roi_editing.progress import Progress
from apnet_desktop.errors import KnownError, Stopped

__all__ = ["BackgroundMask"]

Operation = Callable[[Progress], NDArray[np.bool_]]


class _Signals(QObject):
    progressed = Signal(int, float)
    ended = Signal(int, object, object)


class _Run(QRunnable):
    def __init__(self, generation: int, operation: Operation, signals: _Signals, stop: threading.Event) -> None:
        super().__init__()
        self._generation, self._operation, self._signals, self._stop = generation, operation, signals, stop

    def run(self) -> None:
        """Computes the mask; called by the thread pool."""
        mask: NDArray[np.bool_] | None = None
        fault: Exception | None = None
        try:
            mask = self._operation(self._progress)
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - raised again on the window's thread, where bugs are caught
            fault = error
        self._signals.ended.emit(self._generation, mask, fault)

    def _progress(self, fraction: float) -> None:
        if self._stop.is_set():
            raise Stopped
        self._signals.progressed.emit(self._generation, fraction)


class BackgroundMask(QObject):
    """Computes one mask at a time; a new operation, or `stop`, makes an older one go unheard.

    Attributes:
        progressed: Fraction done of the present operation.
        finished: The mask (bool z, y, x), or None if it was stopped or refused.
        refused: The `Message` of why there is no mask.
    """

    progressed = Signal(float)
    finished = Signal(object)
    refused = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._generation = 0
        self._running = False
        self._stop = threading.Event()
        self._signals = _Signals(self)
        self._signals.progressed.connect(self._progressed, Qt.ConnectionType.QueuedConnection)
        self._signals.ended.connect(self._ended, Qt.ConnectionType.QueuedConnection)

    @property
    def is_running(self) -> bool:
        """True from `start` until `finished`."""
        return self._running

    def start(self, operation: Operation) -> None:
        """Runs `operation` in the thread pool. What ran before is stopped and never heard of again."""
        self._stop.set()
        self._stop = threading.Event()
        self._generation += 1
        self._running = True
        QThreadPool.globalInstance().start(_Run(self._generation, operation, self._signals, self._stop))

    def stop(self) -> None:
        """Stops what runs; `finished` carries None at once."""
        if not self._running:
            return
        self._stop.set()
        self._generation += 1
        self._running = False
        self.finished.emit(None)

    def _progressed(self, generation: int, fraction: float) -> None:
        if generation == self._generation and self._running:
            self.progressed.emit(fraction)

    def _ended(self, generation: int, mask: NDArray[np.bool_] | None, fault: Exception | None) -> None:
        if generation != self._generation:
            return
        self._running = False
        self.finished.emit(mask)
        if isinstance(fault, KnownError):
            self.refused.emit(fault.message)
        elif fault is not None:
            raise fault
