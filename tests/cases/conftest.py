"""A store on a scratch folder, with a clock that tests turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apnet_desktop.cases.store import CaseStore
from tests.cases.samples import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[CaseStore]:
    with CaseStore(tmp_path / "store", person="Dr Reader", clock=clock) as opened:
        yield opened
