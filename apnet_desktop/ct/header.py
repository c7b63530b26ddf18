"""Reads a DICOM file's header with pydicom: only the tags that a CT needs, from a bounded copy of the first bytes.

Nothing is allocated by what a file declares: pydicom reads from a buffer of bytes that were there, deflated data sets
are inflated up to a limit, and nesting is counted before it is trusted.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import error as StructError  # noqa: N812 - an exception
from typing import Literal

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from apnet_desktop.ct.series import ScanLimits
from apnet_desktop.ct.sources import Entry, FileBytes, inflation_refused
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = [
    "PARSE_ERRORS",
    "Header",
    "NotDicomError",
    "check_nesting",
    "data_set_start",
    "decimal_strings",
    "encoding_of",
    "inflate",
    "read_header",
]

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
_TAG_LIST: list[int] = sorted(_TAGS.values())
_PIXEL_DATA = 0x7FE00010
_PIXEL_TAGS = {0x7FE00008, 0x7FE00009, _PIXEL_DATA}
_ITEM = {True: b"\xfe\xff\x00\xe0", False: b"\xff\xfe\xe0\x00"}
_FIRST_READ = 16 * 1024
_greater_or_equal = int.__ge__


class NotDicomError(CtError):
    """The file is not DICOM at all."""


@dataclass(slots=True)
class Header:
    """The needed elements of one file, as bytes until they are asked for.

    Attributes:
        entry: The file.
        elements: By tag.
        transfer_syntax: As the file meta says; empty if it does not.
        little_endian: Byte order of the data set.
        pixel_offset: Where pixel values start; -1 if there are none.
        pixel_length: Their declared length; -1 if undefined.
        deflated: Length of the inflated data set if it was deflated, else 0.
        executable: True if the preamble is the start of a program.
    """

    entry: Entry
    elements: dict[int, RawDataElement | DataElement]
    transfer_syntax: str = ""
    little_endian: bool = True
    pixel_offset: int = -1
    pixel_length: int = 0
    pixel_vr: str = "OW"
    deflated: int = 0
    executable: bool = False
    _dataset: Dataset | None = field(default=None)

    def raw(self, keyword: str) -> bytes:
        """The element's bytes; empty if absent, or if it is a sequence."""
        element = self.elements.get(_TAGS[keyword])
        value = element.value if element is not None else None
        return value if isinstance(value, bytes) else b""

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
        element = self.elements.get(_TAGS[keyword])
        if not isinstance(element, RawDataElement) or element.VR not in (None, "US", "SS"):
            return None
        value = element.value
        if not isinstance(value, bytes) or len(value) != 2:
            return None
        return int.from_bytes(value, "little" if self.little_endian else "big")

    def sequence(self, keyword: str) -> list[Dataset]:
        """Items of a sequence; empty if absent.

        Raises:
            CtError: It cannot be read.
        """
        tag = _TAGS[keyword]
        if tag not in self.elements:
            return []
        if self._dataset is None:
            self._dataset = Dataset({BaseTag(tag): element for tag, element in self.elements.items()})
        try:
            return list(self._dataset[tag].value or [])
        except PARSE_ERRORS as error:
            raise CtError(Message.of("ct.file_damaged", file=self.entry.name)) from error


def decimal_strings(raw: bytes) -> tuple[float, ...]:
    """Values of a DS element; empty if one of them is no finite decimal number ("0,7", "nan", "1_0")."""
    try:
        values = tuple(float(part) for part in raw.split(b"\\"))
    except ValueError:
        return ()
    if b"_" in raw or any(value - value != 0.0 for value in values):
        return ()
    return values


def read_header(files: FileBytes, entry: Entry, limits: ScanLimits, head: bytes | None = None) -> Header:
    """The header of one file.

    Args:
        files: Reads the bytes.
        entry: The file.
        limits: Bounds.
        head: Its first bytes, if they were read already.

    Raises:
        NotDicomError: It is not DICOM.
        CtError: It is, but damaged, or beyond a limit.
    """
    data = files.read(entry, 0, _FIRST_READ) if head is None else head
    start = _start(data, entry)
    while True:
        header = _parse(data, start, entry, limits, files)
        if header is not None:
            return header
        if len(data) >= min(entry.size, limits.header_bytes):
            raise CtError(Message.of("ct.header_too_long", file=entry.name))
        data = files.read(entry, 0, min(len(data) * 16, limits.header_bytes))


def _start(data: bytes, entry: Entry) -> int:
    if data[128:132] == b"DICM":
        return 132
    # DICOM without preamble: the first tag is of group 2 or 8, in either byte order, and of a low element number.
    if len(data) >= 16:
        orders: tuple[Literal["little", "big"], ...] = ("little", "big")
        for order in orders:
            group = int.from_bytes(data[0:2], order)
            element = int.from_bytes(data[2:4], order)
            if group in (0x0002, 0x0008) and element <= 0x0100:
                return 0
    raise NotDicomError(Message.of("ct.skip_not_dicom"))


def _is_meta(tag: int) -> bool:
    return tag >> 16 == 0x0002


def _parse(data: bytes, start: int, entry: Entry, limits: ScanLimits, files: FileBytes) -> Header | None:
    """The header if `data` reaches up to the pixels or to the file's end, else None."""
    try:
        syntax, position = _read_meta(data, start)
        offset = 0
        deflated = 0
        if syntax == DeflatedExplicitVRLittleEndian:
            data = inflate(files.read(entry, position), entry, limits)
            deflated = len(data)
            position = 0
        complete = bool(deflated) or len(data) >= entry.size
        return _read_data_set(data, position, syntax, entry, limits, complete, offset, deflated)
    except CtError:
        raise
    except RecursionError as error:
        raise CtError(Message.of("ct.nested_too_deep", file=entry.name, limit=limits.nesting)) from error
    except PARSE_ERRORS as error:
        if len(data) < min(entry.size, limits.header_bytes):
            return None
        raise CtError(Message.of("ct.file_damaged", file=entry.name)) from error


def _read_meta(data: bytes, start: int) -> tuple[str, int]:
    """Transfer syntax and where the data set starts."""
    buffer = io.BytesIO(data)
    buffer.seek(start)
    implicit = False
    if int.from_bytes(data[start : start + 2], "little") == 2 and not data[start + 4 : start + 6].isalpha():
        implicit = True
    meta = read_dataset(buffer, implicit, True, stop_when=lambda tag, vr, length: not _is_meta(int(tag)))
    element = meta.get_item(0x00020010) if 0x00020010 in meta else None
    value = element.value if element is not None else b""
    syntax = value.decode("ascii", "replace").strip(" \0") if isinstance(value, bytes) else str(value)
    return syntax, buffer.tell()


def data_set_start(data: bytes) -> int:
    """Where the data set of a file that was read before starts, after preamble and file meta."""
    return _read_meta(data, 132 if data[128:132] == b"DICM" else 0)[1]


def inflate(stored: bytes, entry: Entry, limits: ScanLimits) -> bytes:
    """A deflated data set, inflated up to the limit.

    Raises:
        CtError: It inflates to more than the limit, or is damaged.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflater.decompress(stored, limits.inflated_bytes)
    except zlib.error as error:
        raise CtError(Message.of("ct.file_damaged", file=entry.name)) from error
    if inflater.unconsumed_tail or inflation_refused(len(stored), len(data), limits):
        raise CtError(Message.of("ct.inflates_too_much", file=entry.name))
    if not inflater.eof:
        raise CtError(Message.of("ct.file_truncated", file=entry.name))
    return data


def encoding_of(syntax: str, data: bytes, position: int) -> tuple[bool, bool]:
    """(implicit VR, little endian) of the data set at `position`, by the transfer syntax or its first element."""
    if syntax == ImplicitVRLittleEndian:
        return True, True
    if syntax == ExplicitVRBigEndian:
        return False, False
    if syntax:
        return False, True
    # No transfer syntax: the first element tells.
    explicit = data[position + 4 : position + 6].isalpha() and data[position + 4 : position + 6].isupper()
    little = int.from_bytes(data[position : position + 2], "little") < 0x0400
    return not explicit, little or not explicit


class _StopAtPixels:
    """Stops pydicom at the pixel data and remembers what it declared."""

    __slots__ = ("length", "seen", "vr")

    def __init__(self) -> None:
        self.seen = False
        self.length = 0
        self.vr = "OW"

    def __call__(self, tag: int, vr: str | None, length: int) -> bool:
        if _greater_or_equal(tag, 0x7FE00008) and int(tag) in _PIXEL_TAGS:
            self.seen = True
            self.length = length
            self.vr = vr or "OW"
            return True
        return False


def _read_data_set(
    data: bytes,
    position: int,
    syntax: str,
    entry: Entry,
    limits: ScanLimits,
    complete: bool,
    offset: int,
    deflated: int,
) -> Header | None:
    implicit, little = encoding_of(syntax, data, position)
    buffer = io.BytesIO(data)
    buffer.seek(position)
    stop = _StopAtPixels()
    stop_when: Callable[..., bool] = stop
    dataset = read_dataset(buffer, implicit, little, stop_when=stop_when, specific_tags=list(_TAG_LIST))
    if not stop.seen and not complete and _may_be_image(dataset):
        return None
    # Each level needs an item tag: few of these prove that nesting is shallow without following it.
    end = buffer.tell()
    if data.count(_ITEM[little], position, end) >= limits.nesting:
        whole = read_dataset(io.BytesIO(data[position:end]), implicit, little)
        check_nesting(whole, entry, limits)
    elements: dict[int, RawDataElement | DataElement] = {
        int(tag): dataset.get_item(tag)
        for tag in dataset.keys()  # noqa: SIM118 - values stay raw
    }
    header = Header(entry, elements, syntax, little, deflated=deflated, executable=_executable(data))
    if stop.seen:
        header.pixel_vr = stop.vr
        here = end
        # In explicit encoding 12 bytes precede long values, in implicit 8.
        explicit = data[here + 4 : here + 6] in (b"OW", b"OB", b"OF", b"OD", b"UN", b"OL", b"OV")
        header.pixel_offset = here + (12 if explicit else 8) + offset
        header.pixel_length = -1 if stop.length == 0xFFFFFFFF else stop.length
    return header


def _may_be_image(dataset: Dataset) -> bool:
    """False for documents whose body must not be read to know that they have no pixels."""
    item = dataset.get_item("Modality") if "Modality" in dataset else None
    value = item.value if item is not None else b""
    modality = value.decode("ascii", "replace").strip(" \0") if isinstance(value, bytes) else str(value)
    return modality not in ("SR", "RTSTRUCT", "RTPLAN", "PR", "KO", "REG", "DOC", "RTRECORD")


def check_nesting(dataset: Dataset, entry: Entry, limits: ScanLimits) -> None:
    """Refuses sequences nested deeper than the limit, level by level.

    Raises:
        CtError: They are.
    """
    pending: list[tuple[Dataset, int]] = [(dataset, 0)]
    while pending:
        level, depth = pending.pop()
        if depth >= limits.nesting:
            raise CtError(Message.of("ct.nested_too_deep", file=entry.name, limit=limits.nesting))
        for tag in level.keys():  # noqa: SIM118 - iterating a data set converts every element
            element = level.get_item(tag)
            if element is not None and (element.VR in (None, "SQ", "UN")):
                value = level[tag]
                if value.VR == "SQ" and value.value:
                    pending.extend((item, depth + 1) for item in value.value)


def _executable(data: bytes) -> bool:
    """True if the 128-byte preamble starts like a program (CVE-2019-11687)."""
    return data[128:132] == b"DICM" and data[:4].startswith(
        (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa")
    )
