"""One job in a process, and how it ended."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Fault", "Job"]

_numbers = itertools.count(1)


class Fault(Exception):  # noqa: N818 - the word of the exit codes: internal fault
    """A bug in a process. Its log has the place; the person is told that nothing is lost."""


@dataclass(eq=False)
class Job:
    """One job in a process, and what became of it.

    Attributes:
        name: Which handler.
        body: Parameters, as JSON values.
        on_progress: Called with each progress value, on the listener thread.
        on_done: Called once at the end, on the listener thread, with the job.
        quick: True for a job that the process answers beside the one in hand (`serve`): it does not wait for it.
        number: Unique in this application: a late message for another job is dropped by it.
        result: The result as JSON values, None unless it ended well.
        error: `KnownError`, `Stopped` or `Fault`, None unless it ended badly.
    """

    name: str
    body: Mapping[str, Any]
    on_progress: Callable[[Mapping[str, Any]], None] = lambda _: None
    on_done: Callable[[Job], None] = lambda _: None
    quick: bool = False
    number: int = field(default_factory=lambda: next(_numbers))
    result: Mapping[str, Any] | None = None
    error: Exception | None = None
    done: threading.Event = field(default_factory=threading.Event)
    last_sign: float = field(default_factory=time.monotonic)

    def wait(self) -> Mapping[str, Any]:
        """The result, once it is there.

        Raises:
            KnownError, Stopped, Fault: The job ended badly.
        """
        while not self.done.wait(0.2):
            pass  # short waits, so that Ctrl+C is noticed on every system
        if self.error is not None:
            raise self.error
        return self.result or {}
