"""Where two starts of the program meet. No Qt: it is asked before the window's code is loaded."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from apnet_desktop.cases.files import user_data_folder

__all__ = ["MeetingPoint", "meeting_point"]

_LONGEST = 100  # bytes of a socket's path; Linux takes 107, macOS 103


@dataclass(frozen=True)
class MeetingPoint:
    """A local socket for one person and one case store.

    Attributes:
        name: What `QLocalServer` listens on: a path, or on Windows the name of a pipe.
    """

    name: str

    def may_be_open(self) -> bool:
        """False if certainly nobody listens here; says nothing about a socket that a crash has left."""
        if sys.platform == "win32":
            return True
        return Path(self.name).exists() and _is_private(Path(self.name).parent)

    def prepare(self) -> None:
        """Makes the folder of the socket, for its owner alone.

        Raises:
            OSError: It cannot be made, or another person has made it.
        """
        if sys.platform == "win32":
            return
        folder = Path(self.name).parent
        folder.mkdir(mode=0o700, exist_ok=True)
        if not _is_private(folder):
            raise PermissionError(str(folder))


def meeting_point(store_folder: Path | None = None) -> MeetingPoint:
    """Where the starts on one case store meet.

    On Linux and macOS a socket in the session's own folder (`XDG_RUNTIME_DIR`), or else in a folder under the temporary
    one that only this person can enter: a folder that somebody else has put there is not used. On Windows a pipe.

    Args:
        store_folder: The case store; the person's own if None.
    """
    store = str(store_folder or user_data_folder())
    mark = hashlib.sha256(os.fsencode(store)).hexdigest()[:12]
    if sys.platform == "win32":
        return MeetingPoint(f"apnet-desktop-{mark}")
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
    if runtime.is_dir() and _is_private(runtime):
        chosen = runtime / "apnet-desktop" / f"{mark}.socket"
        if len(os.fsencode(chosen)) <= _LONGEST:
            return MeetingPoint(str(chosen))
    chosen = Path(tempfile.gettempdir()) / f"apnet-desktop-{os.getuid()}" / f"{mark}.socket"
    if len(os.fsencode(chosen)) > _LONGEST:
        chosen = Path("/tmp") / f"apnet-desktop-{os.getuid()}" / f"{mark}.socket"  # noqa: S108 - checked by _is_private
    return MeetingPoint(str(chosen))


def _is_private(folder: Path) -> bool:
    """True if `folder` is a folder, no link, and only this person can enter it."""
    if sys.platform == "win32":
        return True
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
