"""Whom a model is for, and the dates that a prediction rests on. Outside eligibility there is no score.

Takes plain arguments: the manifest that states the rules lies above this room.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.factor import FactorSchema, KnownAt
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.scores.atlanta import atlanta
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["PredictionDates", "check_ct_date", "check_eligibility", "prediction_dates", "used_factors"]

_GRADES = ("mild", "moderately_severe", "severe")
_EARLY_CT_HOURS = 72.0  # before, CT underestimates necrosis (ACR Appropriateness Criteria, acute pancreatitis)


# What is read here, whatever factors a model was trained on.
_READ = (
    "age",
    "atlanta_grade",
    "chronic_pancreatitis",
    "pancreatic_cancer",
    "prior_episodes",
    "hours_since_onset",
    "onset_date",
    "admission_date",
    "discharge_date",
)


class PredictionDates(FrozenModel):
    """The dates printed with every prediction; None where the record does not say.

    Attributes:
        moment: The day at whose end the prediction is made.
        horizon_start: The day from which the horizon runs: discharge from the index admission.
    """

    moment: date | None
    horizon_start: date | None


def prediction_dates(record: ClinicalRecord, moment: KnownAt) -> PredictionDates:
    """The dates of a prediction that is made at `moment`."""
    admission, discharge = record.value("admission_date"), record.value("discharge_date")
    start = discharge if isinstance(discharge, date) else None
    if moment is KnownAt.DISCHARGE:
        return PredictionDates(moment=start, horizon_start=start)
    if not isinstance(admission, date) or moment is KnownAt.AFTER_DISCHARGE:
        return PredictionDates(moment=None, horizon_start=start)
    days = 2 if moment is KnownAt.HOURS_48 else 0
    return PredictionDates(moment=admission + timedelta(days=days), horizon_start=start)


def used_factors(record: ClinicalRecord, schema: FactorSchema) -> tuple[str, ...]:
    """Ids of the factors on whose values a prediction rests: the model's, and what eligibility and dates need.

    Not those that only a severity score reads; unless the grade is open, which the Revised Atlanta rules then settle
    from all of them: empty for *all*.
    """
    if not isinstance(record.value("atlanta_grade"), str):
        return ()
    return tuple(dict.fromkeys((*(factor.id for factor in schema.factors), *_READ)))


def check_eligibility(
    record: ClinicalRecord,
    *,
    minimum_age: int,
    severities: tuple[str, ...],
    requires_contrast: bool,
    age_at_study: int | None = None,
    contrast: bool | None = None,
) -> tuple[Check, ...]:
    """Whether the patient is one of those that a model is for; checked before anything is computed.

    Args:
        record: What is known of the patient.
        minimum_age: Years.
        severities: Accepted values of the factor `atlanta_grade`.
        requires_contrast: True if a CT without contrast is refused.
        age_at_study: Age at the CT, where the record does not say.
        contrast: Whether the CT was made with contrast; None: not known.
    """
    return (
        _age(record, minimum_age, age_at_study),
        _severity(record, severities),
        *_other_disease(record),
        _contrast(requires_contrast, contrast),
        *_early(record),
    )


def _check(what: str, state: CheckState, message: Message) -> Check:
    return Check(id=f"clinical.eligibility.{what}", state=state, message=message)


def _age(record: ClinicalRecord, minimum_age: int, age_at_study: int | None) -> Check:
    entered = record.number("age")
    age = entered if entered is not None else age_at_study
    if age is None:
        message = Message.of("clinical.eligibility.age_unknown", minimum=minimum_age)
        return _check("age", CheckState.REFUSED, message)
    if age < minimum_age:
        message = Message.of("clinical.eligibility.too_young", age=f"{age:g}", minimum=minimum_age)
        return _check("age", CheckState.REFUSED, message)
    return _check("age", CheckState.PASSED, Message.of("clinical.eligibility.adult"))


def _severity(record: ClinicalRecord, severities: tuple[str, ...]) -> Check:
    """The grade as entered; without it the one that the Revised Atlanta rules give, if they settle it."""
    grade = record.value("atlanta_grade")
    if not isinstance(grade, str):
        computed = atlanta(record).points
        grade = None if computed is None else _GRADES[computed]
    if grade is None:
        return _check("severity", CheckState.WARNED, Message.of("clinical.eligibility.severity_unknown"))
    if grade not in severities:
        known = grade if grade in _GRADES else "other"
        return _check("severity", CheckState.REFUSED, Message.of(f"clinical.eligibility.severity_{known}"))
    return _check("severity", CheckState.PASSED, Message.of("clinical.eligibility.severity_passed"))


def _other_disease(record: ClinicalRecord) -> Iterable[Check]:
    for factor in ("chronic_pancreatitis", "pancreatic_cancer"):
        if record.value(factor) is True:
            yield _check(factor, CheckState.REFUSED, Message.of(f"clinical.eligibility.{factor}"))
    episodes = record.number("prior_episodes")
    if episodes is not None and episodes > 0:
        message = Message.of("clinical.eligibility.prior_episodes", count=round(episodes))
        yield _check("prior_episodes", CheckState.WARNED, message)


def _contrast(required: bool, contrast: bool | None) -> Check:
    if contrast is True:
        return _check("contrast", CheckState.PASSED, Message.of("clinical.eligibility.contrast_passed"))
    state = CheckState.REFUSED if required and contrast is False else CheckState.WARNED
    id = "clinical.eligibility.contrast_unknown" if contrast is None else "clinical.eligibility.no_contrast"
    return _check("contrast", state, Message.of(id))


def _early(record: ClinicalRecord) -> Iterable[Check]:
    hours = record.number("hours_since_onset")
    if hours is not None and hours < _EARLY_CT_HOURS:
        message = Message.of("clinical.eligibility.early_ct", hours=f"{hours:g}")
        yield _check("early_ct", CheckState.WARNED, message)


def check_ct_date(record: ClinicalRecord, ct_date: date | None) -> Check:
    """Whether the CT was made during the index admission.

    The day before admission counts: a CT in the emergency department late in the evening, admission after midnight.
    """
    admission, discharge = record.value("admission_date"), record.value("discharge_date")
    if ct_date is None or not isinstance(admission, date):
        return Check(
            id="clinical.ct_date", state=CheckState.WARNED, message=Message.of("clinical.ct_date_not_compared")
        )
    values = {"ct": str(ct_date), "admission": str(admission)}
    if ct_date < admission - timedelta(days=1):
        message = Message(id="clinical.ct_before_admission", values=dict(values))
        return Check(id="clinical.ct_date", state=CheckState.REFUSED, message=message)
    if isinstance(discharge, date) and ct_date > discharge:
        message = Message.of("clinical.ct_after_discharge", ct=str(ct_date), discharge=str(discharge))
        return Check(id="clinical.ct_date", state=CheckState.REFUSED, message=message)
    return Check(id="clinical.ct_date", state=CheckState.PASSED, message=Message.of("clinical.ct_date_passed"))
