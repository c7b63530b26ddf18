"""The step *Clinical factors*: a form drawn from a factor schema, with the severity scores computed while typing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from apnet_desktop.clinical.consistency import contradictions
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.identity import Difference, differences_with_ct
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.gui.steps.clinical_form.field import Answer, FactorField
from apnet_desktop.gui.steps.clinical_form.form_frame import FormFrame
from apnet_desktop.gui.steps.clinical_form.form_units import FormUnits
from apnet_desktop.gui.steps.clinical_form.record_import import ReadFile, RecordImport, read_here
from apnet_desktop.gui.steps.clinical_form.score_panel import ScorePanel
from apnet_desktop.gui.steps.clinical_form.text_field import TextField
from apnet_desktop.language import Language, text

__all__ = ["ClinicalForm", "FormState"]

_QUIET_MILLISECONDS = 200  # after the last key, before the record is handed on


class FormState(NamedTuple):
    """How far the form is: factors with a value or *unknown*, of all that the bundle asks for."""

    answered: int
    total: int


class ClinicalForm(FormFrame):
    """The clinical factors of one patient. Nothing has a default; *unknown* is an answer.

    What a field shows and what the record holds are always the same: a text that cannot be used stays in its field with
    the sentence that says why, and the factor counts as open.

    Args:
        schema: The factors of the bundle in use.
        language: Of the texts.
        parent: Qt parent.
        read_file: Reads a file; the window has it done in the reader process.

    Signals:
        record_changed: The record changed by a person's entry, an import, or the CT's age and sex; carries the
            `ClinicalRecord`.
        differences_changed: The record speaks of another patient than the CT, or no longer does; carries the tuple of
            `Difference`.

    Attributes:
        units: In which units the fields read and show.
    """

    record_changed = Signal(object)
    differences_changed = Signal(object)

    def __init__(
        self,
        schema: FactorSchema,
        language: Language,
        parent: QWidget | None = None,
        read_file: ReadFile = read_here,
    ) -> None:
        super().__init__(schema, language, parent)
        self._import = RecordImport(self, self._import_strip, read_file)
        self._record = ClinicalRecord(schema_version=schema.version)
        self._told = self._record
        self._identity = PatientIdentity()
        self._age_at_study: int | None = None
        self._from_ct: dict[str, float | str] = {}
        self.units = FormUnits(self._body, self._bar, self)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(_QUIET_MILLISECONDS)
        self._quiet.timeout.connect(self.flush)
        self._connect()
        self._show_progress()
        self._scores.show_record(self._record)

    def _connect(self) -> None:
        self._body.field_changed.connect(self._field_changed)
        self._body.extra_made.connect(self._extra_made)
        self._body.row_pasted.connect(self.paste)
        self._scores.factor_wanted.connect(self.focus_factor)
        self._bar.row_wanted.connect(self._import.paste_clipboard)
        self._bar.file_wanted.connect(self._import.choose_file)

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
        self._bar.show_patient(identity)
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
        self._bar.show_patient(identity)
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
        self._bar.show_progress(" · ".join(words))

    # -- import and paste -----------------------------------------------------------------------------------------

    @property
    def patient_of_ct(self) -> tuple[PatientIdentity, int | None]:
        """Who the patient of the CT is, and the age at it."""
        return self._identity, self._age_at_study

    def import_file(self, path: Path) -> None:
        """Imports a JSON, CSV or FHIR file; a sentence says why if it cannot be used, and nothing is lost."""
        self._import.import_file(path)

    def paste(self, pasted: str) -> None:
        """Takes a row of a spreadsheet."""
        self._import.paste(pasted)

    def take(self, record: ClinicalRecord, refused: Mapping[str, str]) -> None:
        """Shows a record that was joined with an import.

        Args:
            record: The record.
            refused: By factor id: what could not be used. It stands in its field until a person has settled it there.
        """
        self._show(record)
        for id, typed in refused.items():
            field = self._body.fields.get(id)
            if isinstance(field, TextField):
                field.show_text(typed)
        for id in self.problems:
            self._record = self._record.without(id)
        self._after_change()

    def _undo(self, before: ClinicalRecord) -> None:
        self._import_strip.clear()
        self._show(before)

    # -- keyboard, width, palette ---------------------------------------------------------------------------------

    def focus_first_open(self) -> None:
        """Puts the cursor into the first factor that is not answered."""
        for factor in self.in_order().factors:
            if not self._record.answered(factor.id):
                self.focus_factor(factor.id)
                return

    def in_order(self) -> FactorSchema:
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
        self.units.show_again()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Pasting outside a text field takes a row."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self._import.paste_clipboard()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Nothing typed waits while the form is out of sight."""
        self.flush()
        super().hideEvent(event)
