"""Brings what a process says to the window's thread, and drops what is no longer asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError
from PySide6.QtCore import QObject, Qt, Signal, Slot

from apnet_desktop.errors import KnownError, Stopped
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.worker.client import Job
from apnet_desktop.worker.task import Task

__all__ = ["Jobs", "RunningJob"]

P = TypeVar("P", bound=FrozenModel)
R = TypeVar("R", bound=FrozenModel)
T = TypeVar("T")


class _Mailbox(QObject):
    """Hands calls from any thread to the window's thread."""

    posted = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.closed = False
        self.posted.connect(self._call, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def _call(self, function: Callable[[], None]) -> None:
        if not self.closed:
            function()


class RunningJob:
    """A job that the window waits for. `forget` makes everything that it still says go unheard."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.current = True

    def forget(self) -> None:
        """Drops whatever comes: the case or the input that it was asked for is no longer open."""
        self.current = False


class Jobs(QObject):
    """Starts tasks and delivers their progress and end on the window's thread.

    Signals:
        refused: A task ended with a known error; carries the Message.
        faulted: A task ended with a bug in the process; carries the Message for the person.
    """

    refused = Signal(object)
    faulted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mailbox = _Mailbox(self)

    def start(
        self,
        task: Task[P, R],
        on_result: Callable[[R], None],
        on_progress: Callable[[P], None] = lambda _: None,
        on_end: Callable[[], None] = lambda: None,
        on_refused: Callable[[Message], None] | None = None,
    ) -> RunningJob:
        """Starts `task`; the callbacks come on the window's thread, unless the job is forgotten before.

        Args:
            task: What to run.
            on_result: Gets the result.
            on_progress: Gets each progress value.
            on_end: Called in every case, last: after a result, a refusal, a fault or a stop.
            on_refused: Gets a refusal or a fault in place of `refused` and `faulted`.
        """
        post = self._mailbox.posted.emit

        def progress(body: object) -> None:
            post(lambda: on_progress(task.progress.model_validate(body)) if running.current else None)

        def done(job: Job) -> None:
            post(lambda: self._deliver(running, job, task, on_result, on_end, on_refused))

        job = Job(
            name=task.name,
            body=task.parameters.model_dump(mode="json"),
            on_progress=progress,
            on_done=done,
            quick=task.quick,
        )
        running = RunningJob(job)
        task.client.submit(job)
        return running

    def in_background(self, function: Callable[[], T], on_result: Callable[[T], None]) -> None:
        """Runs a short function (disk, hashes) on a thread of its own; `on_result` comes on the window's thread."""

        def work() -> None:
            try:
                result = function()
            except KnownError as error:
                message = error.message
                self.call_later(lambda: self.refused.emit(message))
            else:
                self.call_later(lambda: on_result(result))

        threading.Thread(target=work, daemon=True).start()

    def close(self) -> None:
        """Drops whatever still comes: the window is closed, and what it would start has nowhere to run."""
        self._mailbox.closed = True

    def call_later(self, function: Callable[[], None]) -> None:
        """Calls `function` on the window's thread, from any thread."""
        self._mailbox.posted.emit(function)

    def _deliver(
        self,
        running: RunningJob,
        job: Job,
        task: Task[P, R],
        on_result: Callable[[R], None],
        on_end: Callable[[], None],
        on_refused: Callable[[Message], None] | None,
    ) -> None:
        if not running.current:
            return
        error = job.error
        refused, faulted = (on_refused,) * 2 if on_refused is not None else (self.refused.emit, self.faulted.emit)
        if error is None:
            try:
                result = task.result.model_validate(job.result)
            except ValidationError:
                refused(Message.of("worker.garbled"))
            else:
                on_result(result)
        elif isinstance(error, KnownError):
            refused(error.message)
        elif not isinstance(error, Stopped):
            faulted(Message.of("gui.fault", name=str(error)))
        on_end()
