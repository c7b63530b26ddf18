"""Writes a simulated patient as a hospital would hand him over: CT series, ROI, clinical record, outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.findings import Findings
from apnet_desktop.simulation.identifiers import frame_uid, instance_uid, series_uid, study_uid
from apnet_desktop.simulation.nifti import write_mask
from apnet_desktop.simulation.outcome import FollowUp, follow
from apnet_desktop.simulation.patient import SimulatedPatient
from apnet_desktop.simulation.rendering import MANUFACTURER, RenderedCt, measure_patient, render_volume

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

__all__ = ["WrittenPatient", "slice_dataset", "write_patient", "write_series"]

_CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
_EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_IMPLEMENTATION = "1.2.826.0.1.3680043.8.498.1"


@dataclass(frozen=True)
class WrittenPatient:
    """Where the files of one patient lie.

    Attributes:
        ct_folder: DICOM files of one series.
        roi_file: NIfTI mask of the true pancreas.
        clinical_file: ClinicalRecord as JSON.
        outcome_file: FollowUp as JSON.
        findings: Image causes as measured on the label map.
        follow_up: What happened after discharge.
    """

    ct_folder: Path
    roi_file: Path
    clinical_file: Path
    outcome_file: Path
    findings: Findings
    follow_up: FollowUp


def write_patient(
    patient: SimulatedPatient, folder: Path, progress: Callable[[float], None] | None = None
) -> WrittenPatient:
    """Renders and writes one patient (about 50 ms and 0.5 MB a slice).

    Args:
        patient: Whom.
        folder: Made if absent: `ct/`, `pancreas.nii.gz`, `clinical.json`, `outcome.json`.
        progress: Told the share that is done.
    """
    rendered = render_volume(patient, progress)
    findings = measure_patient(patient)
    follow_up = follow(patient, findings)
    ct_folder = folder / "ct"
    ct_folder.mkdir(parents=True, exist_ok=True)
    write_series(patient, rendered, ct_folder)
    roi, clinical, outcome = (folder / name for name in ("pancreas.nii.gz", "clinical.json", "outcome.json"))
    write_mask(rendered.roi, roi)
    clinical.write_text(patient.record.model_dump_json(indent=1) + "\n", encoding="utf-8")
    outcome.write_text(follow_up.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return WrittenPatient(ct_folder, roi, clinical, outcome, findings, follow_up)


def write_series(patient: SimulatedPatient, rendered: RenderedCt, folder: Path) -> None:
    """Writes one DICOM file a slice, named IM0001... from foot to head."""
    for number in range(rendered.volume.geometry.size[2]):
        dataset = slice_dataset(patient, rendered.volume.hounsfield[number], number)
        dataset.save_as(folder / f"IM{number + 1:04d}.dcm", enforce_file_format=True)


def _decimal(value: float) -> str:
    """A DICOM decimal string: at most 16 characters."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _dicom_date(day: date) -> str:
    return f"{day:%Y%m%d}"


def slice_dataset(patient: SimulatedPatient, hounsfield: NDArray[np.int16], number: int) -> FileDataset:
    """The CT Image object of one slice.

    Args:
        patient: Whose.
        hounsfield: HU of the slice, (y, x).
        number: Slice k, from the foot.
    """
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import UID

    uid = instance_uid(patient.seed, patient.index, number)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(_CT_IMAGE_STORAGE)
    meta.MediaStorageSOPInstanceUID = UID(uid)
    meta.TransferSyntaxUID = UID(_EXPLICIT_LITTLE_ENDIAN)
    meta.ImplementationClassUID = UID(_IMPLEMENTATION)
    meta.ImplementationVersionName = "APNETSIM_1"
    dataset = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = _CT_IMAGE_STORAGE
    dataset.SOPInstanceUID = uid
    _patient_and_study(dataset, patient)
    _series_and_equipment(dataset, patient)
    _image(dataset, patient, hounsfield, number)
    return dataset


def _patient_and_study(dataset: FileDataset, patient: SimulatedPatient) -> None:
    identity, series = patient.identity, patient.series
    day = _dicom_date(series.study_date)
    dataset.PatientName = "^".join(identity.name.split(" ", 1))
    dataset.PatientID = identity.patient_id
    dataset.PatientBirthDate = _dicom_date(identity.birth_date) if identity.birth_date else ""
    dataset.PatientSex = identity.sex
    dataset.PatientAge = f"{int(patient.factor('age')):03d}Y"
    dataset.StudyInstanceUID = study_uid(patient.seed, patient.index)
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = day
    dataset.StudyTime = "090000"
    dataset.SeriesTime = "090500"
    dataset.AcquisitionTime = "090512"
    dataset.ContentTime = "090600"
    dataset.ReferringPhysicianName = ""
    dataset.StudyID = "1"
    dataset.AccessionNumber = ""
    dataset.StudyDescription = "Simulated CT abdomen with contrast"


def _series_and_equipment(dataset: FileDataset, patient: SimulatedPatient) -> None:
    series = patient.series
    dataset.Modality = "CT"
    dataset.SeriesInstanceUID = series_uid(patient.seed, patient.index)
    dataset.SeriesNumber = 2
    dataset.SeriesDescription = "Portal venous" if series.portal_venous else "Pancreatic phase"
    dataset.ProtocolName = "Abdomen with contrast"
    dataset.BodyPartExamined = "ABDOMEN"
    dataset.PatientPosition = "HFS"
    dataset.FrameOfReferenceUID = frame_uid(patient.seed, patient.index)
    dataset.PositionReferenceIndicator = ""
    dataset.Manufacturer = MANUFACTURER
    dataset.ManufacturerModelName = series.scanner.model
    dataset.InstitutionName = "Simulated hospital"
    dataset.DeviceSerialNumber = series.scanner.id
    dataset.SoftwareVersions = "1"


def _image(dataset: FileDataset, patient: SimulatedPatient, hounsfield: NDArray[np.int16], number: int) -> None:
    series, geometry = patient.series, patient.series.geometry
    x, y, z = geometry.origin
    height = round(z + number * geometry.spacing[2], 4)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.AcquisitionNumber = 1
    dataset.InstanceNumber = number + 1
    dataset.ImagePositionPatient = [_decimal(x), _decimal(y), _decimal(height)]
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.SliceLocation = _decimal(height)
    dataset.SliceThickness = dataset.SpacingBetweenSlices = _decimal(geometry.spacing[2])
    dataset.PixelSpacing = [_decimal(geometry.spacing[1]), _decimal(geometry.spacing[0])]
    dataset.KVP = str(series.scanner.kilovolts)
    dataset.ConvolutionKernel = series.kernel.name
    dataset.ReconstructionDiameter = _decimal(geometry.spacing[0] * geometry.size[0])
    dataset.ContrastBolusAgent = "Iodinated contrast (simulated)"
    dataset.ContrastBolusRoute = "IV"
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = geometry.size[1], geometry.size[0]
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "HU"
    dataset.WindowCenter, dataset.WindowWidth = "40", "400"
    dataset.PixelData = np.ascontiguousarray(hounsfield, dtype="<i2").tobytes()
