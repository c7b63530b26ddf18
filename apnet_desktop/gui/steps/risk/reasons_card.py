"""Why: how CT and form come together in the answer, what each clinical factor added, and the slices that moved it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Contribution, Prediction
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.units import unit_symbol
from apnet_desktop.gui.steps.risk.contribution_bars import ContributionBars
from apnet_desktop.language import Language, text
from apnet_desktop.report.wording import label, log_odds_text, value_text

__all__ = ["ReasonsCard"]

_SHOWN = 8
_SLICES = 4


class ReasonsCard(QFrame):
    """What drove the risk.

    Signals:
        slice_wanted: A person wants to see a slice; carries its index.
    """

    slice_wanted = Signal(int)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._language = language
        self._shares = ContributionBars(self)
        self._sum = self._note("")
        self._factors = ContributionBars(self)
        self._slices = QHBoxLayout()
        self._slices_note = self._note(text("gui.influential_slices", language))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(5)
        column.addWidget(self._heading("gui.reasons_heading"))
        column.addWidget(self._note(text("gui.reasons_direction", language)))
        column.addWidget(self._shares)
        column.addWidget(self._sum)
        column.addSpacing(6)
        column.addWidget(self._heading("gui.contributions_heading"))
        column.addWidget(self._factors)
        column.addSpacing(6)
        column.addWidget(self._slices_note)
        column.addLayout(self._slices)

    def _heading(self, id: str) -> QLabel:
        heading = QLabel(text(id, self._language), self)
        font = QFont(self.font())
        font.setBold(True)
        heading.setFont(font)
        return heading

    def _note(self, words: str) -> QLabel:
        note = QLabel(words, self)
        note.setObjectName("quiet")
        note.setWordWrap(True)
        return note

    def show_prediction(self, prediction: Prediction, manifest: Manifest, record: ClinicalRecord) -> None:
        """Shows why the prediction is what it is; `record` is the one that it used."""
        language = self._language
        shares = prediction.shares
        if shares is not None:
            self._shares.show_rows(
                (
                    (text("gui.share_image", language), shares.image),
                    (text("gui.share_clinical", language), shares.clinical),
                )
            )
            logit = shares.baseline + shares.clinical + shares.image
            self._sum.setText(
                text("gui.shares_sum", language, baseline=log_odds_text(shares.baseline), logit=log_odds_text(logit))
            )
        self._factors.show_rows(
            tuple((self._factor(one, manifest, record), one.log_odds) for one in prediction.contributions[:_SHOWN])
        )
        while (item := self._slices.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for one in prediction.influential[:_SLICES]:
            button = QPushButton(text("gui.slice_button", language, slice=one.slice + 1), self)
            button.clicked.connect(lambda _=False, k=one.slice: self.slice_wanted.emit(k))
            self._slices.addWidget(button)
        self._slices.addStretch(1)
        self._slices_note.setVisible(bool(prediction.influential))

    def _factor(self, contribution: Contribution, manifest: Manifest, record: ClinicalRecord) -> str:
        factor = manifest.factors.factor(contribution.factor_id)
        value = value_text(factor, record.value(factor.id), self._language)
        unit = unit_symbol(factor.unit, self._language) if record.value(factor.id) is not None else ""
        return f"{label(factor.label, self._language)}: {value} {unit}".strip()
