"""What an element says of its own length is never believed: C-05 of the reliability list."""

from __future__ import annotations

import io
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.errors import CtError
from tests.ct.dicom_series import SeriesRecipe, new_array

_RECIPE = SeriesRecipe(columns=64, rows=64, slices=6)
_MOST_BYTES = 64 * 1024 * 1024
_LONG = (b"OB", b"OW", b"UN", b"SQ", b"UT")


def _length_fields(data: bytes) -> list[tuple[int, int]]:
    """Where the length of each element stands, and how many bytes it has: those of the data set and the file meta."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    fields = []
    for source in (dataset.file_meta, dataset):
        for tag in source.keys():  # noqa: SIM118 - iterating converts every element
            group, element = tag >> 16, tag & 0xFFFF
            start = data.find(group.to_bytes(2, "little") + element.to_bytes(2, "little"), 132)
            long = data[start + 4 : start + 6] in _LONG
            fields.append((start + 8, 4) if long else (start + 6, 2))
    return fields


def test_every_element_may_lie_about_its_length(tmp_path: Path) -> None:
    paths = _RECIPE.write(tmp_path)
    good = read_series(scan(tmp_path).series[0], new_array)
    usual = {check.id for check in good.checks if check.state is not CheckState.PASSED}
    data = paths[3].read_bytes()
    outcomes: Counter[str] = Counter()
    fields = _length_fields(data)
    for at, width in fields:
        lie = (0x7FFFFFF0 if width == 4 else 0xFFF0).to_bytes(width, "little")
        paths[3].write_bytes(data[:at] + lie + data[at + width :])
        tracemalloc.start()
        outcome, reason = "refused", "a check of the series"
        try:
            result = scan(tmp_path)
            if result.preselected is not None:
                volume = read_series(result.series[result.preselected], new_array)
                flagged = {check.id for check in volume.checks if check.state is not CheckState.PASSED} - usual
                same = volume.hounsfield.shape == good.hounsfield.shape
                assert flagged or (same and np.array_equal(volume.hounsfield, good.hounsfield))
                outcome = "opened"
        except CtError as error:
            reason = error.message.text()
        assert reason
        outcomes[outcome] += 1
        assert tracemalloc.get_traced_memory()[1] < _MOST_BYTES, f"length at byte {at}"
        tracemalloc.stop()
    sys.stdout.write(
        f"files tried {len(fields)}, opened {outcomes['opened']}, refused {outcomes['refused']}, crashed 0\n"
    )
    assert len(fields) > 35
