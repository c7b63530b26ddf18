"""One writer for one case store: a lock that the operating system drops when its process ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO

from apnet_desktop.cases.files import known_errors
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Message

__all__ = ["StoreLock"]


class StoreLock:
    """An exclusive lock on a file beside the store.

    A lock of the operating system and not a file's existence: after a kill or a power cut nothing is left to clear.

    Args:
        path: The lock file; made if absent. It holds the process id of its owner, for the sentence.

    Raises:
        CaseError: Another window or command has the store open, or the folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        with known_errors(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            self._stream: IO[bytes] = os.fdopen(descriptor, "r+b", buffering=0)
        try:
            _lock(self._stream)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._stream.seek(1)
            owner = _owner(self._stream)
            self._stream.close()
            raise CaseError(Message.of("cases.in_use", path=str(path.parent), process=owner)) from error
        with known_errors(path):
            self._stream.seek(0)
            self._stream.truncate()
            # The first byte is the locked one: Windows lets no other process read it.
            self._stream.write(b" " + str(os.getpid()).encode())

    def release(self) -> None:
        """Lets others have the store."""
        self._stream.close()


def _owner(stream: IO[bytes]) -> str:
    try:
        owner = stream.read(20).decode("ascii", "replace").strip()
    except OSError:
        owner = ""
    return owner if owner.isdigit() else "?"


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[bytes]) -> None:
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(stream: IO[bytes]) -> None:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
