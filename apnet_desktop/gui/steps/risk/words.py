"""Labels that the cards of the result are made of."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

__all__ = ["heading", "line", "quiet_line"]


def heading(words: str, parent: QWidget) -> QLabel:
    """A bold line."""
    label = line(words, parent)
    font = QFont(parent.font())
    font.setBold(True)
    label.setFont(font)
    return label


def line(words: str, parent: QWidget) -> QLabel:
    """A sentence that wraps; what it says is text, never markup."""
    label = QLabel(words, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label


def quiet_line(words: str, parent: QWidget) -> QLabel:
    """A sentence of less weight."""
    label = line(words, parent)
    label.setObjectName("quiet")
    return label
