"""Why the risk is what it is, in words: what moved it most, and how CT and clinical factors led to it."""

from __future__ import annotations

import math
from typing import NamedTuple

from apnet_desktop.report.composer import Composer
from apnet_desktop.report.factor_table import entered_value
from apnet_desktop.report.wording import percent_text

__all__ = ["ShareStep", "factor_with_value", "reason_sentences", "share_steps"]

_NAMED = 3
_LEAST = 0.05
"""Log-odds: what moves less is not named on page 1."""


class ShareStep(NamedTuple):
    """One step on the way from the development cohort's average to this patient.

    Attributes:
        name: What adds to the log-odds.
        log_odds: How much.
        reached: The risk that this and all before lead to, as printed.
        is_total: True for the last row, which is the sum.
    """

    name: str
    log_odds: float
    reached: str
    is_total: bool = False


def factor_with_value(composer: Composer, factor_id: str) -> str:
    """A factor with its value as entered: "Age: 46 years"."""
    factor = next((one for one in composer.content.factors.factors if one.id == factor_id), None)
    if factor is None:
        return factor_id
    return composer.say("report.factor_is", factor=composer.label(factor.label), value=entered_value(composer, factor))


def share_steps(composer: Composer) -> list[ShareStep]:
    """Average, clinical share, CT share, the site's base rate if there is one, and the sum; empty without a fused risk.

    The shares are those of the logit before the shift by the site's base rate: logit(site) - logit(development).
    """
    content = composer.content
    shares, base = content.prediction.shares, content.prediction.base_rate
    if shares is None:
        return []
    steps = [
        ("report.share_baseline", shares.baseline),
        ("report.share_clinical", shares.clinical),
        ("report.share_image", shares.image),
    ]
    if base.site is not None and 0 < base.site < 1 and 0 < base.development < 1:
        steps.append(("report.share_site", _logit(base.site) - _logit(base.development)))
    found, sum_ = [], 0.0
    for id, log_odds in steps:
        sum_ += log_odds
        found.append(ShareStep(composer.say(id), log_odds, percent_text(1 / (1 + math.exp(-sum_)), composer.language)))
    total = percent_text(content.answer.risk, composer.language)
    return [*found, ShareStep(composer.say("report.share_total"), sum_, total, is_total=True)]


def reason_sentences(composer: Composer) -> list[str]:
    """For the reader in a hurry: how average, clinical factors and CT lead to the risk; what moved it most, either way.

    The effects named are those in the fused model where there is one, else the clinical model's.
    """
    content = composer.content
    sentences = []
    steps = share_steps(composer)
    if steps:
        reached = {name: step.reached for name, step in zip(("baseline", "clinical", "image"), steps, strict=False)}
        sentences.append(composer.say("report.path", **reached))
    effects = [
        (each.factor_id, each.log_odds if each.fused_log_odds is None else each.fused_log_odds)
        for each in content.prediction.contributions
    ]
    for id, sign in (("report.raised_by", 1), ("report.lowered_by", -1)):
        moved = sorted((row for row in effects if row[1] * sign >= _LEAST), key=lambda row: -abs(row[1]))[:_NAMED]
        if moved:
            named = [factor_with_value(composer, factor_id) for factor_id, _ in moved]
            sentences.append(composer.say(id, factors=composer.say("report.reason_separator").join(named)))
    return sentences


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))
