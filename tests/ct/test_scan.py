"""Folders, ZIPs, DICOMDIRs, names in any script, junk and links: what is there is found, the rest is counted."""

from __future__ import annotations

import gc
import os
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet
from pydicom.uid import generate_uid

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.file_names import path_text, text_path
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.series import ScanLimits, ScanProgress, ScanResult, SeriesSummary
from apnet_desktop.errors import CtError, Stopped
from apnet_desktop.language import Language
from tests.ct.dicom_series import SeriesRecipe, new_array, save, setting

RECIPE = SeriesRecipe()


def _digest(result: ScanResult) -> str:
    return read_series(result.series[0], new_array).digest()


def _reference(folder: Path) -> str:
    RECIPE.write(folder)
    return _digest(scan(folder))


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # pydicom's FileSet leaves its temporary folder to the collector
def test_a_series_is_the_same_in_a_folder_a_zip_and_a_dicomdir(tmp_path: Path) -> None:
    expected = _reference(tmp_path / "plain")
    archive = tmp_path / "图像.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in (tmp_path / "plain").iterdir():
            file.write(path, f"张三/CT/{path.name}")
    assert _digest(scan(archive)) == expected
    discs = FileSet()
    for path in (tmp_path / "plain").iterdir():
        dataset = pydicom.dcmread(path)
        dataset.StudyTime, dataset.StudyID, dataset.AccessionNumber = "101010", "1", "A1"
        discs.add(dataset)
    discs.write(tmp_path / "disc")
    del discs
    gc.collect()
    assert _digest(scan(tmp_path / "disc" / "DICOMDIR")) == expected
    assert _digest(scan(tmp_path / "disc")) == expected


@pytest.mark.parametrize(
    "name", ["用户/张三", "Łódź é", "a b/c", "ÄÖÜ", "пациент", "e\u0301 NFD", "x" * 200, "-rf", "🩻"]
)
def test_names_in_any_script(tmp_path: Path, name: str) -> None:
    expected = _reference(tmp_path / "plain")
    RECIPE.write(tmp_path / name)
    assert _digest(scan(tmp_path / name)) == expected


def test_names_whose_bytes_are_not_unicode(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    RECIPE.write(folder)
    other = os.fsencode(tmp_path) + b"/\xd5\xc5\xc8\xfd"  # 张三 in GBK
    try:
        folder.rename(os.fsdecode(other))
    except OSError:
        pytest.skip("this file system holds only Unicode names")
    result = scan(Path(os.fsdecode(other)))
    copied = ScanResult.model_validate_json(result.model_dump_json())
    assert read_series(copied.series[0], new_array).hounsfield.shape == (8, 16, 20)
    assert text_path(path_text(Path(os.fsdecode(other)))) == Path(os.fsdecode(other))


def test_zip_names_written_by_chinese_windows(tmp_path: Path) -> None:
    RECIPE.write(tmp_path / "plain")
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(tmp_path / "plain" / "0000", "AAAA/0000")
        file.writestr("BBBB.txt", "no DICOM")
    # zipfile cannot write GBK names; put 张三 there without the UTF-8 flag, as Windows does.
    archive.write_bytes(archive.read_bytes().replace(b"BBBB.txt", "张三.txt".encode("gbk")))
    assert scan(archive).skipped[0].examples == ("张三.txt",)


def test_the_result_crosses_a_process_border_and_still_reads(tmp_path: Path) -> None:
    expected = _reference(tmp_path)
    text = scan(tmp_path).model_dump_json()
    assert _digest(ScanResult.model_validate_json(text)) == expected


def test_junk_is_skipped_and_counted(tmp_path: Path) -> None:
    expected = _reference(tmp_path / "plain")
    junk = tmp_path / "plain" / "junk"
    junk.mkdir()
    (junk / "empty").touch()
    (junk / "noise").write_bytes(b"\xff" * 5_000_000)
    (junk / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (junk / "notes.txt").write_text("notes", encoding="utf-8")
    (junk / "mask.nii.gz").write_bytes(b"\x1f\x8b")
    os.mkfifo(junk / "pipe")
    (junk / "loop").symlink_to(tmp_path / "plain", target_is_directory=True)
    outside = tmp_path / "outside"
    outside.write_bytes((tmp_path / "plain" / "0000").read_bytes())
    (junk / "link").symlink_to(outside)
    (junk / "nowhere").symlink_to(tmp_path / "does not exist")
    result = scan(tmp_path / "plain")
    assert _digest(result) == expected
    counts = {skipped.reason.id: skipped.count for skipped in result.skipped}
    assert counts == {
        "ct.skip_empty": 1,
        "ct.skip_not_dicom": 3,
        "ct.skip_special": 1,
        "ct.skip_link": 3,
        "ct.skip_grid_file": 1,
    }
    assert len(result.roi_files) == 1


def test_a_dicomdir_cannot_lead_outside(tmp_path: Path) -> None:
    RECIPE.write(tmp_path / "secret")
    disc = tmp_path / "disc"
    disc.mkdir()
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.1.3.10"
    dataset.SOPInstanceUID = generate_uid()
    records = []
    for parts in (
        ["..", "secret", "0000"],
        [str(tmp_path / "secret" / "0000")],
        ["C:", "0000"],
        ["a\0b"],
        ["link", "0000"],
    ):
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            record.ReferencedFileID = parts
        records.append(record)
    dataset.DirectoryRecordSequence = records
    (disc / "link").symlink_to(tmp_path / "secret", target_is_directory=True)
    save(dataset, disc / "DICOMDIR")
    result = scan(disc / "DICOMDIR")
    assert result.series == ()
    assert result.preselected is None


@pytest.mark.parametrize("make", ["missing", "empty", "text", "pipe"])
def test_what_holds_no_ct_gets_a_sentence_that_names_it(tmp_path: Path, make: str) -> None:
    path = tmp_path / "研究 CT"
    if make == "empty":
        path.mkdir()
    elif make == "text":
        path.write_text("hello", encoding="utf-8")
    elif make == "pipe":
        os.mkfifo(path)
    with pytest.raises(CtError) as caught:
        scan(path)
    assert "研究 CT" in str(caught.value)
    assert "研究 CT" in caught.value.message.text(Language.CHINESE)


def test_localizers_reports_and_other_modalities_stand_apart(tmp_path: Path) -> None:
    RECIPE.write(tmp_path / "ct")

    def scout(dataset: Dataset, index: int) -> None:
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]

    SeriesRecipe(slices=2).write(tmp_path / "scout", scout)
    SeriesRecipe(slices=3).write(tmp_path / "mr", setting(Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4"))
    SeriesRecipe(slices=1).write(tmp_path / "page", setting(SOPClassUID="1.2.840.10008.5.1.4.1.1.7"))
    SeriesRecipe(slices=9).write(tmp_path / "mip", setting(ImageType=["DERIVED", "SECONDARY", "MIP"]))
    result = scan(tmp_path)
    assert result.preselected == 0
    assert result.series[0].slice_count == 8
    sentences = {summary.sentence.id for summary in result.series[1:]}
    assert sentences == {"ct.localizer", "ct.not_ct", "ct.secondary", "ct.projection"}
    assert all(summary.state is CheckState.REFUSED for summary in result.series[1:])


def test_a_scout_inside_the_series_does_not_spoil_it(tmp_path: Path) -> None:
    def scout(dataset: Dataset, index: int) -> None:
        if index == 0:
            dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
            dataset.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]

    RECIPE.write(tmp_path, scout)
    result = scan(tmp_path)
    assert [summary.slice_count for summary in result.series] == [7, 1]
    assert result.series[0].state is not CheckState.REFUSED


def test_the_best_series_is_preselected_and_the_reason_given(tmp_path: Path) -> None:
    wanted = ("Portal venous 2.5", 2.5, "B30f")
    for number, entry in enumerate(
        [
            ("Arterial 2.5", 2.5, "B30f"),
            wanted,
            ("Portal venous lung", 2.5, "B70f"),
            ("Portal venous thick", 5.0, "B30f"),
        ]
    ):
        text, thickness, kernel = entry
        edit = setting(SeriesDescription=text, SliceThickness=thickness, ConvolutionKernel=kernel)
        RECIPE.write(tmp_path / str(number), edit)
    result = scan(tmp_path)
    assert result.preselected == 0
    assert result.series[0].description.description == wanted[0]
    assert "2.5" in result.why.text()


def test_the_list_fills_as_the_scan_goes_and_stop_works(tmp_path: Path) -> None:
    for number in range(6):
        SeriesRecipe(slices=30).write(tmp_path / str(number))
    reports: list[ScanProgress] = []
    scan(tmp_path, reports.append)
    early = [summary for report in reports if report.fraction < 0.5 for summary in report.series]
    assert early
    assert early[0].scanning
    assert early[0].thumbnail
    assert early[0].sentence.text()
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    final: dict[str, SeriesSummary] = {s.key: s for report in reports for s in report.series}
    assert len(final) == 6
    assert not any(summary.scanning for summary in final.values())

    def stop(report: ScanProgress) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        scan(tmp_path, stop)


def test_a_scan_is_bounded_in_files_and_depth(tmp_path: Path) -> None:
    RECIPE.write(tmp_path)
    result = scan(tmp_path, limits=ScanLimits(files=5))
    assert sum(summary.slice_count for summary in result.series) == 5
    assert any(skipped.reason.id == "ct.skip_too_many" for skipped in result.skipped)
    deep = tmp_path / "/".join("d" * 1 for _ in range(70))
    deep.mkdir(parents=True)
    (deep / "x").write_bytes(b"x")
    assert any(skipped.reason.id == "ct.skip_too_deep" for skipped in scan(tmp_path).skipped)


def test_single_file_and_series_by_files_without_preamble(tmp_path: Path) -> None:
    paths = RECIPE.write(tmp_path / "a")
    assert scan(paths[0]).series[0].slice_count == 1
    bare = tmp_path / "bare"
    bare.mkdir()
    for path in paths:
        dataset = pydicom.dcmread(path)
        del dataset.file_meta
        pydicom.dcmwrite(bare / path.name, dataset, implicit_vr=True, little_endian=True)
    assert _digest(scan(bare)) == _digest(scan(tmp_path / "a"))


def test_a_volume_file_goes_the_same_way(tmp_path: Path) -> None:
    from apnet_desktop.ct.volume_files import write_volume_file

    RECIPE.write(tmp_path / "a")
    volume = read_series(scan(tmp_path / "a").series[0], new_array)
    write_volume_file(volume, tmp_path / "体积.nii.gz")
    result = scan(tmp_path / "体积.nii.gz")
    assert result.preselected == 0
    again = read_series(result.series[0], new_array)
    np.testing.assert_array_equal(again.hounsfield, volume.hounsfield)
    assert again.geometry.same_grid(volume.geometry)
    assert {check.id: check.state for check in again.checks}["ct.identity"] is CheckState.WARNED
