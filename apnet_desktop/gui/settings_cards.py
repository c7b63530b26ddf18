"""Cards of the settings page: a heading, rows of a label and a control, a hint under a control."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

__all__ = ["SettingsCard", "choice_box", "choose"]

_LABEL_WIDTH = 210
_CONTROL_PADDING = 12


class SettingsCard(QFrame):
    """One group of settings."""

    def __init__(self, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        title = QLabel(heading, self)
        font = QFont(title.font())
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.15)
        title.setFont(font)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 14, 18, 16)
        column.setSpacing(12)
        column.addWidget(title)
        column.addLayout(self._grid)

    def add(self, label: str, control: QWidget, hint: str = "") -> QLabel | None:
        """Adds a row; returns the label of its hint."""
        row = self._grid.rowCount()
        name = QLabel(label, self)
        name.setBuddy(control)
        control.setAccessibleName(label)
        control.setMinimumHeight(self.fontMetrics().height() + _CONTROL_PADDING)
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(control, row, 1)
        return self.explain(hint) if hint else None

    def add_wide(self, control: QWidget) -> None:
        """Adds a row without a label."""
        row = self._grid.rowCount()
        self._grid.addWidget(QLabel(self), row, 0)
        self._grid.addWidget(control, row, 1)

    def explain(self, hint: str) -> QLabel:
        """Adds a quiet sentence."""
        words = QLabel(hint, self)
        words.setObjectName("quiet")
        words.setWordWrap(True)
        words.setTextFormat(Qt.TextFormat.PlainText)
        self._grid.addWidget(words, self._grid.rowCount(), 1)
        return words


def choice_box(choices: list[tuple[str, str]], parent: QWidget) -> QComboBox:
    """A box of choices: (value, text)."""
    box = QComboBox(parent)
    for value, words in choices:
        box.addItem(words, value)
    # The wheel scrolls the page; it must not change a setting on the way.
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def choose(box: QComboBox, value: str) -> None:
    """Shows a choice."""
    box.setCurrentIndex(box.findData(value))
