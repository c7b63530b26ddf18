"""How far a long study is, at a terminal and in a log file: stage, share, and the time left of the stage."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from apnet_desktop.commands.output import Output
from apnet_desktop.language import text

__all__ = ["StudyProgress"]

# A log file gets a line a minute, not thousands.
_EVERY = 60.0
# Before so much is done, a stage's pace is a guess.
_KNOWN = 0.02


class StudyProgress:
    """Tells stages and fractions.

    Args:
        output: Where the command writes.
        clock: Seconds that only grow.
    """

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._clock = clock
        self._stage = ""
        self._started = 0.0
        self._first = 0.0
        self._told = float("-inf")

    def __call__(self, stage: str, fraction: float) -> None:
        """One more piece of `stage` (the id of its sentence) is done."""
        now = self._clock()
        if stage != self._stage:
            # What was done in an earlier run goes by at once: the pace is that of what is done now.
            self._stage, self._started, self._first, self._told = stage, now, fraction, float("-inf")
        words = text(stage, self._output.language)
        left = self._left(now, fraction)
        if left:
            words = f"{words} · {left}"
        self._output.progress(words, fraction)
        if not self._output.as_json and not sys.stderr.isatty() and (now - self._told >= _EVERY or fraction >= 1):
            self._told = now
            sys.stderr.write(f"{words} {100 * fraction:.0f}%\n")
            sys.stderr.flush()

    def _left(self, now: float, fraction: float) -> str:
        done = fraction - self._first
        if done < _KNOWN or fraction >= 1:
            return ""
        seconds = (now - self._started) / done * (1 - fraction)
        if seconds < _EVERY:
            return text("commands.time_left_short", self._output.language)
        if seconds < 90 * 60:
            return text("commands.time_left_minutes", self._output.language, minutes=round(seconds / 60))
        return text("commands.time_left_hours", self._output.language, hours=f"{seconds / 3600:.1f}")
