"""Damages a good series in one slice at a time and reads it, in a process of its own that can die.

`python -m tests.ct.fuzzing FIRST COUNT` prints one line for each case: its number and outcome. Cases depend on their
number alone, so that a run can go on where it stopped and a case can be repeated.

Outcomes: `opened` (a volume, right or flagged), `refused` (a sentence), `wrong` (a volume that differs from the good
one and no check says so), `crashed` (anything else).
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pydicom

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import CtError
from tests.ct.dicom_series import SeriesRecipe, new_array

SYNTAXES = (
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
)
SLICES = 6
_HOSTILE_VALUES = (
    b"\\",
    b"0",
    b"-1",
    b"nan",
    b"inf",
    b"1e308",
    b"-0.0",
    b"1e-320",
    b"99999999999",
    b"\xff\xff\xff\xff",
    b"\0",
    b"",
    b"../../x",
    b"1\\2\\3\\4\\5\\6\\7\\8",
    "张".encode("gb18030"),
    b"\x1b$B",
    b"SQ",
    b"\xfe\xff\x00\xe0",
    b"1,5",
)


@cache
def good_series(syntax: str) -> tuple[bytes, ...]:
    """The bytes of a small good series in one transfer syntax."""
    recipe = SeriesRecipe(columns=64, rows=64, slices=SLICES)
    result = []
    for index in range(SLICES):
        dataset = recipe.dataset(index, "1.2.9", "1.2.9.1", "1.2.9.2")
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        if syntax.startswith(("1.2.840.10008.1.2.4", "1.2.840.10008.1.2.5")):
            dataset.compress(syntax, generate_instance_uid=False)
        else:
            dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
        buffer = io.BytesIO()
        pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
        result.append(buffer.getvalue())
    return tuple(result)


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """One file, damaged in one of several ways, most of them in its header."""
    header_end = max(200, data.rfind(b"\xe0\x7f\x10\x00"))
    kind = int(rng.integers(0, 7))
    changed = bytearray(data)
    if kind == 0:
        return data[: int(rng.integers(0, len(data)))]
    if kind == 1:
        for _ in range(int(rng.integers(1, 4))):
            changed[int(rng.integers(128, header_end))] = int(rng.integers(0, 256))
    elif kind == 2:
        at = int(rng.integers(128, header_end))
        changed[at] ^= 1 << int(rng.integers(0, 8))
    elif kind == 3:
        value = _HOSTILE_VALUES[int(rng.integers(0, len(_HOSTILE_VALUES)))]
        at = int(rng.integers(132, header_end))
        changed[at : at + len(value)] = value
    elif kind == 4:
        at = int(rng.integers(132, header_end))
        del changed[at : at + int(rng.integers(1, 40))]
    elif kind == 5:
        at = int(rng.integers(132, header_end))
        changed[at:at] = bytes(rng.integers(0, 256, int(rng.integers(1, 40)), dtype=np.uint8))
    else:
        start, length = int(rng.integers(132, header_end)), int(rng.integers(8, 60))
        to = int(rng.integers(132, header_end))
        changed[to : to + length] = changed[start : start + length]
    return bytes(changed)


@cache
def reference(syntax: str) -> tuple[CtVolume, frozenset[tuple[str, CheckState]]]:
    """The volume of the good series, and what it is flagged for anyway."""
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), good_series(syntax))
        volume = read_series(scan(Path(folder)).series[0], new_array)
    return volume, _flags(volume)


def _flags(volume: CtVolume) -> frozenset[tuple[str, CheckState]]:
    return frozenset((check.id, check.state) for check in volume.checks if check.state is not CheckState.PASSED)


def _write(folder: Path, files: tuple[bytes, ...]) -> None:
    for index, data in enumerate(files):
        (folder / f"{index}").write_bytes(data)


def outcome(case: int) -> str:
    """Reads the series of one case."""
    rng = np.random.default_rng([2026, case])
    syntax = SYNTAXES[int(rng.integers(0, len(SYNTAXES)))]
    files = list(good_series(syntax))
    which = int(rng.integers(0, SLICES))
    files[which] = damaged(files[which], rng)
    good, usual = reference(syntax)
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), tuple(files))
        try:
            result = scan(Path(folder))
            if result.preselected is None:
                refusals = [summary for summary in result.series if summary.readable]
                for summary in refusals:
                    read_series(summary, new_array)
                return "refused"
            volume = read_series(result.series[result.preselected], new_array)
        except CtError as error:
            return "refused" if error.message.text() else "crashed"
        except Exception as error:  # noqa: BLE001 - whatever else escapes is what this looks for
            return f"crashed {type(error).__name__}: {error}"
    same = volume.geometry.same_grid(good.geometry, 0.05) and np.array_equal(volume.hounsfield, good.hounsfield)
    return "opened" if same or _flags(volume) - usual else "wrong"


def main(first: int, count: int) -> Iterator[str]:
    """The outcomes of `count` cases from `first` on."""
    for case in range(first, first + count):
        yield f"{case} {outcome(case)}"


if __name__ == "__main__":
    for line in main(int(sys.argv[1]), int(sys.argv[2])):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
