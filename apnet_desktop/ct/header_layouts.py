"""Remembers where pydicom found the elements of a file, so that the next slice of the same layout is not parsed again.

Slices of one series differ in a few values, most of them of equal length. A file is read by a known layout only if the
header (tag, kind and length) of every element, needed or not, and of the pixel data stands at the very same byte;
otherwise pydicom parses it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.filereader import read_dataset
from pydicom.uid import ImplicitVRLittleEndian

from apnet_desktop.ct.header import Header
from apnet_desktop.ct.sources import Entry

__all__ = ["Layouts"]

_REMEMBERED = 24
_AFTER_PREAMBLE = 132
_TRANSFER_SYNTAX = 0x00020010
_LONG_KINDS = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")


class _Element(NamedTuple):
    tag: int
    kind: str | None
    tell: int
    length: int


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

    def learn(self, header: Header, data: bytes, start: int, position: int) -> None:
        """Remembers the layout of a file that was parsed.

        Args:
            header: What was read of it.
            data: Its first bytes.
            start: Where its file meta starts.
            position: Where its data set starts.
        """
        if header.sequences or header.executable or not header.transfer_syntax or start != _AFTER_PREAMBLE:
            return
        if header.pixel_offset < 0 or len(data) < header.pixel_offset:
            return
        implicit = header.transfer_syntax == ImplicitVRLittleEndian
        meta = _elements(data[:position], start, False, True)
        body = _elements(data[: header.pixel_offset], position, implicit, header.little_endian)
        if meta is None or body is None:
            return
        # The pixel data first: where a layout does not fit, they are the likeliest to have moved.
        pixels = header.pixel_offset
        headers = [(data[pixels - 8 : pixels], pixels - 8), (data[pixels - 12 : pixels - 8], pixels - 12)]
        headers += [(data[:4], 0), (b"DICM", 128)]
        for element, before in (
            (e, _header_length(e, i)) for found, i in ((meta, False), (body, implicit)) for e in found
        ):
            end = element.tell + (element.length if element.tag == _TRANSFER_SYNTAX else 0)
            headers.append((data[element.tell - before : end], element.tell - before))
        values = tuple((e.tag, e.tell, e.tell + e.length) for e in body if e.tag in header.values)
        layout = _Layout(
            tuple(headers),
            values,
            header.kinds,
            header.transfer_syntax,
            header.little_endian,
            header.pixel_offset,
            header.pixel_length,
        )
        self._layouts.insert(0, layout)
        del self._layouts[_REMEMBERED:]


def _header_length(element: _Element, implicit: bool) -> int:
    return 12 if not implicit and element.kind in _LONG_KINDS else 8


def _elements(data: bytes, start: int, implicit: bool, little: bool) -> list[_Element] | None:
    """Every element at the top level, also those that nobody needs; None if they are not all plain to see."""
    buffer = io.BytesIO(data)
    buffer.seek(start)
    stop_when: Callable[..., bool] = _at_pixels
    dataset = read_dataset(buffer, implicit, little, stop_when=stop_when)
    result = []
    for key in dataset.keys():  # noqa: SIM118 - iterating a data set converts every element
        element: object = dataset.get_item(key)
        if isinstance(element, RawDataElement):
            # Some writers switch to implicit encoding half-way, which no layout can describe.
            if element.is_implicit_VR != implicit:
                return None
            result.append(_Element(int(key), element.VR, element.value_tell, element.length))
        elif isinstance(element, DataElement) and element.file_tell is not None:
            result.append(_Element(int(key), element.VR, element.file_tell, 0))
        else:
            return None
    return result


def _at_pixels(tag: int, vr: str | None, length: int) -> bool:
    return int.__ge__(tag, 0x7FE00008)
