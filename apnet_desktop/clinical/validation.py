"""Whether a clinical record may be used: every rule as a named check."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.consistency import contradictions
from apnet_desktop.clinical.entry import Entry, WrongUnitError, check_value, parse_value, unusual_message
from apnet_desktop.clinical.factor import Factor, FactorKind, FactorSchema, KnownAt
from apnet_desktop.clinical.identity import differences_with_ct, identity_message
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.units import factor_message
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import ClinicalError
from apnet_desktop.language import Message

__all__ = ["Entry", "WrongUnitError", "check_record", "known_factor", "parse_value"]

_MOMENTS = list(KnownAt)


def known_factor(schema: FactorSchema, id: str) -> Factor | None:
    """The factor of a schema, or of the default schema (severity scores read factors that no model uses)."""
    for source in (schema, default_schema()):
        if source.has(id):
            return source.factor(id)
    return None


def check_record(
    record: ClinicalRecord,
    schema: FactorSchema,
    moment: KnownAt = KnownAt.DISCHARGE,
    identity: PatientIdentity | None = None,
    age_at_study: int | None = None,
    today: date | None = None,
) -> tuple[Check, ...]:
    """Every check of a record.

    A check that found nothing is `clinical.<what>`, passed; one that found something is `clinical.<what>.<factor>`, and
    its sentence names the factor and the remedy.

    Args:
        record: What is known of the patient.
        schema: The factors of the bundle in use.
        moment: When the prediction is made: factors known only later are refused.
        identity: The patient of the CT, if there is one.
        age_at_study: That patient's age in years at the CT.
        today: Dates after it are refused; default: today.
    """
    known, strangers = _known_values(record, schema)
    return (
        *_named("schema", _schema(record, schema)),
        *_named("factor", strangers),
        *_named("patient", _patient(record, identity, age_at_study)),
        *_named("value", _values(record, known, today)),
        *_named("usual", _usual(record, known)),
        *_named("time", (*_time(record, known, moment), *_order_of_dates(record))),
        *_named("consistency", ((id, CheckState.WARNED, message) for id, message in contradictions(record))),
        *_named("missing", _missing(record, schema)),
    )


# Factor id ("" for the whole record), state, sentence.
_Finding = tuple[str, CheckState, Message]


def _named(what: str, findings: Iterable[_Finding]) -> tuple[Check, ...]:
    checks = tuple(
        Check(id=f"clinical.{what}.{factor}" if factor else f"clinical.{what}", state=state, message=message)
        for factor, state, message in findings
    )
    passed = Check(id=f"clinical.{what}", state=CheckState.PASSED, message=Message.of(f"clinical.passed.{what}"))
    return checks or (passed,)


def _known_values(record: ClinicalRecord, schema: FactorSchema) -> tuple[tuple[Factor, ...], tuple[_Finding, ...]]:
    known, strangers = [], []
    for id in record.values:
        factor = known_factor(schema, id)
        if factor is not None:
            known.append(factor)
        else:
            message = Message.of("clinical.unknown_factor", name=id[:60])
            strangers.append((id[:60], CheckState.REFUSED, message))
    return tuple(known), tuple(strangers)


def _schema(record: ClinicalRecord, schema: FactorSchema) -> tuple[_Finding, ...]:
    if record.schema_version == schema.version:
        return ()
    older = record.schema_version < schema.version
    message = Message.of(
        "clinical.record_older" if older else "clinical.record_newer",
        found=record.schema_version,
        expected=schema.version,
    )
    return (("", CheckState.REFUSED, message),)


def _patient(
    record: ClinicalRecord, identity: PatientIdentity | None, age_at_study: int | None
) -> tuple[_Finding, ...]:
    differences = differences_with_ct(record, identity, age_at_study) if identity is not None else ()
    return (("", CheckState.REFUSED, identity_message(differences)),) if differences else ()


def _values(record: ClinicalRecord, known: tuple[Factor, ...], today: date | None) -> Iterable[_Finding]:
    for factor in known:
        try:
            check_value(factor, record.values[factor.id], today)
        except ClinicalError as error:
            yield factor.id, CheckState.REFUSED, error.message


def _usual(record: ClinicalRecord, known: tuple[Factor, ...]) -> Iterable[_Finding]:
    for factor in known:
        value = record.number(factor.id)
        message = unusual_message(factor, value) if factor.kind is FactorKind.NUMBER and value is not None else None
        if message is None:
            continue
        if factor.id in record.confirmed:
            message = message.model_copy(update={"id": "clinical.unusual_confirmed"})
        yield factor.id, CheckState.WARNED, message


def _time(record: ClinicalRecord, known: tuple[Factor, ...], moment: KnownAt) -> Iterable[_Finding]:
    for factor in known:
        too_late = _MOMENTS.index(factor.known_at) > _MOMENTS.index(moment)
        if too_late and record.values[factor.id] is not None:
            yield factor.id, CheckState.REFUSED, factor_message(f"clinical.known_later.{moment.value}", factor)


def _order_of_dates(record: ClinicalRecord) -> Iterable[_Finding]:
    admission, discharge, onset = (record.value(id) for id in ("admission_date", "discharge_date", "onset_date"))
    if isinstance(admission, date) and isinstance(discharge, date) and discharge < admission:
        message = Message.of("clinical.discharge_before_admission", admission=str(admission), discharge=str(discharge))
        yield "discharge_date", CheckState.REFUSED, message
    if isinstance(onset, date) and isinstance(discharge, date) and discharge < onset:
        message = Message.of("clinical.discharge_before_onset", onset=str(onset), discharge=str(discharge))
        yield "onset_date", CheckState.REFUSED, message


def _missing(record: ClinicalRecord, schema: FactorSchema) -> tuple[_Finding, ...]:
    missing = [factor for factor in schema.factors if record.value(factor.id) is None]
    if not missing:
        return ()
    shown = missing[:5]
    message = Message.of(
        "clinical.missing_factors",
        count=len(missing),
        total=len(schema.factors),
        names=", ".join(factor.label.en for factor in shown),
        names_zh="、".join(factor.label.zh for factor in shown),
        more="…" if len(missing) > len(shown) else "",
    )
    return (("", CheckState.WARNED, message),)
