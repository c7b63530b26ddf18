"""A job with typed parameters, progress and result: the window listens to it, the command line waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.worker.client import Job, ProcessClient

__all__ = ["Nothing", "Task"]

P = TypeVar("P", bound=FrozenModel)
R = TypeVar("R", bound=FrozenModel)


class Nothing(FrozenModel):
    """No parameters, progress or result."""


@dataclass(frozen=True)
class Task(Generic[P, R]):
    """What to ask of a process.

    Attributes:
        client: Which process.
        name: Which handler.
        parameters: What it gets.
        progress: Model of its progress values.
        result: Model of its result.
        quick: True if the process answers it beside the job in hand.
    """

    client: ProcessClient
    name: str
    parameters: FrozenModel
    progress: type[P]
    result: type[R]
    quick: bool = False

    def run(self, on_progress: Callable[[P], None] = lambda _: None) -> R:
        """Runs it and waits; `on_progress` is called on another thread.

        Raises:
            KnownError, Stopped, Fault: It ended badly.
        """
        job = Job(
            name=self.name,
            body=self.parameters.model_dump(mode="json"),
            on_progress=lambda value: on_progress(self.progress.model_validate(value)),
            quick=self.quick,
        )
        return self.result.model_validate(self.client.submit(job).wait())
