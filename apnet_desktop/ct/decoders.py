"""Decodes one compressed frame to stored values, from bytes in memory.

imagecodecs calls libjpeg-turbo, CharLS, OpenJPEG and OpenJPH without the interpreter lock, so that threads decode on
all cores. Nothing is written to a file on the way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.series import PixelFormat
from apnet_desktop.ct.transfer_syntaxes import Decoder, decoder_of

__all__ = ["decode_frame", "load_decoders"]

_END_OF_IMAGE = b"\xff\xd9"
# Fragments are padded to even length; some writers pad to the end of a block.
_PADDING = b"\0"
_NARROW = 16


def load_decoders() -> None:
    """Loads every decoder now, before a limit on memory is set; imagecodecs loads each at its first use."""
    import imagecodecs
    import pydicom.pixels

    _ = pydicom.pixels
    for name in ("jpeg8_decode", "jpegls_decode", "jpeg2k_decode", "htj2k_decode"):
        getattr(imagecodecs, name)


def decode_frame(compressed: bytes, format: PixelFormat) -> NDArray[np.integer]:
    """Stored values of one frame, with their sign and without unused bits; of the shape that the stream declares.

    Raises:
        Exception: Of any type, as the decoders raise them: the stream is damaged or not of its transfer syntax.
    """
    decoder = decoder_of(format.transfer_syntax)
    if decoder is Decoder.JPEG and not compressed.rstrip(_PADDING).endswith(_END_OF_IMAGE):
        # libjpeg fills up with grey what is missing of a broken-off stream; GDCM refuses it, and reads one that lacks
        # nothing but its end marker.
        decoder = Decoder.PYDICOM
    values = _by_pydicom(compressed, format) if decoder is Decoder.PYDICOM else _by_imagecodecs(compressed, decoder)
    return _with_sign(values, format)


def _by_imagecodecs(compressed: bytes, decoder: Decoder | None) -> NDArray[np.integer]:
    import imagecodecs

    if decoder is Decoder.JPEG:
        return np.asarray(imagecodecs.jpeg8_decode(compressed))
    if decoder is Decoder.JPEG_LS:
        return np.asarray(imagecodecs.jpegls_decode(compressed))
    if decoder is Decoder.HTJ2K:
        return np.asarray(imagecodecs.htj2k_decode(compressed))
    return np.asarray(imagecodecs.jpeg2k_decode(compressed))


def _by_pydicom(compressed: bytes, format: PixelFormat) -> NDArray[np.integer]:
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
    return np.asarray(values)


def _with_sign(values: NDArray[np.integer], format: PixelFormat) -> NDArray[np.integer]:
    """Stored values as the header says they are signed, whatever the compressed stream says."""
    if values.dtype.kind not in "iu":
        raise ValueError("decoded values are not whole numbers")
    bits = format.bits_stored
    if bits > _NARROW or values.dtype.itemsize > 2:
        wide = values.astype(np.int64)
        wide &= (1 << bits) - 1
        if format.signed:
            top = 1 << (bits - 1)
            wide = (wide ^ top) - top
        return wide
    words = values.view(np.uint16) if values.dtype.itemsize == 2 else values.astype(np.uint16)
    if not format.signed:
        return words if bits == _NARROW else words & np.uint16((1 << bits) - 1)
    unused = _NARROW - bits
    return (words << unused).view(np.int16) >> unused if unused else words.view(np.int16)
