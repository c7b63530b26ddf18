"""What holds for every test of the window: nothing outlives it, and the event loop is never held up."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

_LONGEST_GAP = float(os.environ.get("APNET_LONGEST_GAP", "0.1"))
"""Seconds that the event loop may stand still while a test watches it (C-66)."""


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
        self.longest = 0.0
        self.stack = ""
        self._main = threading.get_ident()
        self._beat = time.perf_counter()
        self._running = True
        self._timer = QTimer()
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._tick)
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._beat = time.perf_counter()
        self._timer.start()
        self._watcher.start()

    def stop(self) -> None:
        self._tick()
        self._running = False
        self._timer.stop()
        self._watcher.join()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._beat)
        self._beat = now

    def _watch(self) -> None:
        while self._running:
            time.sleep(0.01)
            waited = time.perf_counter() - self._beat
            if waited > max(_LONGEST_GAP, self.longest):
                frame = sys._current_frames().get(self._main)
                self.stack = "".join(traceback.format_stack(frame))


@pytest.fixture
def event_loop_probe(qapp: QObject) -> Iterator[EventLoopProbe]:
    """Fails a test during which the event loop stands still for longer than 100 ms."""
    probe = EventLoopProbe()
    probe.start()
    yield probe
    probe.stop()
    assert probe.longest <= _LONGEST_GAP, f"the event loop stood still for {probe.longest:.3f} s:\n{probe.stack}"
