"""The worklist: every case, what is left to do in it, and the way into it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.cases.listing import CaseState, CaseSummary
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.errors import CaseError
from apnet_desktop.gui.worklist_exchange import WorklistExchange
from apnet_desktop.gui.worklist_filters import WorklistFilters, WorklistTab
from apnet_desktop.gui.worklist_follow_up import FollowUpDialog
from apnet_desktop.gui.worklist_history import PatientHistory
from apnet_desktop.gui.worklist_model import WorklistModel
from apnet_desktop.gui.worklist_parts import EmptyList, UndoStrip
from apnet_desktop.gui.worklist_readings import ReadingsDialog
from apnet_desktop.gui.worklist_table import CaseTable
from apnet_desktop.language import Language, Message, text

__all__ = ["WorklistView"]


class WorklistView(QWidget):
    """Search, five lists, a table of cases and the selected patient's assessments over time.

    Signals:
        case_opened: A person opened a case; carries its id.
        new_case_requested: A person wants to begin a new case.
        back_requested: A person wants to go back to the case that is open.
        reading_requested: The next case of the cohort is to be drawn; carries its id (open it as `OpenReading`).
        refused: The store refused something; carries the Message for the notice strip.

    Args:
        store: The case store.
        language: Of every text.
        parent: Qt's owner.
        schema: Factors that an imported list may hold; the default schema's if None.
    """

    case_opened = Signal(str)
    new_case_requested = Signal()
    back_requested = Signal()
    reading_requested = Signal(str)
    refused = Signal(object)

    def __init__(
        self,
        store: CaseStore,
        language: Language,
        parent: QWidget | None = None,
        schema: FactorSchema | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._language = language
        self.model = WorklistModel(store, language, self)
        self.filters = WorklistFilters(language, self)
        self.filters.changed.connect(self.refresh)
        self.filters.went_down.connect(self._enter_table)
        self.filters.accepted.connect(self._open_first)
        self.table = CaseTable(self.model, self)
        self.table.setAccessibleName(text("worklist.title", language))
        self.table.row_changed.connect(self._show_selected)
        self.table.asked_open.connect(self.open_selected)
        self.table.asked_delete.connect(self.delete_selected)
        self.table.typed.connect(self.filters.type)
        self.empty = EmptyList(language, self)
        self.history = PatientHistory(store, language, self)
        self.history.case_chosen.connect(self.case_opened)
        self.history.refused.connect(self.refused)
        # After the event in hand: the note may be kept because another row is being selected.
        self.history.noted.connect(self.refresh, Qt.ConnectionType.QueuedConnection)
        self.undo = UndoStrip(language, self)
        self.undo.taken_back.connect(self._take_back)
        self.exchange = WorklistExchange(store, schema or default_schema(), self.undo, language, self)
        self.exchange.refused.connect(self.refused)
        self.exchange.imported.connect(lambda: self.show_tab(WorklistTab.WAITING))
        self.exchange.busy_changed.connect(self._show_selected)
        self._lay_out()
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.filters.search.setFocus)

    def _lay_out(self) -> None:
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.table)
        self._pages.addWidget(self.empty)
        middle = QHBoxLayout()
        middle.setSpacing(14)
        middle.addWidget(self._pages, 1)
        middle.addWidget(self.history)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(12)
        column.addLayout(self._heading_row())
        column.addWidget(self.filters)
        column.addLayout(middle, 1)
        column.addWidget(self.undo)
        column.addLayout(self._action_row())

    def _heading_row(self) -> QHBoxLayout:
        title = QLabel(text("worklist.title", self._language), self)
        font = QFont(title.font())
        font.setPointSizeF(font.pointSizeF() * 1.6)
        font.setBold(True)
        title.setFont(font)
        self.count = QLabel(self)
        self.count.setObjectName("quiet")
        row = QHBoxLayout()
        row.addWidget(title)
        row.addSpacing(10)
        row.addWidget(self.count, 0, Qt.AlignmentFlag.AlignBottom)
        row.addStretch(1)
        self.back_button = self._button("back", self.back_requested.emit, row)
        self.back_button.hide()
        self.reading_button = self._button("reading", self.read_next, row)
        self.readings_button = self._button("readings", self.show_readings, row)
        self.cohort_button = self._button("cohort", self.exchange.export_cohort, row)
        self.import_button = self._button("import", self.exchange.import_list, row)
        self.new_button = self._button("new", self.new_case_requested.emit, row)
        self.new_button.setObjectName("primary")
        self.new_button.setShortcut(QKeySequence(QKeySequence.StandardKey.New))
        return row

    def _action_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.duplicate_button = self._button("duplicate", self.duplicate_selected, row)
        self.follow_up_button = self._button("follow_up", self.enter_follow_up, row)
        self.export_button = self._button("export", self.export_selected, row)
        self.archive_button = self._button("archive", self.archive_selected, row)
        self.delete_button = self._button("delete", self.delete_selected, row)
        self.restore_button = self._button("restore", self.restore_selected, row)
        self.purge_button = self._button("purge", self.purge_selected, row)
        row.addStretch(1)
        self.open_button = self._button("open", self.open_selected, row)
        self.open_button.setObjectName("primary")
        return row

    def _button(self, id: str, action: Callable[[], object], row: QHBoxLayout) -> QPushButton:
        button = QPushButton(text(f"worklist.{id}", self._language), self)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _=False: action())
        row.addWidget(button)
        return button

    # What is shown

    def refresh(self) -> None:
        """Asks the store again and keeps the selection where it can."""
        before = self.selected()
        self.filters.settle()
        try:
            self.model.ask(self.filters.query())
            cohort = self._store.cohort.size() > 0
        except CaseError as error:
            self.refused.emit(error.message)
            return
        self.cohort_button.setVisible(cohort)
        self.reading_button.setVisible(cohort)
        self.readings_button.setVisible(cohort)
        any_case = self.model.rowCount() > 0
        row = self.model.row_of(before.case_id) if before else None
        if any_case:
            self.table.select_row(row or 0)
        else:
            self.empty.explain("search" if self.filters.narrowed else self.filters.tab.value)
        self.count.setText(text("worklist.count", self._language, count=self.model.total))
        self._pages.setCurrentWidget(self.table if any_case else self.empty)
        self._show_selected()

    def offer_back(self, offered: bool) -> None:
        """Offers the way back to the open case, where there is one."""
        self.back_button.setVisible(offered)

    def show_tab(self, tab: WorklistTab) -> None:
        """Shows one of the lists."""
        self.filters.show_tab(tab)

    def selected(self) -> CaseSummary | None:
        """The selected case."""
        return self.table.selected()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Asks the store again whenever the worklist comes up."""
        self.refresh()
        super().showEvent(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Small enough for a notebook."""
        return QSize(820, 420)

    def _show_selected(self) -> None:
        case = self.selected()
        try:
            self.history.show_case(case)
        except CaseError as error:
            self.refused.emit(error.message)
        tab = self.filters.tab
        in_bin, in_archive = tab is WorklistTab.DELETED, tab is WorklistTab.ARCHIVED
        for shown, button in (
            (not in_bin, self.duplicate_button),
            (not in_bin, self.follow_up_button),
            (not in_bin, self.export_button),
            (not in_bin and not in_archive, self.archive_button),
            (not in_bin, self.delete_button),
            (in_bin or in_archive, self.restore_button),
            (in_bin, self.purge_button),
            (not in_bin, self.open_button),
        ):
            button.setVisible(shown)
            button.setEnabled(case is not None)
        self.export_button.setEnabled(case is not None and not self.exchange.exporting)
        self.cohort_button.setEnabled(not self.exchange.exporting)
        self.import_button.setEnabled(not self.exchange.importing)

    # What a person does

    def open_selected(self) -> None:
        """Opens the selected case; one in the bin has to be restored first."""
        case = self.selected()
        if case is not None and case.state is not CaseState.DELETED:
            self.case_opened.emit(case.case_id)

    def duplicate_selected(self) -> None:
        """Makes a new case from the selected one's CT, ROI and record."""
        self._do("duplicated", self._store.lifecycle.duplicate)

    def archive_selected(self) -> None:
        """Takes the selected case off the worklist; it can be taken back."""
        self._do("archived", self._store.lifecycle.archive, self._store.lifecycle.restore)

    def delete_selected(self) -> None:
        """Puts the selected case in the bin; it can be taken back."""
        case = self.selected()
        if case is not None and case.state is not CaseState.DELETED:
            archived = case.state is CaseState.ARCHIVED
            back = self._store.lifecycle.archive if archived else self._store.lifecycle.restore
            self._do("deleted", self._store.lifecycle.delete, back)

    def restore_selected(self) -> None:
        """Brings the selected case back to the worklist."""
        self._do("restored", self._store.lifecycle.restore)

    def purge_selected(self) -> None:
        """Asks, then removes the selected case from the bin for good."""
        case = self.selected()
        if case is None:
            return
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(text("worklist.purge_question", self._language, name=self._name(case)))
        box.setInformativeText(text("worklist.purge_hint", self._language))
        yes = box.addButton(text("worklist.purge", self._language), QMessageBox.ButtonRole.DestructiveRole)
        no = box.addButton(text("worklist.keep", self._language), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(no)
        box.exec()
        if box.clickedButton() is yes:
            self._do("purged", self._store.lifecycle.purge)

    def enter_follow_up(self) -> None:
        """Asks what became of the selected patient."""
        case = self.selected()
        if case is None:
            return
        try:
            dialog = FollowUpDialog(self._store, case, self._language, self)
        except CaseError as error:
            self.refused.emit(error.message)
            return
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.undo.offer(text("worklist.follow_up_kept", self._language, name=self._name(case)), None)
            self.refresh()

    def export_selected(self) -> None:
        """Asks where to, and exports the selected case without identity."""
        case = self.selected()
        if case is not None:
            self.exchange.export_case(case.case_id)

    def read_next(self) -> bool:
        """Asks for the next case of the cohort that this reader has to draw; False if there is none for them."""
        reader = self._store.audit.person
        if not reader:
            self.refused.emit(Message.of("worklist.reading_nobody"))
            return False
        try:
            case_id = self._store.readings.next_for(reader)
        except CaseError as error:
            self.refused.emit(error.message)
            return False
        if case_id is None:
            self.undo.offer(text("worklist.reading_done", self._language, reader=reader), None)
            return False
        self.reading_requested.emit(case_id)
        return True

    def show_readings(self) -> None:
        """Shows how far the cohort's readings are and how well readers agree."""
        try:
            dialog = ReadingsDialog(self._store, self._language, self)
        except CaseError as error:
            self.refused.emit(error.message)
            return
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _do(self, what: str, action: Callable[[str], object], undo: Callable[[str], object] | None = None) -> None:
        case = self.selected()
        if case is None:
            return
        row = self.table.currentIndex().row()
        try:
            action(case.case_id)
        except CaseError as error:
            self.refused.emit(error.message)
            return
        self.refresh()
        if self.model.rowCount() and self.model.row_of(case.case_id) is None:
            self.table.select_row(min(row, self.model.rowCount() - 1))
        sentence = text(f"worklist.{what}", self._language, name=self._name(case))
        self.undo.offer(sentence, None if undo is None else lambda: undo(case.case_id))

    def _take_back(self, undo: Callable[[], object]) -> None:
        try:
            undo()
        except CaseError as error:
            self.refused.emit(error.message)
        self.refresh()

    def _name(self, case: CaseSummary) -> str:
        return case.name or text("worklist.no_name", self._language)

    def _enter_table(self) -> None:
        if self.filters.pending:
            self.refresh()
        if self.model.rowCount():
            self.table.setFocus()

    def _open_first(self) -> None:
        if self.filters.pending:
            self.refresh()
        self.open_selected()
