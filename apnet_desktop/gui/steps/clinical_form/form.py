"""The step *Clinical factors*: a form drawn from a factor schema, with the severity scores computed while typing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.clinical.consistency import contradictions
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.identity import Difference, differences_with_ct, same_patient
from apnet_desktop.clinical.importing import ImportedRecord
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.record_table import record_from_paste
from apnet_desktop.clinical.units import units_of
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import ClinicalError
from apnet_desktop.gui.steps.clinical_form.body import FormBody, plain_scroll_area
from apnet_desktop.gui.steps.clinical_form.field import Answer, FactorField
from apnet_desktop.gui.steps.clinical_form.merging import import_row, merged, replaced_values
from apnet_desktop.gui.steps.clinical_form.notices import DifferenceStrip, ImportStrip, side_by_side
from apnet_desktop.gui.steps.clinical_form.score_panel import ScorePanel
from apnet_desktop.gui.steps.clinical_form.style import form_style
from apnet_desktop.gui.steps.clinical_form.text_field import TextField
from apnet_desktop.language import Language, text

__all__ = ["ClinicalForm", "FormState"]

_COLUMN = 20  # heights of a line: narrower, a field with its unit does not read well
_PANEL = 22
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
        unit_chosen: A person switched a factor's unit; carries factor id and unit, for the settings. An empty id:
            all factors, to `si` or `conventional`.
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
        self._conventional = False
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(_QUIET_MILLISECONDS)
        self._quiet.timeout.connect(self.flush)
        self._style = form_style()
        self.setStyleSheet(self._style)
        self._build()
        self._show_progress()
        self._scores.show_record(self._record)

    def _build(self) -> None:
        self._difference_strip = DifferenceStrip(self._language, self)
        self._import_strip = ImportStrip(self._language, self)
        bar = self._make_bar()
        self._body = FormBody(self._schema, self._language, self)
        self._body.field_changed.connect(self._field_changed)
        self._body.extra_made.connect(self._extra_made)
        self._body.row_pasted.connect(self.paste)
        self._body.unit_chosen.connect(self.unit_chosen)
        self._scores = ScorePanel(self._schema, self._language, self)
        self._scores.factor_wanted.connect(self.focus_factor)
        self._side = QScrollArea(self)
        plain_scroll_area(self._side, self._scores)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._body, 1)
        row.addWidget(self._side)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(bar)
        column.addWidget(self._difference_strip)
        column.addWidget(self._import_strip)
        column.addLayout(row, 1)

    def _make_bar(self) -> QHBoxLayout:
        self._patient = QLabel(self)
        self._patient.setTextFormat(Qt.TextFormat.PlainText)
        self._patient.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._patient.hide()
        self._progress = QLabel(self)
        self._progress.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._system = QPushButton(text("clinical_form.si", self._language), self)
        self._system.setToolTip(text("clinical_form.conventional_help", self._language))
        self._system.clicked.connect(self._turn_units)
        pasting = QPushButton(text("clinical_form.paste", self._language), self)
        pasting.setToolTip(text("clinical_form.paste_help", self._language))
        pasting.clicked.connect(self.paste_clipboard)
        importing = QPushButton(text("clinical_form.import", self._language), self)
        importing.setToolTip(text("clinical_form.import_help", self._language))
        importing.clicked.connect(self.choose_file)
        keys = QLabel(text("clinical_form.keys", self._language), self)
        keys.setObjectName("quiet")
        keys.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._patient)
        words.addWidget(self._progress)
        words.addWidget(keys)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addLayout(words, 1)
        for button in (self._system, pasting, importing):
            bar.addWidget(button)
        return bar

    # -- the record -----------------------------------------------------------------------------------------------

    @property
    def record(self) -> ClinicalRecord:
        """What is known of the patient; a text being typed is included as soon as it is a value."""
        return self._record

    def set_record(self, record: ClinicalRecord) -> None:
        """Shows a record in place of the last one; age and sex of the CT fill what it leaves open."""
        self._told = record
        self._show(record)

    def set_case(self, record: ClinicalRecord, identity: PatientIdentity, age_at_study: int | None) -> None:
        """Shows another case: its record, and who the patient of its CT is. Nothing of the case before goes over."""
        self._identity, self._age_at_study, self._from_ct = identity, age_at_study, {}
        self._show_patient()
        self.set_record(record)

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
        self._show_patient()
        self._fill_from_ct()
        self._after_change()

    def _show_patient(self) -> None:
        """Whose CT it is, above the questions: a name in a file is text, never markup."""
        identity = self._identity
        born = "" if identity.birth_date is None else identity.birth_date.isoformat()
        known = [part for part in (identity.name, identity.patient_id, born) if part]
        self._patient.setText(text("clinical_form.patient_of_ct", self._language, patient=" · ".join(known)))
        self._patient.setVisible(bool(known))

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
        return {id: field.problem for id, field in self._body.fields.items() if field.problem}

    @property
    def notices(self) -> tuple[str, ...]:
        """What the strip above the form says of the last import; empty when it is closed."""
        return self._import_strip.sentences

    @property
    def scores(self) -> ScorePanel:
        """The panel of the severity scores."""
        return self._scores

    def field(self, factor_id: str) -> FactorField:
        """The field of a factor.

        Raises:
            KeyError: The form does not show it.
        """
        return self._body.fields[factor_id]

    def flush(self) -> None:
        """Hands on the record now if it has changed."""
        self._quiet.stop()
        if self._record != self._told:
            self._told = self._record
            self.record_changed.emit(self._record)

    def clear(self) -> None:
        """Empties the form, with a way back; age and sex of the CT are filled in again."""
        before = self._record
        self._show(ClinicalRecord(schema_version=self._schema.version))
        undo = (text("clinical_form.undo_import", self._language), lambda: self._undo(before))
        self._import_strip.say(text("clinical_form.emptied", self._language), (), refused=False, actions=(undo,))

    def use_ct_values(self) -> None:
        """Takes age and sex from the CT in place of the record's."""
        for id in ("age", "sex"):
            self._record = self._record.without(id)
            self._load(id)
        self._fill_from_ct()
        self._after_change()

    def _show(self, record: ClinicalRecord) -> None:
        self._record = record
        self._from_ct = {}
        for id in self._body.fields:
            self._load(id)
        self._fill_from_ct()
        self._after_change()

    def _field_changed(self, id: str) -> None:
        answer = self._body.fields[id].answer
        self._from_ct.pop(id, None)
        if answer is None:
            self._record = self._record.without(id)
        else:
            self._record = self._record.with_value(id, answer.value, answer.typed, answer.confirmed, answer.trend)
        self._after_change()

    def _after_change(self) -> None:
        self._sign()
        self._scores.show_record(self._record)
        self._show_differences()
        self._show_hints()
        self._show_progress()
        self._quiet.start()

    def _sign(self) -> None:
        """What is entered beside a CT is of its patient: the record says so, and stops beside another patient's CT."""
        known = self._identity.patient_id or self._identity.name
        if self._record.identity is None and self._record.values and known and not self._identity.entered_by_hand:
            self._record = self._record.model_copy(update={"identity": self._identity})

    def _load(self, id: str) -> None:
        """Shows what the record says of a factor."""
        field = self._body.fields.get(id)
        if field is None:
            return
        field.reference = self._record.references.get(id, field.factor.reference)
        field.show_source("")
        if not self._record.answered(id):
            field.show_answer(None)
            return
        record = self._record
        field.show_answer(
            Answer(
                value=record.value(id),
                typed=record.typed.get(id),
                confirmed=id in record.confirmed,
                trend=record.trends.get(id, ()),
            )
        )

    def _fill_from_ct(self) -> None:
        known: dict[str, float | str] = {}
        if self._identity.sex in ("M", "F"):
            known["sex"] = self._identity.sex
        if self._age_at_study is not None:
            known["age"] = float(self._age_at_study)
        for id, value in known.items():
            if id in self._body.fields and not self._record.answered(id):
                self._record = self._record.with_value(id, value)
                self._from_ct[id] = value
                self._load(id)
                self._body.fields[id].show_source(text("clinical_form.from_ct", self._language))

    def _show_hints(self) -> None:
        """Under the field to look at first: what in the record contradicts it."""
        found = {id: message.text(self._language) for id, message in contradictions(self._record)}
        for id, field in self._body.fields.items():
            field.show_hint(found.get(id, ""))

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

    def _show_progress(self) -> None:
        answered, total = self.state()
        asked = self._schema.factors
        unknown = sum(self._record.answered(factor.id) and self._record.value(factor.id) is None for factor in asked)
        words = [text("clinical_form.progress", self._language, answered=answered, total=total)]
        if unknown:
            words.append(text("clinical_form.progress_unknown", self._language, count=unknown))
        if self.problems:
            words.append(text("clinical_form.progress_look", self._language, count=len(self.problems)))
        self._progress.setText(" · ".join(words))

    # -- import and paste -----------------------------------------------------------------------------------------

    def choose_file(self) -> None:
        """Asks for a file and imports it."""
        pattern = text("clinical_form.import_filter", self._language)
        name, _ = QFileDialog.getOpenFileName(self, text("clinical_form.import", self._language), "", pattern)
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path) -> None:
        """Imports a JSON, CSV or FHIR file; a sentence says why if it cannot be used, and nothing is lost."""
        try:
            imported = import_row(path, self._schema, self._identity.patient_id or None)
        except ClinicalError as error:
            self._import_strip.say(error.message.text(self._language), (), refused=True)
            return
        self._take(imported, path.name)

    def paste_clipboard(self) -> None:
        """Takes the row that was copied from a spreadsheet."""
        self.paste(QGuiApplication.clipboard().text())

    def paste(self, pasted: str) -> None:
        """Takes a row of a spreadsheet."""
        try:
            imported = record_from_paste(pasted, self._in_order())
        except ClinicalError as error:
            self._import_strip.say(error.message.text(self._language), (), refused=True)
            return
        self._take(imported, text("clinical_form.clipboard", self._language))

    def _take(self, imported: ImportedRecord, source: str) -> None:
        """Joins what was imported, unless it is of another patient; what it replaces is told and can be taken back."""
        new, before = imported.record, self._record
        differing = differences_with_ct(new, self._identity, self._age_at_study)
        if new.identity is not None and before.identity is not None:
            differing = differing or same_patient(before.identity, new.identity)
        if differing:
            lines = tuple(side_by_side(difference, self._language) for difference in differing)
            heading = text("clinical_form.import_other_patient", self._language, source=source)
            self._import_strip.say(heading, lines, refused=True)
            return
        sentences = replaced_values(before, new, self._schema, self._language)
        sentences += tuple(notice.text(self._language) for notice in imported.notices)
        self._show(merged(before, new))
        self._show_refused(imported)
        heading = text("clinical_form.imported", self._language, count=len(new.values), source=source)
        undo = (text("clinical_form.undo_import", self._language), lambda: self._undo(before))
        self._import_strip.say(heading, sentences, refused=False, actions=(undo,))

    def _show_refused(self, imported: ImportedRecord) -> None:
        """A value that was refused, or that a field asks about, is open until a person has settled it there."""
        for id, typed in imported.refused.items():
            field = self._body.fields.get(id)
            if isinstance(field, TextField):
                field.show_text(typed)
        for id in self.problems:
            self._record = self._record.without(id)
        self._after_change()

    def _undo(self, before: ClinicalRecord) -> None:
        self._import_strip.clear()
        self._show(before)

    # -- units ----------------------------------------------------------------------------------------------------

    @property
    def units(self) -> dict[str, str]:
        """The unit of each field that has a choice of units."""
        fields = [field for field in self._body.fields.values() if isinstance(field, TextField)]
        return {field.factor.id: field.unit for field in fields if field.unit and len(units_of(field.factor)) > 1}

    def set_units(self, units: Mapping[str, str]) -> None:
        """Shows fields in a site's units; no value changes."""
        for id, unit in units.items():
            field = self._body.fields.get(id)
            if isinstance(field, TextField):
                field.set_unit(unit)

    def use_conventional_units(self, conventional: bool) -> None:
        """Shows every field in its first alternative unit (mg/dL and the like), or in its own (SI)."""
        self._conventional = conventional
        self._system.setText(text("clinical_form.conventional" if conventional else "clinical_form.si", self._language))
        choices = {id: units_of(field.factor) for id, field in self._body.fields.items()}
        self.set_units({id: units[1 if conventional else 0] for id, units in choices.items() if len(units) > 1})

    def _turn_units(self) -> None:
        self.use_conventional_units(not self._conventional)
        self.unit_chosen.emit("", "conventional" if self._conventional else "si")

    # -- keyboard, width, palette ---------------------------------------------------------------------------------

    def focus_first_open(self) -> None:
        """Puts the cursor into the first factor that is not answered."""
        for factor in self._in_order().factors:
            if not self._record.answered(factor.id):
                self.focus_factor(factor.id)
                return

    def _in_order(self) -> FactorSchema:
        """The bundle's factors in the order in which the form shows them."""
        return self._schema.subset(tuple(id for id in self._body.fields if self._schema.has(id)))

    def focus_factor(self, factor_id: str) -> None:
        """Puts the cursor into a factor's field, opening the folded part if it lies there."""
        self._body.focus_factor(factor_id)

    def show_extra(self, shown: bool = True) -> None:
        """Opens or folds the inputs that only severity scores use."""
        self._body.show_extra(shown)

    def _extra_made(self) -> None:
        for id in self._body.fields:
            if not self._schema.has(id):
                self._load(id)
        if self._conventional:
            self.use_conventional_units(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Pasting outside a text field takes a row."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste_clipboard()
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

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Nothing typed waits while the form is out of sight."""
        self.flush()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """A larger font needs another arrangement, another palette other colours."""
        super().changeEvent(event)
        if not hasattr(self, "_side"):
            return
        if event.type() == QEvent.Type.FontChange:
            self._arrange()
        elif event.type() == QEvent.Type.PaletteChange and self._style != form_style():
            self._style = form_style()
            self.setStyleSheet(self._style)

    def _arrange(self) -> None:
        line = self.fontMetrics().height()
        beside = self.width() >= (_COLUMN + _PANEL) * line
        for_fields = self.width() - (_PANEL * line if beside else 0)
        self._body.set_columns(2 if for_fields >= 2 * _COLUMN * line else 1)
        self._side.setFixedWidth(_PANEL * line)
        if beside and self._side.widget() is None:
            self._side.setWidget(self._scores)
        elif not beside and self._side.widget() is not None:
            self._side.takeWidget()
            self._body.put_below(self._scores)
        self._scores.show()
        self._side.setVisible(beside)
