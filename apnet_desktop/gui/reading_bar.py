"""The bar over a case that a reader draws for a cohort: who reads, what is hidden, and the way to the next one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from apnet_desktop.language import Language, text

__all__ = ["ReadingBar"]


class ReadingBar(QFrame):
    """Shown only while a reading is open.

    Signals:
        next_wanted: The reader wants the next case.
        left: The reader stops for now.
    """

    next_wanted = Signal()
    left = Signal()

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._language = language
        self.sentence = QLabel(self)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setWordWrap(True)
        self.next_button = QPushButton(text("gui.reading_next", language), self)
        self.next_button.setObjectName("primary")
        self.next_button.setShortcut(QKeySequence("Ctrl+Shift+N"))
        self.next_button.clicked.connect(lambda _=False: self.next_wanted.emit())
        self.leave_button = QPushButton(text("gui.reading_leave", language), self)
        self.leave_button.clicked.connect(lambda _=False: self.left.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(10)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.leave_button)
        row.addWidget(self.next_button)
        self.hide()

    def show_reading(self, reader: str, minutes: float | None) -> None:
        """Shows whose reading is open.

        Args:
            reader: Who draws.
            minutes: Minutes that the finished reading took; None while its outline is not confirmed.
        """
        if minutes is None:
            self.sentence.setText(text("gui.reading_open", self._language, reader=reader))
        else:
            self.sentence.setText(text("gui.reading_kept", self._language, reader=reader, minutes=f"{minutes:.1f}"))
        self.next_button.setVisible(minutes is not None)
        self.show()
