"""The left side of the step *Risk and report*: calculate, read the answer, question it, make the report."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.gui.steps.risk.answer_card import AnswerCard
from apnet_desktop.gui.steps.risk.consider_card import ConsiderCard
from apnet_desktop.gui.steps.risk.model_card import ModelCard
from apnet_desktop.gui.steps.risk.reasons_card import ReasonsCard
from apnet_desktop.gui.steps.risk.trust_card import TrustCard
from apnet_desktop.gui.steps.risk.what_if_card import WhatIfCard
from apnet_desktop.language import Language, Message, text

__all__ = ["RiskPanel"]

_BESIDE = 50  # pairs of digits: from this width on, the pages stand beside the answer


class RiskPanel(QWidget):
    """Shows a prediction and the way to it: the answer stays in sight, what questions it lies in pages below.

    Signals:
        predict_wanted: A person wants the risk calculated.
        report_wanted: A person wants the report made.
        slice_wanted: A person wants to see a slice; carries its index.
        overridden: A person goes on in spite of a check; carries its id and the reason.
        what_if_asked: A person changed a factor under *What if*; carries the changed record, which is kept nowhere.
    """

    predict_wanted = Signal()
    report_wanted = Signal()
    slice_wanted = Signal(int)
    overridden = Signal(str, str)
    what_if_asked = Signal(object)

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
        self.trust = TrustCard(language, self)
        self.trust.overridden.connect(self.overridden)
        self.reasons = ReasonsCard(language, self)
        self.reasons.slice_wanted.connect(self.slice_wanted)
        self.what_if = WhatIfCard(language, self)
        self.what_if.asked.connect(self.what_if_asked)
        self.consider = ConsiderCard(language, self)
        self.model = ModelCard(language, self)
        self.pages = QTabWidget(self)
        self.pages.setDocumentMode(True)
        for name, page in (
            ("trust", self.trust),
            ("why", self.reasons),
            ("what_if", self.what_if),
            ("consider", self.consider),
            ("model", self.model),
        ):
            place = self.pages.addTab(_scrolling(page, self.pages), text(f"risk.page_{name}", language))
            self.pages.setTabToolTip(place, text(f"risk.page_{name}_help", language))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(8)
        outer.addLayout(buttons)
        outer.addWidget(self._missing)
        # The answer keeps to the top beside the pages, where there is room for both.
        answer = QVBoxLayout()
        answer.addWidget(self.answer)
        answer.addStretch(1)
        self._middle = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._middle.setSpacing(8)
        self._middle.addLayout(answer)
        self._middle.addWidget(self.pages, 1)
        outer.addLayout(self._middle, 1)
        self._rest = QWidget(self)
        outer.addWidget(self._rest, 1)
        self.show_nothing(())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """The pages beside the answer or below it, as the width allows."""
        super().resizeEvent(event)
        wide = self.width() >= _BESIDE * self.fontMetrics().horizontalAdvance("00")
        self._middle.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        self._middle.setStretch(0, 4 if wide else 0)
        self._middle.setStretch(1, 5 if wide else 1)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks shown."""
        return self.trust.checks.checks

    def show_nothing(self, missing: tuple[Message, ...]) -> None:
        """Shows that there is no prediction yet, and what is still to do before there can be one."""
        self.answer.hide()
        self.pages.hide()
        self._rest.show()
        self.show_missing(missing)
        self.report_button.setEnabled(False)
        self._lead(self.predict_button)
        self.predict_button.setText(text("gui.calculate", self._language))

    def show_missing(self, missing: tuple[Message, ...]) -> None:
        """Says what is still to do before the risk can be calculated; with nothing missing the button is live."""
        language = self._language
        lines = [text("gui.still_missing", language), *(f"•  {one.text(language)}" for one in missing)]
        self._missing.setText("\n".join(lines) if missing else text("gui.ready", language))
        self._missing.show()
        self.predict_button.setEnabled(not missing)

    def show_refused(self, checks: tuple[Check, ...], overridable: tuple[str, ...]) -> None:
        """Shows the checks that stopped a prediction: there is no score, and why."""
        self.show_nothing(())
        self._show_pages(reasons=False)
        self.trust.show_refused(checks, overridable)
        self._title_trust(checks)

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
        self.answer.show_prediction(prediction, manifest, record, simulated_ct, words)
        self._show_pages(reasons=not stale)
        if not stale:
            self.reasons.show_prediction(prediction, manifest, record)
            self.what_if.show_prediction(prediction, manifest, record)
        self.consider.show_record(record)
        self.model.show_prediction(prediction, manifest)
        self.trust.show_prediction(prediction, manifest.eligibility.overridable)
        if not prediction.unfinished:
            self.trust.show_checking(None)
        self._title_trust(prediction.checks)
        self.report_button.setEnabled(not stale)
        self._lead(self.predict_button if stale else self.report_button)
        self.predict_button.setText(text("risk.calculate_again", language))
        self._missing.hide()

    def _lead(self, button: QPushButton) -> None:
        """Dresses what to do next as the one primary button."""
        for one in (self.predict_button, self.report_button):
            name = "primary" if one is button else ""
            if one.objectName() != name:
                one.setObjectName(name)
                one.style().unpolish(one)
                one.style().polish(one)

    def show_checking(self, fraction: float | None) -> None:
        """Says how far the checks that follow the risk are; None: none run."""
        self.trust.show_checking(fraction)
        if fraction is None:
            self.show_report_waits(False)

    def show_report_waits(self, waits: bool) -> None:
        """Says that a report was asked for and follows the checks."""
        self.report_button.setText(text("risk.report_waits" if waits else "gui.make_report", self._language))

    def _show_pages(self, reasons: bool) -> None:
        """Shows the pages; those that explain a number only while it holds."""
        self._rest.hide()
        self.pages.show()
        for place in range(self.pages.count()):
            self.pages.setTabVisible(place, reasons or place == 0)

    def _title_trust(self, checks: tuple[Check, ...]) -> None:
        look = sum(check.state is not CheckState.PASSED for check in checks)
        name = text("risk.page_trust", self._language)
        self.pages.setTabText(0, f"{name} ▲{look}" if look else name)


def _scrolling(page: QWidget, parent: QWidget) -> QScrollArea:
    area = QScrollArea(parent)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    return area
