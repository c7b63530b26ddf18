"""The image size that a JPEG, JPEG-LS or JPEG 2000 stream itself declares, so that no decoder allocates by a lie."""

from __future__ import annotations

__all__ = ["codestream_size"]

# Start-of-frame markers of JPEG (ITU-T T.81 table B.1; not DHT, JPG, DAC) and of JPEG-LS.
_START_OF_FRAME = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


def codestream_size(stream: bytes) -> tuple[int, int] | None:
    """(rows, columns) that the stream declares; None if it is none of these formats."""
    if stream[:2] == b"\xff\xd8":
        return _jpeg_size(stream)
    start = 0 if stream[:4] == b"\xff\x4f\xff\x51" else stream.find(b"\xff\x4f\xff\x51", 0, 4096)
    if start < 0 or len(stream) < start + 24:
        return None
    # SIZ (ITU-T T.800 A.5.1): Xsiz, Ysiz, XOsiz, YOsiz follow the marker, its length and the capabilities.
    x, y, left, top = (int.from_bytes(stream[start + at : start + at + 4], "big") for at in (8, 12, 16, 20))
    return y - top, x - left


def _jpeg_size(stream: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(stream):
        if stream[at] != 0xFF:
            return None
        marker = stream[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        elif marker in _START_OF_FRAME:
            return int.from_bytes(stream[at + 5 : at + 7], "big"), int.from_bytes(stream[at + 7 : at + 9], "big")
        else:
            at += 2 + max(2, int.from_bytes(stream[at + 2 : at + 4], "big"))
    return None
