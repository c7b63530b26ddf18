"""The site's own base rate: where the risk of every report is shifted to, with where the number comes from."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QLabel, QLineEdit, QSpinBox, QWidget

from apnet_desktop.cases.settings import SiteBaseRate
from apnet_desktop.errors import ClinicalError
from apnet_desktop.gui.date_field import DateField
from apnet_desktop.gui.settings_cards import SettingsCard
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, text

__all__ = ["BaseRateCard"]

_LEAST_PATIENTS = 100


class BaseRateCard(SettingsCard):
    """Asks for the base rate, and takes it only with its source, date and number of patients.

    Signals:
        changed: The base rate is complete, or is not used any more.
    """

    changed = Signal()

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(text("settings.base_rate", language), parent)
        self._language = language
        self._shown: SiteBaseRate | None = None
        self._filling = False
        self.used = QCheckBox(text("settings.base_rate_own", language), self)
        self.risk = QDoubleSpinBox(self)
        self.risk.setRange(0.0, 99.9)
        self.risk.setDecimals(1)
        self.risk.setSuffix(" %")
        self.risk.setSpecialValueText("–")  # 0: not entered
        self.patients = QSpinBox(self)
        self.patients.setRange(0, 10_000_000)
        self.source = QLineEdit(self)
        self.source.setMaxLength(200)
        self.source.setPlaceholderText(text("settings.base_rate_source_hint", language))
        self.counted = DateField(language, self)
        self.counted.name("settings.base_rate_counted")
        self.add_wide(self.used)
        self.explain(text("settings.base_rate_hint", language))
        self.add(text("settings.base_rate_risk", language), self.risk)
        self.add(text("settings.base_rate_patients", language), self.patients)
        self.add(text("settings.base_rate_source", language), self.source)
        self.add(text("settings.base_rate_counted", language), self.counted)
        self.fault: QLabel = self.explain("")
        self.fault.setStyleSheet(f"color: {colours().refused.name()};")
        self.used.toggled.connect(lambda _: self._edited())
        for box in (self.risk, self.patients):
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            box.editingFinished.connect(self._edited)
        self.source.editingFinished.connect(self._edited)
        self.counted.editingFinished.connect(self._edited)
        self.show_rate(None)

    def show_rate(self, rate: SiteBaseRate | None) -> None:
        """Shows a base rate; None shows that the bundle's is used."""
        self._filling = True
        self._shown = rate
        self.used.setChecked(rate is not None)
        if rate is not None:
            self.risk.setValue(rate.risk * 100)
            self.patients.setValue(rate.patients)
            self.source.setText(rate.source)
            self.counted.show_day(rate.counted)
        self._filling = False
        self._enable()

    def rate(self) -> SiteBaseRate | None:
        """The base rate, None if the bundle's is used or something is missing still."""
        if not self.used.isChecked() or self._missing():
            return None
        return SiteBaseRate.model_validate(
            {
                "risk": round(self.risk.value() / 100, 4),
                "source": self.source.text().strip(),
                "counted": self.counted.day(),
                "patients": self.patients.value(),
            }
        )

    def _missing(self) -> str:
        if self.risk.value() == 0.0:
            return text("settings.base_rate_no_risk", self._language)
        if self.patients.value() < _LEAST_PATIENTS:
            return text("settings.base_rate_too_few", self._language, least=_LEAST_PATIENTS)
        if not self.source.text().strip():
            return text("settings.base_rate_no_source", self._language)
        try:
            self.counted.day()
        except ClinicalError as error:
            return error.message.text(self._language)
        return ""

    def _enable(self) -> None:
        used = self.used.isChecked()
        for control in (self.risk, self.patients, self.source, self.counted):
            control.setEnabled(used)
        self.fault.setText(self._missing() if used else "")
        self.fault.setVisible(bool(self.fault.text()))

    def _edited(self) -> None:
        self._enable()
        rate = self.rate()
        if not self._filling and rate != self._shown and not (self.used.isChecked() and rate is None):
            self._shown = rate
            self.changed.emit()
