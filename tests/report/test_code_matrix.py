"""The QR on paper is the QR of the report: its modules are read off the rendered page."""

from __future__ import annotations

import numpy as np
import pypdfium2
import segno

from apnet_desktop.report.code_matrix import code_payload
from apnet_desktop.report.pdf import render_pdf
from apnet_desktop.report.sheet import Paper
from tests.report.factory import content

_SCALE = 8
_MILLIMETRE = 72 / 25.4


def test_the_modules_on_the_page_are_those_of_the_payload() -> None:
    said = content()
    document = pypdfium2.PdfDocument(render_pdf(said))
    page = np.asarray(document[0].render(scale=_SCALE, grayscale=True).to_pil()) < 128
    document.close()
    width, height = Paper.A4.size
    # The lower right corner of page 1, inside the margins: a rule, the QR, its typed code, another rule.
    right = int((width - 17 * _MILLIMETRE) * _SCALE)
    corner = page[int(height * 0.80 * _SCALE) :, right - int(25 * _MILLIMETRE * _SCALE) : right]
    code = _largest_square(corner)
    expected = np.array(
        [list(row) for row in segno.make(code_payload(said), error="m", micro=False).matrix], dtype=bool
    )
    modules = len(expected)
    centres = ((np.arange(modules) + 0.5) * len(code) / modules).astype(int)
    read = code[np.ix_(centres, ((np.arange(modules) + 0.5) * code.shape[1] / modules).astype(int))]
    assert np.array_equal(read, expected)
    module = len(code) / modules / _SCALE / _MILLIMETRE
    assert module >= 0.33, "smaller modules do not survive an office printer"


def _largest_square(
    dark: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """The tallest run of rows with dark pixels, cut to its dark columns."""
    rows = np.flatnonzero(dark.any(axis=1))
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    tallest = max(runs, key=len)
    block = dark[tallest[0] : tallest[-1] + 1]
    columns = np.flatnonzero(block.any(axis=0))
    return block[:, columns[0] : columns[-1] + 1]
