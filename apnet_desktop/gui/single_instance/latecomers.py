"""Opens what later starts bring, one at a time, and never under a dialog that speaks of another patient."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

__all__ = ["Latecomers"]

_WAIT = 200  # ms


class Latecomers(QObject):
    """Brings the window to the front and opens the path there.

    While a dialog is open the path waits: the dialog asks about the patient who is on the screen. Of several that wait
    the last is opened, as after several double-clicks.

    Args:
        window: The window.
        open_path: Opens a path in it.
    """

    def __init__(self, window: QWidget, open_path: Callable[[Path], None]) -> None:
        super().__init__(window)
        self._window = window
        self._open_path = open_path
        self._waiting: Path | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_WAIT)
        self._timer.timeout.connect(self._try)

    def take(self, path: Path | None) -> None:
        """A later start."""
        self._to_front()
        if path is not None:
            self._waiting = path
            self._try()

    def _try(self) -> None:
        if QApplication.activeModalWidget() is not None or QApplication.activePopupWidget() is not None:
            self._timer.start()
            return
        self._timer.stop()
        path, self._waiting = self._waiting, None
        if path is not None:
            self._open_path(path)

    def _to_front(self) -> None:
        window = self._window
        window.setWindowState((window.windowState() & ~Qt.WindowState.WindowMinimized) | Qt.WindowState.WindowActive)
        window.show()
        window.raise_()
        (QApplication.activeModalWidget() or window).activateWindow()
