"""The answer: the fused risk as a number, what its interval covers, the threshold, and the routes for comparison."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from apnet_desktop.bundle.manifest import BundleStatus, Manifest
from apnet_desktop.bundle.prediction import Prediction, Route
from apnet_desktop.gui.steps.risk.risk_scale import RiskScale
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, text
from apnet_desktop.report.wording import icon_count, interval_text, label, percent_text

__all__ = ["AnswerCard"]


class AnswerCard(QFrame):
    """Shows a prediction's routes: the fused one large, clinical and image small beside it."""

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._language = language
        self._outcome = self._line(quiet=False)
        self._number = QLabel(self)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 3.6)
        font.setBold(True)
        self._number.setFont(font)
        self._number.setAccessibleName(text("gui.risk_number", language))
        self._warning = self._line(quiet=False)
        self._interval = self._line(quiet=False)
        self._covers = self._line(quiet=True)
        self._scale = RiskScale(language, large=True, parent=self)
        self._framing = self._line(quiet=False)
        self._verdict = self._line(quiet=False)
        self._position = self._line(quiet=True)
        self._comparison = QLabel(text("gui.for_comparison", language), self)
        self._comparison.setObjectName("quiet")
        self._routes = {route: _RouteRow(route, language, self) for route in (Route.CLINICAL, Route.IMAGE)}
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(5)
        for widget in (
            self._outcome,
            self._number,
            self._warning,
            self._interval,
            self._scale,
            self._framing,
            self._verdict,
            self._position,
            self._covers,
        ):
            column.addWidget(widget)
        column.addSpacing(6)
        column.addWidget(self._comparison)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setColumnStretch(2, 1)
        for number, row in enumerate(self._routes.values()):
            row.place(grid, number)
        column.addLayout(grid)

    def _line(self, quiet: bool) -> QLabel:
        label = QLabel(self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        if quiet:
            label.setObjectName("quiet")
        return label

    @property
    def number(self) -> str:
        """The number shown."""
        return self._number.text()

    @property
    def muted(self) -> bool:
        """True if the number is greyed because it does not hold or is no finding."""
        return not self._number.isEnabled()

    def show_prediction(self, prediction: Prediction, manifest: Manifest, simulated_ct: bool, stale: str) -> None:
        """Shows a prediction.

        Args:
            prediction: The prediction.
            manifest: Its bundle's.
            simulated_ct: True if our simulator wrote the CT.
            stale: Why it does not hold any more, in the person's language; empty if it holds.
        """
        answer = prediction.fused or prediction.route(Route.CLINICAL)
        if answer is None:
            self.hide()
            return
        language = self._language
        no_finding = manifest.status is BundleStatus.DEMONSTRATION and not simulated_ct
        muted = bool(stale) or no_finding
        self._outcome.setText(
            text(
                "gui.risk_outcome",
                language,
                outcome=label(manifest.outcome.label, language),
                months=manifest.outcome.horizon_months,
                starts=label(manifest.outcome.starts, language),
            )
        )
        self._number.setText(percent_text(answer.risk, language))
        self._number.setEnabled(not muted)
        chosen = colours()
        self._number.setStyleSheet(f"color: {(chosen.quiet if muted else chosen.accent).name()};")
        warning = stale or (text("gui.trained_on_simulated", language) if no_finding else "")
        self._warning.setText(warning)
        self._warning.setStyleSheet(f"color: {chosen.look.name()}; font-weight: 600;")
        self._warning.setVisible(bool(warning))
        interval = interval_text(answer.lower, answer.upper, language)
        self._interval.setText(text("gui.risk_interval", language, interval=interval))
        self._covers.setText(text("gui.interval_covers", language))
        self._scale.show_risk(
            answer,
            None if no_finding else manifest.threshold.risk,
            prediction.base_rate.site or prediction.base_rate.development,
            muted,
        )
        count = icon_count(answer.risk)
        self._framing.setText(text("gui.risk_framing", language, recur=count, others=100 - count))
        self._framing.setVisible(not no_finding)
        self._verdict.setText(self._threshold_words(answer.unshifted, manifest))
        self._verdict.setVisible(not no_finding)
        self._position.setVisible(prediction.position is not None)
        if prediction.position is not None:
            share = percent_text(prediction.position, language)
            self._position.setText(text("gui.risk_position", language, share=share))
        self._show_routes(prediction, muted)

    def _threshold_words(self, risk: float, manifest: Manifest) -> str:
        side = "above" if risk >= manifest.threshold.risk else "below"
        return text(
            f"gui.threshold_{side}",
            self._language,
            percent=percent_text(manifest.threshold.risk, self._language),
            rule=label(manifest.threshold.rule, self._language),
        )

    def _show_routes(self, prediction: Prediction, muted: bool) -> None:
        fused = prediction.fused is not None
        for row in self._routes.values():
            row.show_risk(prediction, muted)
        self._comparison.setVisible(fused)
        if not fused:
            self._warning.setText(text("gui.clinical_alone", self._language))
            self._warning.show()


class _RouteRow:
    """One route for comparison: name, risk and a small scale."""

    def __init__(self, route: Route, language: Language, parent: QWidget) -> None:
        self._route = route
        self._language = language
        self._name = QLabel(text(f"gui.route_{route.value}", language), parent)
        self._risk = QLabel(parent)
        self._scale = RiskScale(language, large=False, parent=parent)

    def place(self, grid: QGridLayout, row: int) -> None:
        """Puts its parts into a row of `grid`."""
        grid.addWidget(self._name, row, 0)
        grid.addWidget(self._risk, row, 1)
        grid.addWidget(self._scale, row, 2)

    def show_risk(self, prediction: Prediction, muted: bool) -> None:
        """Shows the route's risk, or hides the row if it did not run."""
        risk = prediction.route(self._route)
        for widget in (self._name, self._risk, self._scale):
            widget.setVisible(risk is not None)
        if risk is not None:
            self._risk.setText(percent_text(risk.risk, self._language))
            self._scale.show_risk(risk, muted=muted)
