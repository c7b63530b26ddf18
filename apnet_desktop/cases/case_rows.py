"""The row of a case in the database: found, marked as changed, and kept searchable."""

from __future__ import annotations

import sqlite3

from apnet_desktop.cases.clock import Clock
from apnet_desktop.cases.database import Database
from apnet_desktop.cases.listing import fold
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Message

__all__ = ["CaseRows", "identity_columns"]

_SEARCHED = ("name", "patient_id", "birth_date", "study_date", "note")


class CaseRows:
    """What every part of the store needs of the table of cases.

    Args:
        database: The store's database.
        clock: For the time of a change.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def row(self, case_id: str) -> sqlite3.Row:
        """The row of a case.

        Raises:
            CaseError: There is no such case.
        """
        rows = self._database.rows("SELECT * FROM cases WHERE id = ?", (case_id,))
        if not rows:
            raise CaseError(Message.of("cases.no_case", case=case_id))
        return rows[0]

    def exists(self, case_id: str) -> bool:
        """True if there is such a case."""
        return bool(self._database.rows("SELECT 1 FROM cases WHERE id = ?", (case_id,)))

    def touch(self, case_id: str) -> None:
        """Marks a case as the last changed one and renews what the search looks at.

        Order comes from a counter and not from the wall clock, which can be set back.
        """
        row = self.row(case_id)
        words = fold(" ".join(str(row[column]) for column in _SEARCHED))
        with self._database.transaction() as connection:
            change = int(self.fact("change") or "0") + 1
            self.set_fact("change", str(change))
            connection.execute(
                "UPDATE cases SET change = ?, modified = ?, search = ? WHERE id = ?",
                (change, self._clock.now().isoformat(), words, case_id),
            )

    def fact(self, name: str) -> str:
        """A single value of the store; empty if it was never set."""
        rows = self._database.rows("SELECT value FROM facts WHERE name = ?", (name,))
        return str(rows[0]["value"]) if rows else ""

    def set_fact(self, name: str, value: str) -> None:
        """Sets a single value of the store."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
            )


def identity_columns(identity: PatientIdentity) -> tuple[str, str, str, str]:
    """Name, patient ID, birth date and sex as the columns hold them."""
    birth = identity.birth_date.isoformat() if identity.birth_date else ""
    return (identity.name, identity.patient_id, birth, identity.sex)
