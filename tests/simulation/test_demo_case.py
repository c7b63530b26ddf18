import hashlib
import os
from datetime import date
from pathlib import Path

import pydicom
import pytest

from apnet_desktop.checks import CheckState
from apnet_desktop.clinical.consistency import contradictions
from apnet_desktop.clinical.eligibility import check_ct_date
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.simulation import demo_case
from apnet_desktop.simulation.demo_case import DemoCase, demo_patient, make_demo_case


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "deep" / "case"


@pytest.fixture(scope="module")
def case(place: Path) -> DemoCase:
    return make_demo_case(place)


def test_the_demo_case_is_a_thin_portal_venous_series_of_one_patient(case: DemoCase) -> None:
    heads = [pydicom.dcmread(path, stop_before_pixels=True) for path in case.ct_folder.iterdir()]
    assert 60 <= len(heads) <= 100
    assert {head.Rows for head in heads} == {512}
    assert {float(head.SliceThickness) for head in heads} == {2.5}
    assert {head.PatientID for head in heads} == {"DEMO-0001"}
    assert str(heads[0].PatientName) == "Demo^Patient"
    assert {head.SeriesDescription for head in heads} == {"Portal venous"}


def test_its_record_is_nearly_complete_and_in_scope(case: DemoCase) -> None:
    record = ClinicalRecord.model_validate_json(case.clinical_file.read_text(encoding="utf-8"))
    unknown = [id for id, value in record.values.items() if value is None]
    assert unknown == ["hypertension"]
    assert record.values["atlanta_grade"] == "moderately_severe"
    assert record.values["local_complication"] == "anc"
    assert str(record.values["discharge_date"]) == "2020-10-04"
    assert check_ct_date(record, date(2020, 9, 14)).state is CheckState.PASSED
    assert not contradictions(record)
    assert record.identity is not None
    assert record.identity.patient_id == "DEMO-0001"


def test_it_is_made_once(case: DemoCase, place: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    assert make_demo_case(place) == case
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before


@pytest.mark.soak
def test_bytes_are_the_same_wherever_it_is_made(case: DemoCase, tmp_path: Path) -> None:
    other = make_demo_case(tmp_path / "elsewhere")
    for path in sorted(case.ct_folder.iterdir())[::9]:
        twin = other.ct_folder / path.name
        assert hashlib.sha256(twin.read_bytes()).digest() == hashlib.sha256(path.read_bytes()).digest()
    assert other.roi_file.read_bytes() == case.roi_file.read_bytes()
    assert other.clinical_file.read_bytes() == case.clinical_file.read_bytes()


def test_cut_off_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(share: float) -> None:
        if share > 0.05:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_demo_case(tmp_path / "case", cut)
    assert list(tmp_path.iterdir()) == []


def test_a_case_of_another_recipe_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "recipe.json").write_text("{}", encoding="utf-8")
    (folder / "stale").write_text("", encoding="utf-8")
    made: list[Path] = []

    def write(patient: object, target: Path, progress: object) -> None:
        target.mkdir()
        for name in ("outcome.json", "clinical.json"):
            (target / name).write_text("{}", encoding="utf-8")
        made.append(target)

    monkeypatch.setattr(demo_case, "write_patient", write)
    make_demo_case(folder)
    make_demo_case(folder)
    assert len(made) == 1
    assert not (folder / "stale").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case"]


def test_what_a_killed_process_left_is_swept_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, young = tmp_path / ".demo-case-old", tmp_path / ".demo-case-young"
    for folder in (old, young):
        folder.mkdir()
    os.utime(old, (1.0, 1.0))

    def write(patient: object, target: Path, progress: object) -> None:
        target.mkdir()
        for name in ("outcome.json", "clinical.json"):
            (target / name).write_text("{}", encoding="utf-8")

    monkeypatch.setattr(demo_case, "write_patient", write)
    make_demo_case(tmp_path / "case")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".demo-case-young", "case"]


def test_the_demo_patient_shows_what_the_paper_is_about() -> None:
    request = demo_patient().request
    assert request.necrosis_share > 0.2
    assert request.collection_volume > 50
