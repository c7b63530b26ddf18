"""The help menu: the manual at the page of the screen, the log folder, what the program is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from apnet_desktop.gui.manual.in_window import ManualInWindow
from apnet_desktop.gui.manual.pages import Screen
from apnet_desktop.gui.menus import Command
from apnet_desktop.language import Language, text
from apnet_desktop.version import APPLICATION_VERSION

__all__ = ["HelpInWindow"]


class HelpInWindow(QObject):
    """What a person finds under *Help*.

    Args:
        language: Of the window.
        screen: Gives the screen that is shown.
        log_folder: Where the logs lie.
        window: Owner of what it asks and shows.

    Attributes:
        manual: The manual.
    """

    def __init__(
        self, language: Language, screen: Callable[[], Screen], log_folder: Path | None, window: QWidget
    ) -> None:
        super().__init__(window)
        self._language = language
        self._log_folder = log_folder
        self._window = window
        self.manual = ManualInWindow(language, screen, self)

    def commands(self) -> list[Command | None]:
        """The lines of the menu."""
        language = self._language
        return [
            Command(text("manual.open", language), self.manual.show, "F1"),
            Command(text("gui.action_logs", language), self._open_logs),
            Command(text("gui.action_about", language), self._about),
        ]

    def _open_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_folder)))

    def _about(self) -> None:
        QMessageBox.about(
            self._window,
            text("gui.title", self._language),
            text("gui.about", self._language, version=APPLICATION_VERSION),
        )
