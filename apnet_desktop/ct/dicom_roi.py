"""Opens a DICOM SEG or RTSTRUCT as a source of ROIs."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset

from apnet_desktop.ct.dicom_documents import read_document
from apnet_desktop.ct.header import PARSE_ERRORS
from apnet_desktop.ct.quiet import quiet_pydicom
from apnet_desktop.ct.roi_source import RoiSource
from apnet_desktop.ct.rtstruct import structure_source
from apnet_desktop.ct.seg_reading import segmentation_source
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import CtError, RoiError
from apnet_desktop.language import Message

__all__ = ["open_dicom_roi"]


def open_dicom_roi(path: Path, volume: CtVolume) -> RoiSource:
    """The ROIs of a SEG or RTSTRUCT file.

    Raises:
        RoiError: It is neither, or damaged.
        OSError: It cannot be read.
    """
    try:
        dataset = read_document(path)
    except CtError as error:
        if error.message.id == "ct.skip_not_dicom":
            raise RoiError(Message.of("ct.roi_unknown_file", file=path.name)) from error
        raise RoiError(error.message) from error
    try:
        with quiet_pydicom():
            return _source(dataset, path.name, volume)
    except PARSE_ERRORS as error:
        raise RoiError(Message.of("ct.file_damaged", file=path.name)) from error


def _source(dataset: Dataset, name: str, volume: CtVolume) -> RoiSource:
    modality = str(dataset.get("Modality", ""))
    if modality == "SEG":
        return segmentation_source(dataset, name)
    if modality == "RTSTRUCT":
        return structure_source(dataset, name, volume.geometry)
    raise RoiError(Message.of("ct.roi_not_segmentation", file=name, modality=modality or "?"))
