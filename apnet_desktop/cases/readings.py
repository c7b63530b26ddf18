"""Readers draw the ROI of a cohort's cases in turn, each without the others' ROI and without the outcome."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from pathlib import Path

import numpy as np

from apnet_desktop.cases.audit import AuditAction
from apnet_desktop.cases.files import write_file
from apnet_desktop.cases.mask_file import RoiHeader, pack_mask, read_mask
from apnet_desktop.cases.storage_parts import Storage
from apnet_desktop.ct.roi import Roi
from apnet_desktop.errors import CaseError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["Agreement", "Reading", "Readings", "ReadingsProgress", "dice"]


class Reading(FrozenModel):
    """One reader's ROI of one case.

    Attributes:
        reader: Who drew it.
        started: When the reader opened the case first, UTC.
        finished: When the reader was done, UTC; None while the reader still draws.
        minutes: Minutes of work so far, by the clock that never runs backwards.
        roi: Everything of the ROI but its mask.
    """

    reader: str
    started: datetime
    finished: datetime | None
    minutes: float
    roi: RoiHeader


class Agreement(FrozenModel):
    """Two readers on one case.

    Attributes:
        case_id: The case.
        patient: Its id in the cohort.
        first: One reader.
        second: The other.
        dice: 2 |A and B| / (|A| + |B|): 1 if they drew the same.
        first_volume: Volume in mL.
        second_volume: Volume in mL.
    """

    case_id: str
    patient: str
    first: str
    second: str
    dice: float
    first_volume: float
    second_volume: float


class ReadingsProgress(FrozenModel):
    """How far the readings of a cohort are.

    Attributes:
        cases: Cases on the worklist that belong to the cohort.
        drawn_once: Of them, those with a finished reading.
        wanted_twice: Those that a second reader draws too.
        drawn_twice: Of these, those with two finished readings.
    """

    cases: int
    drawn_once: int
    wanted_twice: int
    drawn_twice: int


def dice(first: Roi, second: Roi) -> float:
    """Overlap of two ROIs on one grid, 0 to 1 (Dice, Ecology 1945;26:297-302); 1 if both are empty.

    Raises:
        CaseError: They lie on different grids.
    """
    if not first.geometry.same_grid(second.geometry):
        raise CaseError(Message.of("cases.readings_other_grid"))
    both = int(np.count_nonzero(first.mask & second.mask))
    sum_ = int(np.count_nonzero(first.mask)) + int(np.count_nonzero(second.mask))
    return 2 * both / sum_ if sum_ else 1.0


class Readings(Storage):
    """The readings in a store."""

    def choose_second_readings(self, share: float, seed: int = 0) -> tuple[str, ...]:
        """Chooses the share of the cohort that a second reader draws too, and keeps the choice.

        The choice depends on the seed and the cases' ids only: asking again gives the same.

        Args:
            share: Between 0 and 1.
            seed: Another seed gives another choice.

        Returns:
            Ids of the chosen cases.

        Raises:
            CaseError: The store cannot be written.
        """
        ids = [str(row["case_id"]) for row in self._database.rows("SELECT case_id FROM members")]
        ids.sort(key=lambda case_id: hashlib.sha256(f"{seed}:{case_id}".encode()).digest())
        chosen = tuple(sorted(ids[: round(share * len(ids))]))
        with self._database.transaction() as connection:
            connection.execute("UPDATE members SET second_reader = 0")
            connection.executemany("UPDATE members SET second_reader = 1 WHERE case_id = ?", [(id,) for id in chosen])
        return chosen

    def next_for(self, reader: str) -> str | None:
        """The next case of the cohort that this reader has to draw, None if there is none.

        One that this reader has begun comes first, then those that nobody has drawn, then those that want a second
        reader and that this one has not drawn.

        Raises:
            CaseError: The store cannot be read.
        """
        rows = self._database.rows(
            "SELECT members.case_id, second_reader, count(json_extract(content, '$.finished')) AS done, "
            "total(reader = ? AND json_extract(content, '$.finished') IS NOT NULL) AS own, total(reader = ?) AS begun "
            "FROM members JOIN cases ON cases.id = members.case_id "
            "LEFT JOIN readings ON readings.case_id = members.case_id WHERE cases.state = 'active' "
            "GROUP BY members.case_id ORDER BY begun > own DESC, done, members.patient",
            (reader, reader),
        )
        for row in rows:
            wanted = 2 if row["second_reader"] else 1
            if not row["own"] and row["done"] < wanted:
                return str(row["case_id"])
        return None

    def progress(self) -> ReadingsProgress:
        """How far the readings of the cohort are.

        Raises:
            CaseError: The store cannot be read.
        """
        rows = self._database.rows(
            "SELECT second_reader, count(json_extract(content, '$.finished')) AS done "
            "FROM members JOIN cases ON cases.id = members.case_id "
            "LEFT JOIN readings ON readings.case_id = members.case_id WHERE cases.state = 'active' "
            "GROUP BY members.case_id"
        )
        twice = [row for row in rows if row["second_reader"]]
        return ReadingsProgress(
            cases=len(rows),
            drawn_once=sum(row["done"] > 0 for row in rows),
            wanted_twice=len(twice),
            drawn_twice=sum(row["done"] > 1 for row in twice),
        )

    def save(
        self, case_id: str, reader: str, roi: Roi, started: datetime, finished: datetime | None, minutes: float
    ) -> None:
        """Keeps a reading, finished or not; a reader's earlier one of the same case is replaced.

        Raises:
            CaseError: There is no such case, or the store cannot be written.
        """
        self._rows.row(case_id)
        file = f"reading-{secrets.token_hex(4)}.mask"
        reading = Reading(
            reader=reader,
            started=started,
            finished=finished,
            minutes=round(minutes, 2),
            roi=RoiHeader.of(roi, file),
        )
        write_file(self._case_folder(case_id) / file, pack_mask(roi.mask), self._scratch)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO readings VALUES (?, ?, ?) "
                "ON CONFLICT (case_id, reader) DO UPDATE SET content = excluded.content",
                (case_id, reader, reading.model_dump_json()),
            )
            if finished is not None:
                self._audit.append(
                    AuditAction.READING, case_id, {"reader": reader, "roi": roi.digest(), "minutes": reading.minutes}
                )
            self._rows.touch(case_id)

    def discard(self, case_id: str, reader: str) -> None:
        """Takes away what one reader has drawn on a case.

        Raises:
            CaseError: The store cannot be written.
        """
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM readings WHERE case_id = ? AND reader = ?", (case_id, reader))
            self._audit.append(AuditAction.READING, case_id, {"reader": reader, "removed": True})
            self._rows.touch(case_id)

    def of_case(self, case_id: str) -> list[Reading]:
        """The finished readings of a case, in order of their end.

        Raises:
            CaseError: The store cannot be read.
        """
        rows = self._database.rows("SELECT content FROM readings WHERE case_id = ?", (case_id,))
        found = [Reading.model_validate_json(row["content"]) for row in rows]
        finished = [(reading.finished, reading) for reading in found if reading.finished is not None]
        return [reading for _, reading in sorted(finished, key=lambda pair: pair[0])]

    def own(self, case_id: str, reader: str) -> Reading | None:
        """What one reader has drawn on a case so far; None if nothing.

        Raises:
            CaseError: The store cannot be read.
        """
        rows = self._database.rows("SELECT content FROM readings WHERE case_id = ? AND reader = ?", (case_id, reader))
        return Reading.model_validate_json(rows[0]["content"]) if rows else None

    def roi(self, case_id: str, reading: Reading) -> Roi:
        """The ROI of a reading.

        Raises:
            CaseError: Its mask is gone or damaged.
        """
        path = self._case_folder(case_id) / Path(reading.roi.file).name
        return reading.roi.roi(read_mask(path, reading.roi.geometry))

    def agreement(self) -> list[Agreement]:
        """Every pair of readers on every case that two of them drew.

        Raises:
            CaseError: A mask is gone or damaged.
        """
        found: list[Agreement] = []
        rows = self._database.rows(
            "SELECT members.case_id, patient FROM members "
            "WHERE (SELECT count(*) FROM readings WHERE readings.case_id = members.case_id) > 1 ORDER BY patient"
        )
        for row in rows:
            case_id = str(row["case_id"])
            drawn = [(reading.reader, self.roi(case_id, reading)) for reading in self.of_case(case_id)]
            for number, (first, one) in enumerate(drawn):
                for second, other in drawn[number + 1 :]:
                    found.append(
                        Agreement(
                            case_id=case_id,
                            patient=str(row["patient"]),
                            first=first,
                            second=second,
                            dice=dice(one, other),
                            first_volume=one.volume,
                            second_volume=other.volume,
                        )
                    )
        return found
