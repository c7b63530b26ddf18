"""Asks a named person for the review of a report: role, what they say of the prediction, and a comment."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.language import Language, text
from apnet_desktop.report.content import Review, ReviewDecision

__all__ = ["ReviewDialog"]


class ReviewDialog(QDialog):
    """Name, role, decision and comment of the reviewer.

    Args:
        person: Proposed name.
        language: Of the texts.
        parent: Owner.
    """

    def __init__(self, person: str, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(text("gui.review_title", language))
        self.person = QLineEdit(person, self)
        self.role = QLineEdit(self)
        for edit in (self.person, self.role):
            edit.setMaxLength(120)
        self.decision = QComboBox(self)
        for decision in ReviewDecision:
            self.decision.addItem(text(f"gui.review_{decision.value}", language), decision)
        self.comment = QPlainTextEdit(self)
        self.comment.setTabChangesFocus(True)
        self.comment.setMaximumHeight(110)
        note = QLabel(text("gui.review_note", language), self)
        note.setObjectName("quiet")
        note.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._ok.setText(text("gui.review_sign", language))
        form = QFormLayout()
        form.addRow(text("gui.review_person", language), self.person)
        form.addRow(text("gui.review_role", language), self.role)
        form.addRow(text("gui.review_decision", language), self.decision)
        form.addRow(text("gui.review_comment", language), self.comment)
        column = QVBoxLayout(self)
        column.addWidget(note)
        column.addLayout(form)
        column.addWidget(buttons)
        self.setMinimumWidth(420)
        self.person.textChanged.connect(self._check)
        self._check()

    def _check(self) -> None:
        self._ok.setEnabled(bool(self.person.text().strip()))

    def review(self) -> Review:
        """What was typed, with the time now."""
        return Review(
            person=" ".join(self.person.text().split()),
            role=" ".join(self.role.text().split()),
            time=datetime.now(UTC).replace(microsecond=0),
            decision=self.decision.currentData(),
            comment=self.comment.toPlainText().strip()[:2000],
        )
