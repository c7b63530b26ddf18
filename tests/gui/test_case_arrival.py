"""A ZIP that is opened: an exported case goes into the store, a ZIP of a CT does not, a broken one is a sentence."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from apnet_desktop.cases.archive import export_case, is_case_archive
from apnet_desktop.cases.deidentify import deidentify_series
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.gui.flow.case_arrival import CaseArrival
from apnet_desktop.gui.jobs import Jobs
from tests.cases.dicom_files import write_ct
from tests.cases.test_archive import _full_case


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return CaseStore(tmp_path / "store")


def test_an_exported_case_is_taken_in(qtbot: QtBot, store: CaseStore, tmp_path: Path) -> None:
    with CaseStore(tmp_path / "another house") as other:
        export_case(other, _full_case(other, tmp_path / "ct").case_id, tmp_path / "病例.ZIP", deidentify_series)
    jobs = Jobs()
    arrival = CaseArrival(store, jobs, jobs)
    assert arrival.concerns(tmp_path / "病例.ZIP")
    with qtbot.waitSignal(arrival.taken_in, timeout=30_000) as taken:
        arrival.look(tmp_path / "病例.ZIP")
    case = store.load(taken.args[0])
    assert case.roi is not None
    assert case.roi.confirmation is None
    store.close()


def test_a_zip_of_a_ct_is_left_to_the_scan(qtbot: QtBot, store: CaseStore, tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct")
    path = tmp_path / "ct.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    jobs = Jobs()
    arrival = CaseArrival(store, jobs, jobs)
    with qtbot.waitSignal(arrival.no_case, timeout=30_000) as left:
        arrival.look(path)
    assert left.args == [path]
    assert store.count_cases() == 0
    assert not arrival.concerns(folder)
    store.close()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"no archive at all"])
def test_a_file_that_is_no_zip_is_no_case(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.zip"
    path.write_bytes(content)
    assert not is_case_archive(path)
    assert not is_case_archive(tmp_path / "absent.zip")


@pytest.mark.parametrize("manifest", ["[]", "{}", '{"format": "other"}', "{", "[" * 100_000])
def test_a_zip_with_another_manifest_is_no_case(tmp_path: Path, manifest: str) -> None:
    path = tmp_path / "odd.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", manifest)
    assert not is_case_archive(path)


def test_an_exported_case_that_was_changed_is_refused_with_its_name(
    qtbot: QtBot, store: CaseStore, tmp_path: Path
) -> None:
    path = tmp_path / "changed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        listed = {"format": "apnet-case", "format_version": 1, "pseudonym": "A", "deidentification": "", "files": {}}
        archive.writestr("manifest.json", json.dumps(listed))
        archive.writestr("../escape", "x")
    jobs = Jobs()
    arrival = CaseArrival(store, jobs, jobs)
    with qtbot.waitSignal(jobs.refused, timeout=30_000) as refused:
        arrival.look(path)
    assert "changed.zip" in refused.args[0].text()
    assert store.count_cases() == 0
    assert not (tmp_path / "escape").exists()
    store.close()


def test_what_comes_after_the_window_is_closed_is_dropped(qtbot: QtBot) -> None:
    jobs = Jobs()
    came: list[int] = []
    jobs.in_background(lambda: 1, came.append)
    qtbot.waitUntil(lambda: came == [1])
    jobs.close()
    jobs.in_background(lambda: 2, came.append)
    qtbot.wait(200)
    assert came == [1]
