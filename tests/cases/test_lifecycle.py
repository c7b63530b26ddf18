"""Archive, bin and its grace period, whatever the clock says; and what is removed for good is gone from everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apnet_desktop.cases.listing import CaseQuery, CaseState
from apnet_desktop.cases.open_case import OpenCase
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.language import Language
from tests.cases.promises import tries
from tests.cases.samples import HandClock, prediction, roi, series


def _case(store: CaseStore) -> str:
    case = OpenCase.new(store)
    case.set_series(series())
    case.set_roi(roi())
    case.set_value("age", 64.0)
    case.set_note("seen by Zyxwv's daughter")
    case.set_prediction(prediction(case.assessment.current_inputs("b", "c", "r")))
    case.add_report(b"%PDF of Zyxwv Qanary", person="Dr Reader", language=Language.ENGLISH)
    case.close()
    return case.case_id


def _in(store: CaseStore, state: CaseState) -> list[str]:
    return [case.case_id for case in store.list_cases(CaseQuery(state=state))]


def test_a_case_moves_between_the_lists_and_back(store: CaseStore) -> None:
    case = _case(store)
    for move, state in (
        (store.lifecycle.archive, CaseState.ARCHIVED),
        (store.lifecycle.delete, CaseState.DELETED),
        (store.lifecycle.restore, CaseState.ACTIVE),
    ):
        move(case)
        assert [_in(store, one) for one in CaseState] == [[case] if one is state else [] for one in CaseState]
    assert store.load(case).roi is not None


def test_a_duplicate_shares_the_inputs_and_not_the_results(store: CaseStore) -> None:
    case = _case(store)
    copy = store.load(store.lifecycle.duplicate(case))
    original = store.load(case)
    assert copy.record == original.record
    assert copy.series == original.series
    assert copy.roi is not None
    assert original.roi is not None
    assert copy.roi.digest() == original.roi.digest()
    assert copy.prediction is None
    assert copy.reports == ()
    store.save_roi(copy.case_id, roi(9))
    assert store.load(case).roi.digest() == original.roi.digest()  # type: ignore[union-attr]


def test_a_copied_ct_outlives_the_case_that_it_was_copied_for(store: CaseStore) -> None:
    case = store.create()
    folder = store.case_folder(case) / "ct"
    folder.mkdir()
    (folder / "00001.dcm").write_bytes(b"slice")
    store.save_series(case, series().model_copy(update={"path": str(folder), "copied": True}))
    copy = store.load(store.lifecycle.duplicate(case))
    store.lifecycle.delete(case)
    store.lifecycle.purge(case)
    assert copy.series is not None
    assert (Path(copy.series.path) / "00001.dcm").read_bytes() == b"slice"


def test_the_bin_is_emptied_after_the_grace_period_and_a_second_look(store: CaseStore, clock: HandClock) -> None:
    case, kept = _case(store), _case(store)
    store.lifecycle.delete(case)
    clock.move(timedelta(days=29))
    assert store.lifecycle.purge_due(30) == ()
    clock.move(timedelta(days=2))
    assert store.lifecycle.purge_due(30) == ()
    assert _in(store, CaseState.DELETED) == [case]
    clock.move(timedelta(hours=23))
    assert store.lifecycle.purge_due(30) == ()
    clock.move(timedelta(hours=2))
    assert store.lifecycle.purge_due(30) == (case,)
    assert _in(store, CaseState.DELETED) == []
    assert _in(store, CaseState.ACTIVE) == [kept]


@tries("C-47")
def test_a_clock_that_runs_years_ahead_for_a_day_empties_nothing(store: CaseStore, clock: HandClock) -> None:
    case = _case(store)
    store.lifecycle.delete(case)
    right = clock.moment
    clock.moment = datetime(2036, 1, 1, tzinfo=UTC)
    for _ in range(3):
        assert store.lifecycle.purge_due(30) == ()
        clock.move(timedelta(hours=1))
    clock.moment = right + timedelta(days=2)
    assert store.lifecycle.purge_due(30) == ()
    # The wrong look is forgotten: the next time that the period is over it is seen anew.
    clock.moment = right + timedelta(days=31)
    assert store.lifecycle.purge_due(30) == ()
    assert _in(store, CaseState.DELETED) == [case]


@tries("C-50")
def test_what_is_removed_for_good_is_in_no_byte_of_the_folder(tmp_path: Path, clock: HandClock) -> None:
    folder = tmp_path / "store"
    with CaseStore(folder, clock=clock) as store:
        case = _case(store)
        _ = store.backups.renew()
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"Zyxwv" in everything
    with CaseStore(folder, clock=clock) as store:
        store.lifecycle.delete(case)
        store.lifecycle.purge(case)
        assert store.audit.verify().passed
        assert store.health() == ()
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes().lower()
                for canary in (b"zyxwv", b"qanary", b"qx-7741", b"1961-02-28"):
                    assert canary not in content, (path.name, canary)


@pytest.mark.parametrize("days", [1, 3650])
def test_the_grace_period_is_the_settings_own(store: CaseStore, clock: HandClock, days: int) -> None:
    case = _case(store)
    store.lifecycle.delete(case)
    clock.move(timedelta(days=days, seconds=1))
    store.lifecycle.purge_due(days)
    clock.move(timedelta(days=1))
    assert store.lifecycle.purge_due(days) == (case,)
