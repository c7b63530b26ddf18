"""One patient's assessments over time and the note on the selected one, beside the worklist."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from apnet_desktop.cases.listing import CaseQuery, CaseState, CaseSummary
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import CaseError
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, text
from apnet_desktop.report.wording import sex_text

__all__ = ["PatientHistory"]

_MOST = 12
_LONGEST_NOTE = 500


class PatientHistory(QFrame):
    """The cases of the selected patient, newest CT first, each with its risk.

    Patients are told apart by ID; a case without an ID stands alone.

    Signals:
        case_chosen: A person asked for one of them; carries its id.
        noted: A person wrote a note, and it is kept.
        refused: The store refused the note; carries the Message.
    """

    case_chosen = Signal(str)
    noted = Signal()
    refused = Signal(object)

    def __init__(self, store: CaseStore, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setFixedWidth(268)
        self._store = store
        self._language = language
        self._title = QLabel(self)
        self._title.setWordWrap(True)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        font = self._title.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.15)
        self._title.setFont(font)
        self._who = QLabel(self)
        self._who.setObjectName("quiet")
        self._who.setWordWrap(True)
        self._who.setTextFormat(Qt.TextFormat.PlainText)
        self._heading = QLabel(self)
        self._heading.setObjectName("quiet")
        self._entries = QVBoxLayout()
        self._entries.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(6)
        column.addWidget(self._title)
        column.addWidget(self._who)
        column.addSpacing(8)
        column.addWidget(self._heading)
        column.addLayout(self._entries)
        column.addStretch(1)
        self._note_label = QLabel(text("worklist.note", language), self)
        self._note_label.setObjectName("quiet")
        self.note = QLineEdit(self)
        self.note.setMaxLength(_LONGEST_NOTE)
        self.note.setPlaceholderText(text("worklist.note_hint", language))
        self.note.editingFinished.connect(self.keep_note)
        self._note_label.setBuddy(self.note)
        column.addWidget(self._note_label)
        column.addWidget(self.note)
        self._noted: CaseSummary | None = None
        self.buttons: list[QPushButton] = []
        self.show_case(None)

    def show_case(self, case: CaseSummary | None) -> None:
        """Shows the patient of a case; None shows how to begin.

        Raises:
            CaseError: The store cannot be read.
        """
        self.keep_note()
        if self._noted is None or case is None or (self._noted.case_id, self._noted.note) != (case.case_id, case.note):
            self.note.setText(case.note if case is not None else "")
        self._noted = case
        for part in (self._note_label, self.note):
            part.setVisible(case is not None)
        self.note.setReadOnly(case is not None and case.state is CaseState.DELETED)
        while (item := self._entries.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.buttons = []
        if case is None:
            self._title.setText(text("worklist.nobody", self._language))
            self._who.setText(text("worklist.nobody_hint", self._language))
            self._heading.setText("")
            return
        self._title.setText(case.name or text("worklist.no_name", self._language))
        birth = case.birth_date.isoformat() if case.birth_date else "–"
        sex = sex_text(case.sex, self._language) if case.sex else "–"
        self._who.setText(text("worklist.who", self._language, id=case.patient_id or "–", sex=sex, birth=birth))
        cases = self._same_patient(case)
        self._heading.setText(text("worklist.assessments", self._language, count=len(cases)))
        for one in cases[:_MOST]:
            self._entries.addWidget(self._entry(one, one.case_id == case.case_id))

    def keep_note(self) -> None:
        """Keeps the note as it is typed, with the case that it was typed for."""
        case, words = self._noted, self.note.text().strip()
        if case is None or words == case.note:
            return
        self._noted = case.model_copy(update={"note": words})
        try:
            self._store.save_note(case.case_id, words)
        except CaseError as error:
            self.refused.emit(error.message)
            return
        self.noted.emit()

    def _same_patient(self, case: CaseSummary) -> list[CaseSummary]:
        if not case.patient_id:
            return [case]
        cases = [
            one
            for state in (CaseState.ACTIVE, CaseState.ARCHIVED)
            for one in self._store.list_cases(CaseQuery(state=state, patient_id=case.patient_id), 100)
        ]
        return sorted(cases, key=lambda one: (one.study_date is not None, one.study_date, one.created), reverse=True)

    def _entry(self, case: CaseSummary, current: bool) -> QPushButton:
        day = case.study_date.isoformat() if case.study_date else text("worklist.no_date", self._language)
        button = QPushButton(self)
        row = QHBoxLayout(button)
        row.setContentsMargins(10, 4, 10, 4)
        left, right = QLabel(day, button), QLabel("–" if case.risk is None else f"{case.risk:.0%}", button)
        font = right.font()
        font.setBold(True)
        right.setFont(font)
        for label in (left, right):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row.addWidget(left)
        row.addStretch(1)
        row.addWidget(right)
        button.setMinimumHeight(34)
        risk = text("worklist.no_risk", self._language) if case.risk is None else f"{case.risk:.0%}"
        button.setAccessibleName(f"{day}: {risk}")
        button.setToolTip(text("worklist.open_assessment", self._language, day=day))
        if current:
            button.setStyleSheet(f"QPushButton {{ border: 2px solid {colours().accent.name()}; }}")
        button.clicked.connect(lambda _=False, case_id=case.case_id: self.case_chosen.emit(case_id))
        self.buttons.append(button)
        return button
