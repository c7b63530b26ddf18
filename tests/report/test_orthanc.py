"""A real archive takes the objects: stored, found by a Chinese name, read back.

Orthanc 1.10 listens on all addresses and cannot be told not to, so it runs in a network namespace of its own with
nothing but the loopback interface; the whole exchange runs inside, as one child process.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest

from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.report.dicom_common import dicom_source
from apnet_desktop.report.dicom_measurements import measurement_report
from apnet_desktop.report.dicom_pdf import encapsulated_pdf
from apnet_desktop.report.dicom_segmentation import segmentation
from apnet_desktop.report.pdf import render_pdf
from tests.report.factory import content, phantom

_EXCHANGE = r"""
import json, subprocess, sys, time, urllib.request
folder, orthanc, storescu = sys.argv[1:4]
server = subprocess.Popen([orthanc, f"{folder}/orthanc.json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    def get(path, data=None):
        request = urllib.request.Request(f"http://127.0.0.1:18042{path}", data=data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()
    for _ in range(200):
        try:
            get("/system")
            break
        except OSError:
            time.sleep(0.1)
    files = [f"{folder}/{name}.dcm" for name in ("pdf", "seg", "sr")]
    subprocess.run([storescu, "-R", "-aec", "APNETTEST", "127.0.0.1", "14242", *files], check=True)
    query = json.dumps({"Level": "Study", "Query": {"PatientName": "张三"}, "Expand": True}).encode()
    studies = json.loads(get("/tools/find", query))
    instances = json.loads(get("/instances"))
    result = {"studies": len(studies), "name": studies[0]["PatientMainDicomTags"]["PatientName"], "files": {}}
    for instance in instances:
        tags = json.loads(get(f"/instances/{instance}/simplified-tags"))
        open(f"{folder}/back-{tags['Modality']}.dcm", "wb").write(get(f"/instances/{instance}/file"))
        result["files"][tags["Modality"]] = tags["SOPInstanceUID"]
        if tags["Modality"] == "DOC":
            open(f"{folder}/back.pdf", "wb").write(get(f"/instances/{instance}/pdf"))
    json.dump(result, open(f"{folder}/result.json", "w"))
finally:
    server.terminate()
    server.wait(20)
"""


def _tool(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed (Debian: {package})")
    return path


def _namespace() -> list[str]:
    unshare, ip = _tool("unshare", "util-linux"), _tool("ip", "iproute2")
    command = [unshare, "-n"] if os.geteuid() == 0 else [unshare, "-rn"]
    tried = subprocess.run([*command, ip, "link", "set", "lo", "up"], capture_output=True, check=False)  # noqa: S603
    if tried.returncode:
        pytest.skip("this machine allows no network namespace")
    return [*command, "sh", "-c", f'{ip} link set lo up && exec "$@"', "sh"]


def test_orthanc_stores_finds_and_gives_back(tmp_path: Path) -> None:
    orthanc = _tool("Orthanc", "orthanc")
    storescu = _tool("storescu", "dcmtk")
    namespace = _namespace()
    said = content(of=PatientIdentity(name="张三", patient_id="SIM-7", sex="M"))
    volume, roi = phantom()
    source = dicom_source(volume)
    pdf = render_pdf(said)
    objects = {
        "pdf": encapsulated_pdf(said, pdf, source),
        "seg": segmentation(said, roi, source),
        "sr": measurement_report(said, roi, source),
    }
    for name, file in objects.items():
        (tmp_path / f"{name}.dcm").write_bytes(file)
    configuration = {
        "StorageDirectory": str(tmp_path / "storage"),
        "IndexDirectory": str(tmp_path / "storage"),
        "HttpPort": 18042,
        "DicomPort": 14242,
        "DicomAet": "APNETTEST",
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DefaultEncoding": "Utf8",
        "Plugins": [],
    }
    (tmp_path / "orthanc.json").write_text(json.dumps(configuration))
    arguments = [sys.executable, "-c", _EXCHANGE, str(tmp_path), orthanc, storescu]
    done = subprocess.run(  # noqa: S603 - tools found by name
        [*namespace, *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["studies"] == 1
    assert result["name"] == "张三"
    assert set(result["files"]) == {"DOC", "SEG", "SR"}
    assert (tmp_path / "back.pdf").read_bytes()[: len(pdf)] == pdf
    for modality, name in (("DOC", "pdf"), ("SEG", "seg"), ("SR", "sr")):
        # The archive writes its own file meta group; the data set must be the same.
        back = pydicom.dcmread(tmp_path / f"back-{modality}.dcm")
        assert list(back) == list(pydicom.dcmread(io.BytesIO(objects[name])))
