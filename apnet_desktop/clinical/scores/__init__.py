"""Severity scores, each with its lines, what is missing, and the grade as soon as it is settled.

They were built for severity and mortality; no association with recurrence has been found.
"""

from __future__ import annotations

from apnet_desktop.clinical.factor import Factor, FactorKind
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.scores.apache_ii import apache_ii
from apnet_desktop.clinical.scores.atlanta import atlanta
from apnet_desktop.clinical.scores.base import Combination, Score, ScoreItem
from apnet_desktop.clinical.scores.bisap import bisap
from apnet_desktop.clinical.scores.ctsi import ctsi, modified_ctsi
from apnet_desktop.clinical.scores.marshall import marshall
from apnet_desktop.clinical.scores.ranson import ranson
from apnet_desktop.clinical.scores.sirs import sirs

__all__ = [
    "Combination",
    "Score",
    "ScoreItem",
    "all_scores",
    "apache_ii",
    "atlanta",
    "bisap",
    "ctsi",
    "marshall",
    "modified_ctsi",
    "ranson",
    "sirs",
]


def all_scores(record: ClinicalRecord) -> tuple[Score, ...]:
    """Every score of one patient, in the order in which they are shown. An impossible value counts as missing."""
    rules = (atlanta, marshall, sirs, bisap, ranson, apache_ii, ctsi, modified_ctsi)
    possible = {factor.id for factor in default_schema().factors if factor.used_by and _possible(factor, record)}
    known = record.model_copy(update={"values": {id: value for id, value in record.values.items() if id in possible}})
    return tuple(rule(known) for rule in rules)


def _possible(factor: Factor, record: ClinicalRecord) -> bool:
    value = record.value(factor.id)
    if factor.kind is FactorKind.NUMBER:
        number = record.number(factor.id)
        return number is not None and (factor.limits is None or factor.limits.contains(number))
    return value is not None
