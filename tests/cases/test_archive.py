"""A case goes out without identity and comes back with the same inputs; a hostile archive writes nothing."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from apnet_desktop.cases.archive import export_case, import_case
from apnet_desktop.cases.assessment import SeriesReference
from apnet_desktop.cases.deidentify import deidentify_series
from apnet_desktop.cases.open_case import OpenCase
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.file_names import text_path
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import CaseError, CtError
from tests.cases.dicom_files import write_ct
from tests.cases.promises import tries
from tests.cases.samples import CANARY, prediction

CANARIES = (
    b"zyxwv", b"qanary", b"canary", b"1961-02-28", b"19610228", b"qx-7741", b"2026-01-1", b"20260115", b"dr reader",
    b"my own words",
)  # fmt: skip


def _read(folder: Path) -> CtVolume:
    return read_series(scan(folder).series[0], lambda shape: np.empty(shape, dtype=np.int16))


def _full_case(store: CaseStore, source: Path) -> OpenCase:
    volume = _read(write_ct(source))
    case = OpenCase.new(store)
    case.set_series(SeriesReference.of(volume, source))
    mask = np.zeros(volume.geometry.shape, dtype=np.bool_)
    mask[3:8, 8:20, 6:25] = True
    case.set_roi(Roi(mask, volume.geometry, author="Dr Reader"))
    case.confirm_roi("Dr Reader")
    values = {"age": 64.0, "smoking": True, "admission": date(2026, 1, 10), "discharge": date(2026, 1, 30)}
    case.set_record(ClinicalRecord(values=values, typed={"admission": "2026-01-10"}, identity=CANARY))
    case.set_note("my own words on Zyxwv")
    case.override("ct.thickness", "Zyxwv has no other CT", "Dr Reader")
    case.set_prediction(prediction(case.assessment.current_inputs("b", "c", "r"), risk=0.37))
    return case


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@tries("C-54", "C-50")
def test_an_exported_case_names_nobody(store: CaseStore, tmp_path: Path) -> None:
    case = _full_case(store, tmp_path / "Zyxwv Qanary")
    exported = export_case(store, case.case_id, tmp_path / "out.zip", deidentify_series)
    members = _members(tmp_path / "out.zip")
    assert {"manifest.json", "record.json", "prediction.json", "roi.json", "roi.mask", "ct/00001.dcm"} <= set(members)
    for name, content in [*members.items(), ("names", " ".join(members).encode())]:
        for canary in CANARIES:
            assert canary not in content.lower(), (name, canary)
    assert exported.pseudonym.startswith("APNET-")
    assert case.case_id.encode() not in b"".join(members.values())


@tries("C-54")
def test_a_case_comes_back_with_the_same_inputs(store: CaseStore, tmp_path: Path) -> None:
    case = _full_case(store, tmp_path / "ct")
    export_case(store, case.case_id, tmp_path / "out.zip", deidentify_series)
    with CaseStore(tmp_path / "other") as other:
        back = other.load(import_case(other, tmp_path / "out.zip"))
        before = case.assessment
        assert before.roi is not None
        assert back.roi is not None
        assert back.roi.digest() == before.roi.digest()
        assert back.roi.confirmation is None
        volume = _read(text_path(back.ct_path))
        assert before.series is not None
        assert volume.digest() == before.series.volume_digest
        # Everything that a prediction takes is equal, so the same bundle gives the same risk.
        assert back.record.value("age") == 64.0
        assert back.record.value("smoking") is True
        days = [back.record.value(key) for key in ("admission", "discharge")]
        assert isinstance(days[0], date)
        assert isinstance(days[1], date)
        assert (days[1] - days[0]).days == 20
        assert back.prediction is not None
        assert back.prediction.fused == before.prediction.fused  # type: ignore[union-attr]
        assert back.identity.name.startswith("APNET-")


def test_the_same_case_exports_under_the_same_name(store: CaseStore, tmp_path: Path) -> None:
    case = _full_case(store, tmp_path / "ct")
    for name in ("a.zip", "b.zip"):
        export_case(store, case.case_id, tmp_path / name, deidentify_series)
    assert _members(tmp_path / "a.zip") == _members(tmp_path / "b.zip")


def _archive(path: Path, members: dict[str, bytes], manifest: bool = True) -> Path:
    import hashlib

    listed = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    head = {"format": "apnet-case", "format_version": 1, "pseudonym": "X", "deidentification": "none", "files": listed}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        if manifest:
            archive.writestr("manifest.json", json.dumps(head))
    return path


_RECORD = ClinicalRecord().model_dump_json().encode()


@tries("CVE zip slip")
@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/outside", "ct/../../outside.dcm", "C:\\outside", "ct\\00001.dcm", "ct/00001.dcm/x", "CON",
     "ct/００００１.dcm", "record.json\n", "~/.ssh/x", "store.lock", "ct/00001.exe"],
)  # fmt: skip
def test_a_path_in_an_archive_goes_nowhere(store: CaseStore, tmp_path: Path, name: str) -> None:
    path = _archive(tmp_path / "bad.zip", {"record.json": _RECORD, name: b"x"})
    before = sorted(one for one in tmp_path.rglob("*") if "cases.db" not in one.name)
    with pytest.raises(CaseError) as caught:
        import_case(store, path)
    assert caught.value.message.id == "cases.archive_strange"
    assert sorted(one for one in tmp_path.rglob("*") if "cases.db" not in one.name) == before
    assert store.count_cases() == 0


@tries("CVE zip bomb")
def test_a_bomb_is_refused_before_it_is_inflated(store: CaseStore, tmp_path: Path) -> None:
    path = _archive(tmp_path / "bomb.zip", {"record.json": _RECORD, "ct/00001.dcm": b"\0" * (80 * 2**20)})
    with pytest.raises(CaseError) as caught:
        import_case(store, path)
    assert caught.value.message.id == "cases.archive_too_large"


@tries("CVE zip bomb")
def test_a_member_that_lies_about_its_size_is_refused(store: CaseStore, tmp_path: Path) -> None:
    path = _archive(tmp_path / "liar.zip", {"record.json": _RECORD, "ct/00001.dcm": b"\0" * 5_000_000})
    content = path.read_bytes()
    # Both places where a ZIP says how large a member is.
    path.write_bytes(content.replace((5_000_000).to_bytes(4, "little"), (5).to_bytes(4, "little")))
    with pytest.raises(CaseError) as caught:
        import_case(store, path)
    assert caught.value.message.id == "cases.archive_damaged"


@pytest.mark.parametrize("place", ["truncated", "flipped", "no manifest", "not a zip", "extra", "no record"])
def test_a_damaged_archive_gets_a_sentence(store: CaseStore, tmp_path: Path, place: str) -> None:
    path = _archive(tmp_path / "case.zip", {"record.json": _RECORD}, manifest=place != "no manifest")
    content = path.read_bytes()
    if place == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif place == "flipped":
        at = content.index(b"record.json") + 30
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
    elif place == "not a zip":
        path.write_bytes(b"hello")
    elif place == "extra":
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("ct/00001.dcm", b"unlisted")
    elif place == "no record":
        path = _archive(tmp_path / "none.zip", {"ct/00001.dcm": b"x"})
    with pytest.raises(CaseError) as caught:
        import_case(store, path)
    assert caught.value.message.id == "cases.archive_damaged"
    assert path.name in str(caught.value)
    assert store.count_cases() == 0


def test_nothing_is_left_of_an_export_that_fails(store: CaseStore, tmp_path: Path) -> None:
    case = _full_case(store, tmp_path / "ct")
    (tmp_path / "ct").rename(tmp_path / "moved")
    (tmp_path / "out.zip").write_bytes(b"old")
    with pytest.raises(CtError) as caught:
        export_case(store, case.case_id, tmp_path / "out.zip", deidentify_series)
    assert str(tmp_path / "ct") in str(caught.value)
    assert (tmp_path / "out.zip").read_bytes() == b"old"
    assert list((tmp_path / "store" / "partial").iterdir()) == []
