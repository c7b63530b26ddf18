"""The header of one CT file: the elements that are needed, as bytes until they are asked for."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from struct import error as StructError  # noqa: N812 - an exception

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.tag import BaseTag

from apnet_desktop.ct.sources import Entry
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["NEEDED_TAGS", "PARSE_ERRORS", "Header", "NotDicomError", "decimal_strings"]

# What pydicom raises on damaged files (found by mutation of real ones).
PARSE_ERRORS = (
    InvalidDicomError,
    AttributeError,
    ValueError,
    NotImplementedError,
    TypeError,
    KeyError,
    IndexError,
    RuntimeError,
    EOFError,
    OSError,
    StructError,
    BytesLengthException,
    RecursionError,
    OverflowError,
    zlib.error,
)

_KEYWORDS = (
    "SpecificCharacterSet",
    "ImageType",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyDate",
    "AcquisitionDate",
    "ContentDate",
    "AcquisitionDateTime",
    "StudyTime",
    "AcquisitionTime",
    "AccessionNumber",
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "SeriesDescription",
    "StudyDescription",
    "ProtocolName",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientPosition",
    "BodyPartExamined",
    "ContrastBolusAgent",
    "ContrastBolusStartTime",
    "ContrastBolusTotalDose",
    "SliceThickness",
    "KVP",
    "GantryDetectorTilt",
    "ConvolutionKernel",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "AcquisitionNumber",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "FrameOfReferenceUID",
    "TemporalPositionIdentifier",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "WindowCenter",
    "WindowWidth",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "LossyImageCompression",
    "BurnedInAnnotation",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)


def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return int(tag)


_TAGS = {keyword: _tag(keyword) for keyword in _KEYWORDS}
NEEDED_TAGS: tuple[int, ...] = tuple(sorted(_TAGS.values()))


class NotDicomError(CtError):
    """The file is not DICOM at all."""


@dataclass(slots=True)
class Header:
    """The needed elements of one file, as bytes until they are asked for.

    Attributes:
        entry: The file.
        values: Bytes of the elements, by tag.
        kinds: Their value representations, by tag; None in implicit encoding.
        sequences: The sequences among them.
        transfer_syntax: As the file meta says; empty if it does not.
        little_endian: Byte order of the data set.
        pixel_offset: Where pixel values start; -1 if there are none.
        pixel_length: Their declared length; -1 if undefined.
        deflated: Length of the inflated data set if it was deflated, else 0.
        executable: True if the preamble is the start of a program.
    """

    entry: Entry
    values: dict[int, bytes]
    kinds: dict[int, str | None]
    sequences: dict[int, RawDataElement | DataElement] = field(default_factory=dict)
    transfer_syntax: str = ""
    little_endian: bool = True
    pixel_offset: int = -1
    pixel_length: int = 0
    deflated: int = 0
    executable: bool = False

    def raw(self, keyword: str) -> bytes:
        """The element's bytes; empty if absent, or if it is a sequence."""
        return self.values.get(_TAGS[keyword], b"")

    def ascii(self, keyword: str) -> str:
        """A value of the default character set (UID, code, date), without padding."""
        return self.raw(keyword).decode("ascii", "replace").strip(" \0")

    def codes(self, keyword: str) -> tuple[str, ...]:
        """The values of a multi-valued code, in capitals."""
        text = self.ascii(keyword)
        return tuple(part.strip().upper() for part in text.split("\\")) if text else ()

    def numbers(self, keyword: str) -> tuple[float, ...] | None:
        """Values of a decimal string; None if absent; empty if one of them is not a finite decimal number."""
        raw = self.raw(keyword).strip(b" \0")
        return decimal_strings(raw) if raw else None

    def unsigned(self, keyword: str) -> int | None:
        """A single US value; None if absent or of another type or multiplicity."""
        tag = _TAGS[keyword]
        value = self.values.get(tag, b"")
        if len(value) != 2 or self.kinds[tag] not in (None, "US", "SS"):
            return None
        return int.from_bytes(value, "little" if self.little_endian else "big")

    def sequence(self, keyword: str) -> list[Dataset]:
        """Items of a sequence; empty if absent.

        Raises:
            CtError: It cannot be read.
        """
        tag = _TAGS[keyword]
        element = self.sequences.get(tag)
        if element is None:
            return []
        try:
            return list(Dataset({BaseTag(tag): element})[tag].value or [])
        except PARSE_ERRORS as error:
            raise CtError(Message.of("ct.file_damaged", file=self.entry.name)) from error


@lru_cache(maxsize=4096)
def decimal_strings(raw: bytes) -> tuple[float, ...]:
    """Values of a DS element; empty if one of them is no finite decimal number ("0,7", "nan", "1_0")."""
    try:
        values = tuple(float(part) for part in raw.split(b"\\"))
    except ValueError:
        return ()
    if b"_" in raw or any(value - value != 0.0 for value in values):
        return ()
    return values
