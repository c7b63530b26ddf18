"""The step *Clinical factors*: a form drawn from a factor schema, with the severity scores computed while typing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.clinical.entry import format_value
from apnet_desktop.clinical.factor import Factor, FactorKind, FactorSchema
from apnet_desktop.clinical.identity import Difference, differences_with_ct, same_patient
from apnet_desktop.clinical.importing import ImportedRecord
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.record_files import import_record
from apnet_desktop.clinical.record_table import record_from_paste
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.units import units_of
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import ClinicalError
from apnet_desktop.gui.steps.clinical_form.choice_field import ChoiceField
from apnet_desktop.gui.steps.clinical_form.field import Answer, FactorField, in_language
from apnet_desktop.gui.steps.clinical_form.grid import FieldGroup
from apnet_desktop.gui.steps.clinical_form.notices import DifferenceStrip, ImportStrip, shown_value
from apnet_desktop.gui.steps.clinical_form.score_panel import ScorePanel
from apnet_desktop.gui.steps.clinical_form.text_field import TextField
from apnet_desktop.language import Language, text

__all__ = ["ClinicalForm", "FormState"]

_COLUMN = 20  # heights of a line: narrower, a field with its unit does not read well
_PANEL = 19
_QUIET_MILLISECONDS = 200  # after the last key, before the record is handed on


class FormState(NamedTuple):
    """How far the form is: factors with a value or *unknown*, of all that the bundle asks for."""

    answered: int
    total: int


class ClinicalForm(QWidget):
    """The clinical factors of one patient. Nothing has a default; *unknown* is an answer.

    What a field shows and what the record holds are always the same: a text that cannot be used stays in its field with
    the sentence that says why, and the factor counts as open.

    Signals:
        record_changed: The record changed by a person's entry, an import, or the CT's age and sex; carries the
            `ClinicalRecord`.
        differences_changed: The record speaks of another patient than the CT, or no longer does; carries the tuple of
            `Difference`.
        unit_chosen: A person switched a factor's unit; carries factor id and unit, for the settings.
    """

    record_changed = Signal(object)
    differences_changed = Signal(object)
    unit_chosen = Signal(str, str)

    def __init__(self, schema: FactorSchema, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._schema = schema
        self._language = language
        self._record = ClinicalRecord(schema_version=schema.version)
        self._told = self._record
        self._identity = PatientIdentity()
        self._age_at_study: int | None = None
        self._from_ct: dict[str, float | str] = {}
        self._fields: dict[str, FactorField] = {}
        self._groups: list[FieldGroup] = []
        self._columns = 2
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(_QUIET_MILLISECONDS)
        self._quiet.timeout.connect(self.flush)
        # Every prediction prints its moment and the start of its horizon: the form asks for them whatever the bundle.
        self._dates = tuple(
            default_schema().factor(id) for id in ("admission_date", "discharge_date") if not schema.has(id)
        )
        self._build()
        self._show_progress()
        self._scores.show_record(self._record)

    # Building

    def _build(self) -> None:
        language = self._language
        self._progress = QLabel(self)
        self._progress.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        importing = QPushButton(text("clinical_form.import", language), self)
        importing.setToolTip(text("clinical_form.import_help", language))
        importing.clicked.connect(self.choose_file)
        pasting = QPushButton(text("clinical_form.paste", language), self)
        pasting.setToolTip(text("clinical_form.paste_help", language))
        pasting.clicked.connect(lambda: self.paste(QGuiApplication.clipboard().text()))
        self._conventional = False
        self._system = QPushButton(text("clinical_form.si", language), self)
        self._system.setToolTip(text("clinical_form.conventional_help", language))
        self._system.clicked.connect(lambda: self.use_conventional_units(not self._conventional))
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self._progress, 1)
        for button in (self._system, pasting, importing):
            bar.addWidget(button)
        self._difference_strip = DifferenceStrip(language, self)
        self._import_strip = ImportStrip(language, self)
        self._content = QWidget(self)
        self._content_column = QVBoxLayout(self._content)
        self._content_column.setContentsMargins(0, 0, 8, 0)
        self._content_column.setSpacing(12)
        for group in self._group(self._schema.factors, self._schema):
            self._content_column.addWidget(group)
        for group in self._group(self._dates, default_schema()):
            self._content_column.insertWidget(1, group)
        self._add_extra()
        self._scores = ScorePanel(self._schema, language, self)
        self._scores.factor_wanted.connect(self.focus_factor)
        self._content_column.addStretch(1)
        self._scroll = _scroll_area(self._content, self)
        self._side = _scroll_area(None, self)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(self._scroll, 1)
        body.addWidget(self._side)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(bar)
        column.addWidget(self._difference_strip)
        column.addWidget(self._import_strip)
        column.addLayout(body, 1)
        self._side.setWidget(self._scores)

    def _group(self, factors: tuple[Factor, ...], schema: FactorSchema) -> list[FieldGroup]:
        """Fields under the headings of their groups, the groups in the order of their first factor."""
        names = list(dict.fromkeys(factor.group for factor in factors))
        groups = []
        for name in names:
            fields = tuple(self._field(factor) for factor in factors if factor.group == name)
            heading = in_language(schema.group_label(name), self._language)
            groups.append(FieldGroup(heading, fields, self._content))
        self._groups += groups
        return groups

    def _field(self, factor: Factor) -> FactorField:
        field: FactorField
        if factor.kind in (FactorKind.NUMBER, FactorKind.DATE):
            field = typed = TextField(factor, self._language, self._content)
            typed.row_pasted.connect(self.paste)
            typed.unit_chosen.connect(self.unit_chosen)
        else:
            field = ChoiceField(factor, self._language, self._content)
        field.changed.connect(lambda: self._field_changed(field))
        field.finished.connect(self.focusNextChild)
        self._fields[factor.id] = field
        return field

    def _add_extra(self) -> None:
        """The inputs of severity scores that the model does not use: folded away, made when first opened."""
        self._extra_factors = tuple(
            factor
            for factor in default_schema().factors
            if factor.used_by and not self._schema.has(factor.id) and factor not in self._dates
        )
        self._extra_button = QPushButton(self._content)
        self._extra_button.setToolTip(text("clinical_form.extra_help", self._language))
        self._extra_button.clicked.connect(self._turn_extra)
        self._extra_button.setVisible(bool(self._extra_factors))
        self._extra = QWidget(self._content)
        self._extra_column = QVBoxLayout(self._extra)
        self._extra_column.setContentsMargins(0, 0, 0, 0)
        self._extra_column.setSpacing(12)
        self._extra.hide()
        self._title_extra()
        self._content_column.addWidget(self._extra_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._content_column.addWidget(self._extra)

    def show_extra(self, shown: bool = True) -> None:
        """Opens or folds the inputs that only severity scores use."""
        if shown and self._extra_column.isEmpty():
            for group in self._group(self._extra_factors, default_schema()):
                group.set_columns(self._columns)
                self._extra_column.addWidget(group)
            for factor in self._extra_factors:
                self._load(factor.id)
            if self._conventional:
                self.use_conventional_units(True)
        self._extra.setVisible(shown)
        self._title_extra()

    def _turn_extra(self) -> None:
        self.show_extra(self._extra.isHidden())

    def _title_extra(self) -> None:
        words = text("clinical_form.extra", self._language, count=len(self._extra_factors))
        self._extra_button.setText(("▸ " if self._extra.isHidden() else "▾ ") + words)

    # The record

    @property
    def record(self) -> ClinicalRecord:
        """What is known of the patient; a text being typed is included as soon as it is a value."""
        return self._record

    def set_record(self, record: ClinicalRecord) -> None:
        """Shows a record in place of the last one; age and sex of the CT fill what it leaves open."""
        self._record = self._told = record
        self._from_ct = {}
        for id in self._fields:
            self._load(id)
        self._fill_from_ct()
        self._after_change()

    def set_patient(self, identity: PatientIdentity, age_at_study: int | None) -> None:
        """Says who the patient of the CT is.

        Age and sex are filled from it, and marked so, where the record leaves them open; where it differs, the form
        says so with both values side by side, and the record is refused until one of them is corrected.
        """
        for id, value in self._from_ct.items():
            if self._record.value(id) == value:
                self._record = self._record.without(id)
                self._load(id)
        self._from_ct = {}
        self._identity, self._age_at_study = identity, age_at_study
        self._fill_from_ct()
        self._after_change()

    def state(self) -> FormState:
        """How far the form is."""
        answered = sum(self._record.answered(factor.id) for factor in self._schema.factors)
        return FormState(answered, len(self._schema.factors))

    @property
    def differences(self) -> tuple[Difference, ...]:
        """In what the record differs from the patient of the CT."""
        return self._difference_strip.differences

    @property
    def problems(self) -> dict[str, str]:
        """The sentences under fields whose text is not used, by factor id."""
        return {id: field.problem for id, field in self._fields.items() if field.problem}

    def field(self, factor_id: str) -> FactorField:
        """The field of a factor.

        Raises:
            KeyError: The form does not show it.
        """
        return self._fields[factor_id]

    def flush(self) -> None:
        """Hands on the record now if it has changed."""
        self._quiet.stop()
        if self._record != self._told:
            self._told = self._record
            self.record_changed.emit(self._record)

    def _field_changed(self, field: FactorField) -> None:
        id, answer = field.factor.id, field.answer
        self._from_ct.pop(id, None)
        if answer is None:
            self._record = self._record.without(id)
        else:
            self._record = self._record.with_value(id, answer.value, answer.typed, answer.confirmed)
        self._after_change()

    def _after_change(self) -> None:
        self._scores.show_record(self._record)
        self._show_differences()
        self._show_progress()
        self._quiet.start()

    def _load(self, id: str) -> None:
        field = self._fields.get(id)
        if field is None:
            return
        field.reference = self._record.references.get(id, field.factor.reference)
        field.show_source("")
        if not self._record.answered(id):
            field.show_answer(None)
            return
        field.show_answer(
            Answer(
                value=self._record.value(id),
                typed=self._record.typed.get(id),
                confirmed=id in self._record.confirmed,
            )
        )

    def _fill_from_ct(self) -> None:
        known: dict[str, float | str] = {}
        if self._identity.sex in ("M", "F"):
            known["sex"] = self._identity.sex
        if self._age_at_study is not None:
            known["age"] = float(self._age_at_study)
        for id, value in known.items():
            if id in self._fields and not self._record.answered(id):
                self._record = self._record.with_value(id, value)
                self._from_ct[id] = value
                self._load(id)
                self._fields[id].show_source(text("clinical_form.from_ct", self._language))

    def _show_differences(self) -> None:
        found = differences_with_ct(self._record, self._identity, self._age_at_study)
        before = self._difference_strip.differences
        actions = (
            (text("clinical_form.use_ct", self._language), self.use_ct_values),
            (text("clinical_form.clear_record", self._language), self.clear),
        )
        only_values = all(difference.field in ("age", "sex") for difference in found)
        self._difference_strip.show_differences(found, actions if only_values else actions[1:])
        if found != before:
            self.differences_changed.emit(found)

    def use_ct_values(self) -> None:
        """Takes age and sex from the CT in place of the record's."""
        for id in ("age", "sex"):
            self._record = self._record.without(id)
            self._load(id)
        self._fill_from_ct()
        self._after_change()

    def clear(self) -> None:
        """Empties the form, for another patient's record; age and sex of the CT are filled in again."""
        self._import_strip.clear()
        record = ClinicalRecord(schema_version=self._schema.version)
        told = self._told
        self.set_record(record)
        self._told = told

    def _show_progress(self) -> None:
        answered, total = self.state()
        unknown = sum(
            self._record.answered(factor.id) and self._record.value(factor.id) is None
            for factor in self._schema.factors
        )
        words = [text("clinical_form.progress", self._language, answered=answered, total=total)]
        if unknown:
            words.append(text("clinical_form.progress_unknown", self._language, count=unknown))
        if self.problems:
            words.append(text("clinical_form.progress_look", self._language, count=len(self.problems)))
        self._progress.setText(" · ".join(words))

    # Import and paste

    def choose_file(self) -> None:
        """Asks for a file and imports it."""
        pattern = text("clinical_form.import_filter", self._language)
        name, _ = QFileDialog.getOpenFileName(self, text("clinical_form.import", self._language), "", pattern)
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path) -> None:
        """Imports a JSON, CSV or FHIR file; a sentence says why if it cannot be used, and nothing is lost."""
        patient_id = self._identity.patient_id or None
        try:
            imported = _import_row(path, self._schema, patient_id)
        except ClinicalError as error:
            self._import_strip.say(error.message.text(self._language), (), refused=True)
            return
        self._take(imported, path.name)

    def paste(self, pasted: str) -> None:
        """Takes a row that was copied from a spreadsheet."""
        try:
            imported = record_from_paste(pasted, self._schema)
        except ClinicalError as error:
            self._import_strip.say(error.message.text(self._language), (), refused=True)
            return
        self._take(imported, text("clinical_form.clipboard", self._language))

    def _take(self, imported: ImportedRecord, source: str) -> None:
        """Merges what was imported, unless it is of another patient; what it replaces is told and can be taken back."""
        differing = differences_with_ct(imported.record, self._identity, self._age_at_study)
        if imported.record.identity is not None and self._record.identity is not None:
            differing = differing or same_patient(self._record.identity, imported.record.identity)
        if differing:
            lines = tuple(self._side_by_side(difference) for difference in differing)
            heading = text("clinical_form.import_other_patient", self._language, source=source)
            self._import_strip.say(heading, lines, refused=True)
            return
        before = self._record
        sentences = self._merge(imported)
        heading = text("clinical_form.imported", self._language, count=len(imported.record.values), source=source)
        undo = (text("clinical_form.undo_import", self._language), lambda: self._undo(before))
        sentences += tuple(notice.text(self._language) for notice in imported.notices)
        self._import_strip.say(heading, sentences, refused=False, actions=(undo,))

    def _side_by_side(self, difference: Difference) -> str:
        return text(
            "clinical_form.side_by_side",
            self._language,
            field=text(f"clinical_form.field_{difference.field}", self._language),
            first=shown_value(difference.field, difference.first, self._language),
            second=shown_value(difference.field, difference.second, self._language),
        )

    def _merge(self, imported: ImportedRecord) -> tuple[str, ...]:
        told = []
        record, new = self._record, imported.record
        for id, value in new.values.items():
            old = record.value(id)
            if old is not None and old != value and id in self._fields:
                factor = self._fields[id].factor
                told.append(
                    text(
                        "clinical_form.replaced",
                        self._language,
                        factor=in_language(factor.label, self._language),
                        old=format_value(factor, old, self._language),
                        new=format_value(factor, value, self._language),
                    )
                )
            record = record.with_value(id, value, new.typed.get(id), id in new.confirmed)
            self._from_ct.pop(id, None)
        self._record = record.model_copy(
            update={
                "identity": new.identity or record.identity,
                "trends": {**record.trends, **new.trends},
                "references": {**record.references, **new.references},
            }
        )
        for id in self._fields:
            if id in new.values or id in new.references:
                self._load(id)
        for id, typed in imported.refused.items():
            field = self._fields.get(id)
            if isinstance(field, TextField):
                field.show_text(typed)
                self._record = self._record.without(id)
        self._keep_only_confirmed(tuple(new.values))
        self._fill_from_ct()
        self._after_change()
        return tuple(told)

    def _keep_only_confirmed(self, ids: tuple[str, ...]) -> None:
        """An imported value that a field asks about is open until it is confirmed there."""
        for id in ids:
            field = self._fields.get(id)
            if field is not None and field.problem:
                self._record = self._record.without(id)

    def _undo(self, before: ClinicalRecord) -> None:
        told = self._told
        self.set_record(before)
        self._told = told
        self._import_strip.clear()

    # Units

    @property
    def units(self) -> dict[str, str]:
        """The unit of each field that has a choice of units."""
        return {
            id: field.unit
            for id, field in self._fields.items()
            if isinstance(field, TextField) and field.unit is not None and len(units_of(field.factor)) > 1
        }

    def set_units(self, units: Mapping[str, str]) -> None:
        """Shows fields in a site's units; no value changes."""
        for id, unit in units.items():
            field = self._fields.get(id)
            if isinstance(field, TextField):
                field.set_unit(unit)

    def use_conventional_units(self, conventional: bool) -> None:
        """Shows every field in its first alternative unit (mg/dL and the like), or in its own (SI)."""
        self._conventional = conventional
        self._system.setText(text("clinical_form.conventional" if conventional else "clinical_form.si", self._language))
        for id, field in self._fields.items():
            known = units_of(field.factor)
            if len(known) > 1:
                self.set_units({id: known[1 if conventional else 0]})
        self.unit_chosen.emit("", "conventional" if conventional else "si")

    # Keyboard, width

    def focus_first_open(self) -> None:
        """Puts the cursor into the first factor that is not answered."""
        for factor in self._schema.factors:
            if not self._record.answered(factor.id):
                self.focus_factor(factor.id)
                return

    def focus_factor(self, factor_id: str) -> None:
        """Puts the cursor into a factor's field, opening the folded part if it lies there."""
        if factor_id not in self._fields or any(factor.id == factor_id for factor in self._extra_factors):
            self.show_extra(True)
        field = self._fields.get(factor_id)
        if field is not None:
            field.setFocus(Qt.FocusReason.TabFocusReason)
            # A part that was just opened has its place only after the next layout.
            QTimer.singleShot(0, field, lambda: self._scroll.ensureWidgetVisible(field, 0, 40))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Pasting outside a text field takes a row."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste(QGuiApplication.clipboard().text())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """One column or two, the scores beside or below, as the width allows."""
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Arranges for the width it is shown with."""
        super().showEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """A larger font needs another arrangement."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_side"):
            self._arrange()

    def _arrange(self) -> None:
        line = self.fontMetrics().height()
        beside = self.width() >= (_COLUMN + _PANEL) * line
        for_fields = self.width() - (_PANEL * line if beside else 0)
        self._columns = 2 if for_fields >= 2 * _COLUMN * line else 1
        for group in self._groups:
            group.set_columns(self._columns)
        self._side.setFixedWidth(_PANEL * line)
        if beside and self._side.widget() is None:
            self._content_column.removeWidget(self._scores)
            self._side.setWidget(self._scores)
            self._scores.show()
        elif not beside and self._side.widget() is not None:
            self._side.takeWidget()
            self._content_column.insertWidget(self._content_column.count() - 1, self._scores)
            self._scores.show()
        self._side.setVisible(beside)


def _scroll_area(content: QWidget | None, parent: QWidget) -> QScrollArea:
    area = QScrollArea(parent)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.viewport().setAutoFillBackground(False)
    if content is not None:
        content.setAutoFillBackground(False)
        area.setWidget(content)
    return area


def _import_row(path: Path, schema: FactorSchema, patient_id: str | None) -> ImportedRecord:
    """Of a CSV with several rows, that of the CT's patient."""
    try:
        return import_record(path, schema)
    except ClinicalError as error:
        if error.message.id != "clinical.several_rows" or patient_id is None:
            raise
        return import_record(path, schema, patient_id)
