"""The sentences of a report that are made of several figures; the same on paper and for a screen reader."""

from __future__ import annotations

from typing import NamedTuple

from apnet_desktop.bundle.operating_point import threshold_at
from apnet_desktop.bundle.prediction import RouteRisk
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.report.composer import Composer
from apnet_desktop.report.content import Review, ScoreLine
from apnet_desktop.report.picture import Picture, Plane
from apnet_desktop.report.wording import (
    DECISION,
    ORIGIN,
    ROUTE,
    closed,
    interval_text,
    log_odds_text,
    number_text,
    percent_text,
    phrase,
    time_text,
    whole_percent,
)

__all__ = [
    "RouteLine",
    "check_sentence",
    "definition",
    "framing",
    "group",
    "headline",
    "interval_sentence",
    "picture_caption",
    "region_sentences",
    "review_fields",
    "route_lines",
    "score_text",
    "threshold",
]


class RouteLine(NamedTuple):
    """One route in words: its name, its risk with interval, and the figures behind them."""

    name: str
    figure: str
    risk: RouteRisk


def headline(composer: Composer) -> str:
    """What the number is: outcome, horizon and where that starts."""
    content = composer.content
    outcome = content.manifest.outcome
    headline = composer.say(
        "report.headline",
        outcome=composer.label(outcome.label),
        months=outcome.horizon_months,
        starts=composer.label(outcome.starts),
    )
    if content.prediction.fused is None:
        headline += composer.say("report.clinical_only")
    return headline


def interval_sentence(composer: Composer) -> str:
    """The interval, with its confidence level if the bundle states it."""
    content = composer.content
    interval = interval_text(content.answer.lower, content.answer.upper, composer.language)
    if content.interval_level is None:
        return composer.say("report.interval_is", interval=interval)
    return composer.say("report.interval_of_level", level=whole_percent(content.interval_level), interval=interval)


def framing(composer: Composer) -> str:
    """The number as a natural frequency, both ways round."""
    content = composer.content
    months = content.manifest.outcome.horizon_months
    risk = content.answer.risk
    if risk < 0.01:
        return composer.say("report.framing_below", months=months)
    if risk > 0.99:
        return composer.say("report.framing_above", months=months)
    count = whole_percent(risk)
    if count in (1, 99):
        return composer.say("report.framing_one" if count == 1 else "report.framing_all_but_one", months=months)
    return composer.say("report.framing", count=count, rest=100 - count, months=months)


def threshold(composer: Composer) -> str:
    """On which side of the operating threshold the risk lies, and how the threshold was chosen."""
    content = composer.content
    threshold = content.manifest.threshold
    # The threshold moves with the base rate as every risk does: a patient stays on the side that development saw.
    above = content.answer.unshifted >= threshold.risk
    return composer.say(
        "report.threshold_above" if above else "report.threshold_below",
        threshold=percent_text(threshold_at(threshold, content.prediction.base_rate), composer.language),
        rule=phrase(composer.label(threshold.rule)),
        sensitivity=percent_text(threshold.sensitivity, composer.language),
        specificity=percent_text(threshold.specificity, composer.language),
    )


def group(composer: Composer) -> str:
    """The bundle's group of the risk with its range; empty where the bundle defines none."""
    found = composer.content.group
    if found is None:
        return ""
    groups = sorted(composer.content.manifest.risk_groups, key=lambda one: one.upper)
    place = groups.index(found)
    lower = groups[place - 1].upper if place else 0.0
    return composer.say(
        "report.group_is",
        group=phrase(composer.label(found.label)),
        lower=whole_percent(lower),
        upper=whole_percent(found.upper),
    )


def definition(composer: Composer) -> str:
    """How the outcome is defined, and the day from which the horizon runs where the record says it."""
    content = composer.content
    sentence = composer.say(
        "report.definition",
        definition=closed(composer.label(content.manifest.outcome.definition), composer.language),
    )
    start = content.dates.horizon_start
    return sentence + (composer.say("report.counted_from", date=start.isoformat()) if start is not None else "")


def picture_caption(composer: Composer, picture: Picture) -> str:
    """Which slice a picture shows, and what moved by it."""
    ids = {Plane.AXIAL: "report.picture_axial", Plane.CORONAL: "report.picture_coronal"}
    caption = composer.say(ids[picture.plane], number=picture.number, total=picture.total)
    if picture.log_odds is None:
        return caption
    return composer.say("report.picture_moved", caption=caption, log_odds=log_odds_text(picture.log_odds))


def region_sentences(composer: Composer) -> list[str]:
    """Size of the ROI, who made it and how, who confirmed it."""
    roi = composer.content.roi
    if roi is None:
        return [composer.say("report.no_roi")]
    sentences = [
        composer.say(
            "report.roi_size",
            volume=number_text(roi.volume, 1),
            slices=roi.slices,
            mean=number_text(roi.mean_hounsfield, 0),
        ),
        composer.say(
            "report.roi_made",
            how=composer.say("report.list_separator").join(composer.say(ORIGIN[origin]) for origin in roi.origins),
            author=roi.author or composer.say("report.not_stated"),
        ),
    ]
    if roi.confirmation is not None:
        sentences.append(
            composer.say("report.roi_confirmed", person=roi.confirmation.person, time=time_text(roi.confirmation.time))
        )
    return sentences


def review_fields(composer: Composer, review: Review) -> list[tuple[str, str]]:
    """What the reviewer left: name, role, date, decision, comment."""
    return [
        (composer.say("report.sign_name"), review.person),
        (composer.say("report.sign_role"), review.role or composer.say("report.not_stated")),
        (composer.say("report.sign_date"), time_text(review.time)),
        (composer.say("report.sign_decision"), composer.say(DECISION[review.decision])),
        (composer.say("report.sign_comment"), review.comment or "–"),
    ]


def route_lines(composer: Composer) -> list[RouteLine]:
    """One line per route, the answer first."""
    content = composer.content
    ordered = [content.answer] + [route for route in content.prediction.routes if route is not content.answer]
    lines = []
    for route in ordered:
        name = composer.say(ROUTE[route.route])
        if route is not content.answer:
            name = composer.say("report.for_comparison", route=name)
        figure = composer.say(
            "report.risk_with_interval",
            risk=percent_text(route.risk, composer.language),
            interval=interval_text(route.lower, route.upper, composer.language),
        )
        lines.append(RouteLine(name, figure, route))
    return lines


def check_sentence(composer: Composer, check: Check) -> str:
    """A check that warned or was refused, with the reason for which a person went on."""
    sentence = composer.message(check.message)
    if check.override_reason is not None:
        return composer.say("report.check_overridden", sentence=sentence, reason=check.override_reason)
    if check.state is CheckState.REFUSED:
        return composer.say("report.check_refused", sentence=sentence)
    return composer.say("report.check_warned", sentence=sentence)


def score_text(composer: Composer, score: ScoreLine) -> str:
    """A score with its maximum, and what is unknown of it."""
    shown = score.value
    if score.maximum:
        shown = composer.say("report.score_of", value=score.value, maximum=score.maximum)
    if score.unknown:
        missing = composer.say("report.list_separator").join(composer.label(each) for each in score.unknown)
        shown = composer.say("report.score_incomplete", score=shown, missing=missing)
    return shown
