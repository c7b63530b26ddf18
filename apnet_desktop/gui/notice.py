"""The strip under the banner where the window says what went wrong and what to do, without taking the work away."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, Message, text

__all__ = ["NoticeKind", "NoticeStrip"]


class NoticeKind(StrEnum):
    """How serious it is."""

    INFORMATION = "information"
    REFUSAL = "refusal"


class NoticeStrip(QFrame):
    """One sentence with a symbol; stays until it is closed, replaced or no longer true."""

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._language = language
        self.message: Message | None = None
        self._symbol = QLabel(self)
        self._sentence = QLabel(self)
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QPushButton(text("gui.notice_close", language), self)
        close.clicked.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(12)
        row.addWidget(self._symbol)
        row.addWidget(self._sentence, 1)
        row.addWidget(close)
        self.hide()

    @property
    def sentence(self) -> str:
        """What it says; empty while hidden."""
        return "" if self.isHidden() else self._sentence.text()

    def say(self, message: Message, kind: NoticeKind = NoticeKind.REFUSAL) -> None:
        """Shows a sentence in place of the last one."""
        chosen = colours()
        colour = chosen.refused if kind is NoticeKind.REFUSAL else chosen.accent
        self._symbol.setText("✕" if kind is NoticeKind.REFUSAL else "ⓘ")
        self._symbol.setStyleSheet(f"color: {colour.name()}; font-weight: 700;")
        self.setStyleSheet(
            f"QFrame#notice {{ background: {chosen.card.name()}; border: 1px solid {colour.name()};"
            f"border-left: 5px solid {colour.name()}; border-radius: 5px; }}"
        )
        self.message = message
        self._sentence.setText(message.text(self._language))
        self.setAccessibleName(self._sentence.text())
        self.show()

    def clear(self) -> None:
        """Takes the sentence away."""
        self.message = None
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Esc closes it."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
        else:
            super().keyPressEvent(event)
