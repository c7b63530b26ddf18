"""Units of clinical values: reading what a person or a laboratory writes, converting, and noticing the wrong one.

Only the units that a factor lists convert into each other: the factor knows the substance, which a general unit library
does not (mg/dL to mmol/L needs the molar mass, and mg/dL of urea may mean urea or its nitrogen).
"""

from __future__ import annotations

import re
import unicodedata

from apnet_desktop.clinical.factor import Factor, Interval
from apnet_desktop.errors import ClinicalError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Language, Message, text

__all__ = [
    "UnitOffer",
    "canonical_unit",
    "convert",
    "factor_message",
    "format_number",
    "from_own",
    "likely_units",
    "parse_quantity",
    "to_own",
    "unit_symbol",
    "units_of",
]

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_NUMBER = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*(?P<unit>.*)", re.DOTALL)
_COMMA = re.compile(r"[+-]?\d+,\d")

# What people and laboratories write, in lower case without spaces, for the UCUM units of the schema.
_SPELLINGS = {
    "": "1",
    "1": "{fraction}",
    "%": "%",
    "percent": "%",
    "mmhg": "mm[Hg]",
    "mm[hg]": "mm[Hg]",
    "°c": "Cel",
    "c": "Cel",
    "cel": "Cel",
    "°f": "[degF]",
    "f": "[degF]",
    "degf": "[degF]",
    "y": "a",
    "yr": "a",
    "years": "a",
    "year": "a",
    "岁": "a",
    "a": "a",
    "d": "d",
    "day": "d",
    "days": "d",
    "天": "d",
    "日": "d",
    "wk": "wk",
    "week": "wk",
    "weeks": "wk",
    "周": "wk",
    "h": "h",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "小时": "h",
    "bpm": "/min",
    "1/min": "/min",
    "次/分": "/min",
    "in": "[in_i]",
    "inch": "[in_i]",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "公斤": "kg",
    "千克": "kg",
    "厘米": "cm",
    "iu/l": "U/L",
    "[iu]/l": "U/L",
    "miu/l": "m[IU]/L",
    "uiu/ml": "m[IU]/L",
    "u[iu]/ml": "m[IU]/L",
    "10^9/l": "10*9/L",
    "x10^9/l": "10*9/L",
    "x10*9/l": "10*9/L",
    "g/l(10*9)": "10*9/L",
    "10^3/ul": "10*3/uL",
    "x10^3/ul": "10*3/uL",
    "x10*3/ul": "10*3/uL",
    "k/ul": "10*3/uL",
    "1/ul": "/uL",
    "mm3": "/uL",
    "/mm3": "/uL",
    "meq/l": "mmol/L",
    "l/l": "L/L",
    "kg/m^2": "kg/m2",
    "cm^2": "cm2",
    "分": "{score}",
    "{fractionofone}": "{fraction}",
}
_SYMBOLS = {
    "1": "",
    "umol/L": "µmol/L",
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "[degF]": "°F",
    "[in_i]": "in",
    "[lb_av]": "lb",
    "10*9/L": "10⁹/L",
    "10*3/uL": "10³/µL",
    "/uL": "/µL",
    "m[IU]/L": "mIU/L",
    "kg/m2": "kg/m²",
    "cm2": "cm²",
    "[pH]": "",
    "{score}": "",
    "{episodes}": "",
}
_NAMED = {"{fraction}", "a", "d", "h", "wk", "{pack-years}", "mg/dL{BUN}", "mg/dL{urea}"}


class UnitOffer(FrozenModel):
    """A number that fits another unit: what it would be, for a person to accept.

    Attributes:
        unit: UCUM unit in which the number would be usual.
        typed: The number as typed.
        value: The same in the factor's own unit.
    """

    unit: str
    typed: float
    value: float


def factor_message(id: str, factor: Factor, /, **values: str | int | float) -> Message:
    """A sentence about a factor; it names the factor as `{en}` or `{zh}`, by the sentence's language."""
    return Message(id=id, values={"factor": factor.id, "en": factor.label.en, "zh": factor.label.zh, **values})


def format_number(value: float, decimals: int = 0) -> str:
    """`value` with at most `decimals` digits after the point, but never so few that it reads as 0."""
    if value == 0 or abs(value) >= 0.5 * 10**-decimals:
        shown = f"{value:.{decimals}f}"
        return shown.rstrip("0").rstrip(".") if "." in shown else shown
    return f"{value:.2g}"


def unit_symbol(unit: str | None, language: Language = Language.ENGLISH) -> str:
    """How a UCUM unit is printed: `umol/L` as µmol/L, `a` as years."""
    if unit is None:
        return ""
    if unit in _NAMED:
        return text(f"clinical.unit.{re.sub('[^a-z]+', '_', unit.lower()).strip('_')}", language)
    return _SYMBOLS.get(unit, unit)


def units_of(factor: Factor) -> tuple[str, ...]:
    """The units in which a factor may be given, its own first; empty for one without a unit."""
    if factor.unit is None:
        return ()
    return (factor.unit, *(alternative.unit for alternative in factor.alternatives))


def _plain(text_: str) -> str:
    """Full-width characters, superscripts, minus signs and an input method's full stop as plain ones."""
    raised = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda match: "10*" + match[1], text_).translate(_SUPERSCRIPTS)
    plain = unicodedata.normalize("NFKC", raised)
    for written, meant in (("−", "-"), ("–", "-"), ("μ", "u"), ("µ", "u"), ("。", "."), ("×", "x"), ("·", ".")):
        plain = plain.replace(written, meant)
    return plain.strip()


def canonical_unit(factor: Factor, unit: str) -> str:
    """The factor's unit that a person or a laboratory means by `unit`.

    Raises:
        ClinicalError: It is none of the factor's units, or it may mean two of them.
    """
    known = units_of(factor)
    if unit in known:
        return unit
    plain = _plain(unit).replace(" ", "")
    lower = plain.lower()
    for candidate in (_SPELLINGS.get(lower, lower), lower):
        exact = [own for own in known if own.lower() == candidate.lower() or _printed_alike(own, lower)]
        if len(exact) == 1:
            return exact[0]
        without_annotation = [own for own in known if re.sub(r"\{.*\}", "", own).lower() == candidate and candidate]
        if len(without_annotation) == 1:
            return without_annotation[0]
        if without_annotation:
            raise ClinicalError(
                factor_message("clinical.ambiguous_unit", factor, unit=unit, units=_listed(without_annotation))
            )
    raise ClinicalError(factor_message("clinical.unknown_unit", factor, unit=unit, units=_listed(known)))


def _printed_alike(unit: str, lower: str) -> bool:
    printed = {_plain(unit_symbol(unit, language)).replace(" ", "").lower() for language in Language}
    return bool(lower) and lower in printed


def _listed(units: tuple[str, ...] | list[str]) -> str:
    return ", ".join(unit_symbol(unit) or unit for unit in units)


def parse_quantity(factor: Factor, typed: str) -> tuple[float, str | None]:
    """A number with or without a unit ("1.2 mg/dL"), as typed into the field of a factor.

    Returns:
        The number, and the UCUM unit if one was typed.

    Raises:
        ClinicalError: It is no plain number, or its unit is not known for this factor.
    """
    plain = _plain(typed)
    if _COMMA.match(plain):
        raise ClinicalError(factor_message("clinical.decimal_comma", factor, typed=typed.strip()))
    match = _NUMBER.fullmatch(plain)
    number = float(match["number"]) if match else float("nan")
    if match is None or not abs(number) < 1e12:
        raise ClinicalError(factor_message("clinical.not_a_number", factor, typed=_short(typed)))
    unit = match["unit"].strip()
    if not unit:
        return number, None
    if factor.unit is None or not any(character.isalpha() or character in "%/°" for character in unit):
        raise ClinicalError(factor_message("clinical.not_a_number", factor, typed=_short(typed)))
    if plain[match.end("number")].isalpha() and any(character.isdigit() for character in unit) and "/" not in unit:
        raise ClinicalError(
            factor_message("clinical.not_a_number", factor, typed=_short(typed))
        )  # a letter in a number
    return number, canonical_unit(factor, unit)


def _short(typed: str) -> str:
    typed = typed.strip()
    return typed if len(typed) <= 40 else typed[:39] + "…"


def _rule(factor: Factor, unit: str | None) -> tuple[float, float]:
    if unit is None or unit == factor.unit:
        return 1.0, 0.0
    for alternative in factor.alternatives:
        if alternative.unit == unit:
            return alternative.factor, alternative.offset
    raise ClinicalError(factor_message("clinical.unknown_unit", factor, unit=unit, units=_listed(units_of(factor))))


def to_own(factor: Factor, value: float, unit: str | None) -> float:
    """`value` in `unit` as a value in the factor's own unit.

    Raises:
        ClinicalError: The factor does not list the unit.
    """
    scale, offset = _rule(factor, unit)
    return value if (scale, offset) == (1.0, 0.0) else _clean(value * scale + offset)


def from_own(factor: Factor, value: float, unit: str | None) -> float:
    """A value in the factor's own unit as a value in `unit`.

    Raises:
        ClinicalError: The factor does not list the unit.
    """
    scale, offset = _rule(factor, unit)
    return value if (scale, offset) == (1.0, 0.0) else _clean((value - offset) / scale)


def convert(factor: Factor, value: float, source: str | None, target: str | None) -> float:
    """`value` in unit `source` as a value in unit `target`; None is the factor's own unit.

    Raises:
        ClinicalError: The factor does not list one of the units.
    """
    return from_own(factor, to_own(factor, value, source), target)


def _clean(value: float) -> float:
    """Without the noise of binary arithmetic: 106.08 and not 106.08000000000001."""
    return float(f"{value:.12g}")


def likely_units(factor: Factor, value: float, unit: str | None) -> tuple[UnitOffer, ...]:
    """Other units in which the typed number would be usual, if in `unit` it is not. Nothing is converted.

    A number that is usual as it stands gives no offer; nor does a factor without usual limits.
    """
    ordinary = factor.usual or factor.limits
    if ordinary is None or ordinary.contains(to_own(factor, value, unit)):
        return ()
    offers = []
    for other in units_of(factor):
        if other != (unit or factor.unit) and _inside(ordinary, converted := to_own(factor, value, other)):
            offers.append(UnitOffer(unit=other, typed=value, value=converted))
    return tuple(offers)


def _inside(interval: Interval, value: float) -> bool:
    return interval.contains(value)
