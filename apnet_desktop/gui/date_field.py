"""A date that a person types: empty until then, because a date that nobody entered is no date."""

from __future__ import annotations

from datetime import date

from PySide6.QtWidgets import QLineEdit, QWidget

from apnet_desktop.clinical.entry import parse_value
from apnet_desktop.clinical.factor import Factor, FactorKind, Label
from apnet_desktop.errors import ClinicalError
from apnet_desktop.language import Language, Message, text

__all__ = ["DateField"]

_MOST = 40


class DateField(QLineEdit):
    """Reads a day as the clinical form does, never one of the future.

    Args:
        language: Of its hint.
        parent: Qt's owner.
    """

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaxLength(_MOST)
        self.setPlaceholderText(text("clinical_form.date_pattern", language))
        self._name = ""

    def name(self, id: str) -> None:
        """What the date is, by the id of its label: refusals name it."""
        self._name = id

    def show_day(self, day: date | None) -> None:
        """Shows a day; None empties the field."""
        self.setText(day.isoformat() if day is not None else "")

    def day(self) -> date:
        """The day that stands there.

        Raises:
            ClinicalError: Nothing stands there, or no day of the past; the sentence names the date.
        """
        label = Label(en=text(self._name, Language.ENGLISH), zh=text(self._name, Language.CHINESE))
        typed = self.text().strip()
        if not typed:
            raise ClinicalError(Message.of("gui.date_missing", en=label.en, zh=label.zh))
        found = parse_value(Factor(id="day", label=label, kind=FactorKind.DATE), typed).value
        if not isinstance(found, date):  # a word for "unknown", which a follow-up has not
            raise ClinicalError(Message.of("gui.date_missing", en=label.en, zh=label.zh))
        return found
