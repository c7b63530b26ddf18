"""What the threshold says of groups of patients, on which base rate, and on whom the model was developed."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.operating_point import predictive_values
from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.gui.steps.risk.words import heading, line, quiet_line
from apnet_desktop.language import Language, text
from apnet_desktop.report.wording import icon_count, label, percent_text

__all__ = ["ModelCard"]


class ModelCard(QWidget):
    """The bundle behind the number: groups of patients, apart from this patient's risk."""

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._above, self._below = line("", self), line("", self)
        self._assumed = quiet_line("", self)
        self._cohort, self._threshold = line("", self), line("", self)
        self._definition = line("", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 6, 0)
        column.setSpacing(6)
        column.addWidget(heading(text("risk.groups_heading", language), self))
        for widget in (self._above, self._below, self._assumed):
            column.addWidget(widget)
        column.addSpacing(6)
        column.addWidget(heading(text("risk.model_heading", language), self))
        for widget in (self._cohort, self._threshold, self._definition):
            column.addWidget(widget)
        column.addWidget(quiet_line(text("risk.no_heat_map", language), self))
        column.addStretch(1)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What it says of groups."""
        return (self._above.text(), self._below.text(), self._assumed.text())

    def show_prediction(self, prediction: Prediction, manifest: Manifest) -> None:
        """Shows the bundle of a prediction on the prediction's base rate."""
        language, threshold, cohort = self._language, manifest.threshold, manifest.cohort
        found = predictive_values(threshold, prediction.base_rate)
        recur, stay = icon_count(found.positive), icon_count(found.negative)
        rate = percent_text(found.base_rate, language)
        self._above.setText(text("risk.group_above", language, recur=recur, others=100 - recur))
        self._below.setText(text("risk.group_below", language, recur=100 - stay, others=stay))
        id = "risk.groups_rest_on" if prediction.base_rate.site is None else "risk.groups_rest_on_site"
        self._assumed.setText(
            text(
                id,
                language,
                rate=rate,
                sensitivity=percent_text(threshold.sensitivity, language),
                specificity=percent_text(threshold.specificity, language),
            )
        )
        self._cohort.setText(
            text(
                "risk.cohort",
                language,
                description=label(cohort.description, language),
                patients=cohort.patients,
                events=cohort.events,
                rate=percent_text(cohort.prevalence, language),
            )
        )
        self._threshold.setText(
            text(
                "risk.threshold_rule",
                language,
                percent=percent_text(threshold.risk, language),
                rule=label(threshold.rule, language),
            )
        )
        self._definition.setText(
            text("risk.definition", language, definition=label(manifest.outcome.definition, language))
        )
