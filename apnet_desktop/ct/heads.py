"""Reads the first bytes of many files ahead of their parsing: on network drives waiting is what takes the time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from apnet_desktop.ct.header_reading import FIRST_READ
from apnet_desktop.ct.sources import Entry, FileBytes
from apnet_desktop.errors import CtError

__all__ = ["read_heads"]

_THREADS = 4
_CHUNK = 16
_AHEAD = 8


def read_heads(files: FileBytes, entries: list[Entry]) -> Iterator[tuple[Entry, bytes | CtError]]:
    """Every entry with its first bytes, or with why they cannot be read, in order."""
    if len(entries) <= _CHUNK:
        yield from zip(entries, _heads(files, entries), strict=True)
        return
    chunks = [entries[start : start + _CHUNK] for start in range(0, len(entries), _CHUNK)]
    with ThreadPoolExecutor(_THREADS) as pool:
        pending: deque[tuple[list[Entry], Future[list[bytes | CtError]]]] = deque()
        waiting = iter(chunks)
        try:
            for chunk in waiting:
                pending.append((chunk, pool.submit(_heads, files, chunk)))
                if len(pending) >= _AHEAD:
                    taken, future = pending.popleft()
                    yield from zip(taken, future.result(), strict=True)
            while pending:
                taken, future = pending.popleft()
                yield from zip(taken, future.result(), strict=True)
        finally:
            for _, future in pending:
                future.cancel()


def _heads(files: FileBytes, entries: list[Entry]) -> list[bytes | CtError]:
    result: list[bytes | CtError] = []
    for entry in entries:
        try:
            result.append(files.read(entry, 0, FIRST_READ))
        except CtError as error:
            result.append(error)
    return result
