"""Reads a DICOM file's header with pydicom: only the tags that a CT needs, from a bounded copy of the first bytes.

Nothing is allocated by what a file declares: pydicom reads from a buffer of bytes that were there, deflated data sets
are inflated up to a limit, and nesting is counted before it is trusted.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Literal

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from apnet_desktop.ct.header import NEEDED_TAGS, PARSE_ERRORS, Header, NotDicomError
from apnet_desktop.ct.header_layouts import Layouts
from apnet_desktop.ct.series import ScanLimits
from apnet_desktop.ct.sources import Entry, FileBytes, inflation_refused
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["FIRST_READ", "check_nesting", "data_set_start", "encoding_of", "inflate", "read_header"]

# Enough for the header of nearly every CT slice.
FIRST_READ = 16 * 1024
_INFLATE_STEP = 16 * 1024 * 1024
_FIRST_FUNCTIONAL_GROUP = 0x52000000
_PIXEL_TAGS = {0x7FE00008, 0x7FE00009, 0x7FE00010}
_ITEM = {True: b"\xfe\xff\x00\xe0", False: b"\xff\xfe\xe0\x00"}
_greater_or_equal = int.__ge__


def read_header(
    files: FileBytes, entry: Entry, limits: ScanLimits, layouts: Layouts | None = None, head: bytes | None = None
) -> Header:
    """The header of one file.

    Args:
        files: Reads the bytes.
        entry: The file.
        limits: Bounds.
        layouts: Layouts of files read before; a file of the same layout is not parsed again.
        head: Its first bytes (`FIRST_READ`), if they were read already.

    Raises:
        NotDicomError: It is not DICOM.
        CtError: It is, but damaged, or beyond a limit.
    """
    data = files.read(entry, 0, FIRST_READ) if head is None else head
    if layouts is not None:
        known = layouts.match(entry, data)
        if known is not None:
            return known
    start = _start(data, entry)
    while True:
        header = _parse(data, start, entry, limits, files, layouts)
        if header is not None:
            return header
        if len(data) >= min(entry.size, limits.header_bytes):
            raise CtError(Message.of("ct.header_too_long", file=entry.name))
        data = files.read(entry, 0, min(len(data) * 16, limits.header_bytes))


def _start(data: bytes, entry: Entry) -> int:
    # The group length is the first element of the file meta, so that a damaged "DICM" before it does no harm.
    if data[128:132] == b"DICM" or data[132:138] == b"\x02\0\0\0UL":
        return 132
    # DICOM without preamble: the first tag is of group 2 or 8, in either byte order, and of a low element number.
    if len(data) >= 16:
        orders: tuple[Literal["little", "big"], ...] = ("little", "big")
        for order in orders:
            group = int.from_bytes(data[0:2], order)
            element = int.from_bytes(data[2:4], order)
            if group in (0x0002, 0x0008) and element <= 0x0100:
                return 0
    if len(data) <= 132 and not data[:128].strip(b"\0"):
        # Nothing but a preamble is a DICOM file whose copy broke off.
        raise CtError(Message.of("ct.file_truncated", file=entry.name))
    raise NotDicomError(Message.of("ct.skip_not_dicom"))


def _is_meta(tag: int) -> bool:
    return tag >> 16 == 0x0002


def _parse(
    data: bytes, start: int, entry: Entry, limits: ScanLimits, files: FileBytes, layouts: Layouts | None
) -> Header | None:
    """The header if `data` reaches up to the pixels or to the file's end, else None."""
    try:
        syntax, position = _read_meta(data, start)
        deflated = 0
        if syntax == DeflatedExplicitVRLittleEndian:
            data = inflate(files.read(entry, position), entry, limits)
            deflated = len(data)
            position = 0
        complete = bool(deflated) or len(data) >= entry.size
        header = _read_data_set(data, position, syntax, entry, limits, complete, deflated)
        if header is not None and layouts is not None and not deflated:
            layouts.learn(header, data, start, position)
    except CtError:
        raise
    except RecursionError as error:
        raise CtError(Message.of("ct.nested_too_deep", file=entry.name, limit=limits.nesting)) from error
    except PARSE_ERRORS as error:
        if len(data) < min(entry.size, limits.header_bytes):
            return None
        raise CtError(Message.of("ct.file_damaged", file=entry.name)) from error
    return header


def _read_meta(data: bytes, start: int) -> tuple[str, int]:
    """Transfer syntax, and where the data set starts."""
    buffer = io.BytesIO(data)
    buffer.seek(start)
    implicit = False
    if int.from_bytes(data[start : start + 2], "little") == 2 and not data[start + 4 : start + 6].isalpha():
        implicit = True
    meta = read_dataset(buffer, implicit, True, stop_when=lambda tag, vr, length: not _is_meta(int(tag)))
    element: object = meta.get_item(0x00020010) if 0x00020010 in meta else None
    if not isinstance(element, (RawDataElement, DataElement)):
        return "", buffer.tell()
    value = element.value
    syntax = value.decode("ascii", "replace").strip(" \0") if isinstance(value, bytes) else str(value)
    return syntax, buffer.tell()


def data_set_start(data: bytes) -> int:
    """Where the data set of a file that was read before starts, after preamble and file meta."""
    return _read_meta(data, 132 if data[128:132] == b"DICM" or data[132:138] == b"\x02\0\0\0UL" else 0)[1]


def inflate(stored: bytes, entry: Entry, limits: ScanLimits) -> bytes:
    """A deflated data set, inflated up to the limit.

    Raises:
        CtError: It inflates to more than the limit, or is damaged.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    chunks: list[bytes] = []
    size = 0
    try:
        chunk = inflater.decompress(stored, _INFLATE_STEP)
        while chunk:
            chunks.append(chunk)
            size += len(chunk)
            if inflation_refused(len(stored), size, limits):
                raise CtError(Message.of("ct.inflates_too_much", file=entry.name))
            chunk = inflater.decompress(inflater.unconsumed_tail, _INFLATE_STEP)
    except zlib.error as error:
        raise CtError(Message.of("ct.file_damaged", file=entry.name)) from error
    data = b"".join(chunks)
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

    __slots__ = ("length", "seen")

    def __init__(self) -> None:
        self.seen = False
        self.length = 0

    def __call__(self, tag: int, vr: str | None, length: int) -> bool:
        if _greater_or_equal(tag, 0x7FE00008) and int(tag) in _PIXEL_TAGS:
            self.seen = True
            self.length = length
            return True
        return False


def _read_data_set(
    data: bytes, position: int, syntax: str, entry: Entry, limits: ScanLimits, complete: bool, deflated: int
) -> Header | None:
    """The header; None if `data` ends before the pixels of what may be an image."""
    implicit, little = encoding_of(syntax, data, position)
    buffer = io.BytesIO(data)
    buffer.seek(position)
    stop = _StopAtPixels()
    stop_when: Callable[..., bool] = stop
    dataset = read_dataset(buffer, implicit, little, stop_when=stop_when, specific_tags=list(NEEDED_TAGS))
    if not stop.seen and not complete and _may_be_image(dataset):
        return None
    # Each level needs an item tag: few of these prove that nesting is shallow without following it.
    end = buffer.tell()
    if data.count(_ITEM[little], position, end) >= limits.nesting:
        whole = read_dataset(io.BytesIO(data[position:end]), implicit, little)
        check_nesting(whole, entry, limits)
    header = Header(entry, {}, {}, {}, syntax, little, deflated=deflated, executable=_executable(data))
    for key in dataset.keys():  # noqa: SIM118 - iterating a data set converts every element
        element: object = dataset.get_item(key)
        tag = int(key)
        if isinstance(element, RawDataElement) and element.VR != "SQ" and tag < _FIRST_FUNCTIONAL_GROUP:
            header.values[tag] = element.value if isinstance(element.value, bytes) else b""
            header.kinds[tag] = element.VR
        elif isinstance(element, (RawDataElement, DataElement)):
            header.sequences[tag] = element
    if stop.seen:
        # In explicit encoding 12 bytes precede long values, in implicit 8.
        explicit = data[end + 4 : end + 6] in (b"OW", b"OB", b"OF", b"OD", b"UN", b"OL", b"OV")
        header.pixel_offset = end + (12 if explicit else 8)
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
