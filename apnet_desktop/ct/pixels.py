"""Decodes the pixels of one slice to stored values, with bounds checked before any native decoder sees a byte."""

from __future__ import annotations

import sys
import threading
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.codestream import codestream_size
from apnet_desktop.ct.decoders import decode_frame
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
    """Reads stored values of slices. Safe to use from several threads."""

    def __init__(self, files: FileBytes, limits: ScanLimits | None = None) -> None:
        self._files = files
        self._limits = limits or ScanLimits()
        self._lock = threading.Lock()
        self._last: tuple[str, int | None, bytes] | None = None

    def __enter__(self) -> PixelReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forgets the file that was read last."""
        self._last = None

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
        except CtError:
            raise
        except (*PARSE_ERRORS, MemoryError) as error:
            raise CtError(Message.of("ct.pixels_damaged", file=file.name)) from error
        try:
            values = decode_frame(compressed, format)
        except Exception as error:
            # Each decoder has error types of its own with no common base; none of them is a bug of ours.
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
