"""The left side of the step *Risk and report*: calculate, read the answer, question it, make the report."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.checks import Check
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.gui.checks_view import ChecksView
from apnet_desktop.gui.steps.risk.answer_card import AnswerCard
from apnet_desktop.gui.steps.risk.reasons_card import ReasonsCard
from apnet_desktop.language import Language, Message, text

__all__ = ["RiskPanel"]


class RiskPanel(QWidget):
    """Shows a prediction and the way to it.

    Signals:
        predict_wanted: A person wants the risk calculated.
        report_wanted: A person wants the report made.
        slice_wanted: A person wants to see a slice; carries its index.
        overridden: A person goes on in spite of a check; carries its id and the reason.
    """

    predict_wanted = Signal()
    report_wanted = Signal()
    slice_wanted = Signal(int)
    overridden = Signal(str, str)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._missing = QLabel(self)
        self._missing.setWordWrap(True)
        self._missing.setTextFormat(Qt.TextFormat.PlainText)
        self.predict_button = QPushButton(text("gui.calculate", language), self)
        self.predict_button.setObjectName("primary")
        self.predict_button.clicked.connect(self.predict_wanted)
        self.report_button = QPushButton(text("gui.make_report", language), self)
        self.report_button.clicked.connect(self.report_wanted)
        buttons = QHBoxLayout()
        buttons.addWidget(self.predict_button, 1)
        buttons.addWidget(self.report_button, 1)
        self.answer = AnswerCard(language, self)
        self.reasons = ReasonsCard(language, self)
        self.reasons.slice_wanted.connect(self.slice_wanted)
        self._checks_card = QFrame(self)
        self._checks_card.setObjectName("card")
        heading = QLabel(text("gui.trust_heading", language), self._checks_card)
        font = QFont(self.font())
        font.setBold(True)
        heading.setFont(font)
        self.checks = ChecksView(language, self._checks_card)
        self.checks.overridden.connect(self.overridden)
        self._device = QLabel(self._checks_card)
        self._device.setObjectName("quiet")
        self._device.setWordWrap(True)
        inside = QVBoxLayout(self._checks_card)
        inside.setContentsMargins(16, 12, 16, 12)
        inside.addWidget(heading)
        inside.addWidget(self.checks)
        inside.addWidget(self._device)
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(8)
        for card in (self.answer, self._checks_card, self.reasons):
            column.addWidget(card)
        column.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(8)
        outer.addLayout(buttons)
        outer.addWidget(self._missing)
        outer.addWidget(self._scroll, 1)
        self.show_nothing(())

    def show_nothing(self, missing: tuple[Message, ...]) -> None:
        """Shows that there is no prediction yet, and what is still to do before there can be one."""
        for card in (self.answer, self.reasons, self._checks_card):
            card.hide()
        self.show_missing(missing)
        self.report_button.setEnabled(False)

    def show_missing(self, missing: tuple[Message, ...]) -> None:
        """Says what is still to do before the risk can be calculated; with nothing missing the button is live."""
        language = self._language
        lines = [text("gui.still_missing", language), *(f"•  {one.text(language)}" for one in missing)]
        self._missing.setText("\n".join(lines) if missing else text("gui.ready", language))
        self._missing.show()
        self.predict_button.setEnabled(not missing)

    def show_refused(self, checks: tuple[Check, ...], overridable: tuple[str, ...]) -> None:
        """Shows the checks that stopped a prediction."""
        self.show_nothing(())
        self._checks_card.show()
        self._device.clear()
        self.checks.show_checks(checks, overridable)

    def show_prediction(
        self,
        prediction: Prediction,
        manifest: Manifest,
        record: ClinicalRecord,
        simulated_ct: bool,
        stale: tuple[Message, ...],
    ) -> None:
        """Shows a prediction.

        Args:
            prediction: The prediction.
            manifest: Its bundle's.
            record: The clinical record now open; the one that was used unless stale.
            simulated_ct: True if our simulator wrote the CT.
            stale: What changed since; empty if the prediction holds. A stale one is greyed and cannot be reported.
        """
        language = self._language
        words = "\n".join(message.text(language) for message in stale)
        self.answer.show()
        self.answer.show_prediction(prediction, manifest, simulated_ct, words)
        self.reasons.setVisible(not stale)
        if not stale:
            self.reasons.show_prediction(prediction, manifest, record)
        self._checks_card.show()
        self.checks.show_checks(prediction.checks, manifest.eligibility.overridable)
        compute = prediction.provenance.compute
        self._device.setText(
            text(
                "gui.device_line",
                language,
                device=compute.device_name,
                precision=compute.precision.value,
                engine=compute.engine,
            )
        )
        self.report_button.setEnabled(not stale)
        self._missing.hide()
