"""Reads a clinical record from a FHIR R4 Bundle: Patient, Observation and Condition, by code and with units.

The bundle is validated by the R4B models of fhir.resources; values are then read from the JSON itself, because the
models turn `12.50` into 12.5. Nothing is guessed: what has no known code, an unknown unit or a comparator is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from apnet_desktop.clinical.coding import LOINC, answer_of_code, condition_of_code, result_of_code
from apnet_desktop.clinical.entry import check_value, parse_value
from apnet_desktop.clinical.factor import Factor, FactorKind, Interval
from apnet_desktop.clinical.importing import ImportedRecord, RecordBuilder
from apnet_desktop.clinical.units import canonical_unit, factor_message, to_own
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import ClinicalError
from apnet_desktop.language import Message

__all__ = ["record_from_fhir"]

_SEX = {"male": "M", "female": "F", "other": "O"}
_RESOURCES = ("Patient", "Observation", "Condition")


def record_from_fhir(content: dict[str, Any], builder: RecordBuilder, file: str) -> ImportedRecord:
    """The record of the one patient in a Bundle.

    Args:
        content: The JSON, its decimals still text.
        builder: Collects; strict or not.
        file: Name for the sentences.

    Raises:
        ClinicalError: It is no valid Bundle, it is of several patients, or (strict) a value cannot be used.
    """
    resources = _resources(content, builder, file)
    patients = [resource for resource in resources if resource["resourceType"] == "Patient"]
    if len(patients) > 1:
        raise ClinicalError(Message.of("clinical.fhir_several_patients", file=file, count=len(patients)))
    _check_subjects(resources, patients, file)
    if patients:
        _patient(patients[0], builder)
    for resource in resources:
        if resource["resourceType"] == "Observation":
            _observation(resource, builder)
        elif resource["resourceType"] == "Condition":
            _condition(resource, builder)
    if not builder.record.values and not builder.notices:
        raise ClinicalError(Message.of("clinical.fhir_nothing", file=file))
    return builder.finish()


def _resources(content: dict[str, Any], builder: RecordBuilder, file: str) -> list[dict[str, Any]]:
    """The resources that matter, each validated; others (Encounter, results of unknown codes, ...) are passed over."""
    kind = content.get("resourceType")
    if kind != "Bundle":
        raise ClinicalError(Message.of("clinical.fhir_not_a_bundle", file=file, kind=str(kind)[:40]))
    entries = content.get("entry", [])
    if not isinstance(entries, list):
        raise ClinicalError(Message.of("clinical.fhir_invalid", file=file, where="entry"))
    found = []
    for number, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or resource.get("resourceType") not in _RESOURCES:
            continue
        if resource["resourceType"] == "Observation" and not _mentions_known_code(resource, builder):
            continue
        _validate(resource, f"{file}, entry {number + 1}")
        found.append({**resource, "fullUrl": str(entry.get("fullUrl", ""))})
    return found


def _mentions_known_code(resource: dict[str, Any], builder: RecordBuilder) -> bool:
    """Whether a result may be one of the factors; validating the thousands of others of an admission takes seconds.

    What has not the shape of a result counts too: the validation then says what is wrong.
    """
    components = resource.get("component", [])
    if not isinstance(components, list):
        return True
    for part in (resource, *components):
        concept = part.get("code") if isinstance(part, dict) else None
        codings = concept.get("coding", []) if isinstance(concept, dict) else None
        if not isinstance(codings, list) or not all(isinstance(coding, dict) for coding in codings):
            return True
        if any(result_of_code(builder.schema, str(coding.get("code"))) is not None for coding in codings):
            return True
    return False


def _validate(resource: dict[str, Any], where: str) -> None:
    from fhir.resources.R4B.condition import Condition
    from fhir.resources.R4B.observation import Observation
    from fhir.resources.R4B.patient import Patient
    from pydantic import BaseModel, ValidationError

    models: dict[str, type[BaseModel]] = {"Patient": Patient, "Observation": Observation, "Condition": Condition}
    try:
        models[resource["resourceType"]].model_validate(resource)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])[:80]
        raise ClinicalError(
            Message.of("clinical.fhir_invalid", file=where, where=f"{resource['resourceType']}.{field}")
        ) from error
    except (KeyError, TypeError, LookupError) as error:
        raise ClinicalError(Message.of("clinical.fhir_invalid", file=where, where=resource["resourceType"])) from error


def _check_subjects(resources: list[dict[str, Any]], patients: list[dict[str, Any]], file: str) -> None:
    subjects = {
        reference
        for resource in resources
        if resource["resourceType"] != "Patient" and (reference := resource.get("subject", {}).get("reference"))
    }
    if patients:
        own = {f"Patient/{patients[0].get('id')}", patients[0]["fullUrl"]}
        subjects = {subject for subject in subjects if not any(subject.endswith(name) for name in own if name)}
        if subjects:
            raise ClinicalError(Message.of("clinical.fhir_other_subject", file=file, subject=sorted(subjects)[0][:60]))
    elif len(subjects) > 1:
        raise ClinicalError(Message.of("clinical.fhir_several_patients", file=file, count=len(subjects)))


def _patient(patient: dict[str, Any], builder: RecordBuilder) -> None:
    sex = _SEX.get(patient.get("gender", ""), "")
    builder.identity(
        PatientIdentity(
            name=_name(patient.get("name", [])),
            patient_id=_identifier(patient.get("identifier", [])),
            birth_date=_day(patient.get("birthDate", "")),
            sex=sex,
        )
    )
    if sex in ("M", "F") and (factor := builder.factor("sex")) is not None:
        builder.value(factor, sex)


def _name(names: list[dict[str, Any]]) -> str:
    preferred = sorted(names, key=lambda name: {"official": 0, "usual": 1}.get(name.get("use", ""), 2))
    for name in preferred:
        if name.get("text"):
            return str(name["text"])
        parts = [name.get("family", ""), *name.get("given", [])]
        if any(parts):
            return " ".join(part for part in parts if part)
    return ""


def _identifier(identifiers: list[dict[str, Any]]) -> str:
    def rank(identifier: dict[str, Any]) -> int:
        codes = [coding.get("code") for coding in identifier.get("type", {}).get("coding", [])]
        return 0 if "MR" in codes else 1

    return next((str(found["value"]) for found in sorted(identifiers, key=rank) if found.get("value")), "")


def _day(text: object) -> date | None:
    """A full date or the date of a time; a partial date (`2024-05`) gives None."""
    try:
        return datetime.fromisoformat(str(text)).date() if len(str(text)) >= 10 else None
    except ValueError:
        return None


def _codings(concept: dict[str, Any] | None) -> Iterable[tuple[str, str]]:
    for coding in (concept or {}).get("coding", []):
        yield str(coding.get("system", "")), str(coding.get("code", ""))


def _observation(resource: dict[str, Any], builder: RecordBuilder) -> None:
    if resource.get("status") in ("entered-in-error", "cancelled", "registered", "unknown"):
        return
    day = _day(resource.get("effectiveDateTime") or resource.get("effectivePeriod", {}).get("start", ""))
    for part in (resource, *resource.get("component", [])):
        codes = [code for system, code in _codings(part.get("code")) if system == LOINC]
        found = next((match for code in codes if (match := result_of_code(builder.schema, code)) is not None), None)
        if found is not None:
            _observed(part, found[0], found[1], day, builder)


def _observed(
    part: dict[str, Any], factor: Factor, implied: str | None, day: date | None, builder: RecordBuilder
) -> None:
    try:
        if "valueQuantity" in part:
            _quantity(part, factor, implied, day, builder)
        elif "valueBoolean" in part and factor.kind is FactorKind.YES_NO:
            builder.value(factor, bool(part["valueBoolean"]))
        elif "valueInteger" in part and factor.kind is FactorKind.NUMBER:
            value = parse_value(factor, str(part["valueInteger"])).value
            if isinstance(value, float):
                builder.measurement(factor, value, day, None)
        elif "valueCodeableConcept" in part and factor.kind is FactorKind.CHOICE:
            _answer(part["valueCodeableConcept"], factor, builder)
    except ClinicalError as error:
        quantity = part.get("valueQuantity", {})
        builder.refuse(error, factor, _as_written(quantity))


def _quantity(
    part: dict[str, Any], factor: Factor, implied: str | None, day: date | None, builder: RecordBuilder
) -> None:
    quantity = part["valueQuantity"]
    number, unit_text = str(quantity.get("value", "")), str(quantity.get("code") or quantity.get("unit") or "")
    if factor.kind is not FactorKind.NUMBER or not number:
        return
    if quantity.get("comparator"):
        raise ClinicalError(factor_message("clinical.fhir_comparator", factor, typed=_as_written(quantity)))
    if not unit_text and factor.unit not in ("1", "{score}", "[pH]"):
        raise ClinicalError(factor_message("clinical.fhir_no_unit", factor, typed=number))
    unit = _unit(factor, unit_text, implied)
    entry = parse_value(factor, number, unit)
    typed = f"{number} {unit_text}" if unit != factor.unit else None
    if isinstance(entry.value, float):
        builder.measurement(factor, entry.value, day, typed)
        interval = _reference(part, factor, implied, unit)
        if interval is not None:
            builder.reference(factor, interval)


def _as_written(quantity: dict[str, Any]) -> str:
    unit = quantity.get("unit") or quantity.get("code") or ""
    return f"{quantity.get('comparator', '')}{quantity.get('value', '')} {unit}".strip()


def _unit(factor: Factor, unit_text: str, implied: str | None) -> str | None:
    if not unit_text:
        return factor.unit
    if implied is not None and implied.partition("{")[0] == unit_text:
        return implied
    return canonical_unit(factor, unit_text)


def _reference(part: dict[str, Any], factor: Factor, implied: str | None, unit: str | None) -> Interval | None:
    """The laboratory's own interval; an end without a unit is in that of the value.

    None if there is none, or if it is in a unit that is not known: then it must not take the place of the schema's.
    """
    for interval in part.get("referenceRange", []):
        ends: dict[str, float] = {}
        for end, key in (("lower", "low"), ("upper", "high")):
            side = interval.get(key, {})
            if side.get("value") is None:
                continue
            written = str(side.get("code") or side.get("unit") or "")
            try:
                ends[end] = to_own(factor, float(side["value"]), _unit(factor, written, implied) if written else unit)
            except ClinicalError:
                return None
        if ends:
            return Interval.model_validate(ends)
    return None


def _answer(concept: dict[str, Any], factor: Factor, builder: RecordBuilder) -> None:
    codes = {code for _, code in _codings(concept)}
    answer = answer_of_code(factor, codes)
    if answer is not None:
        builder.value(factor, answer)
        return
    shown = str(concept.get("text") or ", ".join(sorted(codes)))
    raise ClinicalError(factor_message("clinical.fhir_answer", factor, typed=shown[:40]))


def _condition(resource: dict[str, Any], builder: RecordBuilder) -> None:
    verification = {code for _, code in _codings(resource.get("verificationStatus"))}
    clinical = {code for _, code in _codings(resource.get("clinicalStatus"))}
    if verification & {"refuted", "entered-in-error"} or clinical & {"inactive", "resolved", "remission"}:
        return
    for system, code in _codings(resource.get("code")):
        found = condition_of_code(builder.schema, system, code)
        factor = builder.factor(found[0]) if found else None
        if found is not None and factor is not None:
            check_value(factor, found[1])
            builder.value(factor, found[1])
