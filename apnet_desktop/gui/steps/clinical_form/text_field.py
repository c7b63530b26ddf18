"""Fields that are typed: a number with its unit, or a date."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QToolButton, QWidget

from apnet_desktop.clinical.entry import Entry, WrongUnitError, check_value, format_value, parse_value, unusual_message
from apnet_desktop.clinical.factor import Factor, FactorKind, Interval, TrendRule
from apnet_desktop.clinical.record import FactorValue, Measurement
from apnet_desktop.clinical.units import format_number, from_own, unit_symbol, units_of
from apnet_desktop.errors import ClinicalError
from apnet_desktop.gui.steps.clinical_form.field import Answer, FactorField
from apnet_desktop.gui.steps.clinical_form.message_line import LineKind
from apnet_desktop.gui.steps.clinical_form.style import set_state
from apnet_desktop.language import Language, text

__all__ = ["TextField"]


class TextField(FactorField):
    """A number or a date.

    What is typed is read at each key, so that the scores follow; a sentence about it appears when the person leaves the
    field or presses Enter. What cannot be used stays as typed. Enter on a question confirms it; Alt+U takes the next
    unit, which also takes up an offered one.

    Signals:
        row_pasted: A person pasted more than one cell; carries the text.
        unit_chosen: A person switched the unit; carries factor id and unit.
    """

    row_pasted = Signal(str)
    unit_chosen = Signal(str, str)

    def __init__(self, factor: Factor, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(factor, language, parent)
        self._entry: Entry | None = None
        self._error: ClinicalError | None = None
        self._confirmed = False
        self._unit = factor.unit
        self.edit = QLineEdit(self)
        if factor.kind is FactorKind.DATE:
            self.edit.setPlaceholderText(text("clinical_form.date_pattern", language))
        self.edit.textEdited.connect(self._edited)
        self.edit.editingFinished.connect(self._left)
        self.edit.installEventFilter(self)
        self._place(self.edit, *self._unit_widgets())
        self._show_reference()

    def _unit_widgets(self) -> tuple[QWidget, ...]:
        units = units_of(self.factor)
        if not units or not (unit_symbol(units[0]) or len(units) > 1):
            return ()
        if len(units) == 1:
            label = QLabel(unit_symbol(units[0], self.language), self)
            label.setMinimumWidth(self.fontMetrics().horizontalAdvance("mmol/L "))
            return (label,)
        self._unit_button = QToolButton(self)
        self._unit_button.setObjectName("unit")
        self._unit_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._unit_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._unit_button.setToolTip(text("clinical_form.unit_help", self.language))
        menu = QMenu(self._unit_button)
        for unit in units:
            action = menu.addAction(unit_symbol(unit, self.language))
            action.triggered.connect(lambda _checked=False, unit=unit: self._choose_unit(unit))
        self._unit_button.setMenu(menu)
        self._unit_button.setText(unit_symbol(self._unit, self.language))
        return (self._unit_button,)

    @property
    def unit(self) -> str | None:
        """The UCUM unit in which the field reads and shows."""
        return self._unit

    @property
    def answer(self) -> Answer | None:
        """See the base."""
        if self._unknown:
            return Answer(value=None)
        if self._entry is None or (self._entry.question is not None and not self._confirmed):
            return None
        entry = self._entry
        return Answer(value=entry.value, typed=entry.typed, confirmed=self._confirmed, trend=entry.trend)

    def show_answer(self, answer: Answer | None) -> None:
        """See the base."""
        self.line.clear()
        self._error = None
        self._confirmed = answer is not None and answer.confirmed
        self._mark_unknown(answer is not None and answer.value is None)
        self._entry = None
        if answer is None or answer.value is None:
            self.edit.clear()
        else:
            self.edit.setText(self._shown(answer.value))
            self._entry, self._error = self._stored(answer)
            self._tell()
        self.restyle()

    def show_text(self, typed: str) -> None:
        """Shows what could not be used, with the sentence that says why."""
        self._mark_unknown(False)
        self._confirmed = False
        self.edit.setText(typed)
        self._read()
        self._tell()

    def set_unit(self, unit: str) -> None:
        """Shows the field in another of its units; the stored value stays, a text that was not usable is read anew."""
        if unit not in units_of(self.factor) or unit == self._unit:
            return
        answer = self.answer
        self._unit = unit
        self._unit_button.setText(unit_symbol(unit, self.language))
        self._show_reference()
        if answer is not None and isinstance(answer.value, float):
            self.edit.setText(self._shown(answer.value))
            self._tell()
        elif self.edit.text().strip() and not self._unknown:
            self._read()
            self._tell()

    def set_unknown(self, unknown: bool) -> None:
        """See the base."""
        self.show_answer(Answer(value=None) if unknown else None)

    def commit(self) -> None:
        """Says what is to be said of the text as it stands."""
        self._tell()

    def restyle(self) -> None:
        """A field that needs a look has a thick border, not only a coloured one."""
        kind = self.line.kind
        self.edit.setAccessibleDescription(self.line.sentence)
        set_state(self.edit, kind.value if kind in (LineKind.REFUSED, LineKind.QUESTION) else "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Keys of the field that a line edit would take for itself."""
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        pressed = event.type() == QEvent.Type.KeyPress
        if event.key() == Qt.Key.Key_U and event.modifiers() == Qt.KeyboardModifier.AltModifier:
            event.accept()
            if pressed:
                self._next_unit()
            return True
        if pressed and event.matches(QKeySequence.StandardKey.Paste):
            return self._pasted()
        if pressed and event.text().lower() in ("u", "?") and (self._unknown or not self.edit.text().strip()):
            self._toggle_unknown(not self._unknown)
            return True
        if pressed and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._entered()
            return True
        return False

    def _pasted(self) -> bool:
        pasted = QGuiApplication.clipboard().text()
        if "\t" in pasted or "\n" in pasted.strip():
            self.row_pasted.emit(pasted)
            return True
        return False

    def _entered(self) -> None:
        asked = self.line.kind is LineKind.QUESTION
        if asked and self._entry is not None and self._entry.question is not None:
            self._confirm()
        else:
            self._tell()
        if self.answer is not None or not self.edit.text().strip():
            self.finished.emit()

    def _edited(self) -> None:
        self._confirmed = False
        self._mark_unknown(False)
        self.show_source("")
        self._read()
        if self.line.kind is not None and self.answer is not None:
            self._tell()
        elif self.line.kind is LineKind.QUESTION:
            self.line.clear()
            self.restyle()
        self._show_reference()
        self.changed.emit()

    def _read(self) -> None:
        """Reads the text; nothing is said yet."""
        self._entry, self._error = None, None
        if not self.edit.text().strip():
            return
        try:
            entry = parse_value(self.factor, self.edit.text(), self._unit)
        except ClinicalError as error:
            self._error = error
            return
        if entry.value is None:
            self._mark_unknown(True)
            self.edit.clear()
        else:
            self._entry = entry

    def _left(self) -> None:
        self._tell()

    def _tell(self) -> None:
        before = self.problem
        if self._error is not None:
            offers = self._error.offers if isinstance(self._error, WrongUnitError) else ()
            actions = tuple((self._offer_text(offer.unit), self._taker(offer.unit)) for offer in offers)
            self.line.say(LineKind.REFUSED, self._error.message.text(self.language), actions)
        elif self._entry is not None and self._entry.question is not None and not self._confirmed:
            confirm = (text("clinical_form.confirm", self.language), self._confirm)
            offers = self._entry.offers
            actions = (confirm, *((self._offer_text(offer.unit), self._taker(offer.unit)) for offer in offers))
            self.line.say(LineKind.QUESTION, self._entry.question.text(self.language), actions)
        elif self.line.kind not in (LineKind.HELP, LineKind.HINT):
            self.line.clear()
        self._show_reference()
        self._show_as_typed()
        self.restyle()
        if self.problem != before:
            self.changed.emit()

    def _offer_text(self, unit: str) -> str:
        shown = unit_symbol(unit, self.language)
        return text("clinical_form.take_unit", self.language, number=self.edit.text().strip(), unit=shown)

    def _taker(self, unit: str) -> Callable[[], None]:
        return lambda: self._choose_unit(unit)

    def _confirm(self) -> None:
        self._confirmed = True
        self._tell()
        self.changed.emit()

    def _next_unit(self) -> None:
        units = units_of(self.factor)
        if len(units) > 1:
            self._choose_unit(units[(units.index(self._unit or units[0]) + 1) % len(units)])

    def _choose_unit(self, unit: str) -> None:
        self.set_unit(unit)
        self.unit_chosen.emit(self.factor.id, unit)
        self.changed.emit()

    def _mark_unknown(self, unknown: bool) -> None:
        self._unknown = unknown
        self._question.setChecked(unknown)
        if unknown:
            self.line.clear()
            self.edit.setPlaceholderText(text("clinical.unknown", self.language))
        elif self.factor.kind is FactorKind.DATE:
            self.edit.setPlaceholderText(text("clinical_form.date_pattern", self.language))
        else:
            self.edit.setPlaceholderText("")

    def _shown(self, value: FactorValue) -> str:
        if isinstance(value, float):
            return format_number(from_own(self.factor, value, self._unit), max(self.factor.decimals, 2))
        return format_value(self.factor, value, self.language)

    def _stored(self, answer: Answer) -> tuple[Entry | None, ClinicalError | None]:
        """A stored answer as it is: the text in the field is rounded and must not take its place."""
        try:
            check_value(self.factor, answer.value)
        except ClinicalError as error:
            return None, error
        question = unusual_message(self.factor, answer.value) if isinstance(answer.value, float) else None
        return Entry(value=answer.value, typed=answer.typed, question=question, trend=answer.trend), None

    def _show_as_typed(self) -> None:
        """Beside a value in another unit: what it is in the field's, or how it was typed."""
        entry = self._entry
        if self._source_given:
            return
        if entry is not None and entry.trend:
            rule = (self.factor.trend or TrendRule.LAST).value
            shown = format_value(self.factor, entry.value, self.language, self._unit)
            words = text(f"clinical_form.trend_{rule}", self.language, count=len(entry.trend), value=shown)
            self._source.setText(words)
            self._source.setToolTip("\n".join(self._dated(point) for point in entry.trend))
            return
        self._source.setToolTip("")
        if entry is None or entry.typed is None:
            self._source.clear()
            return
        if any(character.isalpha() for character in self.edit.text()) or self._unit != self.factor.unit:
            shown = format_value(self.factor, entry.value, self.language)
            self._source.setText(text("clinical_form.equals", self.language, value=shown))
        else:
            self._source.setText(text("clinical_form.typed_as", self.language, typed=entry.typed))

    def _dated(self, point: Measurement) -> str:
        return f"{point.day.isoformat()}: {format_value(self.factor, point.value, self.language, self._unit)}"

    def _show_reference(self) -> None:
        interval = self.reference
        if interval is None or self.factor.kind is not FactorKind.NUMBER:
            self._side.clear()
            return
        self._side.setText(_arrow(interval, self._entry) + _reference(self.factor, interval, self._unit, self.language))


def _arrow(interval: Interval, entry: Entry | None) -> str:
    """An arrow for a value outside the reference interval."""
    value = entry.value if entry is not None else None
    if not isinstance(value, float) or interval.contains(value):
        return ""
    return "↓ " if interval.lower is not None and value < interval.lower else "↑ "


def _reference(factor: Factor, interval: Interval, unit: str | None, language: Language) -> str:
    ends = [None if end is None else f"{from_own(factor, end, unit):.3g}" for end in (interval.lower, interval.upper)]
    if ends[0] is None:
        return text("clinical_form.reference_below", language, upper=ends[1] or "")
    if ends[1] is None:
        return text("clinical_form.reference_above", language, lower=ends[0])
    return text("clinical_form.reference", language, lower=ends[0], upper=ends[1])
