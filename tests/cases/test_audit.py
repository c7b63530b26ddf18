"""Whoever edits the trail in the database file leaves a trace, and a clock that is set back leaves none of harm."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apnet_desktop.cases.audit import AuditAction, AuditVerification
from apnet_desktop.cases.open_case import OpenCase
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.language import Message
from tests.cases.promises import tries
from tests.cases.samples import HandClock, prediction, series

COLUMNS = ("time", "session", "monotonic", "user", "person", "action", "case_id", "details", "details_sha256",
           "previous", "hash")  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with seven entries, copied for each test."""
    folder = tmp_path_factory.mktemp("written") / "store"
    _write_some(folder)
    return folder


@pytest.fixture
def copied(written: Path, tmp_path: Path) -> Path:
    shutil.copytree(written, tmp_path / "copied")
    return tmp_path / "copied"


def _write_some(folder: Path) -> None:
    with CaseStore(folder, person="Dr Reader", clock=HandClock()) as store:
        case = OpenCase.new(store)
        case.set_series(series())
        case.set_value("age", 50.0)
        case.set_value("age", 51.0)
        case.override("ct.thickness", "only CT there is", "Dr Reader")
        case.close()


def _edit(folder: Path, *statements: str) -> None:
    """Edits the database as somebody with a database browser would, triggers switched off."""
    with closing(sqlite3.connect(folder / "cases.db")) as database:
        for trigger in ("audit_keeps_rows", "audit_keeps_values"):
            database.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            database.execute(statement)
        database.commit()


def _verify(folder: Path) -> AuditVerification:
    with CaseStore(folder, read_only=True) as store:
        return store.audit.verify()


def test_a_trail_as_written_is_whole(copied: Path) -> None:
    result = _verify(copied)
    assert result.passed
    assert result.entries == 7


@tries("C-48")
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("number", [1, 4, 7])
def test_every_changed_value_is_found_and_named(copied: Path, number: int, column: str) -> None:
    value = "'2020-01-01T00:00:00Z'" if column == "time" else "12345" if column == "monotonic" else "'x'"
    value = "'open'" if column == "action" else "'{\"a\":1}'" if column == "details" else value
    _edit(copied, f"UPDATE audit SET {column} = {value} WHERE number = {number}")  # noqa: S608
    faults = _verify(copied).faults
    assert faults
    assert number in {fault.number for fault in faults}
    assert str(number) in faults[0].message.text()


@tries("C-48")
@pytest.mark.parametrize("number", range(1, 8))
def test_every_missing_entry_is_found(copied: Path, number: int) -> None:
    _edit(copied, f"DELETE FROM audit WHERE number = {number}")  # noqa: S608
    assert number in {fault.number for fault in _verify(copied).faults}


@tries("C-48")
def test_reordered_entries_are_found(copied: Path) -> None:
    _edit(
        copied,
        "UPDATE audit SET number = -1 WHERE number = 4",
        "UPDATE audit SET number = 4 WHERE number = 5",
        "UPDATE audit SET number = 5 WHERE number = -1",
    )
    assert {4, 5} <= {fault.number for fault in _verify(copied).faults}


@tries("C-48")
def test_values_taken_out_without_removing_the_case_are_found(copied: Path) -> None:
    _edit(copied, "UPDATE audit SET details = NULL WHERE number = 4")
    assert {fault.number for fault in _verify(copied).faults} == {4}


@tries("C-48")
def test_a_head_kept_elsewhere_finds_a_trail_written_anew(tmp_path: Path) -> None:
    _write_some(tmp_path / "first")
    with CaseStore(tmp_path / "first", read_only=True) as store:
        printed = store.audit.head()
        assert store.audit.verify(printed).passed
    _write_some(tmp_path / "second")
    with CaseStore(tmp_path / "second", read_only=True) as store:
        assert store.audit.verify().passed
        faults = store.audit.verify(printed).faults
    assert [fault.message.id for fault in faults] == ["cases.audit_not_as_printed"]


def test_the_database_itself_refuses_edits(store: CaseStore, tmp_path: Path) -> None:
    store.create()
    with closing(sqlite3.connect(tmp_path / "store" / "cases.db")) as database:
        for statement in ("DELETE FROM audit", "UPDATE audit SET person = 'somebody else'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(statement)


@tries("C-47")
@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 1, 7, 0, tzinfo=UTC),
        datetime(2036, 3, 1, tzinfo=UTC),
        datetime(2028, 2, 29, 12, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        datetime(1980, 1, 1, tzinfo=UTC),
    ],
)
def test_order_holds_whatever_the_wall_clock_does(store: CaseStore, clock: HandClock, moment: datetime) -> None:
    first = store.create()
    clock.moment = moment
    second = store.create()
    clock.move(timedelta(hours=-1))
    third = store.create()
    entries = store.audit.entries()
    assert [entry.case_id for entry in entries] == [first, second, third]
    assert [entry.monotonic for entry in entries] == sorted(entry.monotonic for entry in entries)
    assert all(entry.time.utcoffset() == timedelta(0) for entry in entries)
    result = store.audit.verify()
    assert result.passed
    assert 3 in result.clock_set_back
    assert [case.case_id for case in store.list_cases()] == [third, second, first]


def test_who_and_what_are_in_the_entry(store: CaseStore) -> None:
    case = OpenCase.new(store)
    case.set_value("age", 50.0)
    case.set_value("age", None)
    edits = [entry for entry in store.audit.entries(case.case_id) if entry.action is AuditAction.EDIT_RECORD]
    assert [entry.details for entry in edits] == [
        {"factor": "age", "before": None, "after": 50.0},
        {"factor": "age", "before": 50.0, "after": "unknown"},
    ]
    assert {entry.person for entry in edits} == {"Dr Reader"}
    assert all(entry.user for entry in edits)


def test_a_calculation_is_one_entry_and_its_later_checks_another(store: CaseStore) -> None:
    case = OpenCase.new(store)
    first = prediction(case.assessment.current_inputs("b", "c", "r"), id="first")
    check = Check(id="model.repeatability", state=CheckState.WARNED, message=Message.of("cases.roi_other_grid"))
    case.set_prediction(first)
    case.set_prediction(first.model_copy(update={"checks": (check,)}))
    case.set_prediction(prediction(case.assessment.current_inputs("b", "c", "r"), id="second"))
    entries = [entry for entry in store.audit.entries(case.case_id) if "prediction" in (entry.details or {})]
    told = [(entry.action, entry.details["prediction"], entry.details["noticed"]) for entry in entries if entry.details]
    assert told == [
        (AuditAction.PREDICT, "first", ""),
        (AuditAction.FINISH_CHECKS, "first", "model.repeatability"),
        (AuditAction.PREDICT, "second", ""),
    ]


@tries("C-48")
def test_removing_a_case_for_good_keeps_the_trail_whole_and_takes_its_values(store: CaseStore) -> None:
    case = OpenCase.new(store)
    case.set_value("age", 50.0)
    other = store.create()
    store.lifecycle.delete(case.case_id)
    store.lifecycle.purge(case.case_id)
    assert store.audit.verify().passed
    entries = store.audit.entries(case.case_id)
    assert entries[-1].action is AuditAction.PURGE
    assert all(entry.details is None for entry in entries)
    assert store.audit.entries(other)[0].details == {}
