"""Fields that are answered by choosing: one answer, several, or yes and no."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from apnet_desktop.clinical.entry import check_value
from apnet_desktop.clinical.factor import Factor, FactorKind
from apnet_desktop.clinical.record import FactorValue
from apnet_desktop.errors import ClinicalError
from apnet_desktop.gui.steps.clinical_form.choice_bar import ChoiceBar
from apnet_desktop.gui.steps.clinical_form.field import Answer, FactorField, in_language
from apnet_desktop.gui.steps.clinical_form.message_line import LineKind
from apnet_desktop.language import Language, text

__all__ = ["ChoiceField"]


class ChoiceField(FactorField):
    """A choice, yes or no, or several choices; all answers are visible."""

    def __init__(self, factor: Factor, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(factor, language, parent)
        self._values: tuple[FactorValue, ...]
        letters = ""
        if factor.kind is FactorKind.YES_NO:
            self._values = (True, False)
            labels: tuple[str, ...] = (
                text("clinical.yes", language).capitalize(),
                text("clinical.no", language).capitalize(),
            )
            letters = "yn"
        else:
            self._values = tuple(choice.id for choice in factor.choices)
            labels = tuple(in_language(choice.label, language) for choice in factor.choices)
        self.bar = ChoiceBar(labels, factor.kind is FactorKind.MULTI_CHOICE, letters, self)
        self.bar.chosen_changed.connect(self._chosen)
        self._place(self.bar)

    @property
    def answer(self) -> Answer | None:
        """See the base."""
        if self._unknown:
            return Answer(value=None)
        places = self.bar.chosen
        if not places or self.problem:
            return None
        if self.factor.kind is FactorKind.MULTI_CHOICE:
            return Answer(value=tuple(str(self._values[place]) for place in places))
        return Answer(value=self._values[places[0]])

    def show_answer(self, answer: Answer | None) -> None:
        """See the base."""
        self.line.clear()
        self._mark_unknown(answer is not None and answer.value is None)
        value = None if answer is None else answer.value
        wanted = value if isinstance(value, tuple) else () if value is None else (value,)
        self.bar.choose(tuple(place for place, known in enumerate(self._values) if known in wanted))

    def set_unknown(self, unknown: bool) -> None:
        """See the base."""
        self.show_answer(Answer(value=None) if unknown else None)

    def _mark_unknown(self, unknown: bool) -> None:
        self._unknown = unknown
        self._question.setChecked(unknown)
        self.bar.fade(unknown)

    def _chosen(self) -> None:
        self._mark_unknown(False)
        if self.line.kind is not LineKind.HINT:
            self.line.clear()
        self.show_source("")
        answer = self.answer
        if answer is not None:
            try:
                check_value(self.factor, answer.value)
            except ClinicalError as error:
                self.line.say(LineKind.REFUSED, error.message.text(self.language))
        self.changed.emit()
