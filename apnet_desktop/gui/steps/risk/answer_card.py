"""The answer: the fused risk as a number, what its interval covers, the threshold, and the routes for comparison."""

from __future__ import annotations

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from apnet_desktop.bundle.manifest import BundleStatus, Manifest
from apnet_desktop.bundle.operating_point import threshold_at
from apnet_desktop.bundle.prediction import BaseRate, Prediction, Route, RouteRisk
from apnet_desktop.checks import CheckState
from apnet_desktop.clinical.eligibility import prediction_dates
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.gui.steps.risk.risk_scale import RiskScale
from apnet_desktop.gui.steps.risk.words import heading, line, quiet_line
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, Message, text
from apnet_desktop.report.wording import icon_count, interval_text, label, percent_text, whole_percent

__all__ = ["AnswerCard"]


class AnswerCard(QFrame):
    """Shows a prediction's routes: the fused one large, clinical and image small below it."""

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._language = language
        self._outcome = line("", self)
        self._number = QLabel(self)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 3.6)
        font.setBold(True)
        self._number.setFont(font)
        self._number.setAccessibleName(text("gui.risk_number", language))
        self._interval = heading("", self)
        self._covers = quiet_line(text("risk.interval_covers", language), self)
        self._warning = line("", self)
        self._scale = RiskScale(language, large=True, parent=self)
        self._meaning = line("", self)
        self._base_rate = line("", self)
        self._dates = quiet_line("", self)
        self._events = line("", self)
        self._comparison = quiet_line(text("gui.for_comparison", language), self)
        self._routes = {route: _RouteRow(route, language, self) for route in (Route.CLINICAL, Route.IMAGE)}
        self._apart = line("", self)
        self._lay_out()

    def _lay_out(self) -> None:
        beside = QVBoxLayout()
        beside.setSpacing(1)
        beside.addStretch(1)
        beside.addWidget(self._interval)
        beside.addWidget(self._covers)
        beside.addStretch(1)
        first = QHBoxLayout()
        first.setSpacing(14)
        first.addWidget(self._number)
        first.addLayout(beside, 1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(2, 1)
        for number, row in enumerate(self._routes.values()):
            row.place(grid, number)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(5)
        column.addWidget(self._outcome)
        column.addLayout(first)
        for widget in (self._warning, self._scale, self._meaning, self._base_rate, self._events, self._dates):
            column.addWidget(widget)
        column.addSpacing(2)
        column.addWidget(self._comparison)
        column.addLayout(grid)
        column.addWidget(self._apart)

    @property
    def number(self) -> str:
        """The number shown."""
        return self._number.text()

    @property
    def muted(self) -> bool:
        """True if the number is greyed because it does not hold or is no finding."""
        return not self._number.isEnabled()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Everything else that is said, in reading order."""
        said = (self._outcome, self._interval, self._warning, self._meaning, self._base_rate, self._events, self._dates)
        return tuple(label.text() for label in (*said, self._apart) if not label.isHidden())

    def show_prediction(
        self, prediction: Prediction, manifest: Manifest, record: ClinicalRecord, simulated_ct: bool, stale: str
    ) -> None:
        """Shows a prediction.

        Args:
            prediction: The prediction.
            manifest: Its bundle's.
            record: The record, for the dates.
            simulated_ct: True if our simulator wrote the CT.
            stale: Why it does not hold any more, in the person's language; empty if it holds.
        """
        answer = prediction.fused or prediction.route(Route.CLINICAL)
        if answer is None:
            self.hide()
            return
        language = self._language
        no_finding = manifest.status is BundleStatus.DEMONSTRATION and not simulated_ct
        outside = any(
            check.id == "model.distribution" and check.state is not CheckState.PASSED for check in prediction.checks
        )
        muted = bool(stale) or no_finding or outside
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
        self._warn(stale, no_finding, outside, prediction.fused is None)
        level = whole_percent(prediction.interval_level)
        interval = interval_text(answer.lower, answer.upper, language)
        self._interval.setText(text("risk.interval", language, level=level, interval=interval))
        base_rate = prediction.base_rate
        rate = base_rate.site if base_rate.site is not None else base_rate.development
        threshold = threshold_at(manifest.threshold, base_rate)
        self._scale.show_risk(answer, None if no_finding else threshold, rate, muted)
        joint = "" if language is Language.CHINESE else " "
        self._meaning.setText(joint.join(self._meanings(answer, prediction, manifest)))
        self._meaning.setVisible(not no_finding)
        self._meaning.setToolTip(label(manifest.threshold.rule, language))
        self._show_base_rate(answer, base_rate)
        self._show_dates(record, manifest)
        self._show_routes(prediction, muted)
        self._show_check(self._events, prediction, "model.events", {"model.few_events": "risk.few_events"})
        apart = {"model.routes_disagree": "risk.routes_disagree", "model.routes_beyond": "risk.routes_beyond"}
        self._show_check(self._apart, prediction, "model.routes", apart)

    def _warn(self, stale: str, no_finding: bool, outside: bool, clinical_alone: bool) -> None:
        reasons = (
            (bool(stale), stale),
            (no_finding, text("gui.trained_on_simulated", self._language)),
            (outside and not no_finding, text("risk.outside", self._language)),
            (clinical_alone, text("gui.clinical_alone", self._language)),
        )
        words = "\n".join(sentence for applies, sentence in reasons if applies)
        self._warning.setText(words)
        self._warning.setStyleSheet(f"color: {colours().look.name()}; font-weight: 600;")
        self._warning.setVisible(bool(words))

    def _meanings(self, answer: RouteRisk, prediction: Prediction, manifest: Manifest) -> list[str]:
        """The number in other words: of 100 such patients, beside the threshold, within the development cohort."""
        language, threshold = self._language, manifest.threshold
        count = icon_count(answer.risk)
        side = "above" if answer.unshifted >= threshold.risk else "below"
        said = [
            text("gui.risk_framing", language, recur=count, others=100 - count),
            text(
                f"risk.threshold_{side}",
                language,
                percent=percent_text(threshold_at(threshold, prediction.base_rate), language),
            ),
        ]
        if prediction.position is not None:
            said.append(text("gui.risk_position", language, share=percent_text(prediction.position, language)))
        return said

    def _show_base_rate(self, answer: RouteRisk, base_rate: BaseRate) -> None:
        self._base_rate.setVisible(base_rate.site is not None)
        if base_rate.site is not None:
            language = self._language
            self._base_rate.setText(
                text(
                    "risk.shifted",
                    language,
                    new=percent_text(base_rate.site, language),
                    old=percent_text(base_rate.development, language),
                    source=base_rate.site_source,
                    date=base_rate.site_date,
                    patients=base_rate.site_patients,
                    unshifted=percent_text(answer.unshifted, language),
                )
            )

    def _show_dates(self, record: ClinicalRecord, manifest: Manifest) -> None:
        moment, months = manifest.outcome.moment, manifest.outcome.horizon_months
        dates = prediction_dates(record, moment)
        if dates.moment is None or dates.horizon_start is None:
            words = text("risk.dates_open", self._language, months=months)
        else:
            words = text(
                f"risk.dates_{moment.value}",
                self._language,
                moment=dates.moment.isoformat(),
                start=dates.horizon_start.isoformat(),
                months=months,
            )
        self._dates.setText(words)

    def _show_check(self, label: QLabel, prediction: Prediction, id: str, short: dict[str, str]) -> None:
        """What a reader of the number must see beside it, in a few words; the page *Trust* says it in full."""
        check = next(
            (check for check in prediction.checks if check.id == id and check.state is not CheckState.PASSED), None
        )
        label.setVisible(check is not None)
        if check is not None:
            message = check.message
            words = Message(id=short.get(message.id, message.id), values=message.values)
            label.setText("▲ " + words.text(self._language))
            label.setToolTip(message.text(self._language))
            label.setStyleSheet(f"color: {colours().look.name()};")

    def _show_routes(self, prediction: Prediction, muted: bool) -> None:
        for row in self._routes.values():
            row.show_risk(prediction, muted)
        fused = prediction.fused is not None
        self._comparison.setVisible(fused)
        if not fused:
            for row in self._routes.values():
                row.hide()


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

    def hide(self) -> None:
        """Hides the row: there is nothing to compare with."""
        for widget in (self._name, self._risk, self._scale):
            widget.hide()

    def show_risk(self, prediction: Prediction, muted: bool) -> None:
        """Shows the route's risk, or hides the row if it did not run."""
        risk = prediction.route(self._route)
        for widget in (self._name, self._risk, self._scale):
            widget.setVisible(risk is not None)
        if risk is not None:
            self._risk.setText(percent_text(risk.risk, self._language))
            self._scale.show_risk(risk, muted=muted)
