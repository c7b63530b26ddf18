"""Page 2, the reasons: what moved the number, what was entered, what is unknown, and the slices that counted."""

from __future__ import annotations

from dataclasses import replace

from apnet_desktop.report.blocks import Block, Columns, Space, Stack
from apnet_desktop.report.charts import SignedBar, picture_block, signed_bars
from apnet_desktop.report.composer import CAPTION, SMALL, STRONG, Composer
from apnet_desktop.report.content import ScoreLine
from apnet_desktop.report.factor_table import factor_tables
from apnet_desktop.report.pen import MILLIMETRE
from apnet_desktop.report.picture import Picture, PictureRole
from apnet_desktop.report.reasons import factor_with_value, share_steps
from apnet_desktop.report.sentences import picture_caption, score_text
from apnet_desktop.report.sheet import Item
from apnet_desktop.report.wording import log_odds_text

__all__ = ["page_two"]

_SHOWN_CONTRIBUTIONS = 10


def page_two(composer: Composer) -> list[Item]:
    """The items of page 2, in reading order."""
    items = [*_caution(composer), *_reasons(composer), *_influential(composer), *factor_tables(composer)]
    if items:
        items[0] = replace(items[0], new_page=True)
    return items


def _caution(composer: Composer) -> list[Item]:
    """What the number is not, where it is none: this page may be read alone."""
    if composer.content.is_finding:
        return []
    return [Item(composer.paragraph(composer.say("report.trained_on_simulated"), STRONG))]


def _reasons(composer: Composer) -> list[Item]:
    """Contributions of factors to the left; to the right shares of the routes and severity scores."""
    contributed = bool(composer.content.prediction.contributions)
    left_width = composer.width * 0.585 if contributed else 0.0
    right_at = left_width + 22 if contributed else 0.0
    right_width = composer.width - right_at
    right = [block for block in (_shares(composer, right_width), _scores(composer, right_width)) if block is not None]
    blocks: list[Block] = []
    left = _contributions(composer, left_width)
    if left is not None:
        blocks.append(left)
    if right:
        blocks.append(Stack(tuple(right), gap=10))
    offsets = (0.0, right_at) if left is not None else (right_at,)
    return [Item(Columns(tuple(blocks), offsets[: len(blocks)]), before=6)] if blocks else []


def _contributions(composer: Composer, width: float) -> Block | None:
    contributions = composer.content.prediction.contributions
    if not contributions:
        return None
    shown, rest = contributions[:_SHOWN_CONTRIBUTIONS], contributions[_SHOWN_CONTRIBUTIONS:]
    fused = all(each.fused_log_odds is not None for each in contributions)
    bars = [
        SignedBar(
            factor_with_value(composer, each.factor_id),
            each.log_odds,
            log_odds_text(each.log_odds),
            log_odds_text(each.fused_log_odds or 0.0) if fused else "",
        )
        for each in shown
    ]
    if rest:
        # The effects in the fused model are each factor's by itself: they have no sum.
        total = sum(each.log_odds for each in rest)
        bars.append(SignedBar(composer.say("report.other_factors", number=len(rest)), total, log_odds_text(total)))
    heads = (composer.say("report.in_clinical"), composer.say("report.in_fused")) if fused else None
    return Stack(
        (
            composer.section("report.contributions", width),
            composer.paragraph(
                composer.say("report.contributions_read_both" if fused else "report.contributions_read"), CAPTION, width
            ),
            Space(3),
            *signed_bars(composer.typesetter, bars, width, width * (0.46 if fused else 0.52), heads),
        )
    )


def _shares(composer: Composer, width: float) -> Block | None:
    shares = composer.content.prediction.shares
    if shares is None:
        return None
    bars = [
        SignedBar(step.name, step.log_odds, log_odds_text(step.log_odds), step.reached, strong=step.is_total)
        for step in share_steps(composer)
    ]
    # What is no finding is printed once, in grey, and not again here.
    shown = composer.content.is_finding
    heads = (composer.say("report.in_log_odds"), composer.say("report.risk_reached")) if shown else None
    return Stack(
        (
            composer.section("report.shares", width),
            composer.paragraph(composer.say("report.shares_read"), CAPTION, width),
            Space(3),
            *signed_bars(composer.typesetter, bars, width, width * 0.40, heads),
        )
    )


def _influential(composer: Composer) -> list[Item]:
    pictures = [picture for picture in composer.content.pictures if picture.role is PictureRole.INFLUENTIAL][:3]
    if not pictures:
        return []
    gap = 8.0
    width = min(40 * MILLIMETRE, (composer.width - 2 * gap) / 3)
    blocks = tuple(_influential_picture(composer, picture, width) for picture in pictures)
    return [
        Item(composer.section("report.key_slices"), before=10, keep_with_next=True),
        Item(composer.paragraph(composer.say("report.key_slices_read"), CAPTION), keep_with_next=True),
        Item(Columns(blocks, tuple(number * (width + gap) for number in range(len(blocks)))), before=3),
    ]


def _influential_picture(composer: Composer, picture: Picture, width: float) -> Block:
    caption = picture_caption(composer, picture)
    return Stack(
        (picture_block(composer.typesetter, picture, width), Space(2), composer.paragraph(caption, CAPTION, width))
    )


def _scores(composer: Composer, width: float) -> Block | None:
    scores = composer.content.scores
    if not scores:
        return None
    lines: list[Block] = [_score(composer, score, width) for score in scores]
    if any("–" in score.value for score in scores):
        lines.append(composer.paragraph(composer.say("report.scores_range"), CAPTION, width))
    return Stack((composer.section("report.scores", width), *lines), gap=1.5)


def _score(composer: Composer, score: ScoreLine, width: float) -> Block:
    shown = score_text(composer, score)
    return composer.paragraph(
        composer.say("report.factor_is", factor=composer.label(score.label), value=shown), SMALL, width
    )
