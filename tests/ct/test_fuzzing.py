"""Damaged files end in a volume or a sentence, never in a crash, a hang or a wrong volume shown as right."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataelem import RawDataElement

from apnet_desktop.ct.header_reading import read_header
from apnet_desktop.ct.quiet import quiet_pydicom
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.series import ScanLimits
from apnet_desktop.ct.sources import Entry, FileBytes
from apnet_desktop.errors import CtError
from tests.ct.dicom_series import new_array
from tests.ct.fuzzing import SYNTAXES, good_series, outcome

_ROOT = Path(__file__).resolve().parents[2]
_QUICK_CASES = 120
_FULL_CASES = 20_000
# Cases that once came out wrong: a slice torn from its series by its UID and broken besides.
_KEPT = (3176, 4987, 13524, 15732, 16606, 18288)
_SECONDS_PER_CASE = 10
_LIMIT_BYTES = 6 * 1024**3


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_LIMIT_BYTES, _LIMIT_BYTES))


def _run(first: int, count: int) -> tuple[list[tuple[int, str]], bool]:
    """Outcomes of the cases that a child process got through, and whether it ended by itself."""
    child = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "tests.ct.fuzzing", str(first), str(count)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=_SECONDS_PER_CASE * 10 + count,
        preexec_fn=_limit_memory,
        check=False,
    )
    lines = [line.split(" ", 1) for line in child.stdout.splitlines()]
    return [(int(number), outcome) for number, outcome in lines], child.returncode == 0


def _table(counts: Counter[str]) -> str:
    tried = sum(counts.values())
    return f"files tried {tried}, opened {counts['opened']}, refused {counts['refused']}, crashed {counts['crashed']}"


def _judge(outcomes: list[tuple[int, str]]) -> None:
    counts = Counter(outcome.split()[0] for _, outcome in outcomes)
    sys.stdout.write(_table(counts) + "\n")
    assert counts["crashed"] == 0, [entry for entry in outcomes if entry[1].startswith("crashed")][:5]
    assert counts["wrong"] == 0, [entry for entry in outcomes if entry[1].startswith("wrong")][:5]
    assert counts["opened"]
    assert counts["refused"]


def test_damaged_slices() -> None:
    outcomes, ended = _run(0, _QUICK_CASES)
    assert ended, f"the reader died after case {outcomes[-1] if outcomes else None}"
    assert len(outcomes) == _QUICK_CASES
    _judge(outcomes)


@pytest.mark.parametrize("case", _KEPT)
def test_a_case_that_was_once_wrong(case: int) -> None:
    assert outcome(case) == "opened"


@pytest.mark.soak
def test_damaged_slices_at_full_count(pytestconfig: pytest.Config) -> None:
    """20,000 cases; a run that was cut off goes on where it stopped."""
    assert pytestconfig.cache is not None
    done = pytestconfig.cache.mkdir("ct-fuzzing") / "outcomes.json"
    outcomes: list[tuple[int, str]] = [tuple(entry) for entry in json.loads(done.read_text())] if done.exists() else []
    while len(outcomes) < _FULL_CASES:
        found, ended = _run(len(outcomes), min(500, _FULL_CASES - len(outcomes)))
        outcomes += found
        if not ended:
            outcomes.append((len(outcomes), "crashed: the process died"))
        done.write_text(json.dumps(outcomes))
    done.unlink()
    _judge(outcomes)


def _header_outcome(data: bytes, path: Path) -> str:
    path.write_bytes(data)
    state = path.stat()
    entry = Entry(path, None, path.name, state.st_size, state.st_mtime_ns)
    try:
        with quiet_pydicom(), FileBytes() as files:
            read_header(files, entry, ScanLimits())
    except CtError as error:
        return "refused" if error.message.text() else "crashed"
    return "opened"


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_truncation_at_bytes_of_the_header(tmp_path: Path, syntax: str) -> None:
    data = good_series(syntax)[0]
    counts = Counter(_header_outcome(data[:length], tmp_path / "x") for length in range(0, min(len(data), 1400), 7))
    assert counts["refused"] > 10, "cut within preamble or file meta"
    assert counts["opened"] > 10, "cut later: the scan says what is missing"


def _loaded(folder: Path) -> str:
    """Scans a folder and reads what can be read."""
    try:
        for summary in scan(folder).series:
            if summary.readable:
                read_series(summary, new_array)
                return "opened"
    except CtError as error:
        return "refused" if error.message.text() else "crashed"
    return "refused"


@pytest.mark.soak
@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "rtplan.dcm", "MR_small_jpeg_ls_lossless.dcm"]
)
def test_truncation_at_every_byte(tmp_path: Path, name: str) -> None:
    """C-01: each length goes through the whole loader; only our own errors come out of it."""
    try:
        found = get_testdata_file(name, download=False)
    except FileNotFoundError:
        found = None
    if found is None:
        pytest.skip(f"{name} does not come with pydicom")
    data = Path(str(found)).read_bytes()
    dataset = pydicom.dcmread(io.BytesIO(data))
    pixels: object = dataset.get_item("PixelData") if "PixelData" in dataset else None
    complete = len(data)
    if isinstance(pixels, RawDataElement) and pixels.length != 0xFFFFFFFF:
        complete = pixels.value_tell + pixels.length  # what follows them may be missing
    counts: Counter[str] = Counter()
    for length in range(len(data)):
        (tmp_path / "x").write_bytes(data[:length])
        ended = _loaded(tmp_path)
        assert length >= complete or ended == "refused", f"{length} bytes: {ended}"
        counts[ended] += 1
    sys.stdout.write(f"{name}: {_table(counts)}\n")
    assert sum(counts.values()) == len(data)
    assert counts["crashed"] == 0


def test_the_good_series_are_good() -> None:
    for syntax in SYNTAXES:
        assert pydicom.dcmread(io.BytesIO(good_series(syntax)[0])).file_meta.TransferSyntaxUID == syntax
