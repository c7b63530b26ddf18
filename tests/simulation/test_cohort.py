import csv
import shutil
from pathlib import Path

import pytest

from apnet_desktop.errors import StudyError
from apnet_desktop.simulation.cohort import COHORT_FILE, FACTOR_COLUMNS, TRUTH_FILE, CohortRecipe, simulate_cohort
from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.simulation.rendering import MANUFACTURER

SEED = 12  # both of its first patients lie on thick slices: quick to write


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    simulate_cohort(2, folder, SEED, processes=2)
    return folder


def test_a_cohort_has_one_row_a_patient_and_files_beside_it(whole: Path) -> None:
    table = rows(whole / COHORT_FILE)
    assert [row["patient"] for row in table] == [f"SIM-{SEED}-00000", f"SIM-{SEED}-00001"]
    for row in table:
        assert len(list((whole / row["ct"]).iterdir())) > 30
        assert (whole / row["roi"]).is_file()
        assert row["end"] in ("recurrence", "death", "censored")
        assert float(row["follow_up_months"]) > 0
        assert set(FACTOR_COLUMNS) <= set(row)


def test_without_dicom_the_rows_are_the_same(whole: Path, tmp_path: Path) -> None:
    simulate_cohort(2, tmp_path, SEED, inputs_only=True, processes=1)
    for full, bare in zip(rows(whole / COHORT_FILE), rows(tmp_path / COHORT_FILE), strict=True):
        assert {**full, "ct": "", "roi": ""} == bare
    assert (whole / TRUTH_FILE).read_bytes() == (tmp_path / TRUTH_FILE).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cohort.csv", "cohort.json", "truth.csv"]


def test_a_part_of_a_population_is_that_part(whole: Path, tmp_path: Path) -> None:
    simulate_cohort(1, tmp_path, SEED, inputs_only=True, first=1, processes=1)
    assert rows(tmp_path / TRUTH_FILE) == rows(whole / TRUTH_FILE)[1:]
    recipe = CohortRecipe.model_validate_json((tmp_path / "cohort.json").read_text(encoding="utf-8"))
    assert (recipe.seed, recipe.first, recipe.count) == (SEED, 1, 1)


def test_nothing_that_no_study_sees_is_in_the_cohort(whole: Path) -> None:
    """No true risk, no finding: a model must read the picture."""
    columns = set(rows(whole / COHORT_FILE)[0])
    assert not columns & (set(rows(whole / TRUTH_FILE)[0]) - {"patient"})


def test_empty_cells_are_the_unknown_values(whole: Path) -> None:
    for index, row in enumerate(rows(whole / COHORT_FILE)):
        record = simulate_patient(SEED, index).record
        for id in FACTOR_COLUMNS:
            assert (row[id] == "") == (record.values[id] is None), id


def test_who_made_it_is_said(whole: Path) -> None:
    import pydicom

    row = rows(whole / COHORT_FILE)[0]
    head = pydicom.dcmread(next((whole / row["ct"]).iterdir()), stop_before_pixels=True)
    assert head.Manufacturer == MANUFACTURER


def test_progress_and_seed(tmp_path: Path) -> None:
    seen: list[float] = []
    simulate_cohort(2, tmp_path / "a", 9, inputs_only=True, processes=2, progress=seen.append)
    simulate_cohort(2, tmp_path / "b", 9, inputs_only=True, processes=1)
    assert seen == [0.5, 1.0]
    for name in (COHORT_FILE, TRUTH_FILE):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_run_that_was_cut_off_goes_on(whole: Path) -> None:
    kept = whole / "patients" / "00000" / "ct" / "IM0001.dcm"
    before = kept.stat().st_mtime_ns
    table = (whole / COHORT_FILE).read_bytes()
    shutil.rmtree(whole / "patients" / "00001")
    (whole / COHORT_FILE).unlink()
    simulate_cohort(2, whole, SEED, processes=1)
    assert kept.stat().st_mtime_ns == before
    assert (whole / COHORT_FILE).read_bytes() == table
    assert len(list((whole / "patients" / "00001" / "ct").iterdir())) > 30
    assert sorted(path.name for path in (whole / "patients").iterdir()) == ["00000", "00001"]


def test_a_folder_with_another_cohort_is_refused(whole: Path) -> None:
    with pytest.raises(StudyError) as refusal:
        simulate_cohort(2, whole, SEED + 1, inputs_only=True)
    assert refusal.value.message.id == "simulation.other_cohort"
    assert str(whole) in str(refusal.value)


def test_no_patients_and_no_space_are_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StudyError, match="at least one patient"):
        simulate_cohort(0, tmp_path, SEED)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(StudyError, match="GB are free"):
        simulate_cohort(1, tmp_path, SEED, processes=1)
    assert not list(tmp_path.rglob("*.dcm"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("", encoding="utf-8")
    with pytest.raises(StudyError, match=str(blocker / "cohort")):
        simulate_cohort(1, blocker / "cohort", SEED, inputs_only=True)
