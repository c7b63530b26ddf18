"""Packs what only the reader needs of a series, its files and slices, into one text.

A scan passes through the window on its way to the read. The window shows series but not their thousands of slices,
and taking them apart and together again would hold it up: it carries them as they are.
"""

from __future__ import annotations

import base64
import zlib

from pydantic import ValidationError

from apnet_desktop.ct.series import PixelFormat, SeriesFile, SeriesSlice, SeriesSummary
from apnet_desktop.frozen import FrozenModel

__all__ = ["packed", "unpacked"]

# 100,000 slices take some 25 MB.
_LARGEST = 256 * 1024 * 1024


class _Contents(FrozenModel):
    formats: tuple[PixelFormat, ...]
    files: tuple[SeriesFile, ...]
    slices: tuple[SeriesSlice, ...]


def packed(summary: SeriesSummary) -> SeriesSummary:
    """The summary with its formats, files and slices in `SeriesSummary.contents`."""
    contents = _Contents(formats=summary.formats, files=summary.files, slices=summary.slices)
    text = base64.b85encode(zlib.compress(contents.model_dump_json().encode(), 1)).decode("ascii")
    return summary.model_copy(update={"formats": (), "files": (), "slices": (), "contents": text})


def unpacked(summary: SeriesSummary) -> SeriesSummary:
    """The summary as it was before it was packed; unchanged if it is not packed.

    Raises:
        ValueError: The text is not one that `packed` made.
    """
    if not summary.contents:
        return summary
    try:
        data = zlib.decompressobj().decompress(base64.b85decode(summary.contents), _LARGEST)
        contents = _Contents.model_validate_json(data)
    except (zlib.error, ValidationError) as error:
        raise ValueError("the contents of a series are garbled") from error
    update = {"formats": contents.formats, "files": contents.files, "slices": contents.slices, "contents": ""}
    return summary.model_copy(update=update)
