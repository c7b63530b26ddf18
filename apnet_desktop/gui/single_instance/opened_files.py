"""macOS tells an application by an event, not on its command line, which file was double-clicked."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent

__all__ = ["OpenedFiles"]


class OpenedFiles(QObject):
    """An event filter for the application.

    Signals:
        received: A file or folder was opened with the application; carries its `Path`.
    """

    received = Signal(object)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Takes the events that carry a file."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self.received.emit(Path(event.file()))
            return True
        return super().eventFilter(watched, event)
