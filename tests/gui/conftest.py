"""What holds for every test of the window: nothing outlives it, and the event loop is never held up."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apnet_desktop.worker.patience import patience

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

_LONGEST_WORK = 0.1
_LONGEST_GAP = 1.0
"""Seconds that the window's thread may work without a look at its events (C-66), and that it may stand still for any
reason: on a machine that is busy with other things, only the first is the window's own doing."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform has no window manager, and says so at each size hint and menu; nothing else may warn."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture(autouse=True)
def _nothing_outlives(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves a running timer, a thread, or work in the thread pool behind (C-62)."""
    threads = set(threading.enumerate())
    yield
    if "qtbot" not in request.fixturenames:
        return
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    assert QThreadPool.globalInstance().waitForDone(10_000), "work is left in the thread pool"
    application.processEvents()
    for widget in application.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    application.sendPostedEvents(None, 0)
    application.processEvents()
    gc.collect()
    left = [timer for timer in _timers() if timer.isActive()]
    assert not left, f"running timers are left: {[timer.parent() for timer in left]}"
    born = [thread for thread in threading.enumerate() if thread not in threads and not thread.daemon]
    assert not born, f"threads are left: {born}"


def _timers() -> list[QTimer]:
    found = []
    for thing in gc.get_objects():
        try:
            # Not isinstance: that asks objects for their __class__, and torch warns when one of its own is asked.
            if issubclass(type(thing), QTimer):
                thing.isActive()
                found.append(thing)
        except (RuntimeError, ReferenceError):
            continue
    return found


class EventLoopProbe:
    """Measures how long the event loop stands still, and shows what held it up."""

    def __init__(self) -> None:
        self.longest_gap = 0.0
        self.longest_work = 0.0
        self.stack = ""
        self._main = threading.get_ident()
        self._beat, self._worked = time.perf_counter(), time.thread_time()
        self._running = False
        self._timer = QTimer()
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._tick)
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Watches from now on."""
        self._beat, self._worked = time.perf_counter(), time.thread_time()
        self._running = True
        self._timer.start()
        self._watcher.start()

    def stop(self) -> None:
        """Ends watching."""
        if not self._running:
            return
        self._tick()
        self._running = False
        self._timer.stop()
        self._watcher.join()

    def _tick(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self.longest_gap = max(self.longest_gap, now - self._beat)
        self.longest_work = max(self.longest_work, worked - self._worked)
        self._beat, self._worked = now, worked

    def _watch(self) -> None:
        while self._running:
            time.sleep(0.01)
            waited = time.perf_counter() - self._beat
            if waited > max(_LONGEST_WORK, self.longest_gap):
                frame = sys._current_frames().get(self._main)
                self.stack = "".join(traceback.format_stack(frame))

    def check(self) -> None:
        """Fails if the loop was held up, with the stack of what did it."""
        # Processors that are shared are slower too: caches, and two threads on one core.
        stretch = patience()
        held_up = self.longest_work > _LONGEST_WORK * stretch or self.longest_gap > _LONGEST_GAP * stretch
        assert not held_up, f"worked {self.longest_work:.3f} s, gap {self.longest_gap:.3f} s:\n{self.stack}"


@pytest.fixture(autouse=True)
def _never_held_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Watches the event loop wherever a test waits for the window, so in the whole suite (C-66)."""
    wait_until, probes = QtBot.waitUntil, list[EventLoopProbe]()

    def watched(qtbot: QtBot, callback: Callable[[], bool | None], *, timeout: int = 5000) -> None:
        probe = EventLoopProbe()
        probes.append(probe)
        probe.start()
        try:
            wait_until(qtbot, callback, timeout=timeout)
        finally:
            probe.stop()

    monkeypatch.setattr(QtBot, "waitUntil", watched)
    yield
    for probe in probes:
        probe.check()


@pytest.fixture
def event_loop_probe(qapp: QObject) -> Iterator[EventLoopProbe]:
    """Fails a test in which, after its `start`, the event loop is held up for longer than 100 ms of work."""
    probe = EventLoopProbe()
    yield probe
    probe.stop()
    probe.check()
