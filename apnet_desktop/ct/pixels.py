"""Decodes the pixels of one slice to stored values, with bounds checked before any native decoder sees a byte."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import threading
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.codestream import codestream_size
from apnet_desktop.ct.header import PARSE_ERRORS
from apnet_desktop.ct.header_reading import data_set_start, inflate
from apnet_desktop.ct.rescale import native_dtype, used_bits
from apnet_desktop.ct.series import PixelFormat, ScanLimits, SeriesFile
from apnet_desktop.ct.sources import FileBytes, entry_of
from apnet_desktop.ct.transfer_syntaxes import Decoder, decoder_of, syntax_name
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["PixelReader"]

_DEFLATED = "1.2.840.10008.1.2.1.99"
_RLE = "1.2.840.10008.1.2.5"


class PixelReader:
    """Reads stored values of slices. Safe to use from several threads.

    A private temporary folder holds what ITK is given: a header of our own around one compressed frame, never the
    file itself. It is gone when the reader closes.
    """

    def __init__(self, files: FileBytes, limits: ScanLimits | None = None) -> None:
        self._files = files
        self._limits = limits or ScanLimits()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()
        self._count = 0
        self._last: tuple[str, int | None, bytes] | None = None

    def __enter__(self) -> PixelReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Removes the temporary folder."""
        self._last = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def read_native_into(self, file: SeriesFile, format: PixelFormat, target: NDArray[np.int16]) -> bool:
        """Reads an uncompressed single-frame slice straight into `target`, if its bytes can lie there as they are.

        Returns:
            False if they cannot (compressed, deflated, another width or byte order): use `read`.

        Raises:
            CtError: The file is truncated, changed or unreadable.
        """
        if (
            decoder_of(format.transfer_syntax) is not Decoder.NATIVE
            or format.transfer_syntax == _DEFLATED
            or format.bits_allocated != 16
            or format.big_endian != (sys.byteorder == "big")
            or not target.flags.c_contiguous
            or file.member is not None
        ):
            return False
        got = self._files.read_into(entry_of(file), file.pixel_offset, target.data.cast("B"))
        if got != target.nbytes:
            raise CtError(Message.of("ct.file_truncated", file=file.name))
        return True

    def read(self, file: SeriesFile, format: PixelFormat, frame: int = 0) -> NDArray[np.integer]:
        """Stored values of one frame, [row, column], with their sign and without unused bits.

        Raises:
            CtError: The pixels are truncated, damaged, or of a transfer syntax that cannot be read.
        """
        decoder = decoder_of(format.transfer_syntax)
        if decoder is None:
            raise CtError(Message.of("ct.unknown_syntax", file=file.name, syntax=syntax_name(format.transfer_syntax)))
        try:
            if decoder is Decoder.NATIVE:
                return self._native(file, format, frame)
            compressed = self._frame_bytes(file, format, frame)
            values = self._itk(compressed, format) if decoder is Decoder.ITK else _pydicom(compressed, format)
        except CtError:
            raise
        except (*PARSE_ERRORS, MemoryError) as error:
            raise CtError(Message.of("ct.pixels_damaged", file=file.name)) from error
        if values.shape != (format.rows, format.columns):
            raise CtError(Message.of("ct.pixels_damaged", file=file.name))
        return values

    def _native(self, file: SeriesFile, format: PixelFormat, frame: int) -> NDArray[np.integer]:
        dtype = native_dtype(format)
        size = format.rows * format.columns * dtype.itemsize
        if format.transfer_syntax == _DEFLATED:
            data = self._inflated(file)[file.pixel_offset + frame * size :][:size]
        else:
            data = self._files.read(entry_of(file), file.pixel_offset + frame * size, size)
        if len(data) < size:
            raise CtError(Message.of("ct.file_truncated", file=file.name))
        values = np.frombuffer(data, dtype).reshape(format.rows, format.columns)
        return used_bits(values.astype(dtype.newbyteorder("="), copy=False), format)

    def _inflated(self, file: SeriesFile) -> bytes:
        entry = entry_of(file)
        data = self._files.read(entry)
        return inflate(data[data_set_start(data) :], entry, self._limits)

    def _encapsulated(self, file: SeriesFile) -> bytes:
        """The encapsulated pixel data; that of a multi-frame file is kept, since its next frame follows."""
        with self._lock:
            last = self._last
        if last is not None and last[:2] == (file.path, file.member):
            return last[2]
        length = None if file.pixel_length < 0 else file.pixel_length
        return self._files.read(entry_of(file), file.pixel_offset, length)

    def _frame_bytes(self, file: SeriesFile, format: PixelFormat, frame: int) -> bytes:
        from pydicom.encaps import generate_frames, get_frame

        data = self._encapsulated(file)
        if format.frames > 1:
            with self._lock:
                self._last = (file.path, file.member, data)
            compressed = get_frame(data, frame, number_of_frames=format.frames)
        else:
            compressed = next(generate_frames(data, number_of_frames=1))
        if format.transfer_syntax != _RLE:
            size = codestream_size(compressed)
            if size != (format.rows, format.columns):
                raise CtError(Message.of("ct.pixels_damaged", file=file.name))
        return compressed

    def _itk(self, compressed: bytes, format: PixelFormat) -> NDArray[np.integer]:
        import SimpleITK

        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="apnet-", dir=_memory_folder())
            self._count += 1
            path = Path(self._folder.name) / f"{self._count}.dcm"
        with path.open("wb", buffering=0) as file:
            file.write(_wrapped(compressed, format))
        try:
            image = SimpleITK.ReadImage(_itk_name(path), imageIO="GDCMImageIO")
            values: NDArray[np.integer] = SimpleITK.GetArrayFromImage(image)
        finally:
            path.unlink()
        if values.ndim == 3 and values.shape[0] == 1:
            values = values[0]
        return _with_sign(values, format)


def _memory_folder() -> str | None:
    """A folder in memory, where the system has one: the files in it live for milliseconds."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - private folders are made in it


def _itk_name(path: Path) -> str:
    # ITK cannot open names outside ASCII on Windows; relative to the temporary folder's drive there is a short name.
    name = str(path)
    if name.isascii() or os.name != "nt":
        return name
    return os.path.relpath(name)


def _with_sign(values: NDArray[np.integer], format: PixelFormat) -> NDArray[np.integer]:
    """Stored values as the header says they are signed, whatever the compressed stream says."""
    if not np.issubdtype(values.dtype, np.integer):
        raise ValueError("decoded values are not whole numbers")
    width = values.dtype.itemsize * 8
    if format.signed == (values.dtype.kind == "i") and width in (format.bits_stored, 16):
        if format.bits_stored == width:
            return values
        if not format.signed:
            return np.asarray(values & values.dtype.type((1 << format.bits_stored) - 1))
    wide = values.astype(np.int32)
    wide &= (1 << format.bits_stored) - 1
    if format.signed:
        top = 1 << (format.bits_stored - 1)
        wide = (wide ^ top) - top
    return wide


@lru_cache(maxsize=16)
def _wrapper(format: PixelFormat) -> bytes:
    """A DICOM file up to its pixel data that says no more than the pixel format."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID

    dataset = Dataset()
    dataset.SOPClassUID = UID("1.2.840.10008.5.1.4.1.1.2")
    dataset.SOPInstanceUID = "1.2.3"
    dataset.Modality = "CT"
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = format.photometric
    dataset.Rows = format.rows
    dataset.Columns = format.columns
    dataset.BitsAllocated = format.bits_allocated
    dataset.BitsStored = format.bits_stored
    dataset.HighBit = format.bits_stored - 1
    dataset.PixelRepresentation = int(format.signed)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = UID(format.transfer_syntax)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _wrapped(compressed: bytes, format: PixelFormat) -> bytes:
    from pydicom.encaps import encapsulate

    element = b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"
    end = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
    return _wrapper(format) + element + encapsulate([compressed], has_bot=False) + end


def _pydicom(compressed: bytes, format: PixelFormat) -> NDArray[np.integer]:
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder

    options: Any = {
        "rows": format.rows,
        "columns": format.columns,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "bits_allocated": format.bits_allocated,
        "bits_stored": format.bits_stored,
        "photometric_interpretation": format.photometric,
        "pixel_representation": int(format.signed),
        "pixel_keyword": "PixelData",
        "planar_configuration": 0,
    }
    encapsulated = encapsulate([compressed], has_bot=False)
    values, _ = get_decoder(format.transfer_syntax).as_array(encapsulated, raw=True, **options)
    return _with_sign(np.asarray(values), format)
