"""Two real processes on one case store: the second hands its path over and ends."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from apnet_desktop.gui.single_instance.client import hand_over
from apnet_desktop.gui.single_instance.meeting_point import MeetingPoint, meeting_point
from apnet_desktop.gui.single_instance.messages import LONGEST_LINE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets")
_SECONDS = 60


@dataclass
class Starts:
    """Starts of the program on one store."""

    folder: Path
    runtime: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def point(self) -> MeetingPoint:
        return meeting_point(self.store)

    def start(self, *words: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(self.runtime), "QT_QPA_PLATFORM": "offscreen"}
        command = [sys.executable, "-m", "tests.gui.single_instance.starter", str(self.store), str(self.log), *words]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)  # noqa: S603
        self.running.append(process)
        return process

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    def said(self) -> list[str]:
        return self.log.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if self.log.exists() else []

    def wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def listening(self) -> None:
        self.wait(lambda: Path(self.point.name).exists())


@pytest.fixture
def starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starts]:
    runtime = tmp_path / "r"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    made = Starts(tmp_path, runtime)
    yield made
    for process in made.running:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def test_the_second_start_hands_its_path_over_and_ends(starts: Starts, tmp_path: Path) -> None:
    first = starts.start(str(tmp_path / "patient one"))
    starts.listening()
    second = starts.start(str(tmp_path / "张三" / "ct 一"))
    assert second.wait(_SECONDS) == 0
    starts.wait(lambda: len(starts.said()) == 2)
    assert starts.said() == [f"started {tmp_path / 'patient one'}", f"opened {tmp_path / '张三' / 'ct 一'}"]
    assert first.poll() is None
    # Closed in good order: no socket stays behind.
    (starts.store / "stop").touch()
    assert first.wait(_SECONDS) == 0
    assert not Path(starts.point.name).exists()


def test_two_starts_at_the_same_moment_open_one_window(starts: Starts, tmp_path: Path) -> None:
    both = [starts.start(str(tmp_path / name)) for name in ("a", "b")]
    starts.wait(lambda: len(starts.said()) == 2)
    lines = starts.said()
    assert sorted(line.split()[0] for line in lines) == ["opened", "started"]
    assert sorted(Path(line.split()[1]).name for line in lines) == ["a", "b"]
    starts.wait(lambda: sum(one.poll() is None for one in both) == 1)
    assert [one.returncode for one in both if one.poll() is not None] == [0]


def test_the_socket_of_a_killed_window_is_replaced(starts: Starts, tmp_path: Path) -> None:
    first = starts.start()
    starts.listening()
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert Path(starts.point.name).exists()
    assert not hand_over(starts.point, tmp_path)
    starts.start(str(tmp_path / "next"))
    starts.wait(lambda: f"started {tmp_path / 'next'}" in starts.said())
    starts.wait(lambda: hand_over(starts.point, tmp_path / "later"))
    starts.wait(lambda: f"opened {tmp_path / 'later'}" in starts.said())


def test_only_the_person_can_reach_the_socket_and_nonsense_does_no_harm(starts: Starts, tmp_path: Path) -> None:
    starts.start()
    starts.listening()
    place = Path(starts.point.name)
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0
    for nonsense in (
        b"",
        b"\n",
        b"[]\n",
        b'{"path": 7}\n',
        b'{"path": "/x", "run": "rm"}\n',
        b"\x00" * LONGEST_LINE * 2,
    ):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(place))
            try:
                stranger.sendall(nonsense)
                stranger.settimeout(0.3)
                assert stranger.recv(16) == b""
            except OSError:
                continue  # closed on it, or never answered
    assert hand_over(starts.point, tmp_path / "after all")
    starts.wait(lambda: f"opened {tmp_path / 'after all'}" in starts.said())
    assert [line for line in starts.said() if line.startswith("opened")] == [f"opened {tmp_path / 'after all'}"]


def test_a_folder_that_somebody_else_prepared_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    # The name of a socket may have no more than about a hundred bytes: too few for pytest's own folders.
    with tempfile.TemporaryDirectory() as short:
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        monkeypatch.setattr("tempfile.tempdir", short)
        _nobody_enters_a_strange_folder(Path(short))


def _nobody_enters_a_strange_folder(temporary: Path) -> None:
    point = meeting_point(temporary / "store")
    folder = Path(point.name).parent
    assert folder.parent == temporary
    folder.mkdir()
    folder.chmod(0o777)
    Path(point.name).touch()
    assert not point.may_be_open()
    with pytest.raises(PermissionError):
        point.prepare()
    folder.chmod(0o700)
    assert point.may_be_open()


def test_a_path_whose_bytes_are_no_utf8_arrives_as_it_is(starts: Starts, tmp_path: Path) -> None:
    starts.start()
    starts.listening()
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xd5\xc5\xc8\xfd"))
    assert hand_over(starts.point, odd)
    starts.wait(lambda: f"opened {odd}" in starts.said())
