"""The mask of a ROI as a file: one line of JSON that says what it is, then packed bits, deflated."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.cases.files import known_errors
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.roi import Confirmation, Roi, RoiOrigin
from apnet_desktop.errors import CaseError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["RoiHeader", "pack_mask", "pack_slice", "read_mask", "unpack_slice"]

# Masks are mostly zeros: the fastest level already makes them a hundred times smaller.
_LEVEL = 1
_MAGIC = b"APNET-MASK-1\n"


class RoiHeader(FrozenModel):
    """Everything of a ROI but its mask.

    Attributes:
        geometry: Its grid.
        origins: How it came to be.
        author: Who drew or imported it.
        confirmation: Who confirmed it and when.
        file: File of the mask in the case's folder; empty in the file itself.
    """

    geometry: Geometry
    origins: tuple[RoiOrigin, ...]
    author: str
    confirmation: Confirmation | None
    file: str = ""

    @classmethod
    def of(cls, roi: Roi, file: str = "") -> RoiHeader:
        """The header of a ROI."""
        return cls(
            geometry=roi.geometry, origins=roi.origins, author=roi.author, confirmation=roi.confirmation, file=file
        )

    def roi(self, mask: NDArray[np.bool_]) -> Roi:
        """The ROI of this header and a mask, bool (z, y, x)."""
        return Roi(
            mask=mask,
            geometry=self.geometry,
            origins=self.origins,
            author=self.author,
            confirmation=self.confirmation,
        )


def pack_mask(mask: NDArray[np.bool_]) -> bytes:
    """A mask, bool (z, y, x), as the bytes of a file."""
    bits = np.packbits(mask).tobytes()
    shape = ",".join(str(side) for side in mask.shape)
    head = f"{shape} {hashlib.sha256(bits).hexdigest()}\n".encode()
    return _MAGIC + head + zlib.compress(bits, _LEVEL)


def read_mask(path: Path, geometry: Geometry) -> NDArray[np.bool_]:
    """Reads a mask, bool (z, y, x), that lies on `geometry`.

    Raises:
        CaseError: The file is gone, damaged or of another grid.
    """
    with known_errors(path):
        content = path.read_bytes()
    damaged = CaseError(Message.of("cases.mask_damaged", file=path.name))
    head, _, packed = content.removeprefix(_MAGIC).partition(b"\n")
    shape = ",".join(str(side) for side in geometry.shape)
    stated, _, digest = head.partition(b" ")
    if not content.startswith(_MAGIC) or stated != shape.encode():
        raise damaged
    bits = _inflate(packed, -(-int(np.prod(geometry.shape)) // 8), damaged)
    if hashlib.sha256(bits).hexdigest().encode() != digest:
        raise damaged
    flat = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=int(np.prod(geometry.shape)))
    return flat.view(np.bool_).reshape(geometry.shape)


def pack_slice(mask: NDArray[np.bool_]) -> bytes:
    """One slice, bool (y, x), as the bytes of a journal entry."""
    return zlib.compress(np.packbits(mask).tobytes(), _LEVEL)


def unpack_slice(packed: bytes, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The slice, bool (y, x), of a journal entry.

    Raises:
        CaseError: The entry is damaged.
    """
    pixels = shape[0] * shape[1]
    bits = _inflate(packed, -(-pixels // 8), CaseError(Message.of("cases.mask_damaged", file="strokes")))
    return np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=pixels).view(np.bool_).reshape(shape)


def _inflate(packed: bytes, size: int, damaged: CaseError) -> bytes:
    """Inflates to exactly `size` bytes; never allocates more, whatever the file claims."""
    inflater = zlib.decompressobj()
    try:
        bits = inflater.decompress(packed, size)
    except zlib.error as error:
        raise damaged from error
    if len(bits) != size:
        raise damaged
    return bits
