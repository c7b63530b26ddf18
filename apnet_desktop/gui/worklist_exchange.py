"""What comes into the worklist and what leaves it: lists and cases in, cases and the cohort out, without identity."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from apnet_desktop.cases.archive import ExportedCase
from apnet_desktop.cases.cohort import CohortExport
from apnet_desktop.cases.import_list import ImportedList
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.gui.worklist_export import CaseExporter
from apnet_desktop.gui.worklist_import import ImportResultDialog, ListImporter
from apnet_desktop.gui.worklist_parts import UndoStrip
from apnet_desktop.language import Language, Message, text

__all__ = ["WorklistExchange"]

_MOST_SENTENCES = 8


class WorklistExchange(QObject):
    """Asks for files, runs import and export off the window's thread, and shows what became of them.

    Signals:
        imported: New cases are in the store.
        busy_changed: An import or export began or ended.
        refused: It failed; carries the Message.

    Args:
        store: The case store.
        schema: Factors of lists and of the cohort's table.
        strip: Where it says what is under way and what was done.
        language: Of every text.
        view: The worklist, owner of the dialogs.
    """

    imported = Signal()
    busy_changed = Signal()
    refused = Signal(object)

    def __init__(
        self, store: CaseStore, schema: FactorSchema, strip: UndoStrip, language: Language, view: QWidget
    ) -> None:
        super().__init__(view)
        self._view = view
        self._strip = strip
        self._language = language
        self._exporter = CaseExporter(store, schema, self)
        self._exporter.case_finished.connect(self._exported)
        self._exporter.cohort_finished.connect(self._cohort_exported)
        self._exporter.refused.connect(self._export_refused)
        self._exporter.ended.connect(self.busy_changed)
        self._importer = ListImporter(store, schema, self)
        self._importer.finished.connect(self._imported)
        self._importer.refused.connect(self._import_refused)

    @property
    def exporting(self) -> bool:
        """True while an export is under way."""
        return self._exporter.busy

    @property
    def importing(self) -> bool:
        """True while an import is under way."""
        return self._importer.busy

    def import_list(self) -> None:
        """Asks for a table or an exported case, and imports it."""
        title, kinds = text("worklist.import", self._language), text("worklist.import_kinds", self._language)
        name, _ = QFileDialog.getOpenFileName(self._view, title, "", f"{kinds} (*.csv *.tsv *.txt *.zip)")
        if name:
            self._importer.start(Path(name))
            self.busy_changed.emit()

    def export_case(self, case_id: str) -> None:
        """Asks where to, and exports a case."""
        title = text("worklist.export", self._language)
        name, _ = QFileDialog.getSaveFileName(self._view, title, f"case-{case_id}.zip", "ZIP (*.zip)")
        if name and not self.exporting:
            self._exporter.start_case(case_id, Path(name))
            self._show_exporting()

    def export_cohort(self) -> None:
        """Asks where to, and exports the cohort as training and evaluation take it."""
        name = QFileDialog.getExistingDirectory(self._view, text("worklist.cohort", self._language))
        if name and not self.exporting:
            self._exporter.start_cohort(Path(name))
            self._show_exporting()

    def _show_exporting(self) -> None:
        self.busy_changed.emit()
        self._strip.tell(text("worklist.exporting", self._language), self._exporter.stop)

    def _imported(self, done: ImportedList) -> None:
        self.imported.emit()
        ImportResultDialog(done, self._language, self._view).open()

    def _import_refused(self, message: Message) -> None:
        self.busy_changed.emit()
        self.refused.emit(message)

    def _exported(self, done: ExportedCase) -> None:
        name = Path(done.path).name
        self._strip.offer(text("worklist.exported", self._language, file=name, pseudonym=done.pseudonym), None)
        self._warn([warning.text(self._language) for warning in done.warnings])

    def _cohort_exported(self, done: CohortExport) -> None:
        said = text("worklist.cohort_exported", self._language, patients=done.patients, missing=len(done.missing))
        self._strip.offer(said, None)
        self._warn([f"{one.patient}: {one.message.text(self._language)}" for one in (*done.warnings, *done.missing)])

    def _export_refused(self, message: Message) -> None:
        self._strip.hide()
        self.refused.emit(message)

    def _warn(self, sentences: list[str]) -> None:
        if not sentences:
            return
        box = QMessageBox(self._view)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(text("worklist.export_look", self._language))
        box.setInformativeText("\n".join(sentences[:_MOST_SENTENCES]))
        box.setDetailedText("\n".join(sentences) if len(sentences) > _MOST_SENTENCES else "")
        box.open()
