"""A store on a scratch folder, with a clock that tests turn."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from apnet_desktop.cases.store import CaseStore
from tests.cases.samples import HandClock

_MEMORY = Path("/dev/shm")  # noqa: S108 - a fresh folder for its owner only is made in it


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """The scratch folder in memory where the system has such a place: no test here asks how long a disk takes.

    A store waits for the disk at every change; some thousand waits are most of the time of these tests. What must
    survive a kill is tried on the disk all the same, in `test_kill.py`.
    """
    if not os.access(_MEMORY, os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="apnet-tests-", dir=_MEMORY))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[CaseStore]:
    with CaseStore(tmp_path / "store", person="Dr Reader", clock=clock) as opened:
        yield opened
