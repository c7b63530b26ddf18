"""The rows of the worklist, fetched from the store a page at a time."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from apnet_desktop.cases.listing import CaseQuery, CaseSummary
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.language import Language, text
from apnet_desktop.report.wording import sex_text

__all__ = ["WorklistColumn", "WorklistModel"]

_PAGE = 200
Index = QModelIndex | QPersistentModelIndex


class WorklistColumn:
    """Column numbers of the worklist."""

    PATIENT = 0
    STUDY = 1
    STEPS = 2
    NEXT = 3
    RISK = 4
    CHANGED = 5


_COLUMNS = ("patient", "study", "steps", "next", "risk", "changed")


class WorklistModel(QAbstractTableModel):
    """The cases that a query asks for, last changed first.

    Args:
        store: The case store.
        language: Of headers and sentences.
        parent: Qt's owner.
    """

    def __init__(self, store: CaseStore, language: Language, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._language = language
        self._query = CaseQuery()
        self._rows: list[CaseSummary] = []
        self._total = 0

    @property
    def total(self) -> int:
        """How many cases the query asks for; rows are fetched as the view needs them."""
        return self._total

    def ask(self, query: CaseQuery) -> None:
        """Shows the cases of a query.

        Raises:
            CaseError: The store cannot be read; the rows stay as they were.
        """
        total = self._store.count_cases(query)
        rows = self._store.list_cases(query, _PAGE)
        self.beginResetModel()
        self._query, self._rows, self._total = query, rows, total
        self.endResetModel()

    def summary(self, index: Index) -> CaseSummary | None:
        """The case of a row."""
        return self._rows[index.row()] if index.isValid() else None

    def row_of(self, case_id: str) -> int | None:
        """The row of a case among those fetched."""
        return next((number for number, row in enumerate(self._rows) if row.case_id == case_id), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Rows fetched so far."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Six."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802 - Qt's name
        """True while the store has more."""
        return not parent.isValid() and len(self._rows) < self._total

    def fetchMore(self, parent: Index) -> None:  # noqa: N802 - Qt's name
        """Fetches the next page."""
        page = self._store.list_cases(self._query, _PAGE, len(self._rows))
        if not page:
            self._total = len(self._rows)
            return
        self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(page) - 1)
        self._rows += page
        self.endInsertRows()

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        """Names of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return text(f"worklist.column_{_COLUMNS[section]}", self._language)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """Text of a cell; the delegate draws names and steps itself."""
        row = self.summary(index)
        if row is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._text(row, index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            column = text(f"worklist.column_{_COLUMNS[index.column()]}", self._language)
            return f"{column}: {self._text(row, index.column())}"
        return None

    def _text(self, row: CaseSummary, column: int) -> str:
        if column == WorklistColumn.PATIENT:
            return f"{self.first_line(row)}\n{self.second_line(row)}"
        if column == WorklistColumn.STUDY:
            return row.study_date.isoformat() if row.study_date else "–"
        if column == WorklistColumn.STEPS:
            done = sum(state.value == "done" for state in row.steps)
            return text("worklist.steps_done", self._language, done=done, all=len(row.steps))
        if column == WorklistColumn.NEXT:
            return self._next(row)
        if column == WorklistColumn.RISK:
            return "–" if row.risk is None else f"{row.risk:.0%}"
        return _when(row.deleted or row.modified, datetime.now(UTC), self._language)

    def first_line(self, row: CaseSummary) -> str:
        """The patient's name."""
        return row.name or text("worklist.no_name", self._language)

    def second_line(self, row: CaseSummary) -> str:
        """What tells two patients of one name apart: ID, sex and birth date; a person's note."""
        birth = row.birth_date.isoformat() if row.birth_date else ""
        sex = sex_text(row.sex, self._language) if row.sex else ""
        return "  ·  ".join(part for part in (row.patient_id, sex, birth, row.note) if part)

    def _next(self, row: CaseSummary) -> str:
        if row.next_step is None:
            return text("worklist.finished", self._language)
        sentence = row.next_message.text(self._language) if row.next_message else ""
        return sentence or text(f"worklist.step_{row.next_step.value}", self._language)


def _when(moment: datetime, now: datetime, language: Language) -> str:
    """A time as people say it: today's hour, yesterday, else the date; in the local zone."""
    local, today = moment.astimezone(), now.astimezone().date()
    days = (today - local.date()).days
    if days == 0:
        return text("worklist.today", language, time=f"{local:%H:%M}")
    if days == 1:
        return text("worklist.yesterday", language, time=f"{local:%H:%M}")
    return f"{local:%Y-%m-%d}"
