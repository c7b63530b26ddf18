"""Hostile files: nesting, lies about lengths and sizes, bombs, executable preambles. Each in a process of its own."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.series import ScanLimits
from apnet_desktop.errors import CtError
from tests.ct.dicom_series import SeriesRecipe, save
from tests.shared_data import shared_data

_ROOT = Path(__file__).resolve().parents[2]
RECIPE = SeriesRecipe(columns=64, rows=64, slices=6)

# Scans and reads each path that comes in, and prints outcome, seconds and MB by which the peak of memory grew.
_CHILD = """
import sys, time
from pathlib import Path
import numpy as np
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.errors import CtError
from tests.ct.dicom_series import SeriesRecipe
peak = lambda: int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
for line in sys.stdin:
    before, start, outcome = peak(), time.monotonic(), "refused"
    try:
        result = scan(Path(line.rstrip()))
        for summary in result.series:
            if summary.readable:
                read_series(summary, lambda shape: np.empty(shape, np.int16))
                outcome = "opened"
    except CtError as error:
        assert error.message.text()
    print(outcome, time.monotonic() - start, peak() - before, flush=True)
"""


def read_in_child(paths: list[Path]) -> list[tuple[str, float, float]]:
    """(opened or refused, seconds, MB of peak memory added) of each path; fails the test if the process dies."""
    child = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-W", "ignore", "-c", _CHILD],
        input="".join(f"{path}\n" for path in paths),
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=60 + 10 * len(paths),
        check=False,
    )
    lines = [line.split() for line in child.stdout.splitlines()]
    assert child.returncode == 0, f"died at {paths[len(lines)]}: {child.stderr[-2000:]}"
    return [(outcome, float(seconds), float(used)) for outcome, seconds, used in lines]


def _slice() -> Dataset:
    return RECIPE.dataset(0, "1.2", "1.2.3", "1.2.4")


def _bytes(dataset: Dataset, syntax: str = "1.2.840.10008.1.2.1") -> bytes:
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _with_element(element: bytes) -> bytes:
    """A slice with raw bytes put in before its patient's name."""
    data = _bytes(_slice())
    at = data.index(b"\x10\x00\x10\x00PN")
    return data[:at] + element + data[at:]


def nested(depth: int, defined: bool = False) -> bytes:
    """A slice with sequences nested `depth` deep in a private element."""
    item = b"\xfe\xff\x00\xe0"
    if not defined:
        inner = b"\x09\x00\x10\x10SQ\0\0\xff\xff\xff\xff" + item + b"\xff\xff\xff\xff"
        outer = b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
        return _with_element(inner * depth + outer * depth)
    content = b""
    for _ in range(depth):
        body = item + len(content).to_bytes(4, "little") + content
        content = b"\x09\x00\x10\x10SQ\0\0" + len(body).to_bytes(4, "little") + body
    return _with_element(content)


def deflated_bomb(megabytes: int) -> bytes:
    """A deflated data set that inflates to many megabytes of zeros."""
    data = _bytes(_slice(), "1.2.840.10008.1.2.1.99")
    start = data.index(b"1.2.840.10008.1.2.1.99") + 22
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = _bytes(_slice())
    body = head[head.index(b"\x08\x00\x08\x00CS") :]
    packed = (
        packer.compress(body) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()
    )
    return data[:start] + packed


def huge_declared(group: bytes = b"\x09\x00\x11\x10", kind: bytes = b"OB") -> bytes:
    """An element that declares 3 GiB in a file of some kilobytes."""
    return _with_element(group + kind + b"\0\0" + (3 << 30).to_bytes(4, "little"))


def edited(**values: object) -> bytes:
    """A slice with other values."""
    dataset = _slice()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return _bytes(dataset)


def codestream(stream: bytes, syntax: str) -> bytes:
    """A slice whose pixels are a compressed stream of our making."""
    dataset = _slice()
    dataset.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])
    dataset["PixelData"].VR = "OB"
    return _bytes(dataset, syntax)


def lying_codestream(syntax: str) -> bytes:
    """A real stream whose own header declares 60,000 × 60,000 pixels."""
    dataset = _slice()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.compress(syntax, generate_instance_uid=False)
    data = bytearray(_bytes(dataset, syntax))
    if syntax.endswith(("80", "81")):
        at = data.index(b"\xff\xf7") + 5
        data[at : at + 4] = (60000).to_bytes(2, "big") * 2
    else:
        at = data.index(b"\xff\x4f\xff\x51") + 8
        data[at : at + 8] = (60000).to_bytes(4, "big") * 2
    return bytes(data)


def wrong_kind_of_rows() -> bytes:
    """Rows as a 32-bit number."""
    data = _bytes(_slice())
    at = data.index(b"\x28\x00\x10\x00US\x02\x00")
    return data[:at] + b"\x28\x00\x10\x00UL\x04\x00\x40\0\1\0" + data[at + 10 :]


def made_up_meta_kind() -> bytes:
    """A made-up value representation in the file meta, with a length of 4 GB (CVE-2026-3650)."""
    data = _bytes(_slice())
    at = data.index(b"\x02\x00\x02\x00UI")
    return data[:at] + b"\x02\x00\x02\x00OX\0\0\xf0\xff\xff\xff" + data[at + 8 :]


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nested 300": lambda: nested(300),
    "nested 20,000": lambda: nested(20_000),
    "nested 2,000 with lengths": lambda: nested(2_000, defined=True),
    "deflated bomb of 300 MB": lambda: deflated_bomb(300),
    "3 GiB declared": huge_declared,
    "3 GiB declared as text": lambda: huge_declared(b"\x09\x00\x11\x10", b"UT"),
    "needed element of 3 GiB": lambda: huge_declared(b"\x08\x00\x05\x00", b"UN"),
    "made-up kind in the meta": made_up_meta_kind,
    "made-up kind": lambda: _with_element(b"\x09\x00\x11\x10ZZ\x08\x00abcdefgh"),
    "rows 0": lambda: edited(Rows=0),
    "rows 65535": lambda: edited(Rows=65535, Columns=65535),
    "rows 46341": lambda: edited(Rows=46341, Columns=46341),
    "rows as UL": wrong_kind_of_rows,
    "frames of 2^31-1": lambda: edited(NumberOfFrames=2**31 - 1),
    "negative frames": lambda: edited(NumberOfFrames=-1),
    "JPEG 2000 that declares 60,000²": lambda: lying_codestream("1.2.840.10008.1.2.4.90"),
    "JPEG-LS that declares 60,000²": lambda: lying_codestream("1.2.840.10008.1.2.4.80"),
    "JPEG that is noise": lambda: codestream(b"\xff\xd8\xff" + bytes(range(256)) * 20, "1.2.840.10008.1.2.4.70"),
    "JPEG 2000 that is noise": lambda: codestream(
        b"\xff\x4f\xff\x51" + bytes(range(256)) * 20, "1.2.840.10008.1.2.4.90"
    ),
    "RLE that is noise": lambda: codestream(bytes(range(256)) * 20, "1.2.840.10008.1.2.5"),
    "RLE bomb": lambda: codestream(
        (1).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(56) + b"\x81\x00" * 500_000,
        "1.2.840.10008.1.2.5",
    ),
    "fragment of zeros": lambda: codestream(b"\0\0", "1.2.840.10008.1.2.4.90"),
    "endless sequence": lambda: _with_element(
        b"\x09\x00\x10\x10SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    ),
    "item tags without end": lambda: _with_element(b"\xfe\xff\x00\xe0\0\0\0\0" * 50_000),
    "header of 80 MB": lambda: _with_element(
        b"\x09\x00\x11\x10OB\0\0" + (80 << 20).to_bytes(4, "little") + bytes(80 << 20)
    ),
}


def test_a_hostile_file_beside_a_good_series_does_no_harm(tmp_path: Path) -> None:
    folders = []
    for number, make in enumerate(HOSTILE.values()):
        folders.append(tmp_path / str(number))
        RECIPE.write(folders[-1])
        (folders[-1] / "hostile").write_bytes(make())
    found = read_in_child(folders)
    opened = sum(outcome == "opened" for outcome, _, _ in found)
    sys.stdout.write(
        f"files tried {len(found)}, opened {opened} (the good one beside), refused {len(found) - opened}, crashed 0\n"
    )
    for name, (outcome, seconds, used) in zip(HOSTILE, found, strict=True):
        assert outcome in ("opened", "refused")
        assert seconds < 10.0, name
        assert used < 1024, name


def test_nesting_is_bounded_at_64(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(nested(63))
    assert scan(tmp_path).series[0].readable
    for depth, defined in ((64, False), (64, True), (500, False), (20_000, False)):
        (tmp_path / "x").write_bytes(nested(depth, defined))
        start = time.process_time()
        result = scan(tmp_path)
        assert time.process_time() - start < 0.05  # C-04; of this process, however busy the machine is
        assert result.series == ()
        assert "nested" in result.skipped[0].reason.text()


@pytest.mark.parametrize("magic", [b"MZ", b"\x7fELF", b"#!/bin/sh\n", b"\xcf\xfa\xed\xfe"])
def test_an_executable_preamble_is_noticed(tmp_path: Path, magic: bytes) -> None:
    paths = RECIPE.write(tmp_path)
    paths[2].write_bytes(magic.ljust(128, b"\0") + paths[2].read_bytes()[128:])
    summary = scan(tmp_path).series[0]
    check = next(check for check in summary.checks if check.id == "ct.preamble")
    assert check.state is CheckState.WARNED
    assert "0002" in check.message.text()


def test_zip_members_are_never_written_and_bombs_are_refused(tmp_path: Path) -> None:
    RECIPE.write(tmp_path / "good")
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in (tmp_path / "good").iterdir():
            file.write(path, f"../../../{path.name}")
        file.write(tmp_path / "good" / "0000", "/etc/0000")
        with file.open("bomb", "w", force_zip64=True) as member:
            for _ in range(100):
                member.write(bytes(1 << 20))
    before = set(tmp_path.rglob("*"))
    result = scan(archive)
    assert result.series[0].slice_count == 7
    assert any(skipped.reason.id == "ct.skip_bomb" for skipped in result.skipped)
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("cut", [1, 30, 500, 5000])
def test_a_damaged_zip_is_refused_with_a_sentence(tmp_path: Path, cut: int) -> None:
    RECIPE.write(tmp_path / "good")
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in (tmp_path / "good").iterdir():
            file.write(path, path.name)
    archive.write_bytes(archive.read_bytes()[:-cut])
    with pytest.raises(CtError, match=r"a\.zip"):
        scan(archive)


def test_a_zip_member_whose_bytes_are_damaged_is_named(tmp_path: Path) -> None:
    RECIPE.write(tmp_path / "good")
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted((tmp_path / "good").iterdir()):
            file.write(path, path.name)
    data = bytearray(archive.read_bytes())
    data[400:440] = bytes(40)
    archive.write_bytes(data)
    result = scan(archive)
    assert all(summary.state is not CheckState.PASSED for summary in result.series)
    assert any("0000" in str(check.message.values) for s in result.series for check in s.checks) or any(
        "0000" in skipped.examples for skipped in result.skipped
    )


def test_every_odd_file_ends_in_a_volume_or_a_sentence() -> None:
    paths = sorted(shared_data("dicom-odd").iterdir())
    found = read_in_child(paths)
    opened = sum(outcome == "opened" for outcome, _, _ in found)
    sys.stdout.write(f"files tried {len(found)}, opened {opened}, refused {len(found) - opened}, crashed 0\n")
    assert max(seconds for _, seconds, _ in found) < 10.0
    assert max(used for _, _, used in found) < 1024
    assert opened >= 3


def test_limits_are_inputs(tmp_path: Path) -> None:
    save(_slice(), tmp_path / "x")
    assert scan(tmp_path, limits=ScanLimits(rows=32)).series == ()
