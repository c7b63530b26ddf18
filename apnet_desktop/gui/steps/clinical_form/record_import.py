"""Imports and pastes into the form: read, compared with the patient, joined, told, and taken back if wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.identity import differences_with_ct, same_patient
from apnet_desktop.clinical.importing import ImportedRecord
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.record_files import import_row
from apnet_desktop.clinical.record_table import record_from_paste
from apnet_desktop.errors import ClinicalError
from apnet_desktop.gui.steps.clinical_form.merging import merged, replaced_values
from apnet_desktop.gui.steps.clinical_form.notices import ImportStrip, side_by_side
from apnet_desktop.language import Message, text

if TYPE_CHECKING:
    from apnet_desktop.gui.steps.clinical_form.form import ClinicalForm

__all__ = ["ReadFile", "RecordImport", "read_here"]

# Path, schema, ID of the CT's patient for a table of several; then what was read, or why not.
ReadFile = Callable[[Path, FactorSchema, str | None, Callable[[ImportedRecord], None], Callable[[Message], None]], None]


def read_here(
    path: Path,
    schema: FactorSchema,
    patient_id: str | None,
    on_read: Callable[[ImportedRecord], None],
    on_refused: Callable[[Message], None],
) -> None:
    """Reads a file in this process: for a form without a window and its processes."""
    try:
        imported = import_row(path, schema, patient_id)
    except ClinicalError as error:
        on_refused(error.message)
    else:
        on_read(imported)


class RecordImport(QObject):
    """Joins files and pasted rows with the form's record.

    Args:
        form: The form.
        strip: Says what came of it.
        read_file: Reads a file.
    """

    def __init__(self, form: ClinicalForm, strip: ImportStrip, read_file: ReadFile) -> None:
        super().__init__(form)
        self._form = form
        self._strip = strip
        self._read_file = read_file

    def choose_file(self) -> None:
        """Asks for a file and imports it."""
        language = self._form.language
        pattern = text("clinical_form.import_filter", language)
        name, _ = QFileDialog.getOpenFileName(self._form, text("clinical_form.import", language), "", pattern)
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path) -> None:
        """Imports a JSON, CSV or FHIR file."""
        identity, _ = self._form.patient_of_ct

        def read(imported: ImportedRecord) -> None:
            if self._form.patient_of_ct[0] == identity:  # else another case was opened meanwhile
                self._take(imported, path.name)

        self._read_file(path, self._form.schema, identity.patient_id or None, read, self._refuse)

    def paste_clipboard(self) -> None:
        """Takes the row that was copied from a spreadsheet."""
        self.paste(QGuiApplication.clipboard().text())

    def paste(self, pasted: str) -> None:
        """Takes a row of a spreadsheet."""
        try:
            imported = record_from_paste(pasted, self._form.in_order())
        except ClinicalError as error:
            self._refuse(error.message)
            return
        self._take(imported, text("clinical_form.clipboard", self._form.language))

    def _refuse(self, message: Message) -> None:
        self._strip.say(message.text(self._form.language), (), refused=True)

    def _take(self, imported: ImportedRecord, source: str) -> None:
        """Joins what was imported, unless it is of another patient; what it replaces is told and can be taken back."""
        form, language = self._form, self._form.language
        new, before = imported.record, form.record
        differing = differences_with_ct(new, *form.patient_of_ct)
        if new.identity is not None and before.identity is not None:
            differing = differing or same_patient(before.identity, new.identity)
        if differing:
            lines = tuple(side_by_side(difference, language) for difference in differing)
            heading = text("clinical_form.import_other_patient", language, source=source)
            self._strip.say(heading, lines, refused=True)
            return
        sentences = replaced_values(before, new, form.schema, language)
        sentences += tuple(notice.text(language) for notice in imported.notices)
        form.take(merged(before, new), imported.refused)
        heading = text("clinical_form.imported", language, count=len(new.values), source=source)
        undo = (text("clinical_form.undo_import", language), lambda: self._undo(before))
        self._strip.say(heading, sentences, refused=False, actions=(undo,))

    def _undo(self, before: ClinicalRecord) -> None:
        self._strip.clear()
        self._form.take(before, {})
