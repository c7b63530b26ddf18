"""What a person types: read, offered in another unit, asked about, or refused in one sentence that names the field."""

from __future__ import annotations

from datetime import date

import pytest

from apnet_desktop.clinical.entry import WrongUnitError, format_value, parse_value
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.errors import ClinicalError
from apnet_desktop.language import Language

SCHEMA = default_schema()
TODAY = date(2026, 6, 30)


def value(factor: str, text: str, unit: str | None = None) -> object:
    return parse_value(SCHEMA.factor(factor), text, unit, TODAY).value


@pytest.mark.parametrize(
    ("factor", "text", "expected"),
    [
        ("creatinine", "106", 106.0),
        ("creatinine", "1.2 mg/dL", 106.08),
        ("creatinine", "1.2mg/dl", 106.08),
        ("creatinine", "106 µmol/L", 106.0),
        ("creatinine", "106 μmol/L", 106.0),
        ("creatinine", "106umol/l", 106.0),
        ("creatinine", "１０６", 106.0),
        ("triglycerides", "5。6", 5.6),
        ("white_cell_count", "12×10⁹/L", 12.0),
        ("white_cell_count", "12 x10^9/L", 12.0),
        ("white_cell_count", "12.5 10*3/uL", 12.5),
        ("white_cell_count", "12000 /µL", 12.0),
        ("temperature", "38.5 ℃", 38.5),
        ("temperature", "101.3 °F", 38.5),
        ("arterial_oxygen", "75 mmHg", 75.0),
        ("age", "61 years", 61.0),
        ("age", "61岁", 61.0),
        ("hours_since_onset", "3 d", 72.0),
        ("inspired_oxygen", "60", 60.0),
        ("inspired_oxygen", "60 %", 60.0),
        ("inspired_oxygen", "60％", 60.0),
        ("base_deficit", "−3", -3.0),
        ("urea", "25 mg/dL urea nitrogen", 8.925),
        ("sex", "male", "M"),
        ("sex", "男", "M"),
        ("sex", "f", "F"),
        ("aetiology", "Biliary", "biliary"),
        ("aetiology", "高甘油三酯血症", "hypertriglyceridaemia"),
        ("diabetes", "Y", True),
        ("diabetes", "否", False),
        ("contributing_causes", "drug, alcohol", ("drug", "alcohol")),
        ("contributing_causes", "药物性、酒精性", ("drug", "alcohol")),
        ("admission_date", "2026-03-31", date(2026, 3, 31)),
        ("admission_date", "2026/3/31", date(2026, 3, 31)),
        ("admission_date", "20260331", date(2026, 3, 31)),
        ("admission_date", "2026年3月31日", date(2026, 3, 31)),
        ("creatinine", "unknown", None),
        ("creatinine", "U", None),
        ("creatinine", "？", None),
        ("smoking", "未知", None),
    ],
)
def test_reads_what_people_write(factor: str, text: str, expected: object) -> None:
    assert value(factor, text) == expected


@pytest.mark.parametrize(
    ("factor", "text", "unit", "names"),
    [
        ("age", "-3", None, "Age"),
        ("age", "17", None, "Age"),
        ("body_mass_index", "200", None, "Body mass index"),
        ("age", "6o", None, "Age"),
        ("age", "1o2", None, "Age"),
        ("triglycerides", "5,6", None, "Triglycerides"),
        ("triglycerides", "1,200", None, "Triglycerides"),
        ("triglycerides", "nan", None, "Triglycerides"),
        ("triglycerides", "inf", None, "Triglycerides"),
        ("triglycerides", "1e999", None, "Triglycerides"),
        ("triglycerides", "<0.5", None, "Triglycerides"),
        ("triglycerides", "5 6", None, "Triglycerides"),
        ("triglycerides", "", None, "Triglycerides"),
        ("creatinine", "1.2 furlong", None, "Creatinine"),
        ("creatinine", "1.2 g/L", None, "Creatinine"),
        ("urea", "25 mg/dL", None, "Urea"),
        ("admission_date", "2026-07-01", None, "Admission"),
        ("admission_date", "31.31.2026", None, "Admission"),
        ("smoking", "sometimes", None, "Smoking"),
        ("diabetes", "2", None, "Diabetes"),
        ("extrapancreatic_complications", "none, ascites", None, "Extrapancreatic"),
    ],
)
def test_refuses_in_one_sentence_that_names_the_factor(factor: str, text: str, unit: str | None, names: str) -> None:
    with pytest.raises(ClinicalError) as caught:
        value(factor, text, unit)
    sentence = str(caught.value)
    assert sentence.startswith(names)
    assert sentence.endswith((".", "?"))
    assert SCHEMA.factor(factor).label.zh in caught.value.message.text(Language.CHINESE)


@pytest.mark.parametrize(
    ("factor", "text", "unit", "offered", "converted"),
    [
        ("creatinine", "1.2", None, "mg/dL", 106.08),
        ("triglycerides", "250", None, "mg/dL", 2.8225),
        ("calcium", "9", None, "mg/dL", 2.2455),
        ("albumin", "3.5", None, "g/dL", 35),
        ("glucose", "180", None, "mg/dL", 9.9918),
        ("white_cell_count", "12000", None, "/uL", 12),
        ("temperature", "101.3", None, "[degF]", 38.5),
        ("inspired_oxygen", "0.6", None, "{fraction}", 60),
        ("inspired_oxygen", "60", "{fraction}", "%", 60),
        ("creatinine", "106", "mg/dL", "umol/L", 106),
        ("haematocrit", "0.42", None, "L/L", 42),
    ],
)
def test_a_wrong_unit_is_offered_and_never_converted(
    factor: str, text: str, unit: str | None, offered: str, converted: float
) -> None:
    with pytest.raises(WrongUnitError) as caught:
        value(factor, text, unit)
    offers = {offer.unit: offer.value for offer in caught.value.offers}
    assert offers[offered] == pytest.approx(converted)


def test_a_possible_but_unusual_number_is_asked_about_and_offered() -> None:
    entry = parse_value(SCHEMA.factor("triglycerides"), "100")
    assert entry.value == 100
    assert entry.question is not None
    assert [offer.unit for offer in entry.offers] == ["mg/dL"]
    creatinine = parse_value(SCHEMA.factor("creatinine"), "15")
    assert creatinine.question is not None


def test_a_usual_number_is_neither_asked_about_nor_offered() -> None:
    entry = parse_value(SCHEMA.factor("creatinine"), "88")
    assert (entry.question, entry.offers, entry.typed) == (None, (), None)


def test_the_sentence_names_the_limit_in_the_unit_typed() -> None:
    with pytest.raises(ClinicalError) as caught:
        value("creatinine", "5000 mg/dL")
    assert "mg/dL" in str(caught.value)
    assert "31.5" in str(caught.value)  # 2785 µmol/L


def test_keeps_what_was_typed_in_another_unit() -> None:
    assert parse_value(SCHEMA.factor("creatinine"), "1.2 mg/dL").typed == "1.2 mg/dL"
    assert parse_value(SCHEMA.factor("creatinine"), "1.2", "mg/dL").typed == "1.2 mg/dL"
    assert parse_value(SCHEMA.factor("creatinine"), "106").typed is None


@pytest.mark.parametrize(
    ("factor", "stored", "language", "unit", "shown"),
    [
        ("creatinine", 106.08, Language.ENGLISH, None, "106 µmol/L"),
        ("creatinine", 106.08, Language.ENGLISH, "mg/dL", "1.2 mg/dL"),
        ("age", 61.0, Language.CHINESE, None, "61 岁"),
        ("inspired_oxygen", 60.0, Language.ENGLISH, None, "60 %"),
        ("smoking", "current", Language.CHINESE, None, "目前吸烟"),
        ("diabetes", False, Language.ENGLISH, None, "no"),
        ("contributing_causes", ("drug", "other"), Language.ENGLISH, None, "Drug, Other"),
        ("admission_date", date(2026, 3, 1), Language.ENGLISH, None, "2026-03-01"),
        ("creatinine", None, Language.CHINESE, None, "未知"),
        ("neutrophil_lymphocyte_ratio", 0.04, Language.ENGLISH, None, "0.04"),
    ],
)
def test_shows_values_as_people_read_them(
    factor: str, stored: object, language: Language, unit: str | None, shown: str
) -> None:
    assert format_value(SCHEMA.factor(factor), stored, language, unit) == shown  # type: ignore[arg-type]


def test_a_laboratory_trend_with_dates_is_taken_by_the_factor_s_rule() -> None:
    entry = parse_value(
        SCHEMA.factor("creatinine"), "120 2026-03-02; 1.2 mg/dL 2026-03-01；180 @ 2026/3/3", today=TODAY
    )
    assert entry.value == 180
    assert [(point.day.day, point.value) for point in entry.trend] == [(1, 106.08), (2, 120.0), (3, 180.0)]
    first = parse_value(SCHEMA.factor("white_cell_count"), "2026-03-02 9; 2026-03-01 15", today=TODAY)
    assert first.value == 15
    lowest = parse_value(SCHEMA.factor("calcium"), "2.1 2026年3月1日; 1.8 2026年3月2日", today=TODAY)
    assert lowest.value == 1.8


@pytest.mark.parametrize("text", ["90; 180", "90 2026-03-01; x 2026-03-02", "90 2026-03-01; 180 2026-07-02"])
def test_a_trend_without_dates_or_with_a_bad_value_is_refused(text: str) -> None:
    with pytest.raises(ClinicalError, match="Creatinine"):
        parse_value(SCHEMA.factor("creatinine"), text, today=TODAY)


def test_the_offer_shows_the_converted_value_to_a_useful_digit() -> None:
    with pytest.raises(ClinicalError, match=r"= 35 g/L"):
        value("albumin", "3.5")
    with pytest.raises(ClinicalError, match=r"= 2.82 mmol/L"):
        value("triglycerides", "250")
