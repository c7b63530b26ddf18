"""The default schema against the evidence: ids, factors of conversion, limits, codes, both languages."""

from __future__ import annotations

import pytest

from apnet_desktop.clinical.factor import FactorKind, FactorSchema, KnownAt
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.units import to_own, unit_symbol, units_of
from apnet_desktop.language import Language

SCHEMA = default_schema()
FACTORS = SCHEMA.factors


def test_survives_its_own_json() -> None:
    assert FactorSchema.model_validate_json(SCHEMA.model_dump_json()) == SCHEMA


@pytest.mark.parametrize(
    ("factor", "conventional", "si", "unit"),
    [
        ("triglycerides", 1000, 11.29, "mg/dL"),
        ("triglycerides", 500, 5.645, "mg/dL"),
        ("ldl_cholesterol", 130, 3.362, "mg/dL"),
        ("hdl_cholesterol", 40, 1.034, "mg/dL"),
        ("glucose", 200, 11.1, "mg/dL"),
        ("calcium", 8, 1.996, "mg/dL"),
        ("creatinine", 1.9, 168, "mg/dL"),
        ("urea", 25, 8.925, "mg/dL{BUN}"),
        ("urea", 60, 9.99, "mg/dL{urea}"),
        ("albumin", 3.4, 34, "g/dL"),
        ("c_reactive_protein", 15, 150, "mg/dL"),
        ("uric_acid", 7, 416.4, "mg/dL"),
        ("white_cell_count", 12, 12, "10*3/uL"),
        ("temperature", 100.4, 38, "[degF]"),
        ("arterial_oxygen", 8, 60, "kPa"),
        ("hba1c", 53, 7.0, "mmol/mol"),
    ],
)
def test_factors_of_conversion_are_the_published_ones(factor: str, conventional: float, si: float, unit: str) -> None:
    assert to_own(SCHEMA.factor(factor), conventional, unit) == pytest.approx(si, rel=0.003)


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.id)
def test_limits_contain_usual_limits_and_reference(factor) -> None:  # type: ignore[no-untyped-def]
    for inner in (factor.usual, factor.reference):
        for end in (inner.lower, inner.upper) if inner is not None and factor.limits is not None else ():
            assert end is None or factor.limits.contains(end)
    if factor.kind is FactorKind.NUMBER:
        assert factor.limits is not None
        assert factor.unit


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.id)
def test_has_a_name_and_a_heading_in_both_languages(factor) -> None:  # type: ignore[no-untyped-def]
    labels = [factor.label, SCHEMA.group_label(factor.group), *(choice.label for choice in factor.choices)]
    if factor.help is not None:
        labels.append(factor.help)
    for label in labels:
        assert label.en.strip()
        assert label.zh.strip()
    assert SCHEMA.group_label(factor.group).en != factor.group
    for unit in units_of(factor):
        assert isinstance(unit_symbol(unit, Language.CHINESE), str)


def test_no_code_is_used_for_two_factors() -> None:
    codes: dict[str, str] = {}
    for factor in FACTORS:
        own = {factor.loinc, *factor.loinc_also, *(code for unit in factor.alternatives for code in unit.loinc)} - {
            None
        }
        for code in own:
            assert code is not None
            assert code not in codes, f"{code}: {factor.id} and {codes[code]}"
            codes[code] = factor.id


def check_digit(number: str) -> str:
    """LOINC's check digit (modulus 10 of doubled odd places), from its users' guide, appendix C."""
    odd = int("".join(number[::-1][0::2])[::-1]) * 2
    even = "".join(number[::-1][1::2])[::-1]
    total = sum(int(digit) for digit in even + str(odd))
    return str(-total % 10)


def test_loinc_codes_have_valid_check_digits() -> None:
    assert check_digit("2160") == "0"
    for factor in FACTORS:
        for code in (factor.loinc, *factor.loinc_also, *(code for unit in factor.alternatives for code in unit.loinc)):
            if code is not None:
                number, _, digit = code.partition("-")
                assert digit == check_digit(number), f"{factor.id}: {code}"


@pytest.mark.parametrize(
    ("factor", "moment"),
    [
        ("triglycerides", KnownAt.ADMISSION),
        ("atlanta_grade", KnownAt.HOURS_48),
        ("length_of_stay", KnownAt.DISCHARGE),
        ("cholecystectomy", KnownAt.DISCHARGE),
        ("triglycerides_6_months", KnownAt.AFTER_DISCHARGE),
        ("later_cholecystectomy", KnownAt.AFTER_DISCHARGE),
    ],
)
def test_says_when_a_factor_is_known(factor: str, moment: KnownAt) -> None:
    assert SCHEMA.factor(factor).known_at is moment


def test_a_subset_keeps_the_headings() -> None:
    subset = SCHEMA.subset(("creatinine", "age"))
    assert [factor.id for factor in subset.factors] == ["creatinine", "age"]
    assert subset.group_label("laboratory").en == "Laboratory, admission"
