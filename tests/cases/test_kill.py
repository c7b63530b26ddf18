"""A session killed at random moments: the store opens every time, and nothing older than the last edit is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases.promises import tries

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by signal, which Windows has not")


def _kill(folder: Path, kills: int, seed: int) -> list[dict[str, object]]:
    command = [sys.executable, "-W", "error", "-m", "tests.cases.kill_session", str(folder), str(kills), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def _check(results: list[dict[str, object]], kills: int) -> None:
    assert len(results) == kills
    for result in results:
        assert result["killed"], result
        assert result["kept"] or result["ahead"], result
        for what in ("verified", "healthy", "offered", "reports"):
            assert result[what], result
        assert result["partial"] == 0, result
    edits = sum(int(str(result["edits"])) for result in results)
    ahead = sum(bool(result["ahead"]) for result in results)
    sys.stdout.write(f"\n{kills} kills, {edits} edits, {ahead} interrupted edits were on the disk, lost: 0\n")
    # A session that never gets to edit would prove nothing.
    assert edits > kills


@tries("C-40", "C-56")
def test_nothing_is_lost_when_killed(tmp_path: Path) -> None:
    _check(_kill(tmp_path, 25, 7), 25)


@pytest.mark.soak
@tries("C-40", "C-56")
def test_nothing_is_lost_when_killed_500_times(tmp_path: Path) -> None:
    _check(_kill(tmp_path, 500, 1000), 500)
