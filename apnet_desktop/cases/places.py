"""Where a run keeps cases, settings and log: the person's folders, or a temporary one where those cannot be written."""

from __future__ import annotations

import contextlib
import errno
import logging
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

from apnet_desktop.cases.files import known_errors, private_folder, user_data_folder, user_log_folder
from apnet_desktop.cases.lock import StoreLock
from apnet_desktop.errors import CaseError

__all__ = ["Places", "find_places"]

_log = logging.getLogger(__name__)
_PREFIX = "apnet-temporary-"
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class Places:
    """The folders and files of one run.

    Attributes:
        store: Folder of the case store.
        settings: Settings file.
        log: Folder of log and crash notes.
        refused: The person's folder, where it cannot be written and everything lies in a temporary one; else None.
    """

    store: Path
    settings: Path
    log: Path
    refused: Path | None = None

    def remove_temporary(self) -> None:
        """Removes the temporary folder, if it is one, with the cases in it."""
        if self.refused is not None:
            shutil.rmtree(self.store.parent, ignore_errors=True)


def find_places(store_folder: Path | None = None) -> Places:
    """Where this run keeps what it keeps.

    A home that is read-only (a kiosk, a full profile share) must not keep a doctor from a risk, and must not lose
    cases silently: the window says in a sentence that nothing is kept.

    Args:
        store_folder: Everything in this folder; None takes the person's own folders.

    Raises:
        CaseError: No temporary folder can be made either.
    """
    if store_folder is not None:
        return Places(store_folder, store_folder / "settings.json", store_folder / "log")
    wanted, log = user_data_folder(), user_log_folder()
    if _can_write(wanted):
        if _can_write(log):
            return Places(wanted, wanted / "settings.json", log)
        return Places(wanted, wanted / "settings.json", wanted / "log")
    _remove_abandoned()
    with known_errors(wanted):
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))  # for its owner only
    with contextlib.suppress(OSError):
        shutil.copyfile(wanted / "settings.json", folder / "settings.json")
    return Places(folder / "store", folder / "settings.json", folder / "log", refused=wanted)


def _can_write(folder: Path) -> bool:
    """True if files can be made in `folder`, which is made; a full disk has a sentence of its own, elsewhere."""
    try:
        probe = private_folder(folder) / f".write-test-{uuid.uuid4().hex}"
        probe.touch(mode=0o600)
        probe.unlink()
    except CaseError as error:
        return isinstance(error.__cause__, OSError) and error.__cause__.errno in _FULL
    except OSError as error:
        return error.errno in _FULL
    return True


def _remove_abandoned() -> None:
    """Removes temporary stores of runs that were killed; one that is in use holds its lock."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            StoreLock(folder / "store" / "store.lock").release()
        except (CaseError, OSError):
            continue  # in use, another person's, or made this very moment
        shutil.rmtree(folder, ignore_errors=True)
        _log.info("an abandoned temporary store was removed")
