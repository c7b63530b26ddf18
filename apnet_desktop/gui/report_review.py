"""The dialog in which a named person reviews a report."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.language import Language, text
from apnet_desktop.report.content import Review, ReviewDecision

__all__ = ["ReviewDialog"]

_DECISIONS = {
    ReviewDecision.ACCEPTED: "report_view.accept",
    ReviewDecision.REJECTED: "report_view.reject",
    ReviewDecision.COMMENTED: "report_view.comment_only",
}


class ReviewDialog(QDialog):
    """Asks who reviews, in which role, and what they say of the prediction.

    Nothing is chosen beforehand: OK opens once there is a name and a decision, and a comment where only that is left.

    Args:
        language: Of the dialog.
        parent: Owner.
    """

    def __init__(self, language: Language = Language.ENGLISH, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(text("report_view.review_title", language))
        self._name = QLineEdit()
        self._name.setObjectName("review_name")
        self._role = QLineEdit()
        self._role.setObjectName("review_role")
        self._comment = QPlainTextEdit()
        self._comment.setObjectName("review_comment")
        self._comment.setTabChangesFocus(True)
        self._choices = QButtonGroup(self)
        self._buttons: dict[ReviewDecision, QRadioButton] = {}

        explanation = QLabel(text("report_view.review_explanation", language))
        explanation.setWordWrap(True)
        decisions = QVBoxLayout()
        for decision, id in _DECISIONS.items():
            button = QRadioButton(text(id, language))
            button.setObjectName(f"review_{decision.value}")
            self._choices.addButton(button)
            self._buttons[decision] = button
            decisions.addWidget(button)
        form = QFormLayout()
        form.addRow(text("report_view.reviewer", language), self._name)
        form.addRow(text("report_view.role", language), self._role)
        form.addRow(text("report_view.decision", language), decisions)
        form.addRow(text("report_view.comment", language), self._comment)

        self._box = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._box.button(QDialogButtonBox.StandardButton.Ok).setText(text("report_view.mark_reviewed", language))
        self._box.button(QDialogButtonBox.StandardButton.Cancel).setText(text("report_view.cancel", language))
        self._box.accepted.connect(self.accept)
        self._box.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(explanation)
        layout.addLayout(form)
        layout.addWidget(self._box)
        self._name.textChanged.connect(self._update)
        self._comment.textChanged.connect(self._update)
        self._choices.buttonToggled.connect(self._update)
        self._update()

    def review(self) -> Review | None:
        """What was filled in, stamped with the time now; None while something is missing."""
        decision = self._decision()
        comment = self._comment.toPlainText().strip()
        person = self._name.text().strip()
        if not person or decision is None or (decision is ReviewDecision.COMMENTED and not comment):
            return None
        return Review(
            person=person,
            role=self._role.text().strip(),
            time=datetime.now(UTC).replace(microsecond=0),
            decision=decision,
            comment=comment,
        )

    def _decision(self) -> ReviewDecision | None:
        return next((decision for decision, button in self._buttons.items() if button.isChecked()), None)

    def _update(self) -> None:
        self._box.button(QDialogButtonBox.StandardButton.Ok).setEnabled(self.review() is not None)
