"""Remembers where pydicom found the elements of a file, so that the next slice of the same layout is not parsed again.

Slices of one series differ in a few values, most of them of equal length. A file is read by a known layout only if the
header of every needed element and of the pixel data stands at the very same byte; otherwise pydicom parses it.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataelem import RawDataElement

from apnet_desktop.ct.header import Header
from apnet_desktop.ct.sources import Entry

__all__ = ["Layouts"]

_REMEMBERED = 24
_LONG_KINDS = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")


@dataclass(frozen=True)
class _Layout:
    headers: tuple[tuple[bytes, int], ...]
    values: tuple[tuple[int, int, int], ...]
    kinds: dict[int, str | None]
    transfer_syntax: str
    little_endian: bool
    pixel_offset: int
    pixel_length: int


class Layouts:
    """The layouts of the files read last."""

    def __init__(self) -> None:
        self._layouts: list[_Layout] = []

    def match(self, entry: Entry, data: bytes) -> Header | None:
        """The header of a file that begins with `data`, if a known layout fits; else None."""
        for number, layout in enumerate(self._layouts):
            if all(data.startswith(expected, at) for expected, at in layout.headers):
                if number:
                    self._layouts.insert(0, self._layouts.pop(number))
                return Header(
                    entry,
                    {tag: data[start:end] for tag, start, end in layout.values},
                    layout.kinds,
                    {},
                    layout.transfer_syntax,
                    layout.little_endian,
                    layout.pixel_offset,
                    layout.pixel_length,
                )
        return None

    def learn(self, header: Header, elements: list[RawDataElement], data: bytes, syntax_at: int) -> None:
        """Remembers the layout of a file that was parsed.

        Args:
            header: What was read of it.
            elements: Its plain elements, as pydicom found them.
            data: Its first bytes.
            syntax_at: Where the value of the transfer syntax stands.
        """
        if header.sequences or header.executable or header.pixel_offset < 0 or len(data) < header.pixel_offset:
            return
        syntax_end = syntax_at + len(header.transfer_syntax)
        # The last first: where a layout does not fit, the pixel data are the likeliest to have moved.
        headers = [(data[header.pixel_offset - 8 : header.pixel_offset], header.pixel_offset - 8)]
        headers.append((data[header.pixel_offset - 12 : header.pixel_offset - 8], header.pixel_offset - 12))
        headers += [(data[: 0 if data[128:132] != b"DICM" else 4], 0), (data[128:132], 128)]
        headers.append((data[syntax_at - 8 : syntax_end], syntax_at - 8))
        values = []
        for element in elements:
            at = element.value_tell
            before = 12 if element.VR in _LONG_KINDS else 8
            headers.append((data[at - before : at], at - before))
            values.append((int(element.tag), at, at + element.length))
        self._layouts.insert(
            0,
            _Layout(
                tuple(headers),
                tuple(values),
                header.kinds,
                header.transfer_syntax,
                header.little_endian,
                header.pixel_offset,
                header.pixel_length,
            ),
        )
        del self._layouts[_REMEMBERED:]
