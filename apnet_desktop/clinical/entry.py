"""From what a person typed for one factor to its value, or to the sentence that says why not."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from apnet_desktop.clinical.factor import Factor, FactorKind, Interval, TrendRule
from apnet_desktop.clinical.record import FactorValue, Measurement
from apnet_desktop.clinical.trend import chosen_value
from apnet_desktop.clinical.units import (
    UnitOffer,
    factor_message,
    format_number,
    from_own,
    likely_units,
    parse_quantity,
    to_own,
    unit_symbol,
)
from apnet_desktop.errors import ClinicalError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Language, Message

__all__ = [
    "UNKNOWN_WORDS",
    "Entry",
    "WrongUnitError",
    "check_value",
    "format_value",
    "parse_value",
    "unusual_message",
]

UNKNOWN_WORDS = frozenset({"unknown", "unk", "u", "?", "n/a", "na", "未知", "不详", "不明"})
_YES = frozenset({"yes", "y", "true", "1", "是", "有"})
_NO = frozenset({"no", "n", "false", "0", "否", "无"})
_DAY = re.compile(r"\d{4}(?:-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|年\d{1,2}月\d{1,2}日)")
_DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日")


class Entry(FrozenModel):
    """What was understood of a typed text.

    Attributes:
        value: The value in the factor's own unit; None says *unknown*.
        typed: Number and unit as typed, if in another unit than the factor's own.
        question: The sentence that asks for confirmation, for a value outside the usual limits.
        offers: Units in which the number would be usual.
        trend: All measurements, if several were typed.
    """

    value: FactorValue
    typed: str | None = None
    question: Message | None = None
    offers: tuple[UnitOffer, ...] = ()
    trend: tuple[Measurement, ...] = ()


class WrongUnitError(ClinicalError):
    """A number outside the limits in its unit that is usual in another: the offers are for a person to accept."""

    def __init__(self, message: Message, offers: tuple[UnitOffer, ...]) -> None:
        super().__init__(message)
        self.offers = offers


def parse_value(factor: Factor, text: str, unit: str | None = None, today: date | None = None) -> Entry:
    """The value of a factor as typed; nothing is converted but what its unit says.

    Args:
        factor: What was asked.
        text: As typed: a number with or without a unit, several with their dates ("90 2026-03-01; 180 2026-03-03"),
            an answer's id or label, a date, or a word for *unknown*.
        unit: UCUM unit that the field shows; a unit in the text goes before it. None: the factor's own.
        today: Dates after it are refused; default: today.

    Raises:
        WrongUnitError: The number is impossible in its unit and usual in another one.
        ClinicalError: The text is no value of this factor; one sentence with the remedy.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        raise ClinicalError(factor_message("clinical.empty", factor))
    if plain.casefold() in UNKNOWN_WORDS:
        return Entry(value=None)
    match factor.kind:
        case FactorKind.NUMBER if len(_parts(text)) > 1:
            return _trend(factor, _parts(text), unit, today)
        case FactorKind.NUMBER:
            return _number(factor, text, unit)
        case FactorKind.YES_NO:
            return Entry(value=_yes_no(factor, plain))
        case FactorKind.DATE:
            return Entry(value=_date(factor, plain, today))
        case FactorKind.CHOICE:
            return Entry(value=_choice(factor, plain))
        case FactorKind.MULTI_CHOICE:
            parts = [part.strip() for part in plain.replace("，", ",").replace("、", ",").replace("+", ",").split(",")]
            return Entry(value=_several(factor, tuple(dict.fromkeys(_choice(factor, part) for part in parts if part))))


def _number(factor: Factor, text: str, unit: str | None) -> Entry:
    number, typed_unit = parse_quantity(factor, text)
    unit = typed_unit or unit
    value = to_own(factor, number, unit)
    offers = likely_units(factor, number, unit)
    if factor.limits is not None and not factor.limits.contains(value):
        message = _outside(factor, factor.limits, number, unit)
        if not offers:
            raise ClinicalError(message)
        raise WrongUnitError(_offer_message(factor, number, unit, offers[0]), offers)
    typed = f"{text.strip()}" if typed_unit and typed_unit != factor.unit else None
    if typed is None and unit not in (None, factor.unit):
        typed = f"{text.strip()} {unit_symbol(unit)}"
    return Entry(value=value, typed=typed, question=unusual_message(factor, value, unit), offers=offers)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split("[;；]", text) if part.strip()]


def _trend(factor: Factor, parts: list[str], unit: str | None, today: date | None) -> Entry:
    """Several measurements, each with its date; the factor's rule says which counts."""
    points = []
    for part in parts:
        day = _DAY.search(part)
        if day is None:
            raise ClinicalError(factor_message("clinical.trend_without_date", factor, typed=part[:40]))
        number = (part[: day.start()] + part[day.end() :]).strip(" @,，")
        value = _number(factor, number, unit).value
        if isinstance(value, float):
            points.append(Measurement(value=value, day=_date(factor, day[0], today)))
    points.sort(key=lambda point: point.day)
    rule = factor.trend or TrendRule.LAST
    chosen = chosen_value([(point.day, point.value) for point in points], rule)
    return Entry(value=chosen, question=unusual_message(factor, chosen, unit), trend=tuple(points))


def unusual_message(factor: Factor, value: float, unit: str | None = None) -> Message | None:
    """The sentence that asks for confirmation, None if `value` (own unit) is usual."""
    if factor.usual is None or factor.usual.contains(value):
        return None
    return factor_message(
        "clinical.unusual", factor, **_limit_texts(factor, factor.usual, from_own(factor, value, unit), unit)
    )


def _outside(factor: Factor, limits: Interval, number: float, unit: str | None) -> Message:
    return factor_message("clinical.outside_limits", factor, **_limit_texts(factor, limits, number, unit))


def _limit_texts(factor: Factor, interval: Interval, number: float, unit: str | None) -> dict[str, str]:
    unit = unit or factor.unit
    ends = [end if end is None else from_own(factor, end, unit) for end in (interval.lower, interval.upper)]
    shown = [("…" if end is None else f"{end:.4g}") for end in ends]
    return {
        "value": f"{number:.6g}",
        "unit": unit_symbol(unit),
        "unit_zh": unit_symbol(unit, Language.CHINESE),
        "lower": shown[0],
        "upper": shown[1],
    }


def _offer_message(factor: Factor, number: float, unit: str | None, offer: UnitOffer) -> Message:
    return factor_message(
        "clinical.wrong_unit_own" if offer.unit == factor.unit else "clinical.wrong_unit",
        factor,
        value=f"{number:.6g}",
        unit=unit_symbol(unit or factor.unit),
        unit_zh=unit_symbol(unit or factor.unit, Language.CHINESE),
        other=unit_symbol(offer.unit) or "1",
        other_zh=unit_symbol(offer.unit, Language.CHINESE) or "1",
        converted=format_number(offer.value, max(factor.decimals, 1)),
        own=unit_symbol(factor.unit),
        own_zh=unit_symbol(factor.unit, Language.CHINESE),
    )


def _yes_no(factor: Factor, plain: str) -> bool:
    if plain.casefold() in _YES:
        return True
    if plain.casefold() in _NO:
        return False
    raise ClinicalError(factor_message("clinical.not_yes_or_no", factor, typed=plain[:40]))


def _date(factor: Factor, plain: str, today: date | None) -> date:
    for pattern in _DATE_FORMATS:
        try:
            found = datetime.strptime(plain, pattern).date()  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            continue
        _check_date(factor, found, today)
        return found
    raise ClinicalError(factor_message("clinical.not_a_date", factor, typed=plain[:40]))


def _check_date(factor: Factor, found: date, today: date | None) -> None:
    if found > (today or date.today()):  # noqa: DTZ011 - the hospital's own calendar day
        raise ClinicalError(factor_message("clinical.date_in_future", factor, typed=found.isoformat()))
    if found.year < 1900:
        raise ClinicalError(factor_message("clinical.not_a_date", factor, typed=found.isoformat()))


def _choice(factor: Factor, plain: str) -> str:
    wanted = plain.casefold()
    for choice in factor.choices:
        if wanted in (choice.id.casefold(), choice.label.en.casefold(), choice.label.zh.casefold(), choice.code):
            return choice.id
    raise ClinicalError(
        factor_message(
            "clinical.unknown_choice",
            factor,
            typed=plain[:40],
            choices=", ".join(choice.id for choice in factor.choices),
            choices_zh="、".join(choice.label.zh for choice in factor.choices),
        )
    )


def _several(factor: Factor, chosen: tuple[str, ...]) -> tuple[str, ...]:
    if "none" in chosen and len(chosen) > 1:
        raise ClinicalError(factor_message("clinical.none_and_others", factor))
    return chosen


def check_value(factor: Factor, value: FactorValue, today: date | None = None) -> None:
    """Refuses a stored value that is not one of this factor, in the factor's own unit.

    Raises:
        ClinicalError: One sentence with the remedy.
    """
    if value is None:
        return
    kind = factor.kind
    if kind is FactorKind.NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
        _number(factor, repr(float(value)), factor.unit)
    elif kind is FactorKind.YES_NO and isinstance(value, bool):
        return
    elif kind is FactorKind.DATE and isinstance(value, date):
        _check_date(factor, value, today)
    elif kind is FactorKind.CHOICE and isinstance(value, str):
        _choice(factor, value)
    elif kind is FactorKind.MULTI_CHOICE and isinstance(value, tuple):
        _several(factor, tuple(_choice(factor, part) for part in value))
    else:
        raise ClinicalError(factor_message("clinical.wrong_kind", factor, typed=str(value)[:40]))


def format_value(
    factor: Factor, value: FactorValue, language: Language = Language.ENGLISH, unit: str | None = None
) -> str:
    """A value as a person reads it, with its unit; *unknown* for None."""
    if value is None:
        return Message.of("clinical.unknown").text(language)
    if isinstance(value, bool):
        return Message.of("clinical.yes" if value else "clinical.no").text(language)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        unit = unit or factor.unit
        decimals = factor.decimals if unit == factor.unit else max(factor.decimals, 1)
        return f"{format_number(from_own(factor, value, unit), decimals)} {unit_symbol(unit, language)}".strip()
    labels = {choice.id: choice.label for choice in factor.choices}
    ids = (value,) if isinstance(value, str) else value
    separator = ", " if language is Language.ENGLISH else "、"
    return separator.join(getattr(labels[id], language.value) if id in labels else id for id in ids)
