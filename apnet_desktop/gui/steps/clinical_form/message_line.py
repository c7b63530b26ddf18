"""The line under a field: a symbol, one sentence, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from apnet_desktop.gui.steps.clinical_form.style import set_state

__all__ = ["LineKind", "MessageLine"]


class LineKind(StrEnum):
    """How serious the sentence is; each kind has its own symbol, so that nothing rests on colour."""

    REFUSED = "refused"
    QUESTION = "question"
    HINT = "hint"
    HELP = "help"


_SYMBOLS = {LineKind.REFUSED: "✕", LineKind.QUESTION: "▲", LineKind.HINT: "△", LineKind.HELP: "ⓘ"}


class MessageLine(QWidget):
    """Hidden until there is something to say. Its buttons are not Tab stops: each has a key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind: LineKind | None = None
        self._symbol = QLabel(self)
        self._symbol.setObjectName("symbol")
        self._sentence = QLabel(self)
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self._symbol.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(6)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(self._sentence)
        words.addLayout(self._buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 0, 2)
        row.setSpacing(6)
        row.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.hide()

    @property
    def sentence(self) -> str:
        """What it says; empty while hidden."""
        return self._sentence.text() if self.kind is not None else ""

    @property
    def buttons(self) -> list[QPushButton]:
        """What can be done about it, in order."""
        return [widget for index in range(self._buttons.count()) if (widget := self._button(index)) is not None]

    def say(self, kind: LineKind, sentence: str, actions: tuple[tuple[str, Callable[[], None]], ...] = ()) -> None:
        """Shows a sentence and its actions in place of the last."""
        self.clear()
        self.kind = kind
        self._symbol.setText(_SYMBOLS[kind])
        self._sentence.setText(sentence)
        self._colour()
        for label, action in actions:
            button = QPushButton(label, self)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(action)
            self._buttons.addWidget(button)
        if actions:
            self._buttons.addStretch(1)
        self.show()

    def clear(self) -> None:
        """Takes the sentence away."""
        self.kind = None
        while (item := self._buttons.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.hide()

    def _colour(self) -> None:
        for label in (self._symbol, self._sentence):
            set_state(label, (self.kind or LineKind.HELP).value)

    def _button(self, index: int) -> QPushButton | None:
        item = self._buttons.itemAt(index)
        widget = item.widget() if item is not None else None
        return widget if isinstance(widget, QPushButton) else None
