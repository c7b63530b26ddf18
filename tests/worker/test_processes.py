"""What the real processes keep out, and that they survive what files do to them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from apnet_desktop.clinical.record_files import import_record
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.errors import ClinicalError, KnownError, ProcessError
from apnet_desktop.simulation.demo_case import DemoCase
from apnet_desktop.worker.inference import Inference
from apnet_desktop.worker.reader import Reader
from apnet_desktop.worker.shared_memory import SharedBlocks
from apnet_desktop.worker.task import Nothing


@pytest.fixture
def blocks() -> Iterator[SharedBlocks]:
    blocks = SharedBlocks()
    yield blocks
    blocks.release_all()


@pytest.fixture
def reader(blocks: SharedBlocks) -> Iterator[Reader]:
    reader = Reader(blocks)
    yield reader
    reader.close()


def test_the_reader_imports_neither_qt_nor_torch(reader: Reader) -> None:
    roots = {name.partition(".")[0] for name in reader.client.run("modules", Nothing())["names"]}
    assert not roots & {"PySide6", "shiboken6", "torch", "timm", "lightgbm"}


def test_the_worker_imports_no_qt(blocks: SharedBlocks, shipped_bundle: Path) -> None:
    inference = Inference(blocks)
    try:
        inference.warm(shipped_bundle, "cpu").run()
        roots = {name.partition(".")[0] for name in inference.client.run("modules", Nothing())["names"]}
    finally:
        inference.close()
    assert "lightgbm" in roots
    assert not roots & {"PySide6", "shiboken6", "pyqtgraph"}


def test_records_are_read_in_the_reader_and_come_back_whole(reader: Reader, tmp_path: Path) -> None:
    """FHIR's libraries and hostile files stay out of the window's process."""
    schema = default_schema()
    path = tmp_path / "record.json"
    path.write_text('{"values": {"creatinine": "1.2 mg/dL", "diabetes": true, "admission_date": "2026-03-01"}}')
    found = reader.import_record(path, schema, "").run()
    assert found == import_record(path, schema)
    assert found.record.values["admission_date"] == date(2026, 3, 1)
    broken = tmp_path / "bundle.json"
    broken.write_text('{"resourceType": "Bundle", "type": 7}')
    with pytest.raises(ClinicalError, match=r"bundle\.json"):
        reader.import_record(broken, schema, "").run()


def test_a_reader_killed_while_it_reads_is_replaced(reader: Reader, blocks: SharedBlocks, demo_case: DemoCase) -> None:
    result = reader.scan(demo_case.ct_folder).run()
    assert result.preselected is not None
    summary = result.series[result.preselected]
    task, name = reader.read(summary)
    killed = False

    def kill(_: object) -> None:
        nonlocal killed
        pid = reader.client.process_id
        if not killed and pid is not None:
            killed = True
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(ProcessError):
        task.run(kill)
    blocks.release(name)
    again, _ = reader.read(summary)
    shared = again.run()
    assert shared.geometry == summary.geometry
    volume = reader.open_volume(shared)
    assert volume.digest() == shared.digest


def test_the_process_ends_with_its_window(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import time\n"
        "from apnet_desktop.worker.reader import Reader\n"
        "from apnet_desktop.worker.shared_memory import SharedBlocks\n"
        "from apnet_desktop.worker.task import Nothing\n"
        "if __name__ == '__main__':\n"
        "    reader = Reader(SharedBlocks())\n"
        "    reader.client.run('modules', Nothing())\n"
        "    print(reader.client.process_id, flush=True)\n"
        "    time.sleep(60)\n"
    )
    script = tmp_path / "window.py"
    script.write_text(code)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as window:  # noqa: S603
        assert window.stdout is not None
        reader_id = int(window.stdout.readline())
        window.kill()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and Path(f"/proc/{reader_id}").exists():
        time.sleep(0.1)
    assert not Path(f"/proc/{reader_id}").exists()


def test_an_empty_folder_is_refused_and_the_reader_lives(reader: Reader, tmp_path: Path) -> None:
    reader.client.run("modules", Nothing())
    before = reader.client.process_id
    try:
        result = reader.scan(tmp_path).run()
    except KnownError:
        pass
    else:
        assert not result.series
    assert reader.client.process_id == before
