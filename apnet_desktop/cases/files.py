"""Files that are either old or new, never half: temporary file, fsync, rename. Only their owner may read them."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from apnet_desktop.errors import CaseError
from apnet_desktop.language import Message

__all__ = [
    "PARTIAL",
    "clear",
    "known_errors",
    "private_folder",
    "user_data_folder",
    "user_log_folder",
    "write_file",
]

APPLICATION = "apnet-desktop"
PARTIAL = ".partial"
"""Ending of a file that is being written; one that is found later is left over from a crash and can be removed."""

_OWNER_ONLY_FOLDER = 0o700
_OWNER_ONLY_FILE = 0o600

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}

# Primary result codes, https://www.sqlite.org/rescode.html; the extended code carries more in its upper bits.
_SQLITE_WORLD = {
    sqlite3.SQLITE_FULL: "cases.disk_full",
    sqlite3.SQLITE_READONLY: "cases.read_only",
    sqlite3.SQLITE_PERM: "cases.read_only",
    sqlite3.SQLITE_BUSY: "cases.locked",
    sqlite3.SQLITE_LOCKED: "cases.locked",
    sqlite3.SQLITE_CORRUPT: "cases.damaged",
    sqlite3.SQLITE_NOTADB: "cases.damaged",
    sqlite3.SQLITE_IOERR: "cases.vanished",
    sqlite3.SQLITE_CANTOPEN: "cases.vanished",
}


def user_data_folder() -> Path:
    """Where this user's cases and settings lie (platformdirs); not created here."""
    return platformdirs.user_data_path(APPLICATION, appauthor=False)


def user_log_folder() -> Path:
    """Where this user's log files and crash notes lie (platformdirs); not created here."""
    return platformdirs.user_log_path(APPLICATION, appauthor=False)


@contextlib.contextmanager
def known_errors(path: Path) -> Iterator[None]:
    """Turns what the disk or SQLite can do to `path` into a sentence.

    Raises:
        CaseError: Disk full, folder read-only or gone, database locked or damaged. Every other error is a bug and
            passes through.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        id = _SQLITE_WORLD.get(code & 0xFF) if code is not None else None
        if id is None:
            raise
        raise CaseError(Message.of(id, path=str(path))) from error
    except OSError as error:
        if error.errno in _FULL:
            id = "cases.disk_full"
        elif error.errno in _FORBIDDEN:
            id = "cases.read_only"
        else:
            id = "cases.vanished"
        raise CaseError(Message.of(id, path=str(path))) from error


def private_folder(path: Path, *, parents: bool = True) -> Path:
    """Makes `path` for its owner only; an existing folder keeps its rights.

    Args:
        path: The folder.
        parents: Make the folders above it too. Not for folders inside a store: where a network drive vanished, a new
            store would grow in the place of its mount point.

    Raises:
        CaseError: It cannot be made.
    """
    with known_errors(path):
        if not path.is_dir():
            if parents:
                path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=_OWNER_ONLY_FOLDER, exist_ok=True)
    return path


def write_file(path: Path, content: bytes, scratch: Path | None = None) -> None:
    """Writes `content` so that after a crash at any moment `path` holds the old bytes or the new, never neither.

    The bytes go to another file, reach the disk (fsync), and take the name in one step; then the folder's entry
    reaches the disk. On any failure the other file is removed.

    Args:
        path: The file.
        content: All of its bytes.
        scratch: Folder on the same disk for the file that is being written; `path`'s own if None.

    Raises:
        CaseError: Disk full, folder read-only or gone.
    """
    folder = scratch or path.parent
    partial = folder / f"{secrets.token_hex(4)}{PARTIAL}"
    with known_errors(path):
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(partial, path)  # noqa: PTH105 - fault tests wrap os.replace, and Path.replace calls it anyway
            sync_folder(path.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(partial)  # noqa: PTH108 - same
            raise


def sync_folder(folder: Path) -> None:
    """Brings the entries of `folder` to the disk; Windows cannot open a folder, and NTFS journals its entries."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear(folder: Path) -> None:
    """Removes what is in `folder`: what a crash left half-written.

    Raises:
        CaseError: The folder is read-only or gone.
    """
    with known_errors(folder):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
