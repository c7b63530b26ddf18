"""Writes a ROI as DICOM SEG with highdicom, referring to the CT's own images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import RoiError
from apnet_desktop.language import Message

if TYPE_CHECKING:
    from highdicom import AlgorithmIdentificationSequence
    from pydicom.dataset import Dataset

__all__ = ["write_seg"]

_CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"


def write_seg(roi: Roi, path: Path, volume: CtVolume) -> None:
    """Writes a binary SEG with one segment, the pancreas (SNOMED CT 15776009).

    Instance UIDs are made from the content, so that the same ROI on the same CT gives the same object.

    Raises:
        RoiError: The volume is not DICOM, or the file cannot be written.
    """
    import highdicom
    from pydicom.sr.codedict import codes

    if len(volume.source_uids) != volume.geometry.size[2] or not all(volume.source_uids):
        raise RoiError(Message.of("ct.seg_needs_dicom"))
    slices = roi.slices()
    if not len(slices):
        raise RoiError(Message.of("ct.roi_empty"))
    sources = [_source_image(volume, int(k)) for k in slices]
    drawn = roi.origins[0].value != "assisted"
    kinds = highdicom.seg.SegmentAlgorithmTypeValues
    segment = highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label="pancreas",
        segmented_property_category=codes.SCT.Organ,
        segmented_property_type=codes.SCT.Pancreas,
        algorithm_type=kinds.MANUAL if drawn else kinds.SEMIAUTOMATIC,
        algorithm_identification=None if drawn else _algorithm(),
        tracking_uid=_uid("tracking", roi.digest()),
        tracking_id="pancreas",
    )
    segmentation = highdicom.seg.Segmentation(
        source_images=sources,
        pixel_array=roi.mask[slices].astype(np.uint8),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[segment],
        series_instance_uid=_uid("series", roi.digest() + volume.series.series_uid),
        series_number=9000,
        sop_instance_uid=_uid("instance", roi.digest() + volume.series.series_uid),
        instance_number=1,
        manufacturer="APNet Desktop",
        manufacturer_model_name="APNet Desktop",
        software_versions=_version(),
        device_serial_number="0",
        content_label="PANCREAS",
        content_creator_name=_person(roi.author),
        series_description="Pancreas ROI",
        omit_empty_frames=False,
    )
    try:
        segmentation.save_as(path)
    except OSError as error:
        raise RoiError(Message.of("ct.grid_not_written", file=path.name)) from error


def _algorithm() -> AlgorithmIdentificationSequence:
    import highdicom
    from pydicom.sr.codedict import codes

    return highdicom.AlgorithmIdentificationSequence(
        name="APNet Desktop fill between slices", version=_version(), family=codes.cid7162.ArtificialIntelligence
    )


def _version() -> str:
    from importlib.metadata import version

    return version("apnet-desktop")


def _person(name: str) -> str | None:
    """A name as shown to people, as a DICOM person name: the first word is the family name."""
    clean = name.replace("^", " ").replace("=", " ").replace("\\", " ").strip()
    family, _, given = clean.partition(" ")
    return f"{family}^{given}" if family else None


def _uid(what: str, content: str) -> str:
    import hashlib

    digest = hashlib.sha256(f"{what}\n{content}".encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def _source_image(volume: CtVolume, k: int) -> Dataset:
    """What highdicom needs of slice k: who, which study, and where it lies in the patient frame of the volume."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    geometry, series, identity = volume.geometry, volume.series, volume.identity
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SpecificCharacterSet = "ISO_IR 192"
    image.SOPClassUID = _CT_IMAGE
    image.SOPInstanceUID = volume.source_uids[k]
    image.PatientName = _person(identity.name)
    image.PatientID = identity.patient_id
    image.PatientBirthDate = identity.birth_date.strftime("%Y%m%d") if identity.birth_date else None
    image.PatientSex = identity.sex
    image.StudyInstanceUID = series.study_uid or _uid("study", series.series_uid)
    image.StudyDate = series.study_date.strftime("%Y%m%d") if series.study_date else None
    image.StudyTime = None
    image.StudyID = None
    image.AccessionNumber = series.accession_number
    image.ReferringPhysicianName = None
    image.SeriesInstanceUID = series.series_uid
    image.FrameOfReferenceUID = series.frame_of_reference_uid or _uid("frame", series.series_uid)
    image.PositionReferenceIndicator = None
    image.Modality = "CT"
    image.InstanceNumber = k + 1
    image.Rows, image.Columns = geometry.size[1], geometry.size[0]
    image.PixelSpacing = [_decimal(geometry.spacing[1]), _decimal(geometry.spacing[0])]
    image.SliceThickness = _decimal(geometry.spacing[2])
    image.SpacingBetweenSlices = _decimal(geometry.spacing[2])
    image.ImageOrientationPatient = [_decimal(value) for axis in geometry.direction[:2] for value in axis]
    image.ImagePositionPatient = [_decimal(float(value)) for value in geometry.to_patient((0.0, 0.0, float(k)))]
    return image


def _decimal(value: float) -> str:
    from pydicom.valuerep import format_number_as_ds

    return format_number_as_ds(value)
