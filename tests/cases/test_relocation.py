"""A CT that moved is found by its UID and by nothing else; a copied one does not depend on where it came from."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from apnet_desktop.cases.relocation import candidates, copy_series, find_moved, is_missing
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.ct.grid_files import write_grid
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.series_uids import series_uids
from apnet_desktop.errors import CtError, Stopped
from tests.cases.dicom_files import SERIES, SLICES, read_pixels, write_ct
from tests.cases.samples import roi, series


@pytest.mark.parametrize("now", ["archive/2026/patient", "patient-renamed", "deep/er/still"])
def test_a_moved_folder_is_found_by_uid(tmp_path: Path, now: str) -> None:
    before = write_ct(tmp_path / "ward" / "patient")
    reference = series(uid=SERIES).model_copy(update={"path": str(before)})
    assert not is_missing(reference)
    (tmp_path / "ward" / now).parent.mkdir(parents=True, exist_ok=True)
    before.rename(tmp_path / "ward" / now)
    assert is_missing(reference)
    found = find_moved(reference, series_uids)
    assert found is not None
    assert SERIES in series_uids(found)
    assert (tmp_path / "ward" / now).is_relative_to(found)


def test_a_folder_of_the_same_name_with_another_series_is_not_taken(tmp_path: Path) -> None:
    write_ct(tmp_path / "ward" / "patient")
    reference = series(uid="1.2.3.4").model_copy(update={"path": str(tmp_path / "gone" / "patient")})
    assert find_moved(reference, series_uids, [tmp_path / "ward"]) is None


def test_folders_of_the_old_name_come_first_and_there_is_an_end(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"n{number}" / "patient").mkdir(parents=True)
        (tmp_path / f"n{number}" / "loop").symlink_to(tmp_path)
    reference = series().model_copy(update={"path": str(tmp_path / "gone" / "patient")})
    found = list(candidates(reference))
    assert len(found) == len(set(found)) == 61
    assert [folder.name for folder in found[:30]] == ["patient"] * 30


def test_a_moved_zip_is_found_by_name_and_uid(tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "made"), "zip", write_ct(tmp_path / "source")))
    reference = series(uid=SERIES).model_copy(update={"path": str(tmp_path / "ward" / "scan.zip")})
    (tmp_path / "ward" / "old").mkdir(parents=True)
    archive.rename(tmp_path / "ward" / "old" / "scan.zip")
    shutil.rmtree(tmp_path / "source")
    assert find_moved(reference, series_uids) == tmp_path / "ward" / "old" / "scan.zip"


def test_an_empty_folder_counts_as_missing_and_the_search_can_be_stopped(tmp_path: Path) -> None:
    (tmp_path / "patient").mkdir()
    reference = series(uid=SERIES).model_copy(update={"path": str(tmp_path / "patient")})
    assert is_missing(reference)

    def stop(_: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        find_moved(reference, series_uids, looked=stop)


def test_a_folders_series_are_those_that_a_scan_finds(tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct")
    (folder / "notes.txt").write_text("no image")
    write_ct(folder / "deeper").joinpath("00001.dcm")
    assert list(series_uids(folder)) == [SERIES]
    assert [one.description.series_uid for one in scan(folder).series] == [SERIES]
    with pytest.raises(CtError):
        list(series_uids(tmp_path / "gone"))


def test_a_copied_ct_is_the_same_and_outlives_its_source(store: CaseStore, tmp_path: Path) -> None:
    source = write_ct(tmp_path / "Zyxwv Qanary")
    pixels = read_pixels(source)
    case = store.create()
    reference = series(uid=SERIES).model_copy(update={"path": str(source)})
    copied = copy_series(store.case_folder(case), reference, scan(source).series[0])
    shutil.rmtree(source)
    assert copied.copied
    assert Path(copied.path).is_relative_to(store.case_folder(case))
    assert read_pixels(Path(copied.path)) == pixels
    assert len(list(Path(copied.path).iterdir())) == SLICES
    assert "qanary" not in copied.path.lower()


def test_a_volume_file_is_copied_under_its_kind(store: CaseStore, tmp_path: Path) -> None:
    drawn = roi()
    path = tmp_path / "Zyxwv.nii.gz"
    write_grid(np.where(drawn.mask, 40, -1000).astype(np.int16), drawn.geometry, path)
    summary = scan(path).series[0]
    reference = series(uid=summary.description.series_uid).model_copy(update={"path": str(path)})
    copied = copy_series(store.case_folder(store.create()), reference, summary)
    assert Path(copied.path).name == "volume.nii.gz"
    assert scan(Path(copied.path)).series[0].description.series_uid == summary.description.series_uid


@pytest.mark.parametrize("how", ["unreadable", "stopped"])
def test_a_copy_that_fails_leaves_nothing(store: CaseStore, tmp_path: Path, how: str) -> None:
    source = write_ct(tmp_path / "ct")
    summary = scan(source).series[0]
    case = store.create()
    reference = series(uid=SERIES).model_copy(update={"path": str(source)})
    if how == "unreadable":
        sorted(source.iterdir())[5].unlink()

    def stop(fraction: float) -> None:
        if how == "stopped" and fraction > 0.4:
            raise Stopped

    with pytest.raises(CtError if how == "unreadable" else Stopped):
        copy_series(store.case_folder(case), reference, summary, stop)
    assert store.load(case).series is None
    assert list((store.case_folder(case) / "ct").iterdir()) == []


def test_the_search_knows_where_other_cases_lie(store: CaseStore) -> None:
    for number in range(3):
        where = f"/archive/{number % 2}/patient"
        store.save_series(store.create(), series(uid=f"1.{number}").model_copy(update={"path": where}))
    inside = str(store.case_folder(store.create()) / "ct")
    store.save_series(store.create(), series(uid="1.9").model_copy(update={"path": inside}))
    assert store.ct_folders() == (Path("/archive/0"), Path("/archive/1"))
