"""A case comes back exactly as it was; the worklist finds it; reports cannot be swapped."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from apnet_desktop.cases.assessment import Step
from apnet_desktop.cases.interruption import ShownView
from apnet_desktop.cases.listing import CaseQuery
from apnet_desktop.cases.open_case import OpenCase
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.roi import Roi, RoiOrigin
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Language
from tests.cases.promises import tries
from tests.cases.samples import CANARY, GEOMETRY, prediction, roi, series


def _full(store: CaseStore) -> OpenCase:
    case = OpenCase.new(store)
    case.set_series(series())
    case.set_roi(roi(1))
    case.confirm_roi("Dr Reader")
    record = ClinicalRecord(values={"age": 64.0, "smoking": True, "seen": date(2026, 1, 2), "kinds": ("a", "b")})
    case.set_record(record.with_value("triglycerides", 2.0, "177 mg/dL").with_value("bmi", None))
    case.override("ct.thickness", "no other CT", "Dr Reader")
    case.set_note("ask again")
    case.set_prediction(prediction(case.assessment.current_inputs("b", "c", "r")))
    case.add_report(b"%PDF-1.7 one", person="Dr Reader", language=Language.ENGLISH, twin=b"{}")
    return case


def test_a_case_comes_back_exactly_as_it_was(tmp_path: Path) -> None:
    with CaseStore(tmp_path / "store") as store:
        case = _full(store)
        before = case.assessment
    with CaseStore(tmp_path / "store") as store:
        after = store.load(case.case_id)
    assert before.roi is not None
    assert after.roi is not None
    assert np.array_equal(after.roi.mask, before.roi.mask)
    assert after.roi.confirmation == before.roi.confirmation
    assert after.changed(roi=None) == before.changed(roi=None)


def test_strokes_are_kept_slice_by_slice_and_over_each_other(store: CaseStore) -> None:
    case = OpenCase.new(store)
    case.set_series(series())
    generator = np.random.default_rng(5)
    current = Roi(np.zeros(GEOMETRY.shape, dtype=np.bool_), GEOMETRY, origins=(RoiOrigin.PAINTED,))
    for stroke in range(60):
        mask = current.mask.copy()
        touched = generator.choice(GEOMETRY.size[2], size=2, replace=False)
        mask[touched] ^= generator.random((2, *GEOMETRY.shape[1:])) < 0.2
        current = current.edited(mask, RoiOrigin.PAINTED, "Reader")
        case.set_roi(current)
        if stroke == 30:
            store.save_roi(case.case_id, current)
    kept = store.load(case.case_id).roi
    assert kept is not None
    assert np.array_equal(kept.mask, current.mask)


def test_a_mask_that_is_edited_in_its_place_is_kept_too(store: CaseStore) -> None:
    case = OpenCase.new(store)
    drawn = roi(1)
    case.set_roi(drawn)
    drawn.mask[4, 30:, 30:] = True
    case.set_roi(drawn)
    kept = store.load(case.case_id).roi
    assert kept is not None
    assert np.array_equal(kept.mask, drawn.mask)


def test_strokes_do_not_fill_the_folder(store: CaseStore) -> None:
    case = OpenCase.new(store)
    case.set_roi(roi(1))
    for seed in range(20):
        case.set_roi(roi(seed))
    assert len(list(store.case_folder(case.case_id).iterdir())) == 1


def test_a_ct_that_names_nobody_is_named_by_the_record(store: CaseStore) -> None:
    nameless = series(PatientIdentity(), date(2026, 1, 1))
    case = OpenCase.new(store)
    case.set_series(nameless)
    assert store.list_cases()[0].name == ""
    typed = CANARY.model_copy(update={"entered_by_hand": True})
    case.set_record(ClinicalRecord(identity=typed))
    assert case.assessment.identity == typed
    assert store.list_cases(CaseQuery(text="zyxwv"))[0].patient_id == CANARY.patient_id
    case.set_series(series(PatientIdentity(name="From The Files", patient_id="F-1")))
    assert store.list_cases()[0].name == "From The Files"


def test_a_removed_roi_stays_removed(store: CaseStore) -> None:
    case = _full(store)
    case.set_roi(None)
    assert store.load(case.case_id).roi is None


@tries("C-50")
def test_no_file_name_says_whose_case_it_is(store: CaseStore, tmp_path: Path) -> None:
    _full(store)
    names = " ".join(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")).casefold()
    for canary in ("zyxwv", "qanary", "qx-7741", "1961-02-28"):
        assert canary not in names


def test_an_interrupted_case_is_offered_and_a_closed_one_is_not(tmp_path: Path) -> None:
    with CaseStore(tmp_path / "store") as store:
        case = _full(store)
    with CaseStore(tmp_path / "store") as store:
        assert store.interruption.case() == case.case_id
        OpenCase(store, case.case_id).close()
    with CaseStore(tmp_path / "store") as store:
        assert store.interruption.case() is None


def test_what_was_seen_of_an_interrupted_case_is_kept_with_that_case_only(tmp_path: Path) -> None:
    view = ShownView(
        step=Step.ROI, layout="single", position=(3, 7, 9), zoom=2.5, center=(3.0, 7.5, 9.0), window=(60.0, 410.0)
    )
    with CaseStore(tmp_path / "store") as store:
        case = _full(store)
        store.interruption.keep_view(view)
    with CaseStore(tmp_path / "store") as store:
        assert store.interruption.view() == view
        OpenCase(store, case.case_id)
        assert store.interruption.view() == view
        another = OpenCase.new(store)
        assert store.interruption.view() is None
        store.interruption.keep_view(view)
        another.close()
        assert store.interruption.view() is None


def test_a_swapped_report_is_noticed(store: CaseStore) -> None:
    case = _full(store)
    report = case.assessment.reports[0]
    assert store.reports.read(case.case_id, report) == b"%PDF-1.7 one"
    assert store.reports.find(report.sha256) == (case.case_id, report)
    assert store.reports.find(report.twin_sha256) == (case.case_id, report)
    assert store.reports.find("0" * 64) is None
    (store.case_folder(case.case_id) / report.file).write_bytes(b"%PDF-1.7 two")
    with pytest.raises(CaseError) as caught:
        store.reports.read(case.case_id, report)
    assert caught.value.message.id == "cases.report_changed"


def test_reports_are_versions_and_never_replaced(store: CaseStore) -> None:
    case = _full(store)
    second = case.add_report(b"%PDF-1.7 two", person="Dr B", language=Language.CHINESE, reviewed=True)
    assert second.version == 2
    loaded = store.load(case.case_id).reports
    assert [report.version for report in loaded] == [1, 2]
    assert [report.reviewed_by for report in loaded] == ["", "Dr B"]
    assert store.reports.read(case.case_id, loaded[0]) == b"%PDF-1.7 one"


def test_a_damaged_mask_gets_a_sentence_and_other_cases_open(store: CaseStore) -> None:
    case, other = _full(store), _full(store)
    mask = next(store.case_folder(case.case_id).glob("*.mask"))
    content = bytearray(mask.read_bytes())
    content[-3] ^= 0xFF
    mask.write_bytes(content)
    # The confirmation came after the mask file; only the file is damaged here.
    with pytest.raises(CaseError) as caught:
        store.load(case.case_id)
    assert caught.value.message.id == "cases.mask_damaged"
    assert store.load(other.case_id).roi is not None


PEOPLE = (
    ("Müller, Jürgen", "A-1", date(2026, 1, 1)),
    ("MULLER, Ann", "A-2", date(2026, 2, 1)),
    ("张三", "住院-77", date(2026, 3, 1)),
    ("Ｌｉ Wei", "B-9", None),
)


@pytest.fixture
def people(store: CaseStore) -> list[str]:
    ids = []
    for name, patient, day in PEOPLE:
        case = store.create()
        store.save_series(case, series(PatientIdentity(name=name, patient_id=patient), day))
        ids.append(case)
    store.save_note(ids[3], "waits for triglycerides")
    return ids


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", {0, 1, 2, 3}), ("müller", {0}), ("MÜLLER jürgen", {0}), ("muller", {1}), ("张", {2}), ("三", {2}),
        ("li", {3}), ("a-", {0, 1}), ("2026-02", {1}), ("住院-77", {2}), ("triglyc", {3}), ("nobody", set()),
        ("100%", set()), ("_", set()), ("' OR 1=1 --", set()),
    ],
)  # fmt: skip
def test_search_finds_by_any_words(store: CaseStore, people: list[str], words: str, found: set[int]) -> None:
    rows = store.list_cases(CaseQuery(text=words))
    assert {people.index(row.case_id) for row in rows} == found
    assert store.count_cases(CaseQuery(text=words)) == len(found)


def test_search_by_date_step_and_patient(store: CaseStore, people: list[str]) -> None:
    def found(query: CaseQuery) -> set[int]:
        return {people.index(row.case_id) for row in store.list_cases(query)}

    assert found(CaseQuery(studied_from=date(2026, 2, 1))) == {1, 2}
    assert found(CaseQuery(studied_until=date(2026, 2, 1))) == {0, 1}
    assert found(CaseQuery(patient_id="B-9")) == {3}
    assert found(CaseQuery(next_step=Step.CT)) == {0, 1, 2, 3}
    assert found(CaseQuery(finished=True)) == set()


def test_the_last_changed_case_comes_first(store: CaseStore, people: list[str]) -> None:
    store.save_note(people[1], "now")
    assert store.list_cases()[0].case_id == people[1]
    assert store.find_series(series().series.series_uid) == people[1]


def test_there_is_no_such_case(store: CaseStore) -> None:
    with pytest.raises(CaseError) as caught:
        store.load("nothing")
    assert caught.value.message.id == "cases.no_case"
    assert CANARY.name not in str(caught.value)
