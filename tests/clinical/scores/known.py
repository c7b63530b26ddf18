"""Records for the tests of the scores."""

from __future__ import annotations

from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.clinical.scores import Score, ScoreItem

__all__ = ["item", "record"]


def record(**values: FactorValue) -> ClinicalRecord:
    """A record of these values."""
    return ClinicalRecord(values=values)


def item(score: Score, id: str) -> ScoreItem:
    """One line of a score."""
    return next(line for line in score.items if line.id == id)
