"""Writes a mask as NIfTI-1, bit for bit the same on every machine.

Written by hand because libraries put versions and times into the header and the gzip stream. Format:
https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from apnet_desktop.ct.roi import Roi

__all__ = ["write_mask"]


def write_mask(roi: Roi, path: Path) -> None:
    """Writes the mask as unsigned bytes in `path` (.nii.gz), with the grid as its scanner-based affine (sform)."""
    path.write_bytes(_gzip(_header(roi) + np.ascontiguousarray(roi.mask, dtype=np.uint8).tobytes()))


def _header(roi: Roi) -> bytes:
    size, spacing = roi.geometry.size, roi.geometry.spacing
    affine = roi.geometry.affine.copy()
    affine[:2] *= -1  # NIfTI's frame is RAS, DICOM's LPS
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *size, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, 2, 8)  # unsigned 8-bit
    struct.pack_into("<8f", header, 76, 1.0, *spacing, 0, 0, 0, 0)
    struct.pack_into("<f", header, 108, 352.0)
    struct.pack_into("<f", header, 112, 1.0)
    struct.pack_into("<B", header, 123, 2)  # mm
    struct.pack_into("<hh", header, 252, 0, 1)  # sform: scanner
    for row in range(3):
        struct.pack_into("<4f", header, 280 + 16 * row, *affine[row])
    header[344:348] = b"n+1\0"
    return bytes(header)


def _gzip(content: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no name, no time
    return (
        head
        + packer.compress(content)
        + packer.flush()
        + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    )
