"""A label whose words wrap and are never cut off, in whatever layout it stands."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

__all__ = ["WrappedLabel"]


class WrappedLabel(QLabel):
    """A `QLabel` with word wrap that asks for the height that its width needs.

    Nested layouts ask a wrapped label for its least height without telling it the width, and get too little.
    """

    def __init__(self, words: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setText(words)

    def setText(self, words: str) -> None:  # noqa: N802 - Qt's name
        """Shows other words."""
        super().setText(words)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Asks anew when the width has changed."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        needed = self.heightForWidth(self.width())
        if needed > 0 and needed != self.minimumHeight():
            self.setMinimumHeight(needed)
