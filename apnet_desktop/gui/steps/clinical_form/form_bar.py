"""Above the questions: whose CT it is, how far the form is, the keys, and the ways to fill it at once."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.language import Language, text

__all__ = ["FormBar"]


class FormBar(QWidget):
    """The line above the form.

    Signals:
        units_turned: A person wants the other system of units.
        row_wanted: A person wants a copied row pasted.
        file_wanted: A person wants a file imported.
    """

    units_turned = Signal()
    row_wanted = Signal()
    file_wanted = Signal()

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._patient, self._progress = self._words(), self._words()
        self._patient.hide()
        keys = self._words()
        keys.setText(text("clinical_form.keys", language))
        keys.setObjectName("quiet")
        self._system = QPushButton(text("clinical_form.si", language), self)
        self._system.setToolTip(text("clinical_form.conventional_help", language))
        self._system.clicked.connect(self.units_turned)
        pasting = QPushButton(text("clinical_form.paste", language), self)
        pasting.setToolTip(text("clinical_form.paste_help", language))
        pasting.clicked.connect(self.row_wanted)
        importing = QPushButton(text("clinical_form.import", language), self)
        importing.setToolTip(text("clinical_form.import_help", language))
        importing.clicked.connect(self.file_wanted)
        words = QVBoxLayout()
        words.setSpacing(1)
        for label in (self._patient, self._progress, keys):
            words.addWidget(label)
        bar = QHBoxLayout(self)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(8)
        bar.addLayout(words, 1)
        for button in (self._system, pasting, importing):
            bar.addWidget(button)

    def _words(self) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        return label

    def show_patient(self, identity: PatientIdentity) -> None:
        """Whose CT it is: a name in a file is text, never markup."""
        born = "" if identity.birth_date is None else identity.birth_date.isoformat()
        known = [part for part in (identity.name, identity.patient_id, born) if part]
        self._patient.setText(text("clinical_form.patient_of_ct", self._language, patient=" · ".join(known)))
        self._patient.setVisible(bool(known))

    def show_progress(self, words: str) -> None:
        """How far the form is."""
        self._progress.setText(words)

    def show_system(self, conventional: bool) -> None:
        """Which system of units the fields show."""
        self._system.setText(text("clinical_form.conventional" if conventional else "clinical_form.si", self._language))
