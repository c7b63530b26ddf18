"""Import list: reads a table or an exported case off the window's thread, then lists what was refused."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.cases.archive import import_case
from apnet_desktop.cases.files import write_file
from apnet_desktop.cases.import_list import ImportedList, import_list
from apnet_desktop.cases.spreadsheet import table_bytes
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Language, Message, text

__all__ = ["ImportResultDialog", "ListImporter"]

_LOG = logging.getLogger(__name__)


class ListImporter(QObject):
    """Imports one file at a time.

    Signals:
        finished: The file was imported; carries the `ImportedList`.
        refused: It could not be; carries the Message.
    """

    finished = Signal(object)
    refused = Signal(object)

    def __init__(self, store: CaseStore, schema: FactorSchema, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.schema = schema
        self.busy = False
        self.finished.connect(self._rest)
        self.refused.connect(self._rest)

    def start(self, path: Path) -> None:
        """Imports a table (CSV), each row a case, or a case archive (ZIP)."""
        if self.busy:
            return
        self.busy = True
        QThreadPool.globalInstance().start(_Run(self, path, self._store, self.schema))

    def _rest(self) -> None:
        self.busy = False


class _Run(QRunnable):
    """The work itself; its outcome comes back as a signal."""

    def __init__(self, importer: ListImporter, path: Path, store: CaseStore, schema: FactorSchema) -> None:
        super().__init__()
        self._importer = importer
        self._path = path
        self._store = store
        self._schema = schema

    def run(self) -> None:
        """Imports, on a thread of the pool."""
        try:
            if self._path.suffix.lower() == ".zip":
                case_id = import_case(self._store, self._path)
                done = ImportedList(case_ids=(case_id,), refused=(), ignored_columns=())
            else:
                done = import_list(self._store, self._path, self._schema)
        except CaseError as error:
            self._importer.refused.emit(error.message)
        except Exception as error:  # noqa: BLE001 - on a thread of the pool nobody else would hear of a bug
            _LOG.error("import failed", exc_info=error)
            self._importer.refused.emit(Message.of("worklist.import_failed"))
        else:
            self._importer.finished.emit(done)


class ImportResultDialog(QDialog):
    """How many cases were made, and each refused cell with its reason; the list can be saved and worked off."""

    def __init__(self, done: ImportedList, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._done = done
        self._language = language
        self.setWindowTitle(text("worklist.import_title", language))
        self.setMinimumSize(640, 320 if done.refused else 140)
        rows = len({one.row for one in done.refused})
        self.summary = QLabel(text("worklist.import_done", language, made=len(done.case_ids), refused=rows), self)
        font = QFont(self.summary.font())
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.15)
        self.summary.setFont(font)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(10)
        column.addWidget(self.summary)
        if done.ignored_columns:
            ignored = QLabel(text("worklist.import_ignored", language, columns=", ".join(done.ignored_columns)), self)
            ignored.setObjectName("quiet")
            ignored.setWordWrap(True)
            ignored.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(ignored)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        if done.refused:
            column.addWidget(self._build_table())
            self.save_button = QPushButton(text("worklist.import_save", language), self)
            self.save_button.clicked.connect(self.save_refused)
            buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.ActionRole)
        column.addWidget(buttons)

    def _build_table(self) -> QTableWidget:
        table = QTableWidget(len(self._done.refused), 3, self)
        table.setHorizontalHeaderLabels(
            [text(f"worklist.import_{column}", self._language) for column in ("row", "column", "reason")]
        )
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.verticalHeader().hide()
        table.setWordWrap(True)
        table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        for number, cells in enumerate(self._cells()):
            for column, cell in enumerate(cells):
                table.setItem(number, column, QTableWidgetItem(cell))
        table.resizeColumnToContents(0)
        table.resizeColumnToContents(1)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table = table
        return table

    def _cells(self) -> list[tuple[str, str, str]]:
        return [(str(one.row), one.column, one.message.text(self._language)) for one in self._done.refused]

    def save_refused(self) -> None:
        """Saves the refused cells as a table that a spreadsheet opens."""
        name, _ = QFileDialog.getSaveFileName(
            self, text("worklist.import_save", self._language), "refused-rows.csv", "CSV (*.csv)"
        )
        if not name:
            return
        header = tuple(text(f"worklist.import_{column}", self._language) for column in ("row", "column", "reason"))
        try:
            write_file(Path(name), table_bytes([header, *self._cells()]))
        except CaseError as error:
            self.summary.setText(error.message.text(self._language))
