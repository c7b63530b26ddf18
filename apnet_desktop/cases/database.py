"""Opens the SQLite database of a case store: version checked before a byte changes, migrations in one transaction."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from apnet_desktop.cases.files import known_errors
from apnet_desktop.cases.schema import MIGRATIONS
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Message

__all__ = ["Database"]

# How long a statement waits for another program that holds the database (a back-up, a database browser), in seconds.
_LOCK_WAIT = 2.0
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100


class Database:
    """One connection to a store; safe to use from several threads of one process, one at a time.

    Args:
        path: The database file. Made if absent, unless `read_only`.
        read_only: Changes nothing; may be opened beside the one writer.

    Raises:
        CaseError: The store is from a newer version (its bytes stay as they are), damaged, locked, or cannot be
            reached.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        if path.exists():
            self._refuse_newer()
        elif read_only:
            raise CaseError(Message.of("cases.no_store", path=str(path)))
        with known_errors(path):
            self._connection = _connect(path, _read_only_mode(path) if read_only else "rwc")
            try:
                self._prepare(read_only)
            except BaseException:
                self._connection.close()
                raise

    def _refuse_newer(self) -> None:
        with known_errors(self.path):
            version = self._stored_version()
        if version > len(MIGRATIONS):
            raise CaseError(Message.of("cases.newer_store", path=str(self.path), found=version, known=len(MIGRATIONS)))

    def _stored_version(self) -> int:
        """The version of the store, found without changing a byte of it."""
        journal = self.path.with_name(self.path.name + "-wal")
        if journal.exists() and journal.stat().st_size:
            # Through a read-only connection: a writing one would fold the journal into the file as it closes.
            with contextlib.closing(_connect(self.path, "ro")) as connection:
                return _version(connection)
        # Else the file's header says it (https://www.sqlite.org/fileformat.html, 1.3); a connection would leave a
        # journal, if an empty one.
        with self.path.open("rb") as stream:
            header = stream.read(_HEADER_BYTES)
        return int.from_bytes(header[60:64], "big") if header.startswith(_MAGIC) else 0

    def _prepare(self, read_only: bool) -> None:
        self._connection.execute("PRAGMA foreign_keys = ON")
        if read_only:
            return
        self.path.chmod(0o600)
        self._connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a committed change survives a power cut; NORMAL may lose the last ones in WAL mode.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA secure_delete = ON")
        version = _version(self._connection)
        if version < len(MIGRATIONS):
            if version > 0:
                self.back_up(self.path.with_name(f"{self.path.name}.version-{version}"))
            self._migrate(version)

    def _migrate(self, version: int) -> None:
        with self.transaction():
            for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
                for statement in _statements(script):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {number}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One change: on the disk when the block ends, or not made at all. Blocks may nest; the outermost decides.

        Raises:
            CaseError: Disk full, folder read-only or gone, database locked or damaged; nothing was changed.
        """
        with self._lock, known_errors(self.path):
            if self._depth:
                yield self._connection
                return
            # SQLite writes on into a file whose folder was moved away; nobody would find it there.
            self.path.stat()
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    def rows(self, query: str, values: tuple[str | int | float | None, ...] = ()) -> list[sqlite3.Row]:
        """All rows of a query.

        Raises:
            CaseError: The database is locked, damaged or out of reach.
        """
        with self._lock, known_errors(self.path):
            return self._connection.execute(query, values).fetchall()

    def check(self) -> tuple[str, ...]:
        """What SQLite's own check of every page and index finds; nothing if the file is sound.

        Raises:
            CaseError: The file is too damaged to be checked.
        """
        found = [str(row[0]) for row in self.rows("PRAGMA integrity_check")]
        return () if found == ["ok"] else tuple(found)

    def back_up(self, target: Path) -> None:
        """Writes a sound copy of the database to `target`, for its owner only.

        Raises:
            CaseError: The copy cannot be written.
        """
        partial = target.with_name(target.name + ".partial")
        with self._lock, known_errors(target):
            try:
                partial.unlink(missing_ok=True)
                partial.touch(mode=0o600)
                with contextlib.closing(sqlite3.connect(partial)) as copy:
                    self._connection.backup(copy)
                partial.replace(target)
            except BaseException:
                with contextlib.suppress(OSError):
                    partial.unlink(missing_ok=True)
                raise

    def truncate_journal(self) -> None:
        """Folds the write-ahead log into the file and empties it, so that no removed value is left in it.

        Raises:
            CaseError: The store cannot be written.
        """
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Folds the write-ahead log into the file and closes it."""
        with self._lock, known_errors(self.path):
            self._connection.close()


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=_LOCK_WAIT,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    return connection


def _read_only_mode(path: Path) -> str:
    """SQLite makes files beside the database even to read it; where it cannot, it is told that nobody writes."""
    journal = path.with_name(path.name + "-wal")
    return "ro" if os.access(path.parent, os.W_OK) or journal.exists() else "ro&immutable=1"


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit the transaction first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
