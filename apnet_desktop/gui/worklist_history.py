"""One patient's assessments over time, beside the worklist."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from apnet_desktop.cases.listing import CaseQuery, CaseState, CaseSummary
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, text

__all__ = ["PatientHistory"]

_MOST = 12


class PatientHistory(QFrame):
    """The cases of the selected patient, newest CT first, each with its risk.

    Patients are told apart by ID; a case without an ID stands alone.

    Signals:
        case_chosen: A person asked for one of them; carries its id.
    """

    case_chosen = Signal(str)

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
        self.buttons: list[QPushButton] = []
        self.show_case(None)

    def show_case(self, case: CaseSummary | None) -> None:
        """Shows the patient of a case; None shows how to begin.

        Raises:
            CaseError: The store cannot be read.
        """
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
        self._who.setText(
            text("worklist.who", self._language, id=case.patient_id or "–", sex=case.sex or "–", birth=birth)
        )
        cases = self._same_patient(case)
        self._heading.setText(text("worklist.assessments", self._language, count=len(cases)))
        for one in cases[:_MOST]:
            self._entries.addWidget(self._entry(one, one.case_id == case.case_id))

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
