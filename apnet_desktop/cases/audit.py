"""The audit trail: who did what to which case and when, each entry chained to the one before by its hash."""

from __future__ import annotations

import getpass
import hashlib
import json
from datetime import datetime, timedelta
from enum import StrEnum

from apnet_desktop.cases.clock import Clock
from apnet_desktop.cases.database import Database
from apnet_desktop.errors import CaseError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["AuditAction", "AuditEntry", "AuditFault", "AuditTrail", "AuditVerification"]

_FIRST_PREVIOUS = "0" * 64
# A wall clock is set by small steps all the time (NTP); larger ones are worth a line.
_CLOCK_TOLERANCE = timedelta(seconds=2)

Details = dict[str, str | int | float | bool | None]


class AuditAction(StrEnum):
    """What can happen to a case."""

    CREATE = "create"
    OPEN = "open"
    CLOSE = "close"
    EDIT_SERIES = "edit_series"
    EDIT_ROI = "edit_roi"
    CONFIRM_ROI = "confirm_roi"
    EDIT_RECORD = "edit_record"
    OVERRIDE = "override"
    PREDICT = "predict"
    FINISH_CHECKS = "finish_checks"
    REPORT = "report"
    REVIEW = "review"
    EXPORT = "export"
    IMPORT = "import"
    DUPLICATE = "duplicate"
    ARCHIVE = "archive"
    DELETE = "delete"
    RESTORE = "restore"
    PURGE = "purge"
    READING = "reading"
    FOLLOW_UP = "follow_up"
    NOTE = "note"


class AuditEntry(FrozenModel):
    """One line of the trail.

    Attributes:
        number: 1, 2, 3, ... without a gap: the order of events, whatever the wall clock did.
        time: Wall clock, UTC.
        session: Which run of the program.
        monotonic: Nanoseconds of a clock that never runs backwards; compares within one session.
        user: Account at the operating system.
        person: Name that the person gave in the settings; may be empty.
        action: What was done.
        case_id: To which case; empty if to the store.
        details: Values before and after, reasons, digests; None once the case was removed for good.
        details_sha256: SHA-256 of the details' canonical JSON; stays when they are removed.
        previous: Hash of the entry before.
        hash: SHA-256 of all of the above but the details themselves.
    """

    number: int
    time: datetime
    session: str
    monotonic: int
    user: str
    person: str
    action: AuditAction
    case_id: str
    details: Details | None
    details_sha256: str
    previous: str
    hash: str

    def computed_hash(self) -> str:
        """The hash that the other fields give."""
        fields = self.model_dump(mode="json", exclude={"hash", "details"})
        return hashlib.sha256(_canonical(fields)).hexdigest()


class AuditFault(FrozenModel):
    """A place where the trail is not what was written.

    Attributes:
        number: Number of the entry.
        message: What is wrong with it.
    """

    number: int
    message: Message


class AuditVerification(FrozenModel):
    """The result of checking the whole trail.

    Attributes:
        entries: How many entries there are.
        head: Hash of the last one. Kept elsewhere (a report prints it), it proves later that nothing before it changed.
        faults: Empty if the trail is whole.
        clock_set_back: Numbers of entries whose wall clock is earlier than that of the entry before. Not a fault.
    """

    entries: int
    head: str
    faults: tuple[AuditFault, ...]
    clock_set_back: tuple[int, ...]

    @property
    def passed(self) -> bool:
        """True if no fault was found."""
        return not self.faults


class AuditTrail:
    """The append-only trail of one store.

    An entry is part of the transaction that makes the change which it reports: there is no change without an entry and
    no entry without a change. The chain shows every change, removal, insertion or reordering by a person who edits the
    database; one who also writes the whole chain anew is found by a head that was kept elsewhere.

    Args:
        database: The store's database.
        clock: For both times of an entry.
        person: Name of the person at the keyboard, from the settings.
    """

    def __init__(self, database: Database, clock: Clock, person: str = "") -> None:
        self._database = database
        self._clock = clock
        self._user = _user()
        self.person = person

    def append(self, action: AuditAction, case_id: str = "", details: Details | None = None) -> AuditEntry:
        """Writes one entry, in the running transaction or in one of its own.

        Raises:
            CaseError: The store cannot be written.
        """
        with self._database.transaction() as connection:
            head = connection.execute("SELECT number, hash FROM audit_head").fetchone()
            number, previous = (head["number"], head["hash"]) if head else (0, _FIRST_PREVIOUS)
            content = details or {}
            unsigned = AuditEntry(
                number=number + 1,
                time=self._clock.now(),
                session=self._clock.session,
                monotonic=self._clock.monotonic(),
                user=self._user,
                person=self.person,
                action=action,
                case_id=case_id,
                details=content,
                details_sha256=hashlib.sha256(_canonical(content)).hexdigest(),
                previous=previous,
                hash="",
            )
            entry = unsigned.model_copy(update={"hash": unsigned.computed_hash()})
            row = entry.model_dump(mode="json") | {"details": _canonical(content).decode()}
            columns = ", ".join(row)
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO audit ({columns}) VALUES ({marks})", tuple(row.values()))  # noqa: S608
            connection.execute(
                "INSERT INTO audit_head VALUES (1, ?, ?) "
                "ON CONFLICT (only) DO UPDATE SET number = excluded.number, hash = excluded.hash",
                (entry.number, entry.hash),
            )
        return entry

    def entries(self, case_id: str | None = None) -> list[AuditEntry]:
        """The entries of one case, or all, in order.

        Raises:
            CaseError: The store cannot be read, or an entry is not one (run `verify` to learn which).
        """
        query, values = ("SELECT * FROM audit ORDER BY number", ()) if case_id is None else (
            "SELECT * FROM audit WHERE case_id = ? ORDER BY number", (case_id,))  # fmt: skip
        try:
            return [_entry(dict(row)) for row in self._database.rows(query, values)]
        except ValueError as error:
            raise CaseError(Message.of("cases.audit_unreadable", path=str(self._database.path))) from error

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry; (0, zeros) if there is none."""
        rows = self._database.rows("SELECT number, hash FROM audit_head")
        return (int(rows[0]["number"]), str(rows[0]["hash"])) if rows else (0, _FIRST_PREVIOUS)

    def verify(self, known: tuple[int, str] | None = None) -> AuditVerification:
        """Checks every entry against its own hash and the one before, and the last against the store's head.

        Args:
            known: Number and hash of an entry that was kept elsewhere (a report prints them).

        Raises:
            CaseError: The store cannot be read.
        """
        rows = self._database.rows("SELECT * FROM audit ORDER BY number")
        purged = {str(row["case_id"]) for row in rows if row["action"] == AuditAction.PURGE}
        faults: list[AuditFault] = []
        set_back: list[int] = []
        previous_hash, previous_time, expected = _FIRST_PREVIOUS, None, 1
        hashes: dict[int, str] = {}
        for row in rows:
            number = int(row["number"])
            if number != expected:
                faults.append(_fault(expected, "cases.audit_missing", until=number - 1))
            try:
                entry = _entry(dict(row))
            except ValueError:
                faults.append(_fault(number, "cases.audit_changed"))
                previous_hash, expected = str(row["hash"]), number + 1
                continue
            if entry.previous != previous_hash and number == expected:
                faults.append(_fault(number, "cases.audit_order"))
            if not _untouched(entry, purged):
                faults.append(_fault(number, "cases.audit_changed"))
            if previous_time is not None and entry.time < previous_time - _CLOCK_TOLERANCE:
                set_back.append(number)
            previous_hash, previous_time, expected = entry.hash, entry.time, number + 1
            hashes[number] = entry.hash
        head_number, head_hash = self.head()
        if head_number != expected - 1:
            faults.append(_fault(expected, "cases.audit_missing", until=head_number))
        elif head_hash != previous_hash:
            faults.append(_fault(head_number, "cases.audit_changed"))
        if known is not None and hashes.get(known[0]) != known[1]:
            faults.append(_fault(known[0], "cases.audit_not_as_printed"))
        return AuditVerification(
            entries=len(rows), head=head_hash, faults=tuple(faults), clock_set_back=tuple(set_back)
        )


def _canonical(value: Details) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _entry(row: dict[str, str | int | None]) -> AuditEntry:
    details = row["details"]
    return AuditEntry.model_validate(row | {"details": None if details is None else json.loads(str(details))})


def _untouched(entry: AuditEntry, purged: set[str]) -> bool:
    if entry.details is None:
        # Removing a case for good takes its values out of the trail, and leaves its own entry.
        return entry.case_id in purged and entry.computed_hash() == entry.hash
    details_sha256 = hashlib.sha256(_canonical(entry.details)).hexdigest()
    return entry.details_sha256 == details_sha256 and entry.computed_hash() == entry.hash


def _fault(number: int, id: str, **values: int) -> AuditFault:
    return AuditFault(number=number, message=Message.of(id, number=number, **values))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # An account without an entry in the password file, as in containers.
        return "unknown"
