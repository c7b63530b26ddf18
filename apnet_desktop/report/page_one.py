"""Page 1, for the reader in a hurry: the risk, what it means, what it rests on, and who vouches for it."""

from __future__ import annotations

from dataclasses import replace

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.report.charts import RouteMark, distribution_strip, icon_array, picture_block, route_chart
from apnet_desktop.report.code_matrix import code_matrix
from apnet_desktop.report.composer import ACCENT, BODY, CAPTION, HEADING, PALE, SMALL, STRONG, Composer
from apnet_desktop.report.json_twin import typed_code
from apnet_desktop.report.picture import PictureRole, Plane
from apnet_desktop.report.sheet import MILLIMETRE, Block, Columns, Drawing, Item, Pen, Rule, Space, Stack
from apnet_desktop.report.typesetting import BLACK, GREY, Style
from apnet_desktop.report.wording import (
    DECISION,
    ORIGIN,
    ROUTE,
    icon_count,
    interval_text,
    number_text,
    percent_text,
    time_text,
    whole_percent,
)

__all__ = ["page_one"]

_NUMBER = Style(58.0, bold=True, colour=ACCENT, leading=1.02)
_NUMBER_WORDS = Style(40.0, bold=True, colour=ACCENT, leading=1.15)
_LEAD = Style(10.6, leading=1.38)
_LEAD_STRONG = Style(10.6, bold=True, leading=1.38)
_GAP = 16.0


def page_one(composer: Composer) -> list[Item]:
    """The items of page 1, in reading order."""
    items = [Item(_title(composer))]
    items += _finding(composer) if composer.content.is_finding else _demonstration_number(composer)
    items += _region(composer)
    items += _checks(composer)
    caution = f"{composer.say('report.low_figure')}\n{composer.say('report.not_alone')}"
    items.append(Item(composer.boxed(caution, Style(8.6, bold=True), line=0.8), before=9))
    items.append(Item(_signature(composer), before=7, at_bottom=True))
    return items


def _title(composer: Composer) -> Block:
    return composer.paragraph(composer.say("report.heading"), HEADING)


def _finding(composer: Composer) -> list[Item]:
    content = composer.content
    answer, months = content.answer, content.manifest.outcome.horizon_months
    array_side = 49 * MILLIMETRE
    left_width = composer.width - array_side - _GAP
    count = icon_count(answer.risk)
    left = Stack(
        (
            composer.paragraph(_headline(composer), _LEAD_STRONG, left_width),
            _number(composer, _NUMBER, left_width),
            Space(2),
            composer.paragraph(_framing(composer), _LEAD, left_width),
            Space(4),
            composer.paragraph(_threshold(composer), BODY, left_width),
            Space(4),
            composer.paragraph(_definition(composer), CAPTION, left_width),
        )
    )
    legend = composer.paragraph(
        composer.say("report.icons", filled=count, empty=100 - count, months=months),
        replace(CAPTION, align="centre"),
        array_side,
    )
    right = Stack((Space(3), icon_array(count, array_side), Space(3), legend))
    return [
        Item(Columns((left, right), (0.0, left_width + _GAP)), before=6),
        *_routes(composer),
    ]


def _headline(composer: Composer) -> str:
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


def _number(composer: Composer, style: Style, width: float) -> Block:
    answer = composer.content.answer
    shown = percent_text(answer.risk, composer.language)
    if not shown[0].isdigit():
        style = replace(_NUMBER_WORDS, colour=style.colour)
    number_width = composer.typesetter.width(shown, style) + 14
    colour = style.colour if style.colour == PALE else BLACK
    beside_width = width - number_width
    beside = Stack(
        (
            composer.paragraph(
                composer.say(
                    "report.interval_is", interval=interval_text(answer.lower, answer.upper, composer.language)
                ),
                Style(12.0, bold=True, colour=colour, leading=1.35),
                beside_width,
            ),
            composer.paragraph(composer.say("report.interval_covers"), CAPTION, beside_width),
        )
    )
    number = composer.paragraph(shown, style, number_width)
    drop = max(0.0, (number.height - beside.height) / 2)
    return Columns((number, Stack((Space(drop), beside))), (0.0, number_width))


def _framing(composer: Composer) -> str:
    content = composer.content
    months = content.manifest.outcome.horizon_months
    risk = content.answer.risk
    if risk < 0.01:
        return composer.say("report.framing_below", months=months)
    if risk > 0.99:
        return composer.say("report.framing_above", months=months)
    count = whole_percent(risk)
    return composer.say("report.framing", count=count, rest=100 - count, months=months)


def _threshold(composer: Composer) -> str:
    content = composer.content
    threshold = content.manifest.threshold
    above = content.answer.risk >= threshold.risk
    return composer.say(
        "report.threshold_above" if above else "report.threshold_below",
        threshold=percent_text(threshold.risk, composer.language),
        rule=composer.label(threshold.rule),
        sensitivity=percent_text(threshold.sensitivity, composer.language),
        specificity=percent_text(threshold.specificity, composer.language),
    )


def _definition(composer: Composer) -> str:
    return composer.say("report.definition", definition=composer.label(composer.content.manifest.outcome.definition))


def _marks(composer: Composer) -> list[RouteMark]:
    content = composer.content
    ordered = [content.answer] + [route for route in content.prediction.routes if route is not content.answer]
    marks = []
    for route in ordered:
        answer = route is content.answer
        name = composer.say(ROUTE[route.route])
        if not answer:
            name = composer.say("report.for_comparison", route=name)
        figure = composer.say(
            "report.risk_with_interval",
            risk=percent_text(route.risk, composer.language),
            interval=interval_text(route.lower, route.upper, composer.language),
        )
        marks.append(RouteMark(name, figure, route.risk, route.lower, route.upper, answer))
    return marks


def _routes(composer: Composer) -> list[Item]:
    content = composer.content
    base = content.prediction.base_rate
    rate = base.site if base.site is not None else base.development
    references = [
        (
            content.manifest.threshold.risk,
            composer.say(
                "report.threshold_mark", threshold=percent_text(content.manifest.threshold.risk, composer.language)
            ),
        ),
        (rate, composer.say("report.base_rate_mark", rate=percent_text(rate, composer.language))),
    ]
    position = content.prediction.position
    strip_width = 49 * MILLIMETRE
    chart_width = composer.width - strip_width - _GAP if position is not None else composer.width
    chart = Stack(
        (
            composer.paragraph(composer.say("report.routes"), STRONG, chart_width),
            route_chart(composer.typesetter, _marks(composer), chart_width, references),
        )
    )
    if position is None:
        return [Item(chart, before=8)]
    strip = Stack(
        (
            composer.paragraph(composer.say("report.position"), STRONG, strip_width),
            Space(2),
            distribution_strip(composer.typesetter, position, strip_width, content.distribution, content.answer.risk),
            composer.paragraph(composer.say("report.position_is", lower=whole_percent(position)), CAPTION, strip_width),
        )
    )
    return [Item(Columns((chart, strip), (0.0, chart_width + _GAP)), before=8)]


def _demonstration_number(composer: Composer) -> list[Item]:
    """The number of a model that learned from simulated patients, on a real CT: grey, and no finding."""
    grey = replace(_LEAD, colour=GREY)
    block = Stack(
        (
            composer.paragraph(composer.say("report.trained_on_simulated"), Style(13.0, bold=True, leading=1.4)),
            composer.paragraph(composer.say("report.not_a_finding"), _LEAD),
            Space(6),
            composer.paragraph(_headline(composer), grey),
            _number(composer, replace(_NUMBER, colour=PALE), composer.width),
            *(
                composer.paragraph(f"{mark.name}: {mark.figure}", Style(8.0, colour=GREY))
                for mark in _marks(composer)
                if not mark.answer
            ),
            Space(3),
            composer.paragraph(_definition(composer), CAPTION),
        )
    )
    return [Item(block, before=8)]


def _region(composer: Composer) -> list[Item]:
    content = composer.content
    pictures = [picture for picture in content.pictures if picture.role is PictureRole.ROI][:2]
    if content.roi is None:
        return [Item(composer.paragraph(composer.say("report.no_roi"), BODY), before=8)]
    picture_width = min(56 * MILLIMETRE, (composer.width - 150 - 2 * 8) / 2)
    blocks: list[Block] = []
    offsets: list[float] = []
    for number, picture in enumerate(pictures):
        blocks.append(
            Stack(
                (
                    picture_block(composer.typesetter, picture, picture_width),
                    Space(2),
                    composer.paragraph(
                        _caption(composer, picture.plane, picture.number, picture.total), CAPTION, picture_width
                    ),
                )
            )
        )
        offsets.append(number * (picture_width + 8))
    facts_at = len(pictures) * (picture_width + 8) + (4 if pictures else 0)
    blocks.append(_region_facts(composer, composer.width - facts_at))
    offsets.append(facts_at)
    return [Item(Columns(tuple(blocks), tuple(offsets)), before=9)]


def _caption(composer: Composer, plane: Plane, number: int, total: int) -> str:
    ids = {Plane.AXIAL: "report.picture_axial", Plane.CORONAL: "report.picture_coronal"}
    return composer.say(ids[plane], number=number, total=total)


def _region_facts(composer: Composer, width: float) -> Block:
    roi = composer.content.roi
    if roi is None:
        raise ValueError("no ROI")
    separator = composer.say("report.list_separator")
    lines: list[Block] = [
        composer.paragraph(composer.say("report.roi"), STRONG, width),
        composer.paragraph(
            composer.say(
                "report.roi_size",
                volume=number_text(roi.volume, 1),
                slices=roi.slices,
                mean=number_text(roi.mean_hounsfield, 0),
            ),
            SMALL,
            width,
        ),
        composer.paragraph(
            composer.say(
                "report.roi_made",
                how=separator.join(composer.say(ORIGIN[origin]) for origin in roi.origins),
                author=roi.author or composer.say("report.not_stated"),
            ),
            SMALL,
            width,
        ),
    ]
    if roi.confirmation is not None:
        lines.append(
            composer.paragraph(
                composer.say(
                    "report.roi_confirmed", person=roi.confirmation.person, time=time_text(roi.confirmation.time)
                ),
                SMALL,
                width,
            )
        )
    return Stack(tuple(lines), gap=2.5)


def _checks(composer: Composer) -> list[Item]:
    noteworthy = composer.content.noteworthy_checks
    if not noteworthy:
        passed = len(composer.content.prediction.checks)
        return [Item(composer.paragraph(composer.say("report.checks_passed", number=passed), SMALL), before=8)]
    heading = Item(
        composer.paragraph(composer.say("report.checks_noteworthy", number=len(noteworthy)), STRONG),
        before=8,
        keep_with_next=True,
    )
    return [heading, *composer.bullets([_check_sentence(composer, check) for check in noteworthy])]


def _check_sentence(composer: Composer, check: Check) -> str:
    sentence = composer.message(check.message)
    if check.override_reason is not None:
        return composer.say("report.check_overridden", sentence=sentence, reason=check.override_reason)
    if check.state is CheckState.REFUSED:
        return composer.say("report.check_refused", sentence=sentence)
    return composer.say("report.check_warned", sentence=sentence)


def _signature(composer: Composer) -> Block:
    content = composer.content
    matrix_side = 21 * MILLIMETRE
    left_width = composer.width - matrix_side - _GAP
    code = composer.paragraph(
        composer.say("report.code", code=typed_code(content)),
        replace(CAPTION, size=6.2, align="centre"),
        matrix_side + 12,
    )
    matrix = Stack((code_matrix(content, matrix_side), code))
    if not content.is_finding:
        left: Block = composer.paragraph(composer.say("report.no_signature"), BODY, left_width)
    elif composer.language is not content.languages[0]:
        left = composer.paragraph(composer.say("report.signed_on_first_pages"), BODY, left_width)
    else:
        left = _signature_fields(composer, left_width)
    return Stack(
        (
            Rule(composer.width, height=5),
            Columns((left, matrix), (0.0, composer.width - matrix_side - 6)),
        )
    )


def _signature_fields(composer: Composer, width: float) -> Block:
    review = composer.content.review
    half = (width - 12) / 2
    if review is None:
        return Stack(
            (
                composer.paragraph(composer.say("report.sign_draft"), STRONG, width),
                Space(13),
                Columns(
                    (
                        _blank(composer, composer.say("report.sign_name_role"), half),
                        _blank(composer, composer.say("report.sign_date_signature"), half),
                    ),
                    (0.0, half + 12),
                ),
                Space(13),
                _blank(composer, composer.say("report.sign_comment"), width),
            )
        )
    fields = [
        (composer.say("report.sign_name"), review.person),
        (composer.say("report.sign_role"), review.role or composer.say("report.not_stated")),
        (composer.say("report.sign_date"), time_text(review.time)),
        (composer.say("report.sign_decision"), composer.say(DECISION[review.decision])),
        (composer.say("report.sign_comment"), review.comment or "–"),
    ]
    return Stack(
        (
            composer.paragraph(composer.say("report.sign_reviewed"), STRONG, width),
            Space(2),
            composer.stacked(composer.pairs(fields, width, 78.0)),
        )
    )


def _blank(composer: Composer, words: str, width: float) -> Block:
    def paint(pen: Pen, x: float, top: float) -> None:
        pen.segment((x, top), (x + width, top), line=0.6)

    return Stack((Drawing(1.5, paint), composer.paragraph(words, CAPTION, width)))
