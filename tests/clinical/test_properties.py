"""Any record and any text is either taken or refused with a named reason; no NaN comes through, no score breaks."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apnet_desktop.checks import CheckState
from apnet_desktop.clinical.entry import format_value, parse_value
from apnet_desktop.clinical.factor import Factor, FactorKind, KnownAt
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.clinical.record_files import import_record, read_record, write_record
from apnet_desktop.clinical.record_table import record_from_paste
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.scores import all_scores
from apnet_desktop.clinical.units import units_of
from apnet_desktop.clinical.validation import check_record
from apnet_desktop.errors import ClinicalError
from apnet_desktop.language import Language

SCHEMA = default_schema()
TODAY = date(2026, 6, 30)
QUICK, FULL = 150, 20_000

factors = st.sampled_from(SCHEMA.factors)
any_value = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.dates(),
    st.tuples(st.text(max_size=8)),
)


def good_value(factor: Factor) -> st.SearchStrategy[FactorValue]:
    """Values that the factor's own rules allow."""
    if factor.kind is FactorKind.NUMBER and factor.limits is not None:
        return st.floats(factor.limits.lower, factor.limits.upper, allow_nan=False)
    if factor.kind is FactorKind.YES_NO:
        return st.booleans()
    if factor.kind is FactorKind.DATE:
        return st.dates(date(2000, 1, 1), TODAY)
    ids = [choice.id for choice in factor.choices]
    if factor.kind is FactorKind.CHOICE:
        return st.sampled_from(ids)
    several = st.lists(st.sampled_from([id for id in ids if id != "none"]), min_size=1, max_size=3, unique=True)
    return several.map(tuple)


good_records = st.fixed_dictionaries(
    {}, optional={factor.id: st.one_of(st.none(), good_value(factor)) for factor in SCHEMA.factors}
).map(lambda values: ClinicalRecord(values=values))
numbers_and_words = st.one_of(
    st.text(max_size=30),
    st.floats().map(repr),
    st.builds("{} {}".format, st.floats(-1e4, 1e4), st.sampled_from(["mg/dL", "mmol/L", "%", "x", "µmol/L", "°F"])),
)


def taken_or_refused(factor: Factor, typed: str, unit: str | None) -> None:
    try:
        entry = parse_value(factor, typed, unit, TODAY)
    except ClinicalError as error:
        for language in Language:
            sentence = error.message.text(language)
            assert (factor.label.en if language is Language.ENGLISH else factor.label.zh) in sentence
        return
    if isinstance(entry.value, float):
        assert math.isfinite(entry.value)
        assert factor.limits is None or factor.limits.contains(entry.value)
    assert format_value(factor, entry.value)


def says_why(read: Callable[[], object]) -> None:
    """Either reads, or gives a sentence that is in the catalogue; any other exception fails the test."""
    refusal = None
    try:
        read()
    except ClinicalError as error:
        refusal = error
    assert refusal is None or (refusal.message.text() and refusal.message.text(Language.CHINESE))


def any_record_is_judged(values: dict[str, FactorValue]) -> None:
    record = ClinicalRecord(values=values)
    checks = check_record(record, SCHEMA, KnownAt.DISCHARGE, today=TODAY)
    assert len({check.id for check in checks}) == len(checks)
    for check in checks:
        for language in Language:
            assert check.message.text(language)
    for score in all_scores(record):
        assert 0 <= score.lower <= score.upper <= score.maximum


def good_records_survive(record: ClinicalRecord, folder: Path) -> None:
    refused = [check.id for check in check_record(record, SCHEMA, today=TODAY) if check.state is CheckState.REFUSED]
    assert all(id.startswith("clinical.time.") for id in refused)
    for name in ("record.json", "record.csv"):
        write_record(record, folder / name, SCHEMA)
        again = read_record(folder / name, SCHEMA, today=TODAY)
        assert again.values == record.values
        assert again.digest() == record.digest()


@settings(max_examples=QUICK, deadline=None)
@given(factors, numbers_and_words, st.integers(0, 3))
def test_any_text_is_taken_or_refused(factor: Factor, typed: str, place: int) -> None:
    units = units_of(factor)
    taken_or_refused(factor, typed, units[place % len(units)] if units else None)


@settings(max_examples=QUICK, deadline=None)
@given(st.dictionaries(st.one_of(factors.map(lambda factor: factor.id), st.text(max_size=12)), any_value, max_size=12))
def test_any_record_is_judged(values: dict[str, FactorValue]) -> None:
    any_record_is_judged(values)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(record=good_records)
def test_good_records_survive_their_files(record: ClinicalRecord, tmp_path_factory: pytest.TempPathFactory) -> None:
    good_records_survive(record, tmp_path_factory.mktemp("records"))


@settings(max_examples=QUICK, deadline=None)
@given(st.text(max_size=200))
def test_any_paste_is_taken_or_refused(pasted: str) -> None:
    says_why(lambda: record_from_paste(pasted, SCHEMA.subset(("age", "sex")), TODAY))


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=12)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
json_keys = st.one_of(
    factors.map(lambda factor: factor.id),
    st.sampled_from(["values", "identity", "typed", "confirmed", "trends", "references", "schema_version", "entry"]),
    st.just("resourceType"),
)


@settings(max_examples=QUICK, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.dictionaries(json_keys, json_values, max_size=5))
def test_any_json_file_is_taken_or_refused(content: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    for read in (read_record, import_record):
        says_why(partial(read, path, SCHEMA, today=TODAY))


@pytest.mark.soak
def test_properties_at_full_count(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("soak")
    full = settings(max_examples=FULL, deadline=None, suppress_health_check=list(HealthCheck))
    full(given(factors, numbers_and_words, st.none())(taken_or_refused))()
    full(given(st.dictionaries(factors.map(lambda factor: factor.id), any_value, max_size=12))(any_record_is_judged))()
    settings(max_examples=2000, deadline=None)(given(good_records)(lambda r: good_records_survive(r, folder)))()
