"""The two clocks: UTC for a person, and one that never runs backwards for order and durations."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """What the case store asks for the time, so that tests can turn it back."""

    @property
    def session(self) -> str:
        """Name of this run of the program; `monotonic` readings compare only within one session."""
        ...

    def now(self) -> datetime:
        """The wall clock, in UTC. It may jump, forward and back."""
        ...

    def monotonic(self) -> int:
        """Nanoseconds since an unknown moment; never runs backwards within a session."""
        ...


class SystemClock:
    """The clocks of the operating system."""

    def __init__(self) -> None:
        self._session = secrets.token_hex(8)

    @property
    def session(self) -> str:
        """Random name of this run of the program."""
        return self._session

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> int:
        """The operating system's monotonic clock in nanoseconds."""
        return time.monotonic_ns()
