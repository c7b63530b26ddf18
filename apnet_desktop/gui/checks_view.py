"""Named checks: a symbol that differs in shape, the sentence, and where allowed *Go on anyway* with a reason."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, text

__all__ = ["ChecksView"]

_SYMBOLS = {CheckState.PASSED: "✓", CheckState.WARNED: "▲", CheckState.REFUSED: "✕"}


class ChecksView(QWidget):
    """Checks, refused first, then warned; passed ones are counted in one line.

    Signals:
        overridden: A person goes on in spite of a check; carries the check's id and the reason.
    """

    overridden = Signal(str, str)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.checks: tuple[Check, ...] = ()
        self._shown: tuple[tuple[Check, ...], tuple[str, ...]] = ((), ())

    def show_checks(self, checks: tuple[Check, ...], overridable: tuple[str, ...] = ()) -> None:
        """Shows `checks`; those named in `overridable` get *Go on anyway* if they are refused."""
        if (checks, overridable) == self._shown:
            return
        self.checks, self._shown = checks, (checks, overridable)
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        states = (CheckState.REFUSED, CheckState.WARNED)
        for state in states:
            for check in checks:
                if check.state is state:
                    self._column.addWidget(self._row(check, check.id in overridable))
        passed = [check for check in checks if check.state is CheckState.PASSED]
        if passed:
            self._column.addWidget(self._passed(passed))

    def _row(self, check: Check, overridable: bool) -> QWidget:
        row = QWidget(self)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        chosen = colours()
        colour = chosen.refused if check.state is CheckState.REFUSED else chosen.look
        symbol = QLabel(_SYMBOLS[check.state], row)
        symbol.setStyleSheet(f"color: {colour.name()}; font-weight: 700;")
        sentence = QLabel(check.message.text(self._language), row)
        sentence.setWordWrap(True)
        sentence.setTextFormat(Qt.TextFormat.PlainText)
        sentence.setAlignment(Qt.AlignmentFlag.AlignTop)
        line.addWidget(symbol, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(sentence)
        if check.override_reason is not None:
            reason = QLabel(text("gui.overridden", self._language, reason=check.override_reason), row)
            reason.setWordWrap(True)
            reason.setTextFormat(Qt.TextFormat.PlainText)
            words.addWidget(reason)
        elif check.blocks and overridable:
            button = QPushButton(text("gui.override", self._language), row)
            button.clicked.connect(lambda: self._ask(check))
            words.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        line.addLayout(words, 1)
        return row

    def _passed(self, checks: list[Check]) -> QWidget:
        """One line that counts them and opens on their sentences."""
        part = QWidget(self)
        opener = QPushButton(part)
        opener.setFlat(True)
        opener.setStyleSheet("text-align: left; padding: 1px 0px; border: none;")
        sentences = QLabel("\n".join(f"✓  {check.message.text(self._language)}" for check in checks), part)
        sentences.setObjectName("quiet")
        sentences.setWordWrap(True)
        sentences.setTextFormat(Qt.TextFormat.PlainText)
        sentences.hide()
        words = "✓  " + text("gui.checks_passed", self._language, count=len(checks))

        def turn() -> None:
            sentences.setVisible(sentences.isHidden())
            opener.setText(words + ("  ▸" if sentences.isHidden() else "  ▾"))

        opener.setText(words + "  ▸")
        opener.clicked.connect(turn)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(opener)
        column.addWidget(sentences)
        return part

    def _ask(self, check: Check) -> None:
        reason, accepted = QInputDialog.getText(
            self,
            text("gui.override_title", self._language),
            check.message.text(self._language) + "\n\n" + text("gui.override_reason", self._language),
        )
        if accepted and reason.strip():
            self.overridden.emit(check.id, reason.strip())
