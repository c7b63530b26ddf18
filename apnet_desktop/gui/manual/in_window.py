"""F1: the manual opens at the page of the screen that a person looks at."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from apnet_desktop.gui.manual.pages import Screen, place_of
from apnet_desktop.gui.manual.window import ManualWindow
from apnet_desktop.language import Language

__all__ = ["ManualInWindow"]


class ManualInWindow(QObject):
    """Opens the manual; it is made when it is first asked for and stays open beside the work.

    Args:
        language: Of the window.
        screen: Gives the screen that is shown.
        parent: Qt's owner.
    """

    def __init__(self, language: Language, screen: Callable[[], Screen], parent: QObject) -> None:
        super().__init__(parent)
        self._language = language
        self._screen = screen
        self.window: ManualWindow | None = None

    def show(self) -> None:
        """Opens the manual where it speaks of the screen that is shown."""
        if self.window is None:
            self.window = ManualWindow(self._language)
        self.window.show_place(place_of(self._screen()))

    def close(self) -> None:
        """Closes it with the window that it belongs to."""
        if self.window is not None:
            self.window.close()
