"""Follow-up of one patient: how it ended and when, and what counted as a recurrence."""

from __future__ import annotations

from pydantic import ValidationError
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.cases.follow_up import FollowUp, FollowUpEnd
from apnet_desktop.cases.listing import CaseSummary
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import CaseError, ClinicalError
from apnet_desktop.gui.date_field import DateField
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, Message, text

__all__ = ["FollowUpDialog"]


class FollowUpDialog(QDialog):
    """Asks what became of a patient, and keeps it apart from what a reader sees. Nothing in it has a default.

    Args:
        store: The case store.
        case: Whose follow-up.
        language: Of every text.
        parent: Qt's owner.

    Raises:
        CaseError: The store cannot be read.
    """

    def __init__(self, store: CaseStore, case: CaseSummary, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._case_id = case.case_id
        self._language = language
        self.setWindowTitle(text("worklist.follow_up_title", language))
        self.setMinimumWidth(460)
        name = case.name or text("worklist.no_name", language)
        who = QLabel(text("worklist.follow_up_of", language, name=name, id=case.patient_id or "–"), self)
        self.discharge, self.end_date = DateField(language, self), DateField(language, self)
        self.discharge.name("worklist.discharge")
        self.end = QComboBox(self)
        for end in FollowUpEnd:
            self.end.addItem(text(f"worklist.end_{end.value}", language), end.value)
        # No outcome is the usual one: a person has to choose.
        self.end.setPlaceholderText(text("worklist.end_choose", language))
        self.end.setCurrentIndex(-1)
        self.end.currentIndexChanged.connect(lambda _: self._name_end_date())
        self.definition = QLineEdit(self)
        self.definition.setMaxLength(500)
        self.definition.setPlaceholderText(text("worklist.definition_hint", language))
        self.fault = QLabel(self)
        self.fault.setWordWrap(True)
        self.fault.setStyleSheet(f"color: {colours().refused.name()};")
        self._end_date_label = QLabel(self)
        form = QFormLayout()
        form.addRow(text("worklist.discharge", language), self.discharge)
        form.addRow(text("worklist.end", language), self.end)
        form.addRow(self._end_date_label, self.end_date)
        form.addRow(text("worklist.definition", language), self.definition)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel, self)
        buttons.accepted.connect(self.keep)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(12)
        column.addWidget(who)
        column.addLayout(form)
        column.addWidget(self.fault)
        column.addWidget(buttons)
        self._show(store.follow_ups.load(case.case_id))

    def keep(self) -> None:
        """Keeps the follow-up and closes; a date that cannot be is named."""
        if self.end.currentData() is None:
            self._say(Message.of("worklist.end_missing"))
            return
        try:
            follow_up = FollowUp(
                discharge=self.discharge.day(),
                end=FollowUpEnd(self.end.currentData()),
                end_date=self.end_date.day(),
                definition=self.definition.text().strip(),
            )
        except ClinicalError as error:
            self._say(error.message)
            return
        except ValidationError:
            self._say(Message.of("cases.list_backwards"))
            return
        try:
            self._store.follow_ups.save(self._case_id, follow_up)
        except CaseError as error:
            self._say(error.message)
            return
        self.accept()

    def _say(self, message: Message) -> None:
        self.fault.setText(message.text(self._language))

    def _show(self, known: FollowUp | None) -> None:
        if known is not None:
            self.discharge.show_day(known.discharge)
            self.end_date.show_day(known.end_date)
            self.end.setCurrentIndex(self.end.findData(known.end.value))
            self.definition.setText(known.definition)
        self._name_end_date()

    def _name_end_date(self) -> None:
        end = self.end.currentData() or FollowUpEnd.CENSORED.value
        self._end_date_label.setText(text(f"worklist.date_of_{end}", self._language))
        self.end_date.name(f"worklist.date_of_{end}")
        self.definition.setEnabled(end == FollowUpEnd.RECURRENCE.value)
