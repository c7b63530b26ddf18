"""What becomes of a case: duplicated, archived, put in the bin, restored, and after a grace period removed for good."""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from apnet_desktop.cases.assessment import SeriesReference
from apnet_desktop.cases.audit import AuditAction
from apnet_desktop.cases.case_rows import CaseRows
from apnet_desktop.cases.clock import Clock
from apnet_desktop.cases.database import Database
from apnet_desktop.cases.files import known_errors

if TYPE_CHECKING:
    from apnet_desktop.cases.store import CaseStore

__all__ = ["CaseLifecycle"]

# A wall clock that is wrong for a day must not empty the bin: the end of a grace period has to be seen twice, on
# openings at least this far apart.
_SECOND_LOOK = timedelta(days=1)


class CaseLifecycle:
    """Moves the cases of a store between worklist, archive and bin.

    Args:
        store: The store.
        database: Its database.
        rows: Its table of cases.
        clock: For the grace period.
    """

    def __init__(self, store: CaseStore, database: Database, rows: CaseRows, clock: Clock) -> None:
        self._store = store
        self._database = database
        self._rows = rows
        self._clock = clock

    def duplicate(self, case_id: str) -> str:
        """Makes a new case from the CT, ROI and record of another, without its prediction, reports and overrides.

        Returns:
            Id of the new case.

        Raises:
            CaseError: There is no such case, or the store cannot be written.
        """
        original = self._store.load(case_id)
        series = original.series
        with self._database.transaction():
            new = self._store.create()
            if series is not None and series.copied:
                series = self._share_series(series, new)
            self._store.save_record(new, original.record)
            if series is not None:
                self._store.save_series(new, series)
            if original.roi is not None:
                self._store.save_roi(new, original.roi)
            if original.note:
                self._store.save_note(new, original.note)
            self._store.audit.append(AuditAction.DUPLICATE, new, {"from": case_id})
        return new

    def archive(self, case_id: str) -> None:
        """Takes a finished case off the worklist; it stays in the archive without end.

        Raises:
            CaseError: There is no such case, or the store cannot be written.
        """
        self._move(case_id, "archived", AuditAction.ARCHIVE)

    def delete(self, case_id: str) -> None:
        """Puts a case in the bin, where it stays for the grace period.

        Raises:
            CaseError: There is no such case, or the store cannot be written.
        """
        self._move(case_id, "deleted", AuditAction.DELETE, self._clock.now())

    def restore(self, case_id: str) -> None:
        """Brings a case back to the worklist from archive or bin.

        Raises:
            CaseError: There is no such case, or the store cannot be written.
        """
        self._move(case_id, "active", AuditAction.RESTORE)

    def purge_due(self, grace_days: int) -> tuple[str, ...]:
        """Removes for good what has been in the bin for longer than the grace period; to be called at each start.

        A case goes only if its grace period was over at an earlier start too, a day or more before: one start under a
        clock that runs years ahead removes nothing.

        Args:
            grace_days: Days in the bin.

        Returns:
            Ids of the removed cases.

        Raises:
            CaseError: The store cannot be written.
        """
        now = self._clock.now()
        removed: list[str] = []
        for row in self._database.rows("SELECT id, deleted, purge_noticed FROM cases WHERE state = 'deleted'"):
            due = datetime.fromisoformat(row["deleted"]) + timedelta(days=grace_days)
            noticed = datetime.fromisoformat(row["purge_noticed"]) if row["purge_noticed"] else None
            if now < due or (noticed is not None and now < noticed):
                self._notice(row["id"], None if now < due else now)
            elif noticed is None:
                self._notice(row["id"], now)
            elif now >= noticed + _SECOND_LOOK:
                removed.append(row["id"])
        if removed:
            self._purge(removed)
        return tuple(removed)

    def purge(self, case_id: str) -> None:
        """Removes a case from the bin for good, now, because a person asked twice.

        Its rows, masks, reports and copied CT go, its values in the audit trail, and every back-up that holds it. The
        trail keeps what was done and when, under the case's random name.

        Raises:
            CaseError: There is no such case, or the store cannot be written.
        """
        self._rows.row(case_id)
        self._purge([case_id])

    def _purge(self, case_ids: list[str]) -> None:
        with self._database.transaction() as connection:
            for case_id in case_ids:
                self._store.audit.append(AuditAction.PURGE, case_id)
                connection.execute("UPDATE audit SET details = NULL WHERE case_id = ?", (case_id,))
                connection.execute("DELETE FROM cases WHERE id = ?", (case_id,))
            self._rows.set_fact("change", str(int(self._rows.fact("change") or "0") + 1))
        with known_errors(self._store.folder):
            for case_id in case_ids:
                folder = self._store.folder / "cases" / case_id
                if folder.exists():
                    shutil.rmtree(folder)
        self._database.truncate_journal()
        self._store.backups.start_anew()

    def _move(self, case_id: str, state: str, action: AuditAction, deleted: datetime | None = None) -> None:
        with self._database.transaction() as connection:
            self._rows.row(case_id)
            connection.execute(
                "UPDATE cases SET state = ?, deleted = ?, purge_noticed = NULL WHERE id = ?",
                (state, deleted.isoformat() if deleted else None, case_id),
            )
            self._store.audit.append(action, case_id)
            self._rows.touch(case_id)

    def _notice(self, case_id: str, when: datetime | None) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE cases SET purge_noticed = ? WHERE id = ?", (when.isoformat() if when else None, case_id)
            )

    def _share_series(self, series: SeriesReference, case_id: str) -> SeriesReference:
        """A second case with the same copied CT: links where the disk can, copies elsewhere."""
        target = self._store.case_folder(case_id) / "ct"
        with known_errors(target):
            shutil.copytree(series.path, target, copy_function=_link_or_copy)
        return series.model_copy(update={"path": str(target)})


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        return str(shutil.copyfile(Path(source), Path(target)))
    return target
