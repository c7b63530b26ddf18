"""Small parts of the worklist: the words of an empty list, and the strip that takes the last step back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont, QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from apnet_desktop.language import Language, text

__all__ = ["EmptyList", "UndoStrip"]

_UNDO_SHOWN_MS = 12_000


class EmptyList(QFrame):
    """Says why a list is empty and what to do."""

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._language = language
        self.title = QLabel(self)
        font = QFont(self.title.font())
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setBold(True)
        self.title.setFont(font)
        self._hint = QLabel(self)
        self._hint.setObjectName("quiet")
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.addStretch(2)
        column.addWidget(self.title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._hint)
        column.addStretch(3)

    def explain(self, which: str) -> None:
        """Shows the words for the list `which`, or for a `search` that finds nothing."""
        self.title.setText(text(f"worklist.empty_{which}", self._language))
        self._hint.setText(text(f"worklist.empty_{which}_hint", self._language))


class UndoStrip(QFrame):
    """Says what was done, and for some seconds offers to take it back.

    Signals:
        taken_back: A person wants it back; carries the `undo` of `offer`.
    """

    taken_back = Signal(object)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._language = language
        self._undo: Callable[[], object] | None = None
        self._stop: Callable[[], object] | None = None
        self.sentence = QLabel(self)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton(text("worklist.undo", language), self)
        self.button.clicked.connect(self._take_back)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_UNDO_SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.button)
        self.hide()

    def offer(self, sentence: str, undo: Callable[[], object] | None) -> None:
        """Says what was done; with `undo` it can be taken back."""
        self._undo, self._stop = undo, None
        self.sentence.setText(sentence)
        self.button.setText(text("worklist.undo", self._language))
        self.button.setVisible(undo is not None)
        self.show()
        self._timer.start()

    def tell(self, sentence: str, stop: Callable[[], object]) -> None:
        """Says what is under way, until something else is said; it can be stopped."""
        self._undo, self._stop = None, stop
        self.sentence.setText(sentence)
        self.button.setText(text("worklist.stop", self._language))
        self.button.setVisible(True)
        self._timer.stop()
        self.show()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """What is not offered any more needs no clock."""
        self._timer.stop()
        super().hideEvent(event)

    def _take_back(self) -> None:
        if self._stop is not None:
            self._stop()
            return
        undo, self._undo = self._undo, None
        self.hide()
        if undo is not None:
            self.taken_back.emit(undo)
