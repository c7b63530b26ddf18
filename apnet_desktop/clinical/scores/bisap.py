"""Bedside index for severity in acute pancreatitis, first 24 h (Wu et al., Gut 2008; points as at QxMD).

Urea nitrogen above 25 mg/dL, impaired mental state, SIRS, age above 60, pleural effusion: one point each. Sources also
print 8.9 mmol/L for the first; the value is compared in mg/dL, 25 mg/dL being 8.925 mmol/L of urea.
"""

from __future__ import annotations

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.scores.base import UREA_NITROGEN, Score, ScoreItem, clean, missing_item, number_item, scored
from apnet_desktop.clinical.scores.sirs import sirs
from apnet_desktop.language import Message

__all__ = ["bisap"]


def bisap(record: ClinicalRecord) -> Score:
    """BISAP; 3 or more is high (mortality 18 against 1 %)."""
    score = Score(
        id="bisap",
        maximum=5,
        items=(
            number_item(record, "bisap_urea", "urea", lambda value: int(clean(value / UREA_NITROGEN) > 25), 1),
            number_item(record, "bisap_mental_state", "glasgow_coma_scale", lambda value: int(value < 15), 1),
            _sirs(record),
            number_item(record, "bisap_age", "age", lambda value: int(value > 60), 1),
            _effusion(record),
        ),
    ).graded(lambda points: "clinical.grade.bisap_high" if points >= 3 else "clinical.grade.bisap_low")
    if score.points is None:
        return score
    mortality = Message.of(f"clinical.note.bisap_mortality_{score.points}")
    return score.model_copy(update={"notices": (mortality,)})


def _sirs(record: ClinicalRecord) -> ScoreItem:
    result = sirs(record)
    factors = tuple(factor for item in result.items for factor in item.factors)
    if result.lower >= 2 or result.upper < 2:
        return scored("bisap_sirs", factors, int(result.lower >= 2))
    return missing_item("bisap_sirs", factors, result.missing, 1)


def _effusion(record: ClinicalRecord) -> ScoreItem:
    effusion = record.value("pleural_effusion")
    if effusion is None:
        return missing_item("bisap_effusion", ("pleural_effusion",), ("pleural_effusion",), 1)
    return scored("bisap_effusion", ("pleural_effusion",), int(effusion is True))
