"""Asks who the patient is, where the files do not say; the report then says "entered by hand"."""

from __future__ import annotations

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.language import Language, text
from apnet_desktop.report.wording import sex_text

__all__ = ["IdentityDialog"]

_SEXES = ("", "M", "F", "O")


class IdentityDialog(QDialog):
    """Name, ID, birth date and sex; what the files say stands there already.

    Args:
        identity: As the files say.
        language: Of the texts.
        parent: Owner.
    """

    def __init__(self, identity: PatientIdentity, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self.setWindowTitle(text("gui.identity_title", language))
        self.name = QLineEdit(identity.name, self)
        self.patient_id = QLineEdit(identity.patient_id, self)
        self.birth_date = QLineEdit(identity.birth_date.isoformat() if identity.birth_date else "", self)
        self.birth_date.setPlaceholderText(text("gui.identity_date_form", language))
        self.sex = QComboBox(self)
        for sex in _SEXES:
            self.sex.addItem(sex_text(sex, language), sex)
        self.sex.setCurrentIndex(_SEXES.index(identity.sex) if identity.sex in _SEXES else 0)
        for edit in (self.name, self.patient_id, self.birth_date):
            edit.setMaxLength(200)
            edit.textChanged.connect(self._check)
        self._problem = QLabel(self)
        self._problem.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        form = QFormLayout()
        form.addRow(text("gui.identity_name", language), self.name)
        form.addRow(text("gui.banner_patient_id", language), self.patient_id)
        form.addRow(text("gui.banner_birth_date", language), self.birth_date)
        form.addRow(text("gui.banner_sex", language), self.sex)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self._problem)
        column.addWidget(buttons)
        self.setMinimumWidth(380)
        self._check()

    def _check(self) -> None:
        """There must be a name or an ID, and a birth date must be a day in the past."""
        typed = self.birth_date.text().strip()
        day = QDate.fromString(typed, "yyyy-MM-dd")
        problem = ""
        if not self.name.text().strip() and not self.patient_id.text().strip():
            problem = "gui.identity_needed"
        elif typed and (not day.isValid() or day > QDate.currentDate() or day.year() < 1880):
            problem = "gui.identity_date"
        self._problem.setText(text(problem, self._language) if problem else "")
        self._ok.setEnabled(not problem)

    def identity(self) -> PatientIdentity:
        """What was typed; marked as entered by hand."""
        typed = self.birth_date.text().strip()
        day = QDate.fromString(typed, "yyyy-MM-dd")
        return PatientIdentity.model_validate(
            {
                "name": " ".join(self.name.text().split()),
                "patient_id": self.patient_id.text().strip(),
                "birth_date": day.toString("yyyy-MM-dd") if typed and day.isValid() else None,
                "sex": self.sex.currentData() or "",
                "entered_by_hand": True,
            }
        )
