"""The window's side of a process: starts it, gives it jobs, notices its death, stops it at once and warms a new one."""

from __future__ import annotations

import logging
import multiprocessing
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from apnet_desktop import errors
from apnet_desktop.errors import KnownError, ProcessError, Stopped
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.worker.channel import Channel, Envelope, Kind
from apnet_desktop.worker.job import Fault, Job
from apnet_desktop.worker.patience import patience

__all__ = ["Fault", "Job", "ProcessClient", "Timing"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Timing:
    """How long a process may be silent on an idle machine; `patience` stretches it on a busy one.

    Attributes:
        start: Seconds from start to ready.
        beat: Seconds without a heartbeat before it counts as hung.
        progress: Seconds that a job may go without progress; None for jobs whose steps are long.
    """

    start: float = 60.0
    beat: float = 10.0
    progress: float | None = None


class ProcessClient:
    """One child process that does one job at a time, in order; the rest wait, but for quick ones.

    Args:
        target: Main function of the process; gets its end of the pipe.
        name: Name of the process, for logs and system monitors.
        timing: How long it may be silent.
    """

    def __init__(self, target: Callable[[Connection], None], name: str, timing: Timing = Timing()) -> None:
        self._target = target
        self._name = name
        self._timing = timing
        self._lock = threading.RLock()
        self._process: BaseProcess | None = None
        self._channel: Channel | None = None
        self._ready = False
        self._waiting: deque[Job] = deque()
        self._current: Job | None = None
        self._quick: dict[int, Job] = {}
        self._listeners: list[threading.Thread] = []
        self._never_ready = 0
        self._closed = False

    @property
    def process_id(self) -> int | None:
        """The child's process id, None before it is started."""
        process = self._process
        return process.pid if process is not None else None

    def start(self) -> None:
        """Starts the process if it is not running, so that it is warm when the first job comes."""
        with self._lock:
            if self._closed or self._process is not None or self._never_ready > 2:
                return
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(target=self._target, args=(theirs,), name=self._name, daemon=True)
            process.start()
            theirs.close()
            self._process, self._channel, self._ready = process, Channel(ours), False
            listener = threading.Thread(
                target=self._listen, args=(process, self._channel), name=f"{self._name} listener", daemon=True
            )
            self._listeners = [thread for thread in self._listeners if thread.is_alive()]
            self._listeners.append(listener)
            listener.start()

    def submit(self, job: Job) -> Job:
        """Queues a job and returns it at once."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the client is closed")
            self._waiting.append(job)
            self._never_ready = 0
            self.start()
            self._next()
        return job

    def run(
        self, name: str, parameters: FrozenModel, on_progress: Callable[[Mapping[str, Any]], None] = lambda _: None
    ) -> Mapping[str, Any]:
        """Runs one job and waits for its result.

        Raises:
            KnownError, Stopped, Fault: The job ended badly.
        """
        job = Job(name=name, body=parameters.model_dump(mode="json"), on_progress=on_progress)
        return self.submit(job).wait()

    def stop(self) -> None:
        """Ends the job in hand and all that wait, at once, whatever they do; a new process warms up.

        The jobs end with `Stopped`. Safe to call at any time.
        """
        with self._lock:
            if self._current is None and not self._waiting and not self._quick:
                return
            jobs = self._drop_process()
        for job in jobs:
            self._finish(job, error=Stopped())

    def close(self) -> None:
        """Ends the process for good. Jobs in hand end with `Stopped`; after it nothing is left running."""
        with self._lock:
            self._closed = True
            jobs = self._drop_process()
            listeners = list(self._listeners)
        for job in jobs:
            self._finish(job, error=Stopped())
        for listener in listeners:
            if listener is not threading.current_thread():
                listener.join(timeout=5)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _drop_process(self) -> list[Job]:
        """Kills the process and returns the jobs that it leaves behind; its listener cleans up after it.

        A process holds nothing of value between jobs, so there is no polite way to end it. Called with the lock held.
        """
        process = self._process
        jobs = [*([self._current] if self._current else []), *self._quick.values(), *self._waiting]
        self._process = self._channel = self._current = None
        self._ready = False
        self._waiting.clear()
        self._quick.clear()
        if process is not None:
            process.kill()
        return jobs

    def _next(self) -> None:
        """Sends every quick job, and the next other one if the process is free. Called with the lock held."""
        if not self._ready or self._channel is None:
            return
        for job in [job for job in self._waiting if job.quick]:
            self._waiting.remove(job)
            self._quick[job.number] = job
            self._send(self._channel, job)
        if self._current is None and self._waiting:
            self._current = self._waiting.popleft()
            self._send(self._channel, self._current)

    def _send(self, channel: Channel, job: Job) -> None:
        job.last_sign = time.monotonic()
        try:
            channel.send(Envelope(kind=Kind.JOB, job=job.number, name=job.name, body=dict(job.body)))
        except OSError:
            _log.warning("%s: pipe closed while a job was sent", self._name)  # the listener finds the death and tells

    def _listen(self, process: BaseProcess, channel: Channel) -> None:
        try:
            self._converse(process, channel)
        finally:
            process.join(timeout=5)
            channel.close()  # here, not where the process is killed: another thread may not close a pipe in use
            process.close()
            self.start()

    def _converse(self, process: BaseProcess, channel: Channel) -> None:
        started = last_beat = time.monotonic()
        while True:
            try:
                envelope = channel.receive(timeout=0.25)
            except (EOFError, OSError):
                self._lost(process, Message.of("worker.ended"))
                return
            except ValidationError:
                self._lost(process, Message.of("worker.garbled"))
                return
            if self._process is not process:
                return
            now = time.monotonic()
            if envelope is not None:
                last_beat = now
                self._handle(envelope)
            reason = self._silence(process, now, started, last_beat)
            if reason is not None:
                self._lost(process, reason)
                return

    def _silence(self, process: BaseProcess, now: float, started: float, last_beat: float) -> Message | None:
        if now - last_beat > 1.5 and (not process.is_alive() or _suspended(process.pid)):
            return Message.of("worker.ended")
        longer = patience()
        if now - last_beat > self._timing.beat * longer:
            return Message.of("worker.hung", seconds=round(self._timing.beat * longer))
        job, limit = self._current, self._timing.progress
        if job is not None and limit is not None and now - job.last_sign > limit * longer:
            return Message.of("worker.no_progress", seconds=round(limit * longer))
        if not self._ready and now - started > self._timing.start * longer:
            return Message.of("worker.no_start", seconds=round(self._timing.start * longer))
        return None

    def _handle(self, envelope: Envelope) -> None:
        if envelope.kind is Kind.READY:
            with self._lock:
                self._ready, self._never_ready = True, 0
                self._next()
            return
        job = self._job(envelope.job)
        if job is None:
            return
        job.last_sign = time.monotonic()
        if envelope.kind is Kind.PROGRESS:
            job.on_progress(envelope.body)
            return
        with self._lock:
            if self._job(job.number) is not job:
                return
            if job.quick:
                del self._quick[job.number]
            else:
                self._current = None
            self._next()
        if envelope.kind is Kind.RESULT:
            self._finish(job, result=envelope.body)
        elif envelope.kind is Kind.REFUSED and envelope.message is not None:
            kind = getattr(errors, envelope.error, KnownError)
            self._finish(job, error=kind(envelope.message))
        else:
            self._finish(job, error=Fault(envelope.name))

    def _job(self, number: int) -> Job | None:
        """The job with this number that the process has; None if it has none."""
        current = self._current
        return current if current is not None and current.number == number else self._quick.get(number)

    def _lost(self, process: BaseProcess, reason: Message) -> None:
        """The process died or hangs: its job ends with the reason, the others run in a new one."""
        with self._lock:
            if self._process is not process:
                return
            given = [*([self._current] if self._current else []), *self._quick.values()]
            waiting, was_ready = list(self._waiting), self._ready
            self._drop_process()
            _log.warning("a process was lost: %s", reason)
            jobs = given
            if was_ready:
                self._waiting.extend(waiting)
            else:  # it never came up: starting it again would end the same way
                jobs += waiting
                self._never_ready += 1
        for job in jobs:
            self._finish(job, error=ProcessError(reason))

    def _finish(self, job: Job, result: Mapping[str, Any] | None = None, error: Exception | None = None) -> None:
        job.result, job.error = result, error
        job.done.set()
        job.on_done(job)


def _suspended(process_id: int | None) -> bool:
    """True if the system has suspended the process (SIGSTOP); known on Linux only."""
    if process_id is None or sys.platform != "linux":
        return False
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "TtZX"
