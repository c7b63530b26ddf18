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
        path_dropped: One file or folder was dropped, or several files of one folder: then the folder; carries the
            `Path`.
        several_dropped: Things of several folders, or several folders, were dropped at once; nothing is opened.
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
        together = _together(paths)
        if together is not None:
            event.acceptProposedAction()
            # The drag source waits for the end of this event.
            QTimer.singleShot(0, self, lambda: self.path_dropped.emit(together))
        elif paths:
            self.several_dropped.emit()


def _together(paths: list[Path]) -> Path | None:
    """The one thing that was dropped; of several files of a series their folder; None if it is not one thing."""
    if len(paths) == 1:
        return paths[0]
    parents = {path.parent for path in paths}
    return parents.pop() if len(parents) == 1 and all(path.is_file() for path in paths) else None


def _paths(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
