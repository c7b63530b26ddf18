"""A window that takes files and folders which are dropped on it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow

__all__ = ["DropWindow"]


class DropWindow(QMainWindow):
    """A main window on which one file or folder can be dropped.

    Signals:
        path_dropped: One file or folder was dropped; carries its `Path`.
        several_dropped: Several at once were dropped; nothing is opened.
    """

    path_dropped = Signal(object)
    several_dropped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Takes files and folders."""
        if _paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Passes on what was dropped."""
        paths = _paths(event.mimeData())
        if len(paths) == 1:
            event.acceptProposedAction()
            # The drag source waits for the end of this event.
            QTimer.singleShot(0, self, lambda: self.path_dropped.emit(paths[0]))
        elif paths:
            self.several_dropped.emit()


def _paths(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
