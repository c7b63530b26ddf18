"""The area that scrolls one page of a report: the wheel turns pages at its ends and zooms with Ctrl."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QScrollArea, QWidget

__all__ = ["ZOOM_STEP", "PageArea"]

ZOOM_STEP = 1.25


class PageArea(QScrollArea):
    """Scrolls a page.

    Signals:
        turned: By so many pages: 1 or -1.
        zoomed: By this factor.
        resized: The room for the page changed.
    """

    turned = Signal(int)
    zoomed = Signal(float)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        # Always there: a bar that comes and goes would change the width that the page is fitted to.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Turns or zooms where the wheel has nothing to scroll."""
        steps = event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoomed.emit(ZOOM_STEP if steps > 0 else 1 / ZOOM_STEP)
            event.accept()
            return
        bar = self.verticalScrollBar()
        at_end = bar.value() == (bar.maximum() if steps < 0 else bar.minimum())
        if steps and at_end:
            self.turned.emit(1 if steps < 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Tells of the new room."""
        super().resizeEvent(event)
        self.resized.emit()
