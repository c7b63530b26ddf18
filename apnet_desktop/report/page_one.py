"""Page 1, for the reader in a hurry: the risk, what it means, what it rests on, and who vouches for it."""

from __future__ import annotations

from dataclasses import replace

from apnet_desktop.bundle.operating_point import threshold_at
from apnet_desktop.report.blocks import Block, Columns, Drawing, Rule, Space, Stack
from apnet_desktop.report.charts import RouteMark, distribution_strip, icon_array, picture_block, route_chart
from apnet_desktop.report.code_matrix import code_matrix
from apnet_desktop.report.composer import ACCENT, BODY, CAPTION, HEADING, PALE, SMALL, STRONG, Composer
from apnet_desktop.report.json_twin import typed_code
from apnet_desktop.report.pen import MILLIMETRE, Pen
from apnet_desktop.report.picture import PictureRole
from apnet_desktop.report.reasons import reason_sentences
from apnet_desktop.report.sentences import (
    check_sentence,
    definition,
    framing,
    group,
    headline,
    interval_sentence,
    picture_caption,
    region_sentences,
    review_fields,
    route_lines,
    threshold,
)
from apnet_desktop.report.sheet import Item
from apnet_desktop.report.typesetting import BLACK, GREY, Style
from apnet_desktop.report.wording import icon_count, percent_text, whole_percent

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
            composer.paragraph(headline(composer), _LEAD_STRONG, left_width),
            _number(composer, _NUMBER, left_width),
            Space(2),
            composer.paragraph(framing(composer), _LEAD, left_width),
            Space(4),
            composer.paragraph(threshold(composer), BODY, left_width),
            *((composer.paragraph(group(composer), BODY, left_width),) if content.group is not None else ()),
            Space(4),
            composer.paragraph(definition(composer), CAPTION, left_width),
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
        *_reasons(composer),
    ]


def _reasons(composer: Composer) -> list[Item]:
    sentences = reason_sentences(composer)
    if not sentences:
        return []
    heading = composer.paragraph(composer.say("report.reasons"), STRONG)
    lines = [composer.paragraph(sentence, SMALL, maximum=3) for sentence in sentences]
    return [Item(Stack((heading, *lines), gap=1.5), before=6)]


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
                interval_sentence(composer),
                Style(12.0, bold=True, colour=colour, leading=1.35),
                beside_width,
            ),
            composer.paragraph(composer.say("report.interval_covers"), CAPTION, beside_width),
        )
    )
    number = composer.paragraph(shown, style, number_width)
    drop = max(0.0, (number.height - beside.height) / 2)
    return Columns((number, Stack((Space(drop), beside))), (0.0, number_width))


def _marks(composer: Composer) -> list[RouteMark]:
    answer = composer.content.answer
    return [
        RouteMark(line.name, line.figure, line.risk.risk, line.risk.lower, line.risk.upper, line.risk is answer)
        for line in route_lines(composer)
    ]


def _routes(composer: Composer) -> list[Item]:
    content = composer.content
    base = content.prediction.base_rate
    rate = base.site if base.site is not None else base.development
    operating = threshold_at(content.manifest.threshold, base)
    references = [
        (operating, composer.say("report.threshold_mark", threshold=percent_text(operating, composer.language))),
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
            composer.paragraph(headline(composer), grey),
            _number(composer, replace(_NUMBER, colour=PALE), composer.width),
            *(
                composer.paragraph(f"{mark.name}: {mark.figure}", Style(8.0, colour=GREY))
                for mark in _marks(composer)
                if not mark.answer
            ),
            Space(3),
            composer.paragraph(definition(composer), CAPTION),
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
                    composer.paragraph(picture_caption(composer, picture), CAPTION, picture_width),
                )
            )
        )
        offsets.append(number * (picture_width + 8))
    facts_at = len(pictures) * (picture_width + 8) + (4 if pictures else 0)
    blocks.append(_region_facts(composer, composer.width - facts_at))
    offsets.append(facts_at)
    return [Item(Columns(tuple(blocks), tuple(offsets)), before=9)]


def _region_facts(composer: Composer, width: float) -> Block:
    lines = [composer.paragraph(sentence, SMALL, width, 4) for sentence in region_sentences(composer)]
    if composer.content.pictures:
        lines.append(composer.paragraph(composer.say("report.white_line"), CAPTION, width))
    return Stack((composer.paragraph(composer.say("report.roi"), STRONG, width), *lines), gap=2.5)


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
    return [heading, *composer.bullets([check_sentence(composer, check) for check in noteworthy])]


def _signature(composer: Composer) -> Block:
    content = composer.content
    matrix_side = 25 * MILLIMETRE
    left_width = composer.width - matrix_side - _GAP
    code = composer.paragraph(
        typed_code(content),
        replace(CAPTION, size=5.9, colour=BLACK, align="centre"),
        matrix_side,
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
            Columns((left, matrix), (0.0, composer.width - matrix_side)),
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
    return Stack(
        (
            composer.paragraph(composer.say("report.sign_reviewed"), STRONG, width),
            Space(2),
            composer.stacked(composer.pairs(review_fields(composer, review), width, 78.0)),
        )
    )


def _blank(composer: Composer, words: str, width: float) -> Block:
    def paint(pen: Pen, x: float, top: float) -> None:
        pen.segment((x, top), (x + width, top), line=0.6)

    return Stack((Drawing(1.5, paint), composer.paragraph(words, CAPTION, width)))
