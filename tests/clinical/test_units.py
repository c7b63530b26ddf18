"""Units: what laboratories write for each, conversion there and back, and the offer for a number in the wrong one."""

from __future__ import annotations

import pytest

from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.units import (
    canonical_unit,
    convert,
    format_number,
    from_own,
    likely_units,
    to_own,
    unit_symbol,
    units_of,
)
from apnet_desktop.errors import ClinicalError
from apnet_desktop.language import Language

SCHEMA = default_schema()


def test_mass_of_urea_and_of_its_nitrogen_are_never_mixed_up() -> None:
    urea = SCHEMA.factor("urea")
    assert to_own(urea, 28, "mg/dL{BUN}") == pytest.approx(to_own(urea, 60, "mg/dL{urea}"), rel=0.002)


@pytest.mark.parametrize("factor", [factor for factor in SCHEMA.factors if factor.alternatives], ids=lambda f: f.id)
def test_units_convert_there_and_back(factor) -> None:  # type: ignore[no-untyped-def]
    for unit in units_of(factor):
        for own in (factor.limits.lower, factor.limits.upper, 1.2345):
            assert to_own(factor, from_own(factor, own, unit), unit) == pytest.approx(own, rel=1e-9, abs=1e-9)
            assert convert(factor, own, factor.unit, unit) == from_own(factor, own, unit)


def test_no_offer_for_what_is_usual_in_its_unit() -> None:
    for factor in SCHEMA.factors:
        if factor.reference is not None and factor.reference.upper is not None:
            assert likely_units(factor, factor.reference.upper, factor.unit) == ()


@pytest.mark.parametrize("factor", [factor for factor in SCHEMA.factors if factor.unit], ids=lambda f: f.id)
def test_every_unit_is_read_as_it_is_printed(factor) -> None:  # type: ignore[no-untyped-def]
    for unit in units_of(factor):
        assert canonical_unit(factor, unit) == unit
        for language in Language:
            printed = unit_symbol(unit, language)
            if printed:
                assert canonical_unit(factor, printed) == unit


@pytest.mark.parametrize(
    ("factor", "written", "unit"),
    [
        ("white_cell_count", "x10^9/L", "10*9/L"),
        ("white_cell_count", "10^9/l", "10*9/L"),
        ("white_cell_count", "K/uL", "10*3/uL"),
        ("white_cell_count", "10³/μL", "10*3/uL"),
        ("aspartate_aminotransferase", "IU/L", "U/L"),
        ("thyroid_stimulating_hormone", "μIU/mL", "m[IU]/L"),
        ("sodium", "mEq/L", "mmol/L"),
        ("heart_rate", "bpm", "/min"),
        ("heart_rate", "次/分", "/min"),
        ("temperature", "℃", "Cel"),
        ("temperature", "F", "[degF]"),
        ("weight", "公斤", "kg"),
        ("height", "in", "[in_i]"),
        ("body_mass_index", "kg/m²", "kg/m2"),
        ("hours_since_onset", "天", "d"),
        ("inspired_oxygen", "1", "{fraction}"),
    ],
)
def test_units_as_laboratories_write_them(factor: str, written: str, unit: str) -> None:
    assert canonical_unit(SCHEMA.factor(factor), written) == unit


@pytest.mark.parametrize(
    ("factor", "written"),
    [("creatinine", "g/L"), ("creatinine", ""), ("creatinine", "mmol"), ("urea", "mg/dL"), ("age", "mg/dL")],
)
def test_a_unit_of_another_substance_is_refused(factor: str, written: str) -> None:
    with pytest.raises(ClinicalError):
        canonical_unit(SCHEMA.factor(factor), written)


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(106.08, 0, "106"), (1.20, 2, "1.2"), (0.04, 0, "0.04"), (0.0, 1, "0"), (-1.5, 1, "-1.5"), (100.0, 0, "100")],
)
def test_numbers_never_read_as_zero_by_rounding(value: float, decimals: int, shown: str) -> None:
    assert format_number(value, decimals) == shown
