"""Reads a whole DICOM object (SEG, RTSTRUCT) from bytes, with the bounds that headers of images have."""

from __future__ import annotations

import io
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from apnet_desktop.ct.header import PARSE_ERRORS
from apnet_desktop.ct.header_reading import check_nesting, data_set_start, encoding_of, inflate, read_header
from apnet_desktop.ct.quiet import quiet_pydicom
from apnet_desktop.ct.series import ScanLimits
from apnet_desktop.ct.sources import Entry, FileBytes
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["read_document"]

_LARGEST_FILE = 1024**3


def read_document(path: Path, limits: ScanLimits | None = None) -> Dataset:
    """The whole data set of a file, with its transfer syntax in `file_meta`.

    Raises:
        CtError: It is not DICOM, damaged, or beyond a limit.
        OSError: The file cannot be read.
    """
    bounds = limits or ScanLimits()
    state = path.stat()
    entry = Entry(path, None, path.name, state.st_size, state.st_mtime_ns)
    if state.st_size > _LARGEST_FILE:
        raise CtError(Message.of("ct.grid_too_large", file=path.name))
    with quiet_pydicom(), FileBytes() as files:
        header = read_header(files, entry, bounds)
        data = files.read(entry)
        try:
            start = data_set_start(data)
            body = data[start:]
            if header.transfer_syntax == DeflatedExplicitVRLittleEndian:
                body = inflate(body, entry, bounds)
            implicit, little = encoding_of(header.transfer_syntax, body, 0)
            dataset = read_dataset(io.BytesIO(body), implicit, little)
            check_nesting(dataset, entry, bounds)
        except PARSE_ERRORS as error:
            raise CtError(Message.of("ct.file_damaged", file=entry.name)) from error
    dataset.file_meta = FileMetaDataset()
    implied = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    dataset.file_meta.TransferSyntaxUID = UID(header.transfer_syntax or implied)
    dataset.set_original_encoding(implicit, little)
    return dataset
