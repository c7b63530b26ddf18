"""Back-ups of the database: three of them, sound copies, each with every mask that it names."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

from apnet_desktop.cases.case_rows import CaseRows
from apnet_desktop.cases.database import Database
from apnet_desktop.cases.files import known_errors, private_folder
from apnet_desktop.cases.lock import StoreLock

__all__ = ["Backups", "list_backups", "restore_backup"]

_KEPT = 3
_VERSION_WITH_READINGS = 2
_NAME = re.compile(r"cases-(\d+)\.db")
_NAMED_MASKS = (
    "SELECT id, json_extract(roi, '$.file') FROM cases WHERE roi IS NOT NULL "
    "UNION SELECT case_id, json_extract(content, '$.roi.file') FROM readings"
)
_NAMED_MASKS_OF_VERSION_1 = "SELECT id, json_extract(roi, '$.file') FROM cases WHERE roi IS NOT NULL"


def list_backups(folder: Path) -> list[Path]:
    """The back-ups of the store in `folder`, newest first. Their numbers count changes, not time.

    Raises:
        CaseError: The folder cannot be read.
    """
    backups = folder / "backups"
    with known_errors(backups):
        found = [(int(match[1]), path) for path in backups.glob("*.db") if (match := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found, reverse=True)]


def restore_backup(folder: Path, backup: Path) -> Path:
    """Puts a back-up in the place of a damaged database, which is kept beside it.

    Args:
        folder: The store's folder; no window may have it open.
        backup: One of `list_backups`.

    Returns:
        Where the damaged database was moved to.

    Raises:
        CaseError: The store is open, or the folder cannot be written.
    """
    lock = StoreLock(folder / "store.lock")
    try:
        database = folder / "cases.db"
        with known_errors(database):
            number = 1
            while (aside := folder / f"cases.db.damaged-{number}").exists():
                number += 1
            for ending in ("-wal", "-shm", ""):
                part = folder / f"cases.db{ending}"
                if part.exists():
                    part.replace(folder / f"{aside.name}{ending}")
            with contextlib.closing(sqlite3.connect(backup)) as source, contextlib.closing(
                _private_connection(database)
            ) as target:  # fmt: skip
                source.backup(target)
        return aside
    finally:
        lock.release()


def _private_connection(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    return sqlite3.connect(path)


class Backups:
    """Makes and rotates the back-ups of an open store.

    Args:
        database: The store's database.
        rows: Its table of cases.
        folder: The store's folder.
    """

    def __init__(self, database: Database, rows: CaseRows, folder: Path) -> None:
        self._database = database
        self._rows = rows
        self._folder = folder

    def renew(self) -> Path | None:
        """Backs up what changed since the last back-up, drops the oldest and the masks that nothing names any more.

        Returns:
            The new back-up; None if nothing changed.

        Raises:
            CaseError: The disk is full, or the folder read-only or gone.
        """
        change = self._rows.fact("change")
        if not change or change == self._rows.fact("backed_up"):
            return None
        private_folder(self._folder / "backups", parents=False)
        target = self._folder / "backups" / f"cases-{change}.db"
        self._database.back_up(target)
        self._rows.set_fact("backed_up", change)
        self._drop(list_backups(self._folder)[_KEPT:])
        self.sweep()
        return target

    def start_anew(self) -> None:
        """Drops every back-up and makes a new one: after a patient was removed for good, no copy may hold them.

        Raises:
            CaseError: The disk is full, or the folder read-only or gone.
        """
        old = list_backups(self._folder)
        with known_errors(self._folder):
            self._drop([*old, *self._folder.glob("cases.db.version-*"), *self._folder.glob("cases.db.damaged-*")])
        self._rows.set_fact("backed_up", "")
        self.renew()

    def sweep(self) -> None:
        """Removes masks that neither the store nor a back-up names.

        Raises:
            CaseError: The folder cannot be read or written.
        """
        named = {(str(row[0]), str(row[1])) for row in self._database.rows(_NAMED_MASKS)}
        with known_errors(self._folder):
            for backup in list_backups(self._folder):
                with contextlib.closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as copy:
                    old = copy.execute("PRAGMA user_version").fetchone()[0] < _VERSION_WITH_READINGS
                    query = _NAMED_MASKS_OF_VERSION_1 if old else _NAMED_MASKS
                    named |= {(str(row[0]), str(row[1])) for row in copy.execute(query)}
            for path in self._folder.glob("cases/*/*.mask"):
                if (path.parent.name, path.name) not in named:
                    path.unlink()

    def _drop(self, paths: list[Path]) -> None:
        with known_errors(self._folder):
            for path in paths:
                path.unlink(missing_ok=True)
