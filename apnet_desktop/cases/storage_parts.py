"""What the storages of a store share: its database, its trail, and where a case's files lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apnet_desktop.cases.audit import AuditTrail
from apnet_desktop.cases.case_rows import CaseRows
from apnet_desktop.cases.clock import Clock
from apnet_desktop.cases.database import Database

__all__ = ["Storage", "StorageParts"]


@dataclass(frozen=True)
class StorageParts:
    """One store's parts.

    Attributes:
        database: The database.
        rows: Its table of cases.
        audit: Its audit trail.
        clock: For time stamps.
        case_folder: Gives the folder of a case.
        scratch: Folder for files that are being written.
    """

    database: Database
    rows: CaseRows
    audit: AuditTrail
    clock: Clock
    case_folder: Callable[[str], Path]
    scratch: Path


class Storage:
    """A storage of one kind of thing in a store.

    Args:
        parts: The store's parts.
    """

    def __init__(self, parts: StorageParts) -> None:
        self._database = parts.database
        self._rows = parts.rows
        self._audit = parts.audit
        self._clock = parts.clock
        self._case_folder = parts.case_folder
        self._scratch = parts.scratch
