"""What leaves the house names nobody: tried with a canary in every attribute of the DICOM dictionary."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom._dicom_dict import DicomDictionary
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from apnet_desktop.cases.deidentify import DEIDENTIFICATION_METHOD, Deidentifier, deidentify_series, pseudonym
from apnet_desktop.cases.kept_attributes import KEPT
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.volume import CtVolume
from tests.cases.dicom_files import SERIES, SLICES, ct_slice, read_pixels, write_ct
from tests.cases.promises import tries
from tests.cases.samples import CANARY

SECRET = "0" * 64
# A value of each kind in which a canary fits; "1961-02-28" and its relatives for dates.
_CANARIES = {
    "PN": "Qanary^Zyxwv", "LO": "Zyxwv", "SH": "Zyxwv", "ST": "Zyxwv", "LT": "Zyxwv", "UT": "Zyxwv", "UC": "Zyxwv",
    "UR": "http://zyxwv", "CS": "ZYXWV", "AE": "ZYXWV", "DA": "19610228", "DT": "19610228101112", "TM": "101112",
    "AS": "064Y", "UI": "1.2.3.19610228", "OB": b"Zyxwv ", "UN": b"Zyxwv ", "OW": b"Zyxwv ",
}  # fmt: skip
_NOT_FOR_FILES = {0x0000, 0x0002, 0xFFFE}


def _bytes(dataset: FileDataset) -> bytes:
    target = io.BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


def _attributes() -> list[tuple[int, str, str]]:
    """Tag, kind and keyword of every attribute of the dictionary that can carry a canary."""
    found = []
    for tag, (kinds, _, _, _, keyword) in DicomDictionary.items():
        kind = kinds.split(" or ")[0]
        if kind in _CANARIES and keyword and tag >> 16 not in _NOT_FOR_FILES and keyword != "PixelData":
            found.append((tag, kind, keyword))
    return found


@tries("C-54")
def test_a_canary_in_every_attribute_is_gone() -> None:
    attributes = _attributes()
    assert len(attributes) > 1800
    deidentifier = Deidentifier(SECRET, "APNET-1")
    for start in range(0, len(attributes), 50):
        batch = attributes[start : start + 50]
        dataset = ct_slice(0)
        for tag, kind, keyword in batch:
            # The class decides what the file is and is no text; the character set is read before everything else.
            if keyword not in ("SOPClassUID", "SpecificCharacterSet"):
                dataset.add_new(tag, kind, _CANARIES[kind])
        deidentifier.apply(dataset)
        content = _bytes(dataset).lower()
        for canary in (b"zyxwv", b"qanary", b"19610228", b"101112", b"064y"):
            assert canary not in content, [keyword for _, _, keyword in batch]


@tries("C-54")
def test_canaries_in_sequences_and_private_attributes_are_gone() -> None:
    dataset = ct_slice(0)
    deepest = Dataset()
    deepest.PatientName, deepest.ReviewerName = "Qanary^Zyxwv", "Qanary^Zyxwv"
    deepest.PixelSpacing = [0.8, 0.8]
    middle = Dataset()
    middle.PixelMeasuresSequence = Sequence([deepest])
    middle.RequestAttributesSequence = Sequence([deepest])
    dataset.SharedFunctionalGroupsSequence = Sequence([middle])
    dataset.ReferencedImageSequence = Sequence([deepest])
    Deidentifier(SECRET, "APNET-1").apply(dataset)
    content = _bytes(dataset).lower()
    for canary in (b"zyxwv", b"qanary", b"19610228", CANARY.patient_id.lower().encode(), b"20260115", b"064y"):
        assert canary not in content
    # The spacing two sequences deep is still there: the picture needs it.
    assert dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing == [0.8, 0.8]


@tries("C-54")
def test_a_name_typed_into_a_kept_field_is_gone() -> None:
    dataset = ct_slice(0)
    dataset.BodyPartExamined = "ZYXWV"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "QANARY"]
    Deidentifier(SECRET, "APNET-1").apply(dataset)
    assert b"ZYXWV" not in _bytes(dataset)
    assert b"QANARY" not in _bytes(dataset)


@tries("C-54")
def test_the_method_is_recorded_as_the_standard_asks() -> None:
    dataset = ct_slice(0)
    Deidentifier(SECRET, "APNET-1").apply(dataset)
    again = pydicom.dcmread(io.BytesIO(_bytes(dataset)))
    assert again.PatientIdentityRemoved == "YES"
    assert "PS3.15 2024c" in DEIDENTIFICATION_METHOD
    assert again.DeidentificationMethod == DEIDENTIFICATION_METHOD
    assert again.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert again.LongitudinalTemporalInformationModified == "REMOVED"
    # Attributes of type 2 that a CT must have are there, and empty.
    for keyword in ("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "PatientBirthDate"):
        assert keyword in again
        assert not again[keyword].value


@tries("CVE preamble")
def test_a_preamble_that_could_be_run_is_zero() -> None:
    dataset = ct_slice(0)
    assert _bytes(dataset).startswith(b"MZ")
    Deidentifier(SECRET, "APNET-1").apply(dataset)
    assert _bytes(dataset)[:132] == b"\0" * 128 + b"DICM"


@tries("C-54")
def test_uids_are_new_and_consistent() -> None:
    first, second, other_store = ct_slice(0), ct_slice(1), ct_slice(1)
    one = Deidentifier(SECRET, "APNET-1")
    one.apply(first)
    Deidentifier(SECRET, "APNET-1").apply(second)
    Deidentifier("1" * 64, "APNET-1").apply(other_store)
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        assert first[keyword].value == second[keyword].value
        assert first[keyword].value != ct_slice(0)[keyword].value
        assert first[keyword].value != other_store[keyword].value
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.file_meta.MediaStorageSOPInstanceUID == first.SOPInstanceUID
    assert first.SOPClassUID == ct_slice(0).SOPClassUID


def _volume(folder: Path) -> CtVolume:
    summary = scan(folder).series[0]
    return read_series(summary, lambda shape: np.empty(shape, dtype=np.int16))


@tries("C-54")
def test_the_picture_is_the_same(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "in")
    (source / "note.txt").write_text("not DICOM")
    done = deidentify_series(SERIES, source, tmp_path / "out", SECRET, "APNET-1")
    assert done.files == SLICES
    assert done.warnings == ()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{n:05d}.dcm" for n in range(1, SLICES + 1)]
    assert read_pixels(tmp_path / "out") == read_pixels(source)
    before, after = _volume(source), _volume(tmp_path / "out")
    assert after.digest() == before.digest()
    assert after.identity.name == after.identity.patient_id == "APNET-1"


def test_burned_in_text_is_warned_of(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for number in range(SLICES):
        dataset = ct_slice(number)
        dataset.BurnedInAnnotation = "YES"
        dataset.save_as(source / f"{number}", enforce_file_format=True)
    done = deidentify_series(SERIES, source, tmp_path / "out", SECRET, "APNET-1")
    assert [warning.id for warning in done.warnings] == ["cases.burned_in"]


def test_a_pseudonym_is_steady_and_says_nothing() -> None:
    assert pseudonym(SECRET, CANARY.patient_id) == pseudonym(SECRET, CANARY.patient_id)
    assert pseudonym(SECRET, CANARY.patient_id) != pseudonym("1" * 64, CANARY.patient_id)
    assert CANARY.patient_id not in pseudonym(SECRET, CANARY.patient_id)


@pytest.mark.parametrize("keyword", sorted(KEPT))
def test_what_is_kept_is_an_attribute_of_the_dictionary(keyword: str) -> None:
    assert pydicom.datadict.tag_for_keyword(keyword) is not None
