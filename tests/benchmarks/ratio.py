"""One line of the table that `make bench` prints: our time beside a peer's, measured in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Ratio", "median_seconds"]


@dataclass(frozen=True)
class Ratio:
    """One measured ratio or limit.

    Attributes:
        what: What was measured, in words.
        ours: Our figure.
        peer: The peer's figure in the same unit, or the limit.
        goal: The largest ratio ours / peer that meets the goal; None if only reported.
        unit: Unit of both figures.
        note: What else a reader should know (size of the data, split by stage).
    """

    what: str
    ours: float
    peer: float
    goal: float | None
    unit: str = "s"
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours over the peer's."""
        return self.ours / self.peer

    @property
    def met(self) -> bool:
        """True if the goal is met or there is none."""
        return self.goal is None or self.ratio <= self.goal


def median_seconds(call: Callable[[], object], runs: int = 5) -> float:
    """Median wall time of `call` over `runs`, after one run to warm up."""
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
