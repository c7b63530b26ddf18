"""One job at a time for the person: its progress, its Stop, and what must be cleaned up however it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.gui.jobs import Jobs, RunningJob
from apnet_desktop.language import Language, text
from apnet_desktop.worker.client import ProcessClient
from apnet_desktop.worker.task import Task

__all__ = ["JobRunner"]

P = TypeVar("P", bound=FrozenModel)
R = TypeVar("R", bound=FrozenModel)


def _nothing(_: bool) -> None:
    pass


class JobRunner(QObject):
    """Runs the job that the person waits for.

    Signals:
        said: A sentence for the person; carries the `Message`.
        progressed: What the job does and how far it is; carries text and fraction (None: not known).
        idle: No job runs any more.
        stopped: A job was stopped; carries the client of its process.
    """

    said = Signal(object)
    progressed = Signal(str, object)
    idle = Signal()
    stopped = Signal(object)

    def __init__(self, language: Language, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self.jobs = Jobs(self)
        self.jobs.refused.connect(self.said)
        self.jobs.faulted.connect(self.said)
        self._job: RunningJob | None = None
        self._client: ProcessClient | None = None
        self._cleanup: Callable[[bool], None] = _nothing

    @property
    def busy(self) -> bool:
        """True while a job runs."""
        return self._job is not None

    def say_progress(self, id: str, fraction: float | None, **values: int) -> None:
        """Tells what the job does (a sentence of the catalogue) and how far it is."""
        self.progressed.emit(text(id, self._language, **values), fraction)

    def run(
        self,
        task: Task[P, R],
        on_result: Callable[[R], None],
        on_progress: Callable[[P], None] = lambda _: None,
        cleanup: Callable[[bool], None] = _nothing,
    ) -> None:
        """Stops the job in hand and runs `task`; its result may start the next job.

        Args:
            task: What to run.
            on_result: Gets the result.
            on_progress: Gets each progress value.
            cleanup: Called once when the job ends: with True if well, before `on_result`; with False if badly or by
                Stop.
        """
        self.stop()
        self._client, self._cleanup = task.client, cleanup

        def result(value: R) -> None:
            self._job = None
            self._clean(True)
            on_result(value)

        def end() -> None:
            if self._job is running:
                self._job = None
                self._clean(False)
            if self._job is None:
                self.idle.emit()

        running = self.jobs.start(task, result, on_progress, end)
        self._job = running

    def stop(self) -> None:
        """Stops the job in hand at once; nothing that it still says is heard."""
        if self._job is None or self._client is None:
            return
        client = self._client
        self.forget()
        client.stop()
        self.stopped.emit(client)
        self.idle.emit()

    def forget(self) -> None:
        """Drops whatever the job in hand still says, and cleans up after it."""
        if self._job is not None:
            self._job.forget()
            self._job = None
            self._clean(False)

    def _clean(self, well: bool) -> None:
        cleanup, self._cleanup = self._cleanup, _nothing
        cleanup(well)
