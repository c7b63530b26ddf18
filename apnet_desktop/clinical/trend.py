"""Which of several measurements of a factor counts: the schema says first, last, highest or lowest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from apnet_desktop.clinical.factor import TrendRule

__all__ = ["chosen_value"]


def chosen_value(points: Sequence[tuple[date | None, float]], rule: TrendRule) -> float:
    """The value that counts.

    Args:
        points: Day and value of each measurement, at least one; a day that is not known comes before all others.
        rule: The factor's. Of two values of one day the one given first is the earlier.
    """
    values = [value for _, value in points]
    if rule is TrendRule.HIGHEST:
        return max(values)
    if rule is TrendRule.LOWEST:
        return min(values)
    order = sorted(range(len(points)), key=lambda index: (points[index][0] or date.min, index))
    return values[order[0] if rule is TrendRule.FIRST else order[-1]]
