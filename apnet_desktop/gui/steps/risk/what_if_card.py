"""What if: a factor is changed and the risk moves, as the model's behaviour. Nothing of it is kept."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.operating_point import threshold_at
from apnet_desktop.bundle.prediction import Prediction, Route, WhatIf
from apnet_desktop.clinical.factor import FactorKind
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.gui.steps.clinical_form.choice_field import ChoiceField
from apnet_desktop.gui.steps.clinical_form.field import Answer, FactorField
from apnet_desktop.gui.steps.clinical_form.text_field import TextField
from apnet_desktop.gui.steps.risk.risk_scale import RiskScale
from apnet_desktop.gui.steps.risk.words import heading, line, quiet_line
from apnet_desktop.language import Language, text
from apnet_desktop.report.wording import label, percent_text, value_text

__all__ = ["WhatIfCard"]

_QUIET_MILLISECONDS = 60  # after the last key; an answer takes some ten


class WhatIfCard(QWidget):
    """Asks what the risk would be if factors were others, on the same images.

    Signals:
        asked: A person changed a factor; carries the changed `ClinicalRecord`, which is kept nowhere.
    """

    asked = Signal(object)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._prediction: Prediction | None = None
        self._manifest: Manifest | None = None
        self._record = ClinicalRecord()
        self._asked = ClinicalRecord()
        self._field: FactorField | None = None
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(_QUIET_MILLISECONDS)
        self._quiet.timeout.connect(self._ask)
        self._caution = heading(text("risk.what_if_caution", language), self)
        self.factor = QComboBox(self)
        self.factor.setAccessibleName(text("risk.what_if_factor", language))
        self.factor.setMaxVisibleItems(24)
        self.factor.activated.connect(self._show_field)
        self._fields = QVBoxLayout()
        self._changes = line("", self)
        self._answer = QLabel(self)
        self._answer.setTextFormat(Qt.TextFormat.PlainText)
        font = self._answer.font()
        font.setPointSizeF(font.pointSizeF() * 1.7)
        font.setBold(True)
        self._answer.setFont(font)
        self._scale = RiskScale(language, large=True, parent=self)
        self._note = quiet_line("", self)
        self._back = QPushButton(text("risk.what_if_back", language), self)
        self._back.clicked.connect(self.start_again)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 6, 0)
        column.setSpacing(6)
        column.addWidget(self._caution)
        column.addWidget(self.factor)
        column.addLayout(self._fields)
        column.addWidget(self._answer)
        column.addWidget(self._scale)
        column.addWidget(self._changes)
        column.addWidget(self._note)
        row = QHBoxLayout()
        row.addWidget(self._back)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)

    @property
    def field(self) -> FactorField | None:
        """The field of the chosen factor."""
        return self._field

    @property
    def shown(self) -> str:
        """The risk as it is, and as it would be."""
        return self._answer.text()

    @property
    def changes(self) -> str:
        """What is asked about, factor by factor."""
        return self._changes.text()

    def show_prediction(self, prediction: Prediction, manifest: Manifest, record: ClinicalRecord) -> None:
        """Asks about this prediction from now on; what was asked about another one is gone."""
        if (self._prediction, self._manifest, self._record) == (prediction, manifest, record):
            return
        same = self._prediction is not None and self._prediction.routes == prediction.routes and self._record == record
        self._prediction, self._manifest, self._record = prediction, manifest, record
        if same:
            return  # only checks have come: what a person is trying stays
        chosen = self.factor.currentData()
        self.factor.clear()
        for factor in manifest.factors.factors:
            if factor.kind is not FactorKind.DATE:
                self.factor.addItem(label(factor.label, self._language), factor.id)
        self.factor.setCurrentIndex(max(0, self.factor.findData(chosen)))
        self.start_again()

    def start_again(self) -> None:
        """Back to this patient as he is."""
        self._quiet.stop()
        self._asked = self._record
        self._show_field()
        self._show_as_is()

    def show_answer(self, found: WhatIf) -> None:
        """Shows an answer, unless something else is asked by now."""
        prediction, manifest = self._prediction, self._manifest
        if prediction is None or manifest is None or found.record != self._asked.digest():
            return
        usual = prediction.fused or prediction.route(Route.CLINICAL)
        answer = next((one for one in found.routes if usual is not None and one.route is usual.route), None)
        if usual is None or answer is None:
            return
        language = self._language
        self._answer.setText(
            text(
                "risk.what_if_answer",
                language,
                now=percent_text(usual.risk, language),
                then=percent_text(answer.risk, language),
            )
        )
        self._scale.show_risk(
            answer, threshold_at(manifest.threshold, prediction.base_rate), usual.risk, base_caption="risk.scale_now"
        )
        self._note.setText(text("risk.what_if_note", language))

    def show_waiting(self) -> None:
        """Says that the images are being read first."""
        self._note.setText(text("risk.what_if_reading", self._language))

    def _show_as_is(self) -> None:
        prediction, manifest = self._prediction, self._manifest
        if prediction is None or manifest is None:
            return
        usual = prediction.fused or prediction.route(Route.CLINICAL)
        if usual is not None:
            shown = percent_text(usual.risk, self._language)
            self._answer.setText(text("risk.what_if_now", self._language, now=shown))
            self._scale.show_risk(usual, threshold_at(manifest.threshold, prediction.base_rate))
        self._changes.clear()
        self._note.setText(text("risk.what_if_note", self._language))
        self._back.setEnabled(False)

    def _show_field(self) -> None:
        while (item := self._fields.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._field = None
        if self._manifest is None or self.factor.currentData() is None:
            return
        factor = self._manifest.factors.factor(str(self.factor.currentData()))
        kind = TextField if factor.kind is FactorKind.NUMBER else ChoiceField
        field: FactorField = kind(factor, self._language, self)
        field.show_answer(Answer(value=self._asked.value(factor.id)) if self._asked.answered(factor.id) else None)
        field.changed.connect(self._changed)
        self._fields.addWidget(field)
        self._field = field

    def _changed(self) -> None:
        if self._field is None or self._field.answer is None:
            return
        self._asked = self._asked.with_value(self._field.factor.id, self._field.answer.value)
        self._quiet.start()

    def _ask(self) -> None:
        changed = self._changed_factors()
        if not changed:
            self._show_as_is()
            return
        self._back.setEnabled(True)
        self._changes.setText("\n".join(changed))
        self.asked.emit(self._asked)

    def _changed_factors(self) -> list[str]:
        """For each changed factor: its value as it is and as it would be."""
        if self._manifest is None:
            return []
        lines = []
        for factor in self._manifest.factors.factors:
            before, after = self._record.value(factor.id), self._asked.value(factor.id)
            if before != after:
                lines.append(
                    text(
                        "risk.what_if_change",
                        self._language,
                        factor=label(factor.label, self._language),
                        before=value_text(factor, before, self._language),
                        after=value_text(factor, after, self._language),
                    )
                )
        return lines
