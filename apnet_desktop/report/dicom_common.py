"""What every DICOM object of a report shares: patient, study, times and UIDs; all inputs, no clock and no chance."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING

from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import ReportError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.report.content import ReportContent

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = [
    "CT_IMAGE_STORAGE",
    "MANUFACTURER",
    "DicomSource",
    "as_file",
    "dicom_source",
    "object_uid",
    "patient_and_study",
    "person_name",
    "refuse_unless_exportable",
    "stamp",
]

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
MANUFACTURER = "APNet Desktop"


class DicomSource(FrozenModel):
    """The images that a report rests on, as DICOM names them.

    Attributes:
        study_uid: (0020,000D).
        series_uid: (0020,000E).
        instance_uids: SOP instance UID of each slice.
        referring_physician: (0008,0090).
        study_id: (0020,0010).
        study_time: (0008,0030), as in DICOM.
    """

    study_uid: str
    series_uid: str
    instance_uids: tuple[str, ...]
    referring_physician: str = ""
    study_id: str = ""
    study_time: str = ""


def dicom_source(volume: CtVolume) -> DicomSource:
    """The source of `volume`.

    Raises:
        ReportError: The volume did not come from DICOM files, so that no archive could file the objects.
    """
    uids = tuple(uid for uid in volume.source_uids if uid)
    if not uids or not volume.series.study_uid:
        raise ReportError(Message.of("report.no_dicom_source"))
    return DicomSource(
        study_uid=volume.series.study_uid,
        series_uid=volume.series.series_uid,
        instance_uids=uids,
    )


def refuse_unless_exportable(content: ReportContent) -> None:
    """Refuses what must not enter an archive.

    Raises:
        ReportError: The number is not a finding: a model of simulated patients on a CT that is not simulated.
    """
    if not content.is_finding:
        raise ReportError(Message.of("report.demonstration_not_exported"))


def object_uid(content: ReportContent, what: str) -> str:
    """A UID that belongs to this version of the report and this object, the same each time."""
    from pydicom.uid import generate_uid

    return str(generate_uid(entropy_srcs=["apnet-desktop", content.report_id, str(content.version), what]))


def stamp(dataset: Dataset, time: datetime) -> None:
    """Sets the dates and times at which the object came to be."""
    dataset.InstanceCreationDate = dataset.ContentDate = time.strftime("%Y%m%d")
    dataset.InstanceCreationTime = dataset.ContentTime = time.strftime("%H%M%S")
    offset = time.strftime("%z")
    if offset:
        dataset.TimezoneOffsetFromUTC = offset
    for equipment in dataset.get("ContributingEquipmentSequence", []):
        if "ContributionDateTime" in equipment:
            equipment.ContributionDateTime = time.strftime("%Y%m%d%H%M%S%z")


def patient_and_study(dataset: Dataset, content: ReportContent, source: DicomSource) -> None:
    """Fills the patient, study and character-set attributes."""
    identity, series = content.identity, content.series
    dataset.SpecificCharacterSet = "ISO_IR 192"
    # The CT's own name first: the archive files the objects with the CT, and asks after them by that name.
    dataset.PatientName = _filed_name(identity.dicom_name) or _component_groups(identity.name)
    dataset.PatientID = identity.patient_id
    dataset.PatientBirthDate = identity.birth_date.strftime("%Y%m%d") if identity.birth_date else ""
    dataset.PatientSex = identity.sex
    dataset.StudyInstanceUID = source.study_uid
    dataset.StudyDate = series.study_date.strftime("%Y%m%d") if series.study_date else ""
    dataset.StudyTime = source.study_time
    dataset.StudyID = source.study_id
    dataset.AccessionNumber = series.accession_number
    dataset.ReferringPhysicianName = source.referring_physician


def person_name(name: str) -> str:
    """A name as a person typed it, as one component: which part is the family's is not guessed."""
    return f"{_plain(name)[:62]}^"


def _plain(name: str) -> str:
    """Without control characters and the separators that DICOM reserves."""
    return "".join(character for character in name if character not in "\\^=" and ord(character) >= 0x20).strip()


def _filed_name(name: str) -> str:
    """A name as a file carries it, within what PS3.5 6.2 allows: three groups of at most 64 characters each."""
    groups = ["".join(c for c in group if c != "\\" and ord(c) >= 0x20)[:64] for group in name.split("=")[:3]]
    return "=".join(groups).rstrip("=")


def _component_groups(name: str) -> str:
    """A patient's name as shown, "Family Given", as a person name: "Family^Given"."""
    plain = _plain(name)
    family, _, given = plain.partition(" ")
    return f"{family}^{given}"[:64] if given else family[:64]


def as_file(dataset: Dataset) -> bytes:
    """The DICOM file: zero preamble, explicit VR little endian."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationVersionName = "APNET_DESKTOP"
    dataset.file_meta = meta
    dataset.preamble = b"\0" * 128
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True, little_endian=True, implicit_vr=False)
    return out.getvalue()
