"""The whole path from the command line, each command in a process of its own as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pydicom
import pypdf
import pytest

from apnet_desktop.bundle.prediction import REPEATABILITY
from apnet_desktop.simulation.demo_case import DemoCase
from tests.shared_data import shared_data

_APNET = [sys.executable, "-c", "from apnet_desktop.cli import main; main()"]
_FIXED = ["--time", "2026-03-01T09:30:00", "--prediction-id", "p-1", "--device", "cpu"]


def _apnet(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_STATE_HOME": str(folder), "HOME": str(folder)}
    environment["QT_QPA_PLATFORM"] = "offscreen"
    return subprocess.run(  # noqa: S603
        [*_APNET, *words], capture_output=True, text=True, check=False, env=environment, timeout=300
    )


def _patient(case: DemoCase) -> list[str]:
    return [str(case.ct_folder), "--roi", str(case.roi_file), "--clinical", str(case.clinical_file)]


def _json(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_second_report_has_the_same_bytes_and_predict_the_same_risk(demo_case: DemoCase, tmp_path: Path) -> None:
    options = [*_FIXED, "--report-id", "r-1", "--confirmed-by", "Dr Li", "--json"]
    reports = []
    more = ["--html", "--dicom", str(tmp_path / "dicom")]
    for name, also in (("one.pdf", []), ("two.pdf", more)):
        done = _apnet(tmp_path, "report", *_patient(demo_case), "--out", str(tmp_path / name), *options, *also)
        reports.append(_json(done))
    assert (tmp_path / "two.html").read_text().startswith("<!DOCTYPE html>")
    filed = {one.Modality: one for one in map(pydicom.dcmread, (tmp_path / "dicom").iterdir())}
    assert set(filed) == {"DOC", "SEG", "SR"}
    pdf = (tmp_path / "two.pdf").read_bytes()
    assert filed["DOC"].EncapsulatedDocument[: len(pdf)] == pdf
    assert reports[0]["dicom"] == []
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    predicted = _json(_apnet(tmp_path, "predict", *_patient(demo_case), *_FIXED, "--json"))
    risks = {route["route"]: route["risk"] for route in predicted["routes"]}
    for said in (predicted, *(report["prediction"] for report in reports)):
        assert REPEATABILITY in [check["id"] for check in said["checks"]]  # without a window too, none is to come
    for report in reports:
        for route in report["prediction"]["routes"]:
            assert route["risk"] == pytest.approx(risks[route["route"]], abs=1e-6)
    words = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "one.pdf").pages)
    assert f"{round(100 * risks['fused'])}%" in words


def test_demo_without_a_display_prints_risk_interval_and_path(tmp_path: Path) -> None:
    done = _apnet(tmp_path, "demo", "--out", str(tmp_path / "demo.pdf"), "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "%" in done.stdout
    assert "interval" in done.stdout
    assert "simulated patients" in done.stdout
    assert str(tmp_path / "demo.pdf") in done.stdout
    assert len(pypdf.PdfReader(tmp_path / "demo.pdf").pages) >= 3


def test_a_roi_that_nobody_confirmed_is_not_reported(demo_case: DemoCase, tmp_path: Path) -> None:
    done = _apnet(tmp_path, "report", *_patient(demo_case), "--out", str(tmp_path / "no.pdf"), "--device", "cpu")
    assert done.returncode == 1
    assert "confirm" in done.stderr
    assert not (tmp_path / "no.pdf").exists()


def test_a_folder_without_dicom_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = _apnet(tmp_path, "volume", str(tmp_path / "empty"), "--out", str(tmp_path / "v.nii.gz"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_a_wrong_call_ends_with_two(tmp_path: Path) -> None:
    assert _apnet(tmp_path, "scan", "/no/such/folder").returncode == 2
    assert _apnet(tmp_path, "predict").returncode == 2


def test_scan_tells_a_magnetic_resonance_series_from_a_ct(tmp_path: Path) -> None:
    found = _json(_apnet(tmp_path, "scan", str(shared_data("series-that-fail")), "--json"))
    modalities = {series["description"]["modality"]: series["state"] for series in found["series"]}
    assert modalities["MR"] == "refused"


def test_bundle_show_and_verify(tmp_path: Path, shipped_bundle: Path) -> None:
    shown = _json(_apnet(tmp_path, "bundle", "show", "--json"))
    assert shown["status"] == "demonstration"
    verified = _json(_apnet(tmp_path, "bundle", "verify", "--json"))
    assert verified["largest_difference"] <= verified["tolerance"]
    assert verified["files"] == len(list(shipped_bundle.iterdir())) - 1


def test_a_packed_bundle_installs_and_is_the_same(tmp_path: Path, shipped_bundle: Path) -> None:
    packed = tmp_path / "apnet-demo.zip"
    _json(_apnet(tmp_path, "bundle", "pack", str(shipped_bundle), "--out", str(packed), "--json"))
    installed = _json(_apnet(tmp_path, "bundle", "install", str(packed), "--into", str(tmp_path / "b"), "--json"))
    assert installed["sha256"] == _json(_apnet(tmp_path, "bundle", "show", "--json"))["sha256"]


def test_doctor_names_the_device_and_why(tmp_path: Path) -> None:
    found = _json(_apnet(tmp_path, "doctor", "--device", "cpu", "--json"))
    assert all(one["good"] for one in found.values())
    assert found["device"]["text"].startswith("cpu")
