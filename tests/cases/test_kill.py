"""A session killed at random moments: the store opens every time, and nothing older than the last edit is lost."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import apnet_desktop.cases
from tests.cases.promises import tries

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by signal, which Windows has not")

_SOAK = 500


def _kill(folder: Path, kills: int, seed: int) -> list[dict[str, object]]:
    """Kills until there are `kills` results; those of an earlier, interrupted run in the same folder count."""
    record = folder / "results.jsonl"
    done = len(record.read_text().splitlines()) if record.exists() else 0
    numbers = [str(done), str(kills), str(seed)]
    command = [sys.executable, "-W", "error", "-m", "tests.cases.kill_session", str(folder / "store"), *numbers]
    with record.open("a") as output:
        ended = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    assert ended.returncode == 0, ended.stderr[-2000:]
    return [json.loads(line) for line in record.read_text().splitlines()]


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
def test_nothing_is_lost_when_killed(tmp_path_factory: pytest.TempPathFactory) -> None:
    _check(_kill(tmp_path_factory.mktemp("kills"), 15, 7), 15)


@pytest.mark.soak
@tries("C-40", "C-56")
def test_nothing_is_lost_when_killed_500_times(request: pytest.FixtureRequest) -> None:
    assert request.config.cache is not None
    # A run that is interrupted goes on; one of other code begins anew.
    code = hashlib.sha256()
    for path in sorted(Path(apnet_desktop.cases.__file__).parent.glob("*.py")):
        code.update(path.read_bytes())
    folder = request.config.cache.mkdir(f"kills-{code.hexdigest()[:12]}")
    _check(_kill(folder, _SOAK, 1000), _SOAK)
