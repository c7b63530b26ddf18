import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.simulation.dicom_writer import WrittenPatient, slice_dataset
from apnet_desktop.simulation.outcome import FollowUp
from apnet_desktop.simulation.patient import SimulatedPatient, simulate_patient
from apnet_desktop.simulation.rendering import RenderedCt, measure_patient
from apnet_desktop.simulation.scanners import SCANNERS
from apnet_desktop.simulation.settings import GeneratorSettings


@pytest.fixture(scope="module")
def sitk() -> Any:
    return pytest.importorskip("SimpleITK")


@pytest.fixture(scope="module")
def read(written: WrittenPatient, sitk: Any) -> Any:
    """The series as SimpleITK, an independent reader, sees it."""
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(written.ct_folder))
    return sitk.ReadImage(list(names), sitk.sitkInt16)


def test_another_reader_sees_the_same_voxels_in_the_same_place(
    read: Any, sitk: Any, rendered: RenderedCt, patient: SimulatedPatient
) -> None:
    assert np.array_equal(sitk.GetArrayFromImage(read), rendered.volume.hounsfield)
    geometry = patient.series.geometry
    assert read.GetOrigin() == pytest.approx(geometry.origin, abs=1e-4)
    assert read.GetSpacing() == pytest.approx(geometry.spacing, abs=1e-4)
    assert read.GetDirection() == pytest.approx((1, 0, 0, 0, 1, 0, 0, 0, 1))


def test_the_mask_lies_on_the_ct(read: Any, sitk: Any, written: WrittenPatient, rendered: RenderedCt) -> None:
    mask = sitk.ReadImage(str(written.roi_file))
    assert np.array_equal(sitk.GetArrayFromImage(mask) > 0, rendered.roi.mask)
    assert mask.GetOrigin() == pytest.approx(read.GetOrigin(), abs=1e-3)
    assert mask.GetSpacing() == pytest.approx(read.GetSpacing(), abs=1e-4)
    assert mask.GetDirection() == pytest.approx(read.GetDirection(), abs=1e-6)


needs_dciodvfy = pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")


def assert_valid(path: Path) -> None:
    run = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    report = run.stdout + run.stderr
    assert "Error" not in report, report
    assert run.returncode == 0


@needs_dciodvfy
def test_dciodvfy_finds_no_error(written: WrittenPatient) -> None:
    for path in sorted(written.ct_folder.iterdir())[::12]:
        assert_valid(path)


@needs_dciodvfy
@pytest.mark.parametrize("scanner", sorted(SCANNERS))
def test_dciodvfy_finds_no_error_on_any_scanner(scanner: str, tmp_path: Path) -> None:
    settings = GeneratorSettings(name=scanner, scanners=(scanner,), portal_venous_share=0.5)
    for index in range(3):
        patient = simulate_patient(2, index, settings)
        path = tmp_path / f"{index}.dcm"
        slice_dataset(patient, np.zeros((512, 512), np.int16), index).save_as(path, enforce_file_format=True)
        assert_valid(path)


def test_one_patient_one_series_one_frame_and_unique_instances(written: WrittenPatient) -> None:
    heads = [pydicom.dcmread(path, stop_before_pixels=True) for path in written.ct_folder.iterdir()]
    for tag in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "Manufacturer"):
        assert len({str(head[tag].value) for head in heads}) == 1
    assert heads[0].Manufacturer == "APNet Desktop simulator"
    assert len({head.SOPInstanceUID for head in heads}) == len(heads)
    assert sorted(int(head.InstanceNumber) for head in heads) == list(range(1, len(heads) + 1))


def test_header_and_record_are_of_one_patient(written: WrittenPatient, patient: SimulatedPatient) -> None:
    head = pydicom.dcmread(next(written.ct_folder.iterdir()), stop_before_pixels=True)
    record = ClinicalRecord.model_validate_json(written.clinical_file.read_text(encoding="utf-8"))
    assert record == patient.record
    assert record.identity is not None
    assert head.PatientID == record.identity.patient_id
    assert head.PatientSex == record.values["sex"]
    assert int(head.PatientAge[:3]) == record.values["age"]


def test_outcome_and_findings_come_with_it(written: WrittenPatient, patient: SimulatedPatient) -> None:
    course = FollowUp.model_validate_json(written.outcome_file.read_text(encoding="utf-8"))
    assert course == written.follow_up
    assert written.findings == measure_patient(patient)


def test_no_file_holds_a_path_or_the_time_of_writing(written: WrittenPatient) -> None:
    for path in written.ct_folder.parent.rglob("*"):
        if path.is_file():
            assert str(written.ct_folder.parent).encode() not in path.read_bytes()
    packed = written.roi_file.read_bytes()
    assert packed[4:8] == b"\0\0\0\0"  # gzip's time stamp
