"""The loop of a process: take a job, report its progress, answer with a value, a known error or a fault.

Jobs run one after another. A process may also have quick jobs, which answer at once beside the job in hand.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Protocol

from apnet_desktop.errors import KnownError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.worker.channel import Channel, Envelope, Kind

__all__ = ["Handler", "Report", "serve"]

_BEAT_SECONDS = 0.5
_log = logging.getLogger(__name__)


class Report(Protocol):
    """Sends one progress value of the job in hand."""

    def __call__(self, progress: FrozenModel) -> None:
        """Sends `progress`."""


# Parameters as JSON values and the progress reporter in; the result model out.
Handler = Callable[[Mapping[str, Any], Report], FrozenModel]


def serve(
    connection: Connection,
    handlers: Mapping[str, Handler],
    prepare: Callable[[], None],
    quick: Mapping[str, Handler] | None = None,
) -> None:
    """Runs jobs until the window closes the pipe or is gone.

    Args:
        connection: This process's end of the pipe.
        handlers: What to do, by the job's name.
        prepare: Imports and limits, once, before *ready* is sent.
        quick: Handlers that take milliseconds: they answer beside the job in hand, on the main thread, while jobs run
            on one of their own. Without any, jobs run on the main thread.
    """
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the command line, which then stops us
    channel = Channel(connection)
    ended = threading.Event()
    threading.Thread(target=_beat, args=(channel, ended), daemon=True).start()
    try:
        prepare()
        channel.send(Envelope(kind=Kind.READY))
        take = _queue_of(handlers, channel) if quick else lambda job: channel.send(_answer(job, handlers, channel))
        while True:
            envelope = channel.receive()
            if envelope is None:
                continue
            if quick and envelope.name in quick:
                channel.send(_answer(envelope, quick, channel))
            else:
                take(envelope)
    except (EOFError, OSError):
        # The window is gone or has closed the pipe: end at once, without waiting for threads of libraries.
        os._exit(0)
    finally:
        ended.set()


def _queue_of(handlers: Mapping[str, Handler], channel: Channel) -> Callable[[Envelope], None]:
    """Starts a thread that runs jobs in order, and returns what puts a job into its queue."""
    jobs: queue.SimpleQueue[Envelope] = queue.SimpleQueue()

    def work() -> None:
        # A closed pipe ends the process on the main thread, which reads it.
        with suppress(EOFError, OSError):
            while True:
                channel.send(_answer(jobs.get(), handlers, channel))

    threading.Thread(target=work, name="jobs", daemon=True).start()
    return jobs.put


def _answer(envelope: Envelope, handlers: Mapping[str, Handler], channel: Channel) -> Envelope:
    job = envelope.job

    def report(progress: FrozenModel) -> None:
        channel.send(Envelope(kind=Kind.PROGRESS, job=job, body=progress.model_dump(mode="json")))

    try:
        result = handlers[envelope.name](envelope.body, report)
        return Envelope(kind=Kind.RESULT, job=job, body=result.model_dump(mode="json"))
    except KnownError as error:
        _log.info("%s refused: %s", envelope.name, error.message.id)
        return Envelope(kind=Kind.REFUSED, job=job, error=type(error).__name__, message=error.message)
    except MemoryError:
        _log.warning("%s ran out of memory", envelope.name)
        message = Message.of("worker.out_of_memory")
        return Envelope(kind=Kind.REFUSED, job=job, error="ProcessError", message=message)
    except OSError as error:
        if isinstance(error, (BrokenPipeError, EOFError, ConnectionError)):
            raise
        return _fault(envelope, job)
    except Exception:  # noqa: BLE001 - a bug: it is logged, and the process lives on for the next job
        return _fault(envelope, job)


def _fault(envelope: Envelope, job: int) -> Envelope:
    kind, error, trace = sys.exc_info()
    # The traceback's own text may quote a value of the patient's; its frames do not.
    frames = []
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno} {trace.tb_frame.f_code.co_name}")
        trace = trace.tb_next
    name = kind.__name__ if kind else "unknown"
    _log.error("fault in %s: %s at %s", envelope.name, name, " < ".join(reversed(frames)))
    if os.environ.get("APNET_DEBUG"):
        _log.error("detail", exc_info=error)
    return Envelope(kind=Kind.FAULT, job=job, name=name)


def _beat(channel: Channel, ended: threading.Event) -> None:
    parent = os.getppid()
    while not ended.wait(_BEAT_SECONDS):
        try:
            channel.send(Envelope(kind=Kind.BEAT))
        except OSError:
            return
        if os.getppid() != parent:
            os._exit(0)  # the window was killed: nothing may outlive it
