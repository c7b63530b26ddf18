"""Why: how CT and form come together in the answer, what each clinical factor added, and the slices that moved it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.units import unit_symbol
from apnet_desktop.gui.steps.risk.contribution_bars import ContributionBars
from apnet_desktop.gui.steps.risk.words import heading, quiet_line
from apnet_desktop.language import Language, text
from apnet_desktop.report.wording import label, log_odds_text, value_text

__all__ = ["ReasonsCard"]

_SHOWN = 8
_SLICES = 4


class ReasonsCard(QWidget):
    """What drove the risk.

    Signals:
        slice_wanted: A person wants to see a slice; carries its index.
    """

    slice_wanted = Signal(int)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._all = False
        self._given: tuple[Prediction, Manifest, ClinicalRecord] | None = None
        self.shares = ContributionBars(self)
        self._sum = quiet_line("", self)
        self._slices = QHBoxLayout()
        self._slices_note = quiet_line(text("gui.influential_slices", language), self)
        self._effects_heading = heading(text("risk.effects_heading", language), self)
        self._effects_note = quiet_line(text("risk.effects_note", language), self)
        self.effects = ContributionBars(self)
        self._clinical_note = quiet_line("", self)
        self.clinical = ContributionBars(self)
        self._more = QPushButton(self)
        self._more.clicked.connect(self._turn)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 6, 0)
        column.setSpacing(4)
        self._shares_heading = heading(text("risk.shares_heading", language), self)
        column.addWidget(self._shares_heading)
        column.addWidget(self.shares)
        column.addWidget(self._sum)
        column.addWidget(self._slices_note)
        column.addLayout(self._slices)
        column.addSpacing(6)
        column.addWidget(self._effects_heading)
        column.addWidget(self._effects_note)
        column.addWidget(self.effects)
        column.addSpacing(6)
        column.addWidget(heading(text("risk.clinical_heading", language), self))
        column.addWidget(self._clinical_note)
        column.addWidget(self.clinical)
        more = QHBoxLayout()
        more.addWidget(self._more)
        more.addStretch(1)
        column.addLayout(more)
        column.addWidget(quiet_line(text("gui.reasons_direction", language), self))
        column.addStretch(1)

    def show_prediction(self, prediction: Prediction, manifest: Manifest, record: ClinicalRecord) -> None:
        """Shows why the prediction is what it is; `record` is the one that it used."""
        if self._given == (prediction, manifest, record):
            return
        self._given = (prediction, manifest, record)
        self._show_shares(prediction)
        self._show_factors(prediction, manifest, record)
        self._show_slices(prediction)

    def _show_shares(self, prediction: Prediction) -> None:
        language, shares = self._language, prediction.shares
        for widget in (self._shares_heading, self.shares, self._sum):
            widget.setVisible(shares is not None)
        if shares is None:
            return
        self.shares.show_rows(
            (
                (text("risk.share_baseline", language), shares.baseline),
                (text("gui.share_image", language), shares.image),
                (text("gui.share_clinical", language), shares.clinical),
            )
        )
        logit = shares.baseline + shares.clinical + shares.image
        self._sum.setText(text("risk.shares_sum", language, logit=log_odds_text(logit)))

    def _show_factors(self, prediction: Prediction, manifest: Manifest, record: ClinicalRecord) -> None:
        def name(factor_id: str) -> str:
            factor = manifest.factors.factor(factor_id)
            value = value_text(factor, record.value(factor.id), self._language)
            unit = unit_symbol(factor.unit, self._language) if record.value(factor.id) is not None else ""
            return f"{label(factor.label, self._language)}: {value} {unit}".strip()

        most = None if self._all else _SHOWN
        rows = prediction.contributions
        fused = sorted(
            ((one.factor_id, one.fused_log_odds) for one in rows if one.fused_log_odds is not None),
            key=lambda row: (-abs(row[1]), row[0]),
        )
        for widget in (self._effects_heading, self._effects_note, self.effects):
            widget.setVisible(bool(fused))
        self.effects.show_rows(tuple((name(id), value) for id, value in fused[:most]))
        self.clinical.show_rows(tuple((name(one.factor_id), one.log_odds) for one in rows[:most]))
        total = prediction.baseline + sum(one.log_odds for one in rows)
        self._clinical_note.setText(
            text(
                "risk.clinical_note",
                self._language,
                baseline=log_odds_text(prediction.baseline),
                logit=log_odds_text(total),
            )
        )
        self._more.setVisible(len(rows) > _SHOWN)
        id = "risk.fewer_factors" if self._all else "risk.all_factors"
        self._more.setText(text(id, self._language, count=len(rows)))

    def _turn(self) -> None:
        self._all = not self._all
        if self._given is not None:
            self._show_factors(*self._given)

    def _show_slices(self, prediction: Prediction) -> None:
        while (item := self._slices.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for one in prediction.influential[:_SLICES]:
            button = QPushButton(text("gui.slice_button", self._language, slice=one.slice + 1), self)
            button.setToolTip(text("risk.slice_help", self._language, log_odds=log_odds_text(one.log_odds)))
            button.clicked.connect(lambda _=False, k=one.slice: self.slice_wanted.emit(k))
            self._slices.addWidget(button)
        self._slices.addStretch(1)
        self._slices_note.setVisible(bool(prediction.influential))
