"""The worklist's questions to the store: which cases, in which state, and what is left to do in each."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from enum import StrEnum

from apnet_desktop.cases.assessment import Step, StepState
from apnet_desktop.cases.database import Database
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["CaseQuery", "CaseState", "CaseSummary", "count_cases", "fold", "list_cases"]


class CaseState(StrEnum):
    """Where a case is kept."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"


class CaseQuery(FrozenModel):
    """What the worklist shows.

    Attributes:
        text: Words that name, patient ID, dates, series or note must all contain, upper and lower case alike.
        state: Where the cases are kept.
        next_step: Only cases that wait at this step; None for all.
        finished: True for only those with nothing left to do, False for only the others, None for all.
        studied_from: Earliest study date.
        studied_until: Latest study date.
        patient_id: Exactly this patient.
    """

    text: str = ""
    state: CaseState = CaseState.ACTIVE
    next_step: Step | None = None
    finished: bool | None = None
    studied_from: date | None = None
    studied_until: date | None = None
    patient_id: str | None = None


class CaseSummary(FrozenModel):
    """One row of the worklist.

    Attributes:
        case_id: Random name of the case.
        state: Where it is kept.
        name: Patient's name.
        patient_id: Patient's ID.
        birth_date: Patient's birth date.
        sex: As in DICOM.
        study_date: Of the CT.
        created: UTC.
        modified: UTC.
        steps: State of the four steps.
        next_step: The first step that wants a person; None if nothing is left to do.
        next_message: What it wants.
        risk: Fused risk of the last prediction.
        reports: Number of reports.
        note: A person's own words.
        deleted: When it went to the bin.
    """

    case_id: str
    state: CaseState
    name: str
    patient_id: str
    birth_date: date | None
    sex: str
    study_date: date | None
    created: datetime
    modified: datetime
    steps: tuple[StepState, ...]
    next_step: Step | None
    next_message: Message | None
    risk: float | None
    reports: int
    note: str
    deleted: datetime | None


def fold(text: str) -> str:
    """Text as it is searched: compatibility forms and upper case made alike (Ｌｉ, li and LI)."""
    return unicodedata.normalize("NFKC", text).casefold()


def list_cases(database: Database, query: CaseQuery, limit: int, offset: int) -> list[CaseSummary]:
    """Rows `offset` to `offset + limit` of the cases that `query` asks for, last changed first.

    Raises:
        CaseError: The store cannot be read.
    """
    condition, values = _condition(query)
    rows = database.rows(
        "SELECT id, state, name, patient_id, birth_date, sex, study_date, created, modified, steps, next_step, "  # noqa: S608
        "next_message, risk, note, deleted, (SELECT count(*) FROM reports WHERE case_id = cases.id) AS reports "
        f"FROM cases WHERE {condition} ORDER BY change DESC LIMIT ? OFFSET ?",
        (*values, limit, offset),
    )
    return [
        CaseSummary(
            case_id=row["id"],
            state=row["state"],
            name=row["name"],
            patient_id=row["patient_id"],
            birth_date=row["birth_date"] or None,
            sex=row["sex"],
            study_date=row["study_date"] or None,
            created=row["created"],
            modified=row["modified"],
            steps=tuple(StepState(state) for state in row["steps"].split(",")),
            next_step=row["next_step"] or None,
            next_message=Message.model_validate_json(row["next_message"]) if row["next_message"] else None,
            risk=row["risk"],
            reports=row["reports"],
            note=row["note"],
            deleted=row["deleted"],
        )
        for row in rows
    ]


def count_cases(database: Database, query: CaseQuery) -> int:
    """How many cases `query` asks for.

    Raises:
        CaseError: The store cannot be read.
    """
    condition, values = _condition(query)
    return int(database.rows(f"SELECT count(*) FROM cases WHERE {condition}", values)[0][0])  # noqa: S608


def _condition(query: CaseQuery) -> tuple[str, tuple[str, ...]]:
    """A WHERE clause made of fixed texts only, and the values for its question marks."""
    parts: list[tuple[str, str]] = [("state = ?", query.state.value)]
    parts += [("instr(search, ?)", word) for word in fold(query.text).split()]
    if query.next_step is not None:
        parts.append(("next_step = ?", query.next_step.value))
    if query.finished is not None:
        parts.append(("next_step = ?" if query.finished else "next_step <> ?", ""))
    if query.studied_from is not None:
        parts.append(("study_date >= ?", query.studied_from.isoformat()))
    if query.studied_until is not None:
        parts.append(("study_date <> '' AND study_date <= ?", query.studied_until.isoformat()))
    if query.patient_id is not None:
        parts.append(("patient_id = ?", query.patient_id))
    return " AND ".join(part for part, _ in parts), tuple(value for _, value in parts)
