"""Qt's own memory: its file dialog keeps the folders that were visited, and a folder may be called after a patient."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

__all__ = ["forget_file_dialogs"]


def forget_file_dialogs(application: QApplication, folder: Path) -> None:
    """Keeps the history of file dialogs out of the user's configuration; to be called before the first dialog.

    Qt writes it whenever a dialog is destroyed. On Linux it goes to `folder`; on Windows and macOS, whose settings have
    no path, it is removed as the program starts and as it ends.

    Args:
        application: The running application.
        folder: A private folder that is cleared at each start: `partial` in the store's.
    """
    _forget()
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, str(folder))
    application.aboutToQuit.connect(_forget)


def _forget() -> None:
    history = QSettings(QSettings.Scope.UserScope, "QtProject")
    history.remove("FileDialog")
    history.sync()
