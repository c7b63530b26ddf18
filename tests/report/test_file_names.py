"""File names that no file system refuses and that give nobody away (C-51)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.report.dicom_export import dicom_files
from apnet_desktop.report.file_names import report_file_name
from tests.report.factory import content, phantom

SAID = content()
HOSTILE = [
    "../../x",
    "CON",
    "a:b",
    "x" * 300,
    "张" * 300,
    "a\u202egpj",
    "a\0b",
    "~",
    "a\nb",
    "e\u0301",
    "\U0001f600",
    "..",
    ".",
]


def test_no_identity_unless_a_person_asks() -> None:
    name = report_file_name(SAID, "pdf")
    assert name == "apnet-report-r-20261103-0001-v1.pdf"
    asked = report_file_name(SAID, "pdf", with_identity=True)
    assert asked == "apnet-report-Fontaine-Marguerite-SIM-000042-r-20261103-0001-v1.pdf"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_stay_in_the_folder(hostile: str, tmp_path: Path) -> None:
    said = SAID.model_copy(update={"identity": PatientIdentity(name=hostile, patient_id=hostile), "report_id": hostile})
    name = report_file_name(said, "pdf", with_identity=True)
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()
    (tmp_path / name).write_bytes(b"")
    assert name in {path.name for path in tmp_path.iterdir()}


@given(st.text(), st.text())
def test_any_name_is_a_plain_file_name(name: str, report_id: str) -> None:
    said = SAID.model_copy(update={"identity": PatientIdentity(name=name, patient_id=name), "report_id": report_id})
    made = report_file_name(said, "json", with_identity=True)
    assert made.endswith(".json")
    assert not set(made) & set('<>:"/\\|?*\0\n\r\t ~')
    assert len(made.encode()) <= 255
    assert not made.startswith(".")


def test_the_archive_gets_three_files_without_identity() -> None:
    volume, roi = phantom()
    files = dicom_files(SAID, b"%PDF-1.7\n", volume, roi)
    assert [file.name.split(".", 1)[1] for file in files] == ["report.dcm", "segmentation.dcm", "measurements.dcm"]
    for file in files:
        assert "Fontaine" not in file.name
        assert file.content[128:132] == b"DICM"
