"""Page 2, the reasons: what moved the number, what was entered, what is unknown, and the slices that counted."""

from __future__ import annotations

from dataclasses import replace

from apnet_desktop.clinical.factor import Factor
from apnet_desktop.clinical.units import unit_symbol
from apnet_desktop.report.charts import SignedBar, picture_block, signed_bars
from apnet_desktop.report.composer import CAPTION, SMALL, STRONG, Composer
from apnet_desktop.report.picture import Picture, PictureRole
from apnet_desktop.report.sheet import MILLIMETRE, Block, Columns, Item, Rule, Space, Stack
from apnet_desktop.report.typesetting import GREY, Style
from apnet_desktop.report.wording import (
    GROUP,
    log_odds_text,
    outside_reference,
    percent_text,
    reference_text,
    value_text,
)

__all__ = ["page_two"]

_SHOWN_CONTRIBUTIONS = 10
_CELL = Style(7.8, leading=1.3)
_CELL_STRONG = Style(7.8, bold=True, leading=1.3)
_CELL_GREY = Style(7.8, colour=GREY, leading=1.3)
_HEAD = Style(7.2, bold=True, colour=GREY, leading=1.3)


def page_two(composer: Composer) -> list[Item]:
    """The items of page 2, in reading order."""
    items = [
        *_contributions(composer),
        *_shares(composer),
        *_influential(composer),
        *_inputs(composer),
        *_unknown(composer),
        *_scores(composer),
    ]
    if items:
        items[0] = replace(items[0], new_page=True)
    return items


def _name(composer: Composer, factor_id: str) -> str:
    factors = composer.content.factors
    known = next((factor for factor in factors.factors if factor.id == factor_id), None)
    return composer.label(known.label) if known is not None else factor_id


def _with_value(composer: Composer, factor_id: str) -> str:
    content = composer.content
    factor = next((factor for factor in content.factors.factors if factor.id == factor_id), None)
    if factor is None:
        return factor_id
    return composer.say("report.factor_is", factor=composer.label(factor.label), value=_value(composer, factor))


def _value(composer: Composer, factor: Factor) -> str:
    value = composer.content.record.value(factor.id)
    shown = value_text(factor, value, composer.language)
    unit = unit_symbol(factor.unit, composer.language) if value is not None else ""
    return f"{shown} {unit}".strip()


def _contributions(composer: Composer) -> list[Item]:
    contributions = composer.content.prediction.contributions
    if not contributions:
        return []
    shown, rest = contributions[:_SHOWN_CONTRIBUTIONS], contributions[_SHOWN_CONTRIBUTIONS:]
    bars = [
        SignedBar(_with_value(composer, each.factor_id), each.log_odds, log_odds_text(each.log_odds)) for each in shown
    ]
    if rest:
        total = sum(each.log_odds for each in rest)
        bars.append(SignedBar(composer.say("report.other_factors", number=len(rest)), total, log_odds_text(total)))
    drawings = signed_bars(composer.typesetter, bars, composer.width, composer.width * 0.46)
    return [
        Item(composer.section("report.contributions"), keep_with_next=True),
        Item(composer.paragraph(composer.say("report.contributions_read"), CAPTION), keep_with_next=True),
        *(Item(drawing, before=0.5, keep_with_next=number < 2) for number, drawing in enumerate(drawings)),
    ]


def _shares(composer: Composer) -> list[Item]:
    content = composer.content
    shares, fused = content.prediction.shares, content.prediction.fused
    if shares is None or fused is None:
        return []
    total = shares.baseline + shares.clinical + shares.image
    bars = [
        SignedBar(composer.say("report.share_baseline"), shares.baseline, log_odds_text(shares.baseline)),
        SignedBar(composer.say("report.share_clinical"), shares.clinical, log_odds_text(shares.clinical)),
        SignedBar(composer.say("report.share_image"), shares.image, log_odds_text(shares.image)),
        SignedBar(composer.say("report.share_total"), total, log_odds_text(total), strong=True),
    ]
    drawings = signed_bars(composer.typesetter, bars, composer.width, composer.width * 0.46)
    return [
        Item(composer.section("report.shares"), before=12, keep_with_next=True),
        Item(composer.paragraph(composer.say("report.shares_read"), CAPTION), keep_with_next=True),
        *(
            Item(drawing, before=0.5, keep_with_next=number < len(drawings) - 1)
            for number, drawing in enumerate(drawings)
        ),
    ]


def _influential(composer: Composer) -> list[Item]:
    pictures = [picture for picture in composer.content.pictures if picture.role is PictureRole.INFLUENTIAL][:3]
    if not pictures:
        return []
    gap = 8.0
    width = min(57 * MILLIMETRE, (composer.width - 2 * gap) / 3)
    blocks = tuple(_influential_picture(composer, picture, width) for picture in pictures)
    return [
        Item(composer.section("report.key_slices"), before=12, keep_with_next=True),
        Item(composer.paragraph(composer.say("report.key_slices_read"), CAPTION), keep_with_next=True),
        Item(Columns(blocks, tuple(number * (width + gap) for number in range(len(blocks)))), before=3),
    ]


def _influential_picture(composer: Composer, picture: Picture, width: float) -> Block:
    caption = composer.say("report.picture_axial", number=picture.number, total=picture.total)
    if picture.log_odds is not None:
        caption = composer.say("report.picture_moved", caption=caption, log_odds=log_odds_text(picture.log_odds))
    return Stack(
        (picture_block(composer.typesetter, picture, width), Space(2), composer.paragraph(caption, CAPTION, width))
    )


def _inputs(composer: Composer) -> list[Item]:
    content = composer.content
    used = {factor.id for factor in content.manifest.factors.factors}
    own = [factor for factor in content.factors.factors if factor.id in used]
    others = [factor for factor in content.factors.factors if factor.id not in used]
    items = _table(composer, "report.inputs", own, first=True)
    if others:
        items += _table(composer, "report.inputs_not_used", others, first=False)
    return items


def _offsets(composer: Composer) -> tuple[float, ...]:
    return tuple(composer.width * share for share in (0.0, 0.40, 0.63, 0.79))


def _row(composer: Composer, cells: tuple[str, str, str, str], styles: tuple[Style, Style, Style, Style]) -> Block:
    offsets = _offsets(composer)
    ends = (*offsets[1:], composer.width)
    return Columns(
        tuple(
            composer.paragraph(words, style, end - start - 6)
            for words, style, start, end in zip(cells, styles, offsets, ends, strict=True)
        ),
        offsets,
    )


def _table(composer: Composer, title: str, factors: list[Factor], *, first: bool) -> list[Item]:
    if not factors:
        return []
    names = ("report.column_factor", "report.column_value", "report.column_reference", "report.column_note")
    heads = tuple(composer.say(name) for name in names)
    head = Stack(
        (_row(composer, (heads[0], heads[1], heads[2], heads[3]), (_HEAD,) * 4), Rule(composer.width, height=2.5))
    )
    items = [
        Item(
            composer.section(title) if first else composer.paragraph(composer.say(title), STRONG),
            before=12,
            keep_with_next=True,
        ),
        Item(head, before=2, keep_with_next=True),
    ]
    group = ""
    for factor in factors:
        if factor.group != group:
            group = factor.group
            words = composer.say(GROUP[group]) if group in GROUP else group
            items.append(Item(composer.paragraph(words, _CELL_GREY), before=3, header=head, keep_with_next=True))
        items.append(Item(_factor_row(composer, factor), before=1.2, header=head))
    return items


def _factor_row(composer: Composer, factor: Factor) -> Block:
    record = composer.content.record
    value = record.value(factor.id)
    arrow = outside_reference(factor, record)
    shown = _value(composer, factor)
    if not record.answered(factor.id):
        shown = composer.say("report.not_entered")
    if arrow:
        shown = f"{shown} {arrow}"
    reference = reference_text(factor, record)
    if reference and factor.unit:
        reference = f"{reference} {unit_symbol(factor.unit, composer.language)}".strip()
    notes = []
    if factor.id in record.typed:
        notes.append(composer.say("report.typed_as", typed=record.typed[factor.id]))
    if factor.id in record.confirmed:
        notes.append(composer.say("report.unusual_confirmed"))
    value_style = _CELL_GREY if value is None else (_CELL_STRONG if arrow else _CELL)
    return _row(
        composer,
        (composer.label(factor.label), shown, reference, composer.say("report.list_separator").join(notes)),
        (_CELL, value_style, _CELL_GREY, _CELL_GREY),
    )


def _unknown(composer: Composer) -> list[Item]:
    content = composer.content
    unknown = [factor for factor in content.manifest.factors.factors if content.record.value(factor.id) is None]
    if not unknown:
        return [
            Item(composer.section("report.unknowns"), before=12, keep_with_next=True),
            Item(composer.paragraph(composer.say("report.no_unknowns"), SMALL)),
        ]
    moved = {each.factor_id: each.log_odds for each in content.prediction.contributions}
    ranges = {effect.factor_id: effect for effect in content.unknown_effects}
    sentences = []
    for factor in unknown:
        name = composer.label(factor.label)
        if factor.id in ranges:
            effect = ranges[factor.id]
            sentences.append(
                composer.say(
                    "report.unknown_range",
                    factor=name,
                    lowest=percent_text(effect.lowest, composer.language),
                    highest=percent_text(effect.highest, composer.language),
                )
            )
        elif factor.id in moved:
            sentences.append(
                composer.say("report.unknown_moved", factor=name, log_odds=log_odds_text(moved[factor.id]))
            )
        else:
            sentences.append(composer.say("report.unknown_only", factor=name))
    return [
        Item(composer.section("report.unknowns"), before=12, keep_with_next=True),
        Item(
            composer.paragraph(
                composer.say("report.unknowns_read", number=len(unknown), total=len(content.manifest.factors.factors)),
                CAPTION,
            ),
            keep_with_next=True,
        ),
        *composer.bullets(sentences),
    ]


def _scores(composer: Composer) -> list[Item]:
    scores = composer.content.scores
    if not scores:
        return []
    rows = []
    for score in scores:
        shown = score.value
        if score.maximum:
            shown = composer.say("report.score_of", value=score.value, maximum=score.maximum)
        if score.unknown:
            missing = composer.say("report.list_separator").join(composer.label(each) for each in score.unknown)
            shown = composer.say("report.score_incomplete", score=shown, missing=missing)
        rows.append((composer.label(score.label), shown))
    return [
        Item(composer.section("report.scores"), before=12, keep_with_next=True),
        *composer.pairs(rows, composer.width, composer.width * 0.40),
    ]
