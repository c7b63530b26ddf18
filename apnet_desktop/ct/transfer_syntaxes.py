"""Which transfer syntaxes can be read, and by which decoder. PS3.5 annex A, PS3.6 table A-1."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Decoder", "decoder_of", "is_encapsulated", "is_lossy", "syntax_name"]


class Decoder(StrEnum):
    """Who decodes the pixels.

    Attributes:
        NATIVE: Not compressed: numpy.
        JPEG: libjpeg-turbo: baseline, extended and progressive with 8 or 12 bits, lossless with up to 16.
        JPEG_LS: CharLS.
        JPEG_2000: OpenJPEG.
        HTJ2K: OpenJPH.
        PYDICOM: A plugin of pydicom (RLE).
    """

    NATIVE = "native"
    JPEG = "jpeg"
    JPEG_LS = "jpeg_ls"
    JPEG_2000 = "jpeg_2000"
    HTJ2K = "htj2k"
    PYDICOM = "pydicom"


_NATIVE = {
    "1.2.840.10008.1.2": "Implicit VR Little Endian",
    "1.2.840.10008.1.2.1": "Explicit VR Little Endian",
    "1.2.840.10008.1.2.2": "Explicit VR Big Endian",
    "1.2.840.10008.1.2.1.99": "Deflated Explicit VR Little Endian",
}
_JPEG = {
    "1.2.840.10008.1.2.4.50": "JPEG Baseline",
    "1.2.840.10008.1.2.4.51": "JPEG Extended",
    "1.2.840.10008.1.2.4.53": "JPEG Spectral Selection (12 bit)",
    "1.2.840.10008.1.2.4.55": "JPEG Full Progression (12 bit)",
    "1.2.840.10008.1.2.4.57": "JPEG Lossless",
    "1.2.840.10008.1.2.4.70": "JPEG Lossless, first-order prediction",
}
_JPEG_LS = {
    "1.2.840.10008.1.2.4.80": "JPEG-LS Lossless",
    "1.2.840.10008.1.2.4.81": "JPEG-LS Near-lossless",
}
_JPEG_2000 = {
    "1.2.840.10008.1.2.4.90": "JPEG 2000 Lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
}
_HTJ2K = {
    "1.2.840.10008.1.2.4.201": "High-Throughput JPEG 2000 Lossless",
    "1.2.840.10008.1.2.4.202": "High-Throughput JPEG 2000 with RPCL Lossless",
    "1.2.840.10008.1.2.4.203": "High-Throughput JPEG 2000",
}
_PYDICOM = {"1.2.840.10008.1.2.5": "RLE Lossless"}
_UNREADABLE = {
    "1.2.840.10008.1.2.1.98": "Encapsulated Uncompressed",
    "1.2.840.10008.1.2.4.92": "JPEG 2000 Part 2 Lossless",
    "1.2.840.10008.1.2.4.93": "JPEG 2000 Part 2",
    "1.2.840.10008.1.2.4.94": "JPIP Referenced",
    "1.2.840.10008.1.2.4.95": "JPIP Referenced Deflate",
    "1.2.840.10008.1.2.4.100": "MPEG-2",
    "1.2.840.10008.1.2.4.101": "MPEG-2 High Level",
    "1.2.840.10008.1.2.4.102": "MPEG-4 AVC",
    "1.2.840.10008.1.2.4.103": "MPEG-4 AVC BD",
    "1.2.840.10008.1.2.4.107": "HEVC",
    "1.2.840.10008.1.2.4.108": "HEVC 10",
    "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL from JPEG",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
}
_LOSSY = {"50", "51", "53", "55", "81", "91", "203"}
_DECODERS = {
    Decoder.NATIVE: _NATIVE,
    Decoder.JPEG: _JPEG,
    Decoder.JPEG_LS: _JPEG_LS,
    Decoder.JPEG_2000: _JPEG_2000,
    Decoder.HTJ2K: _HTJ2K,
    Decoder.PYDICOM: _PYDICOM,
}
_READ_BY = {syntax: decoder for decoder, names in _DECODERS.items() for syntax in names}


def decoder_of(syntax: str) -> Decoder | None:
    """The decoder for a transfer syntax UID (empty: native little endian); None if it cannot be read."""
    return _READ_BY.get(syntax) if syntax else Decoder.NATIVE


def is_encapsulated(syntax: str) -> bool:
    """True unless the pixels are plain numbers."""
    return bool(syntax) and syntax not in _NATIVE


def is_lossy(syntax: str) -> bool:
    """True if the encoding always loses information (a near-lossless or lossy profile)."""
    return syntax.startswith("1.2.840.10008.1.2.4.") and syntax.rpartition(".")[2] in _LOSSY


def syntax_name(syntax: str) -> str:
    """The name of a transfer syntax for a person; its UID if unknown."""
    for names in (*_DECODERS.values(), _UNREADABLE):
        if syntax in names:
            return names[syntax]
    return syntax
