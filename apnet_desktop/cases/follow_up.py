"""What became of a patient after discharge; kept apart from the case, so that a reader does not see it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import model_validator

from apnet_desktop.cases.audit import AuditAction
from apnet_desktop.cases.storage_parts import Storage
from apnet_desktop.frozen import FrozenModel

__all__ = ["FollowUp", "FollowUpEnd", "FollowUps"]

# Mean Gregorian month.
_DAYS_A_MONTH = 365.2425 / 12


class FollowUpEnd(StrEnum):
    """How follow-up ended."""

    RECURRENCE = "recurrence"
    DEATH = "death"
    CENSORED = "censored"


class FollowUp(FrozenModel):
    """Outcome of one patient.

    Attributes:
        discharge: Discharge from the index admission: follow-up starts here.
        end: How it ended.
        end_date: Date of recurrence, of death, or of the last news.
        definition: What counted as a recurrence, in words.
    """

    discharge: date
    end: FollowUpEnd
    end_date: date
    definition: str = ""

    @model_validator(mode="after")
    def _runs_forward(self) -> FollowUp:
        if self.end_date < self.discharge:
            raise ValueError("follow-up ends before discharge")
        return self

    @property
    def months(self) -> float:
        """Months from discharge to the end of follow-up."""
        return (self.end_date - self.discharge).days / _DAYS_A_MONTH


class FollowUps(Storage):
    """The outcomes in a store."""

    def save(self, case_id: str, follow_up: FollowUp) -> None:
        """Keeps what became of a patient.

        Raises:
            CaseError: There is no such case, or the store cannot be written.
        """
        with self._database.transaction() as connection:
            self._rows.row(case_id)
            before = self.load(case_id)
            connection.execute(
                "INSERT INTO follow_ups VALUES (?, ?) ON CONFLICT (case_id) DO UPDATE SET content = excluded.content",
                (case_id, follow_up.model_dump_json()),
            )
            self._audit.append(
                AuditAction.FOLLOW_UP,
                case_id,
                {
                    "before": before.end.value if before else None,
                    "after": follow_up.end.value,
                    "months": round(follow_up.months, 2),
                },
            )
            self._rows.touch(case_id)

    def load(self, case_id: str) -> FollowUp | None:
        """What became of a patient; None if nobody said yet.

        Raises:
            CaseError: The store cannot be read.
        """
        rows = self._database.rows("SELECT content FROM follow_ups WHERE case_id = ?", (case_id,))
        return FollowUp.model_validate_json(rows[0]["content"]) if rows else None
