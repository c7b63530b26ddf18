"""The clinical factors as they were entered: two columns of rows that flow over pages."""

from __future__ import annotations

from typing import NamedTuple

from apnet_desktop.clinical.factor import Factor
from apnet_desktop.clinical.units import unit_symbol
from apnet_desktop.report.blocks import Block, Columns, Rule, Space, Stack
from apnet_desktop.report.composer import CAPTION, CELL_LINES, Composer
from apnet_desktop.report.sheet import Item
from apnet_desktop.report.typesetting import GREY, Style
from apnet_desktop.report.wording import (
    GROUP,
    log_odds_text,
    outside_reference,
    percent_text,
    reference_text,
    value_text,
)

__all__ = ["entered_value", "factor_notes", "factor_tables"]

_CELL = Style(7.8, leading=1.27)
_CELL_STRONG = Style(7.8, bold=True, leading=1.27)
_CELL_GREY = Style(7.8, colour=GREY, leading=1.27)
_NOTE = Style(6.8, colour=GREY, leading=1.25)
_HEAD = Style(7.2, bold=True, colour=GREY, leading=1.3)
_GAP = 18.0
_PANEL_HEIGHT = 190.0
_SHARES = (0.0, 0.43, 0.73)


class _Row(NamedTuple):
    """One factor's row and the group that it belongs to."""

    group: str
    block: Block


def factor_tables(composer: Composer) -> list[Item]:
    """The factors of the model, then others that were entered, and what is unknown."""
    content = composer.content
    used = {factor.id for factor in content.manifest.factors.factors}
    own = [factor for factor in content.factors.factors if factor.id in used]
    others = [factor for factor in content.factors.factors if factor.id not in used]
    unknown = sum(content.record.value(factor.id) is None for factor in own)
    items = _table(composer, "report.inputs", own)
    if unknown:
        sentence = composer.say("report.unknowns_read", number=unknown, total=len(own))
    else:
        sentence = composer.say("report.no_unknowns")
    items.append(Item(composer.paragraph(sentence, CAPTION), before=3))
    return items + _table(composer, "report.inputs_not_used", others)


def entered_value(composer: Composer, factor: Factor) -> str:
    """A factor's value with its unit; "unknown" and "not entered" are told apart."""
    record = composer.content.record
    if not record.answered(factor.id):
        return composer.say("report.not_entered")
    value = record.value(factor.id)
    shown = value_text(factor, value, composer.language)
    unit = unit_symbol(factor.unit, composer.language) if value is not None else ""
    # "14.8 10⁹/L" would read as one number.
    factor_sign = "× " if unit.startswith("10") else ""
    return f"{shown} {factor_sign}{unit}".strip()


def _table(composer: Composer, title: str, factors: list[Factor]) -> list[Item]:
    if not factors:
        return []
    width = (composer.width - _GAP) / 2
    head = Stack(
        (
            _cells(
                composer,
                tuple(
                    (composer.say(name), _HEAD)
                    for name in ("report.column_factor", "report.column_value", "report.column_reference")
                ),
                width,
            ),
            Rule(width, height=2.5),
        )
    )
    items = [Item(composer.section(title), before=9, keep_with_next=True)]
    panel: list[_Row] = []
    for factor in _by_group(factors):
        row = _Row(factor.group, _row(composer, factor, width))
        if panel and sum(each.block.height for each in panel) + row.block.height > 2 * _PANEL_HEIGHT:
            items.append(Item(_panel(composer, panel, head, width), before=2))
            panel = []
        panel.append(row)
    items.append(Item(_panel(composer, panel, head, width), before=2))
    return items


def _by_group(factors: list[Factor]) -> list[Factor]:
    """In the order of the bundle, but each group in one piece where it first appears."""
    groups = list(dict.fromkeys(factor.group for factor in factors))
    return sorted(factors, key=lambda factor: groups.index(factor.group))


def _panel(composer: Composer, rows: list[_Row], head: Block, width: float) -> Block:
    """Rows in two columns of about the same height, read down the left one first."""
    half = sum(row.block.height for row in rows) / 2
    split, height = 0, 0.0
    while split < len(rows) and (not split or height + rows[split].block.height / 2 <= half):
        height += rows[split].block.height
        split += 1
    columns = [Stack((head, *_with_groups(composer, part, width))) for part in (rows[:split], rows[split:]) if part]
    return Columns(tuple(columns), (0.0, width + _GAP)[: len(columns)])


def _with_groups(composer: Composer, rows: list[_Row], width: float) -> list[Block]:
    """The rows of one column, each group under its heading; a group that goes on in this column has it again."""
    blocks: list[Block] = []
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            words = composer.say(GROUP[group]) if group in GROUP else group
            blocks += [Space(2.5), composer.paragraph(words, _HEAD, width)]
        blocks.append(row.block)
    return blocks


def _cells(composer: Composer, cells: tuple[tuple[str, Style], ...], width: float) -> Block:
    cells = cells if cells[-1][0] else cells[:-1]
    offsets = tuple(width * share for share in _SHARES)[: len(cells)]
    ends = (*offsets[1:], width)
    return Columns(
        tuple(
            composer.paragraph(words, style, end - start - 5, CELL_LINES)
            for (words, style), start, end in zip(cells, offsets, ends, strict=True)
        ),
        offsets,
    )


def _row(composer: Composer, factor: Factor, width: float) -> Block:
    record = composer.content.record
    known = record.value(factor.id) is not None
    arrow = outside_reference(factor, record)
    shown = entered_value(composer, factor)
    reference = reference_text(factor, record)
    style = (_CELL_STRONG if arrow else _CELL) if known else _CELL_GREY
    cells = _cells(
        composer,
        ((composer.label(factor.label), _CELL), (f"{shown} {arrow}".strip(), style), (reference, _CELL_GREY)),
        width,
    )
    notes = factor_notes(composer, factor)
    blocks: list[Block] = [cells]
    if notes:
        blocks.append(
            composer.paragraph(composer.say("report.list_separator").join(notes), _NOTE, width - 5, CELL_LINES)
        )
    blocks.append(Space(1.2))
    return Stack(tuple(blocks))


def factor_notes(composer: Composer, factor: Factor) -> list[str]:
    """What to know of one value: how it was typed, that it was confirmed, what its being unknown does."""
    content = composer.content
    record = content.record
    notes = []
    if factor.id in record.typed:
        notes.append(composer.say("report.typed_as", typed=record.typed[factor.id]))
    if factor.id in record.confirmed:
        notes.append(composer.say("report.unusual_confirmed"))
    if record.value(factor.id) is None:
        effect = next((one for one in content.prediction.unknowns if one.factor_id == factor.id), None)
        moved = next((each for each in content.prediction.contributions if each.factor_id == factor.id), None)
        if effect is not None:
            notes.append(
                composer.say(
                    "report.unknown_range",
                    lowest=percent_text(effect.lower, composer.language),
                    highest=percent_text(effect.upper, composer.language),
                )
            )
        elif moved is not None:
            notes.append(composer.say("report.unknown_moved", log_odds=log_odds_text(moved.log_odds)))
    return notes
