"""The research fellow's week: a list becomes cases, readers draw, follow-up comes in, the cohort goes to training."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from apnet_desktop.cases.cohort import CohortExport, export_cohort
from apnet_desktop.cases.deidentify import deidentify_series
from apnet_desktop.cases.follow_up import FollowUp, FollowUpEnd
from apnet_desktop.cases.import_list import import_list
from apnet_desktop.cases.open_reading import OpenReading
from apnet_desktop.cases.readings import dice
from apnet_desktop.cases.steps import step_states
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.ct.roi import Roi
from apnet_desktop.errors import CaseError, Stopped
from apnet_desktop.study.cohort import read_cohort
from tests.cases.dicom_files import SERIES, read_pixels, write_ct
from tests.cases.samples import GEOMETRY, HandClock, roi, series

TODAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LIST = """patient,name,ct,Triglycerides (mg/dL),sex,discharge,end,end_date,definition,ward
P-1,Simulated Anna,ct/one,177,F,2024-01-10,recurrence,2024-07-10,second attack with lipase > 3x,7
P-2,Simulated Bo,ct/two,,M,2024-02-01,censored,2025-02-01,,7
P-3,Simulated Cy,ct/gone,90,M,2024-02-01,death,2024-03-01,,7
P-4,Simulated Di,ct/one,ninety,M,2024-02-01,lost,2024-13-01,,7
P-1,Simulated Anna,ct/one,177,F,,,,,7
,Nobody,ct/one,100,F,,,,,
P-5,Simulated Ed,,unknown,M,2024-05-01,recurrence,2024-04-01,,
P-6,Simulated Fe,,120,F,,,,,
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        (tmp_path / "ct" / name).mkdir(parents=True)
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def test_good_rows_become_cases_and_bad_ones_are_listed(store: CaseStore, table: Path) -> None:
    done = import_list(store, table, default_schema(), TODAY)
    assert [store.load(id).identity.patient_id for id in done.case_ids] == ["P-1", "P-2", "P-6"]
    assert {(one.row, one.column) for one in done.refused} == {
        (4, "ct"), (5, "Triglycerides (mg/dL)"), (5, "end"), (5, "end_date"), (6, "patient"), (7, "patient"),
        (8, "end_date"),
    }  # fmt: skip
    assert all(one.message.text() for one in done.refused)
    assert done.ignored_columns == ("ward",)
    first = store.load(done.case_ids[0])
    # 177 mg/dL of triglycerides are 2.0 mmol/L (molar mass of triolein, 885.4 g/mol).
    assert first.record.number("triglycerides") == pytest.approx(2.0, abs=0.01)
    assert Path(first.ct_path) == (table.parent / "ct" / "one").resolve()
    assert step_states(first)[0].message.id == "cases.ct_waits"
    outcome = store.follow_ups.load(done.case_ids[0])
    assert outcome is not None
    assert outcome.end is FollowUpEnd.RECURRENCE
    assert outcome.months == pytest.approx(5.98, abs=0.02)
    assert outcome.definition == "second attack with lipase > 3x"
    assert store.follow_ups.load(done.case_ids[2]) is None


def test_a_mended_list_can_be_imported_again(store: CaseStore, table: Path) -> None:
    import_list(store, table, default_schema(), TODAY)
    (table.parent / "ct" / "gone").mkdir()
    again = import_list(store, table, default_schema(), TODAY)
    assert [store.load(id).identity.patient_id for id in again.case_ids] == ["P-3"]
    assert store.count_cases() == 4


def test_a_list_without_patients_is_refused(store: CaseStore, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("who,ct\nA,b\n")
    with pytest.raises(CaseError) as caught:
        import_list(store, path, default_schema())
    assert caught.value.message.id == "cases.list_no_patient"


def test_a_reader_sees_no_outcome_and_no_other_reading(store: CaseStore, table: Path) -> None:
    done = import_list(store, table, default_schema(), TODAY)
    case = done.case_ids[0]
    store.readings.save(case, "Reader A", roi(1), NOW, NOW, 4.0)
    loaded = store.load(case)
    assert loaded.roi is None
    shown = repr(loaded)
    for hidden in ("recurrence", "2024-07-10", "Reader A"):
        assert hidden not in shown


def test_a_reading_is_kept_stroke_by_stroke_apart_from_the_case(store: CaseStore, clock: HandClock) -> None:
    case = store.create()
    store.cohort.add(case, "P-1")
    store.save_series(case, series())
    own = roi(5).confirmed("Dr Treating", NOW)
    store.save_roi(case, own)
    store.save_record(case, ClinicalRecord(values={"age": 64.0}))
    store.follow_ups.save(case, FollowUp(discharge=TODAY, end=FollowUpEnd.RECURRENCE, end_date=TODAY))
    reading = OpenReading(store, case, "Reader A", clock=clock)
    assert reading.assessment.roi is None
    assert reading.assessment.record.values == {}
    reading.set_roi(roi(1))
    # The program ends in the middle; the next reader's turn does not come, the same reader goes on.
    assert store.readings.of_case(case) == []
    assert store.readings.next_for("Reader A") == case
    again = OpenReading(store, case, "Reader A", clock=clock)
    assert again.assessment.roi is not None
    assert again.assessment.roi.digest() == roi(1).digest()
    clock.ticks += 90 * 10**9
    again.set_roi(roi(2))
    again.confirm_roi("Reader A")
    (finished,) = store.readings.of_case(case)
    assert finished.reader == "Reader A"
    assert finished.minutes == pytest.approx(1.5, abs=0.02)
    assert store.readings.roi(case, finished).digest() == roi(2).digest()
    assert store.readings.next_for("Reader A") is None
    # The case's own ROI is as the treating doctor left it.
    kept = store.load(case)
    assert kept.roi is not None
    assert kept.roi.digest() == own.digest()
    other = OpenReading(store, case, "Reader B", clock=clock)
    assert other.assessment.roi is None
    assert store.audit.verify().passed


def test_readers_take_turns_and_a_share_is_drawn_twice(store: CaseStore) -> None:
    cases = [store.create() for _ in range(10)]
    for number, case in enumerate(cases):
        store.cohort.add(case, f"P-{number:02d}")
    twice = store.readings.choose_second_readings(0.3, seed=4)
    assert len(twice) == 3
    assert store.readings.choose_second_readings(0.3, seed=4) == twice
    for reader in ("A", "B"):
        while (waiting := store.readings.next_for(reader)) is not None:
            store.readings.save(waiting, reader, roi(cases.index(waiting)), NOW, NOW, 3.0)
    assert len(store.readings.of_case(twice[0])) == 2
    counts = [len(store.readings.of_case(case)) for case in cases]
    assert sorted(counts) == [1] * 7 + [2] * 3
    assert {one.case_id for one in store.readings.agreement()} == set(twice)
    assert all(one.dice == 1.0 for one in store.readings.agreement())


def test_dice_is_what_its_definition_says() -> None:
    empty = np.zeros(GEOMETRY.shape, dtype=np.bool_)
    left, right = empty.copy(), empty.copy()
    left[0, 0, :30] = True
    right[0, 0, 20:40] = True
    assert dice(Roi(left, GEOMETRY), Roi(right, GEOMETRY)) == pytest.approx(2 * 10 / (30 + 20))
    assert dice(Roi(empty, GEOMETRY), Roi(empty, GEOMETRY)) == 1.0
    other = GEOMETRY.model_copy(update={"origin": (0.0, 0.0, 0.0)})
    with pytest.raises(CaseError):
        dice(Roi(left, GEOMETRY), replace(Roi(right, GEOMETRY), geometry=other))


def _export(store: CaseStore, folder: Path) -> CohortExport:
    return export_cohort(store, folder, default_schema(), deidentify_series)


def test_the_cohort_is_what_training_takes(store: CaseStore, tmp_path: Path) -> None:
    source = write_ct(tmp_path / "source")
    masks = {}
    for number in range(4):
        case = store.create()
        store.cohort.add(case, f"=P/{number}")
        if number == 3:
            continue
        store.save_series(case, series(uid=SERIES).model_copy(update={"path": str(source)}))
        store.save_record(case, ClinicalRecord(values={"age": 50.0 + number, "sex": "F", "triglycerides": None}))
        drawn = roi(number)
        masks[f"=P/{number}"] = drawn
        if number == 0:
            store.save_roi(case, drawn.confirmed("Dr Reader", NOW))
        else:
            store.readings.save(case, "Reader A", drawn, NOW, NOW, 2.0)
        end = FollowUpEnd.RECURRENCE if number else FollowUpEnd.DEATH
        store.follow_ups.save(case, FollowUp(discharge=date(2024, 1, 1), end=end, end_date=date(2025, 1, 1)))
    done = _export(store, tmp_path / "cohort")
    assert done.patients == 3
    assert [(one.patient, one.message.id) for one in done.missing] == [("=P/3", "cases.member_no_ct")]
    everything = b"".join(path.read_bytes() for path in (tmp_path / "cohort").rglob("*") if path.is_file()).lower()
    for canary in (b"zyxwv", b"qanary", b"qx-7741", b"1961-02-28", b"19610228"):
        assert canary not in everything
    cohort = read_cohort(tmp_path / "cohort", default_schema())
    assert [patient.id.removeprefix("'") for patient in cohort.patients] == ["=P/0", "=P/1", "=P/2"]
    for number, patient in enumerate(cohort.patients):
        assert patient.months == pytest.approx(12.02, abs=0.01)
        assert patient.record.number("age") == 50.0 + number
        assert patient.record.value("triglycerides") is None
        assert patient.ct is not None
        assert read_pixels(patient.ct) == read_pixels(source)
        assert patient.roi is not None
        assert _mask_in(patient.roi).sum() == masks[f"=P/{number}"].mask.sum()


def _mask_in(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The mask as an independent reader sees it."""
    import SimpleITK as sitk  # noqa: N813

    return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(path))) > 0)


def test_a_folder_with_something_in_it_is_left_alone(store: CaseStore, tmp_path: Path) -> None:
    (tmp_path / "cohort").mkdir()
    (tmp_path / "cohort" / "thesis.docx").write_bytes(b"three years of work")
    with pytest.raises(CaseError) as caught:
        _export(store, tmp_path / "cohort")
    assert caught.value.message.id == "cases.export_not_empty"
    assert (tmp_path / "cohort" / "thesis.docx").read_bytes() == b"three years of work"


def test_nothing_is_left_of_an_export_that_is_stopped(store: CaseStore, tmp_path: Path) -> None:
    for number in range(2):
        case = store.create()
        store.cohort.add(case, f"P-{number}")
        store.save_series(case, series(uid=SERIES).model_copy(update={"path": str(write_ct(tmp_path / "source"))}))
        store.save_roi(case, roi(number).confirmed("Dr Reader", NOW))
        store.follow_ups.save(case, FollowUp(discharge=TODAY, end=FollowUpEnd.DEATH, end_date=TODAY))

    def stop(fraction: float) -> None:
        if fraction > 0:
            raise Stopped

    with pytest.raises(Stopped):
        export_cohort(store, tmp_path / "cohort", default_schema(), deidentify_series, stop)
    assert list((tmp_path / "cohort").iterdir()) == []


def test_follow_up_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="before discharge"):
        FollowUp(discharge=date(2025, 1, 1), end=FollowUpEnd.DEATH, end_date=date(2024, 1, 1))
