"""The result's cards: the answer first, its words, what questions it, and what a stale or foreign number looks like."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from apnet_desktop.bundle.calibration import logit, shift_base_rate
from apnet_desktop.bundle.manifest import Threshold
from apnet_desktop.bundle.operating_point import predictive_values, threshold_at
from apnet_desktop.bundle.prediction import REPEATABILITY, BaseRate, Prediction, Route, RouteRisk, WhatIf
from apnet_desktop.cases.assessment import InputName
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.factor import Label
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.gui.steps.risk.risk_panel import RiskPanel
from apnet_desktop.language import Language, Message
from apnet_desktop.report.wording import log_odds_text
from tests.report import factory

SITE = BaseRate(development=0.289, site=0.15, site_source="registry", site_date="2026-01-01", site_patients=240)


@pytest.fixture
def panel(qtbot: QtBot) -> RiskPanel:
    panel = RiskPanel(Language.ENGLISH)
    qtbot.addWidget(panel)
    panel.resize(1000, 700)
    panel.show()
    return panel


def show(
    panel: RiskPanel,
    prediction: Prediction,
    record: ClinicalRecord | None = None,
    simulated: bool = True,
    stale: tuple[Message, ...] = (),
) -> None:
    panel.show_prediction(prediction, factory.manifest(), record or factory.record(), simulated, stale)


def words(panel: RiskPanel) -> str:
    return " ".join(panel.answer.sentences)


def titles(panel: RiskPanel) -> list[str]:
    return [panel.pages.tabText(n) for n in range(panel.pages.count()) if panel.pages.isTabVisible(n)]


def test_the_fused_risk_is_the_answer_with_interval_threshold_position_and_dates(panel: RiskPanel) -> None:
    show(panel, factory.prediction())
    assert panel.answer.number == "37%"
    said = words(panel)
    for part in ("within 24 months", "90% interval 28% to 48%", "Of 100 patients like this, about 37 recur; 63 do not"):
        assert part in said
    assert "Above the threshold of 30%" in said
    assert "Higher than 71% of the patients the model was developed on" in said
    assert "Made at discharge, 2026-11-02; the 24 months run from 2026-11-02" in said


@pytest.mark.parametrize(("risk", "shown"), [(0.004, "below 1%"), (0.996, "above 99%"), (0.005 + 0.29, "30%")])
def test_whole_percent_and_no_certainty(panel: RiskPanel, risk: float, shown: str) -> None:
    show(panel, factory.prediction(fused=risk))
    assert panel.answer.number == shown


def test_without_dates_it_says_what_to_enter(panel: RiskPanel) -> None:
    show(panel, factory.prediction(), factory.record().without("discharge_date"))
    assert "enter the dates of admission and discharge" in words(panel)


@pytest.mark.parametrize("what", list(InputName))
def test_any_changed_input_greys_the_number_and_blocks_the_report(panel: RiskPanel, what: InputName) -> None:
    show(panel, factory.prediction())
    assert (panel.answer.muted, panel.report_button.isEnabled()) == (False, True)
    show(panel, factory.prediction(), stale=(Message.of(f"cases.stale_{what.value}"),))
    assert (panel.answer.muted, panel.report_button.isEnabled()) == (True, False)
    assert Message.of(f"cases.stale_{what.value}").text() in words(panel)
    assert len(titles(panel)) == 1  # what explained the number is gone with it


def test_a_number_that_is_no_finding_is_greyed_and_means_nothing(panel: RiskPanel) -> None:
    show(panel, factory.prediction(), simulated=False)
    assert panel.answer.muted
    assert "no finding" in words(panel)
    assert "Of 100 patients" not in words(panel)


def test_unlike_images_grey_a_demonstration_and_the_way_goes_on(panel: RiskPanel) -> None:
    outside = Check(
        id="model.distribution", state=CheckState.WARNED, message=Message.of("model.outside_warned", times="3.1")
    )
    show(panel, factory.prediction(checks=(outside,)))
    assert panel.answer.muted
    assert panel.report_button.isEnabled()
    assert "unlike those the model was developed on" in words(panel)


def test_the_clinical_route_alone_says_so_and_compares_with_nothing(panel: RiskPanel) -> None:
    whole = factory.prediction()
    alone = tuple(route for route in whole.routes if route.route is Route.CLINICAL)
    show(panel, whole.model_copy(update={"routes": alone, "shares": None, "influential": (), "position": None}))
    assert panel.answer.number == "29%"
    assert "From clinical factors alone" in words(panel)
    assert panel.reasons.shares.isHidden()


def test_few_events_and_routes_apart_stand_beside_the_number(panel: RiskPanel) -> None:
    events = Check(id="model.events", state=CheckState.WARNED, message=Message.of("model.few_events", events=48))
    apart = Check(
        id="model.routes",
        state=CheckState.WARNED,
        message=Message.of("model.routes_disagree", clinical="12", image="55"),
    )
    show(panel, factory.prediction(checks=(events, apart)))
    assert "48 recurrences" in words(panel)
    assert "Clinical factors (12%) and CT (55%) disagree" in words(panel)
    assert "▲2" in titles(panel)[0]


def test_one_base_rate_for_the_page(panel: RiskPanel) -> None:
    """Risk, threshold and groups move together; both rates and the unshifted risk are printed."""
    shifted = tuple(
        route.model_copy(
            update={name: shift_base_rate(getattr(route, name), 0.289, 0.15) for name in ("risk", "lower", "upper")}
        )
        for route in factory.prediction().routes
    )
    show(panel, factory.prediction(base_rate=SITE).model_copy(update={"routes": shifted}))
    said = words(panel)
    assert panel.answer.number == "20%"
    assert "base rate of 15% (registry, 2026-01-01, 240 patients)" in said
    assert "base rate of 29% the risk would be 37%" in said
    assert "Above the threshold of 16%" in said  # 30 % there: the same patients pass it
    assert "base rate of 15%" in panel.model.sentences[2]
    assert "assumed to hold" in panel.model.sentences[2]


def test_of_100_patients_above_the_threshold() -> None:
    """Against a table of 10,000 patients counted by hand."""
    threshold = Threshold(risk=0.3, rule=Label(en="", zh=""), sensitivity=0.8, specificity=0.7)
    found = predictive_values(threshold, BaseRate(development=0.25))
    assert found.positive == pytest.approx(2000 / (2000 + 2250))
    assert found.negative == pytest.approx(5250 / (5250 + 500))
    assert predictive_values(threshold, SITE).positive < found.positive
    moved = threshold_at(threshold, SITE)
    assert float(logit(moved) - logit(0.3)) == pytest.approx(float(logit(0.15) - logit(0.289)))


def test_why_sums_to_the_answer_and_shows_slices_one_click_away(panel: RiskPanel, qtbot: QtBot) -> None:
    prediction = factory.prediction()
    show(panel, prediction)
    reasons = panel.reasons
    assert [round(value, 2) for _, value in reasons.shares.rows] == [-0.88, 0.14, 0.21]
    assert len(reasons.clinical.rows) == 8
    strengths = [abs(value) for _, value in reasons.effects.rows]
    assert strengths == sorted(strengths, reverse=True)
    more = next(button for button in reasons.findChildren(QPushButton) if "All" in button.text())
    more.click()
    assert len(reasons.clinical.rows) == len(prediction.contributions)
    total = prediction.baseline + sum(value for _, value in reasons.clinical.rows)
    assert log_odds_text(total) in reasons._clinical_note.text()
    panel.pages.setCurrentIndex(1)
    slice_button = next(button for button in reasons.findChildren(QPushButton) if button.text() == "Slice 23")
    with qtbot.waitSignal(panel.slice_wanted) as seen:
        slice_button.click()
    assert seen.args == [22]


def test_consider_stands_apart_from_what_if_and_names_its_sources(panel: RiskPanel) -> None:
    show(panel, factory.prediction())
    assert titles(panel)[2:4] == ["What if", "Consider"]
    said = panel.consider.sentences
    assert any("triglyceride" in sentence for sentence in said)
    assert all(sentence.startswith("Consider") and "(" in sentence for sentence in said)


def test_what_if_asks_shows_and_keeps_nothing(panel: RiskPanel, qtbot: QtBot) -> None:
    prediction, record = factory.prediction(), factory.record()
    show(panel, prediction, record)
    panel.pages.setCurrentIndex(2)
    card = panel.what_if
    assert "37%" in card.shown
    card.factor.setCurrentIndex(card.factor.findData("diabetes"))
    card.factor.activated.emit(card.factor.currentIndex())
    assert card.field is not None
    control = card.field.focusProxy()
    assert control is not None
    with qtbot.waitSignal(panel.what_if_asked) as asked:
        QTest.keyClick(control, Qt.Key.Key_N)
    changed = asked.args[0]
    assert changed.value("diabetes") is False
    assert {id for id in record.values if record.value(id) != changed.value(id)} == {"diabetes"}
    assert card.changes == "Diabetes: yes → no"
    routes = (RouteRisk(route=Route.FUSED, risk=0.31, lower=0.2, upper=0.4, unshifted=0.31, logit=-0.8),)
    card.show_answer(WhatIf(routes=routes, record="of something else"))
    assert "→" not in card.shown
    card.show_answer(WhatIf(routes=routes, record=changed.digest()))
    assert card.shown == "37% → 31%"
    assert panel.answer.number == "37%"
    # Checks that arrive meanwhile leave the question standing; another prediction does not.
    show(panel, prediction.model_copy(update={"checks": ()}), record)
    assert card.shown == "37% → 31%"
    card.start_again()
    assert card.changes == ""
    assert "37%" in card.shown


def test_checks_that_follow_are_shown_as_running(panel: RiskPanel) -> None:
    prediction = factory.prediction()
    unfinished = prediction.model_copy(
        update={"checks": tuple(check for check in prediction.checks if check.id != REPEATABILITY)}
    )
    assert unfinished.unfinished
    show(panel, unfinished)
    panel.show_checking(0.4)
    assert panel.trust.checking
    show(panel, prediction)
    assert not panel.trust.checking


def test_a_refusal_shows_no_number_and_the_reason(panel: RiskPanel) -> None:
    refused = Check(
        id="clinical.eligibility.severity",
        state=CheckState.REFUSED,
        message=Message.of("clinical.eligibility.severity_mild"),
    )
    panel.show_refused((refused,), ())
    assert panel.answer.isHidden()
    assert panel.checks == (refused,)
    assert not panel.report_button.isEnabled()
    assert len(titles(panel)) == 1


@pytest.mark.parametrize(("width", "beside"), [(420, False), (1000, True)])
def test_the_answer_stays_in_sight(panel: RiskPanel, width: int, beside: bool) -> None:
    panel.resize(width, 760)
    show(panel, factory.prediction())
    QTest.qWait(20)
    assert panel.answer.isVisible()
    right = panel.answer.mapTo(panel, panel.answer.rect().topRight()).x()
    assert (panel.pages.x() > right) is beside
    assert panel.pages.height() > 120
