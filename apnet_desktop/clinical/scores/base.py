"""What every severity score gives: its items with their points, what is missing, and the grade that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = [
    "CALCIUM",
    "CREATININE",
    "GLUCOSE",
    "UREA_NITROGEN",
    "Combination",
    "Score",
    "ScoreItem",
    "clean",
    "missing_item",
    "number_item",
    "scored",
    "stepped",
]


# Conventional × factor = SI: limits printed in mg/dL are compared in mg/dL, so that a typed 200 mg/dL is not above 200.
UREA_NITROGEN = 0.357  # mg/dL of nitrogen to mmol/L of urea; 0.714 would give mmol/L of nitrogen
GLUCOSE = 0.05551
CALCIUM = 0.2495
CREATININE = 88.4


class Combination(StrEnum):
    """How the items of a score become one number."""

    SUM = "sum"
    HIGHEST = "highest"


class ScoreItem(FrozenModel):
    """One line of a score.

    Attributes:
        id: Names the rule in the catalogue (`clinical.item.<id>`).
        factors: Factors that it reads.
        lower: Fewest points that it can have with what is known.
        upper: Most points.
        missing: Factors whose value would settle it.
        note: What a person must know of how it was scored.
    """

    id: str
    factors: tuple[str, ...]
    lower: int
    upper: int
    missing: tuple[str, ...] = ()
    note: Message | None = None

    @property
    def points(self) -> int | None:
        """The points, None while they are not settled."""
        return self.lower if self.lower == self.upper else None


class Score(FrozenModel):
    """A severity score of one patient.

    Attributes:
        id: `bisap`, `ranson`, ...; names it in the catalogue (`clinical.score.<id>`).
        items: Its lines.
        maximum: Most points that the score has.
        combination: How the lines become one number.
        grade: What it says, None while that is not settled. It may be settled although inputs are missing.
        notices: Rules used where sources disagree, and contradictions among the inputs.
    """

    id: str
    items: tuple[ScoreItem, ...]
    maximum: int
    combination: Combination = Combination.SUM
    grade: Message | None = None
    notices: tuple[Message, ...] = ()

    @property
    def lower(self) -> int:
        """Fewest points with what is known."""
        return self._combined([item.lower for item in self.items])

    @property
    def upper(self) -> int:
        """Most points with what is known."""
        return self._combined([item.upper for item in self.items])

    @property
    def points(self) -> int | None:
        """The score, None while it is not settled."""
        return self.lower if self.lower == self.upper else None

    @property
    def missing(self) -> tuple[str, ...]:
        """Factors that would settle open lines, each once, in the order of the lines."""
        return tuple(dict.fromkeys(factor for item in self.items for factor in item.missing))

    def graded(self, bands: Callable[[int], str]) -> Score:
        """This score with its grade, if every number of points that is still possible gives the same one.

        Args:
            bands: From points to the grade's id in the catalogue.
        """
        possible = {bands(points) for points in range(self.lower, self.upper + 1)}
        grade = Message.of(possible.pop()) if len(possible) == 1 else None
        return self.model_copy(update={"grade": grade})

    def _combined(self, points: list[int]) -> int:
        return sum(points) if self.combination is Combination.SUM else max(points, default=0)


def clean(value: float) -> float:
    """Without the noise of converting units back: 25.0 mg/dL and not 25.000000000000004."""
    return float(f"{value:.9g}")


def missing_item(id: str, factors: tuple[str, ...], missing: Iterable[str], upper: int, lower: int = 0) -> ScoreItem:
    """A line that is not settled."""
    return ScoreItem(id=id, factors=factors, lower=lower, upper=upper, missing=tuple(missing))


def scored(id: str, factors: tuple[str, ...], points: int, note: Message | None = None) -> ScoreItem:
    """A line that is settled."""
    return ScoreItem(id=id, factors=factors, lower=points, upper=points, note=note)


def number_item(
    record: ClinicalRecord, id: str, factor: str, rule: Callable[[float], int], upper: int, lower: int = 0
) -> ScoreItem:
    """A line that reads one number; missing if that is unknown."""
    value = record.number(factor)
    if value is None:
        return missing_item(id, (factor,), (factor,), upper, lower)
    return scored(id, (factor,), rule(value))


def stepped(value: float, steps: tuple[tuple[float, int], ...], below: int) -> int:
    """Points of the first step whose lower bound `value` reaches; `below` under the last one."""
    return next((points for bound, points in steps if value >= bound), below)
