"""Memory limit of the reader: what a decoder may take beyond the volume that it fills."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["allow_more", "limit_memory"]

READER_HEADROOM = 1 << 30  # 1 GiB over what the process holds after its imports; reliability: C-03


def limit_memory(headroom: int = READER_HEADROOM) -> None:
    """Limits this process's address space to what it has now plus `headroom` bytes.

    Linux only: macOS does not enforce RLIMIT_AS and Windows has no such call; there the time-out and the bounded
    pre-scan of the reader stand alone.
    """
    if sys.platform != "linux":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + headroom, hard))


def allow_more(size: int) -> None:
    """Raises the limit by `size` bytes, for a volume that has been judged from its headers."""
    if sys.platform != "linux":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_AS, (soft + size, hard))


def _address_space() -> int:
    """Virtual size of this process in bytes (Linux)."""
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
