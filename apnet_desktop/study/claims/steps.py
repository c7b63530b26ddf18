"""Steps of a long study: each is a piece under an hour whose result is kept, so that the study may be cut off anywhere.

Results are kept by the bundle that they are of; rendered patients are not: another bundle finds them ready.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apnet_desktop.study.side_by_side import say

__all__ = ["OutOfTimeError", "Step", "Steps"]


class OutOfTimeError(Exception):
    """The time that this run was given is used up; what is done is kept."""


@dataclass(frozen=True)
class Step:
    """One piece of work.

    Attributes:
        name: Stable; the name of its result's file.
        words: For the plan.
        seconds: Expected processor time, measured on one core of an AMD EPYC (docs/study.md).
        make: Does it, and gives what is kept; plain values of JSON.
        ready: Tells that nothing is left to do although there is no kept result, or that there is although there is one
            (patients are files, which another machine may lack); None: the kept result tells.
        heavy: True if it spreads over the processes, False if one core does it.
    """

    name: str
    words: str
    seconds: float
    make: Callable[[], Any]
    heavy: bool = False
    ready: Callable[[], bool] | None = None


class Steps:
    """Does steps in their order and keeps their results.

    Args:
        folder: Results, one JSON file a step.
        processes: Processes that a heavy step spreads over.
        minutes: After so many minutes no further step is begun; None: no end.
    """

    def __init__(self, folder: Path, processes: int, minutes: float | None = None) -> None:
        self._folder = folder
        self._processes = processes
        self._end = None if minutes is None else time.monotonic() + 60 * minutes

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def done(self, step: Step) -> bool:
        """True if nothing is left to do for a step."""
        return step.ready() if step.ready is not None else self._path(step.name).exists()

    def expected(self, step: Step) -> float:
        """Seconds of the clock that a step is expected to take here."""
        return step.seconds / (self._processes if step.heavy else 1)

    def plan(self, steps: list[Step]) -> tuple[str, ...]:
        """The plan, a line a step, with what is done already and the hours that are left."""
        lines = []
        left = 0.0
        for number, step in enumerate(steps, start=1):
            done = self.done(step)
            expected = self.expected(step)
            left += 0 if done else expected
            state = "done" if done else f"about {expected / 60:.0f} minutes" if expected >= 60 else "under a minute"
            lines.append(f"{number:3}. {step.words} ({state})")
        lines.append(
            f"left: about {left / 3600:.1f} hours with {self._processes} processes; may be cut off at any time"
        )
        return tuple(lines)

    def kept(self, name: str) -> Any:
        """The result of a step, None if it was not done yet."""
        path = self._path(name)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def run(self, steps: list[Step]) -> None:
        """Does every step that is not done.

        Raises:
            OutOfTimeError: Between two steps, when the time that was given is used up.
        """
        for number, step in enumerate(steps, start=1):
            if self.done(step):
                continue
            if self._end is not None and time.monotonic() > self._end:
                raise OutOfTimeError
            say(f"{number}/{len(steps)} {step.words}")
            started = time.monotonic()
            result = step.make()
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = self._path(step.name).with_suffix(".partial")
            partial.write_text(json.dumps(result, indent=1), encoding="utf-8")
            partial.replace(self._path(step.name))
            say(f"    {time.monotonic() - started:.0f} s (expected {self.expected(step):.0f} s)")
