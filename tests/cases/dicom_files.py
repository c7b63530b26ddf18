"""Writes a small CT with a canary in every attribute that may carry one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from tests.cases.samples import CANARY

SERIES = generate_uid(entropy_srcs=["cases", "series"])
STUDY = generate_uid(entropy_srcs=["cases", "study"])
FRAME = generate_uid(entropy_srcs=["cases", "frame"])
SLICES = 12


def ct_slice(number: int) -> FileDataset:
    """One axial slice of 32 by 32 voxels, of a made-up patient."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["cases", str(number)])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.SourceApplicationEntityTitle = "QANARY_STATION"
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"MZ" + b"\0" * 126)
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = STUDY, SERIES, FRAME
    dataset.PatientName = "Qanary^Zyxwv"
    dataset.PatientID = CANARY.patient_id
    dataset.PatientBirthDate = "19610228"
    dataset.PatientSex = "F"
    dataset.PatientAge = "064Y"
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = "20260115"
    dataset.StudyTime = "101112"
    dataset.AccessionNumber = "ACC-QANARY"
    dataset.InstitutionName = "Qanary Hospital"
    dataset.ReferringPhysicianName = "Refqanary^Doc"
    dataset.StudyDescription = "Abdomen of Zyxwv"
    dataset.SeriesDescription = "Portal venous 2.5 mm"
    dataset.Modality = "CT"
    dataset.Manufacturer = "Maker"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SeriesNumber, dataset.InstanceNumber = 3, number + 1
    dataset.ContrastBolusAgent = "Agent of Qanary"
    dataset.ConvolutionKernel = "B30f"
    dataset.PatientPosition = "HFS"
    dataset.ImagePositionPatient = [-12.0, -10.0, 5.0 + 2.5 * number]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.SliceThickness = "2.5"
    dataset.PixelSpacing = [0.8, 0.8]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = 32
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    dataset.RescaleIntercept, dataset.RescaleSlope = "0", "1"
    block = dataset.private_block(0x0021, "QANARY PRIVATE", create=True)
    block.add_new(1, "LO", "Zyxwv Qanary")
    pixels = np.full((32, 32), -1000, dtype=np.int16)
    pixels[4:28, 4:28] = 40 + number
    dataset.PixelData = pixels.tobytes()
    return dataset


def write_ct(folder: Path) -> Path:
    """The series as files whose names carry the canary too."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(SLICES):
        ct_slice(number).save_as(folder / f"IM{SLICES - number:03d}", enforce_file_format=True)
    return folder


def read_pixels(folder: Path) -> list[bytes]:
    """Pixel data of the files of a folder, by position, as pydicom reads them."""
    datasets = [pydicom.dcmread(path) for path in folder.iterdir() if path.suffix != ".txt"]
    datasets.sort(key=lambda dataset: float(dataset.ImagePositionPatient[2]))
    return [dataset.PixelData for dataset in datasets]
