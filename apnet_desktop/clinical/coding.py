"""What codes mean in terms of our factors: LOINC for results, SNOMED CT and ICD-10 for conditions and answers."""

from __future__ import annotations

from apnet_desktop.clinical.factor import Factor, FactorKind, FactorSchema
from apnet_desktop.clinical.record import FactorValue
from apnet_desktop.clinical.schema import default_schema

__all__ = ["LOINC", "answer_of_code", "condition_of_code", "result_of_code"]

LOINC = "http://loinc.org"
_SNOMED = "http://snomed.info/sct"
_ICD10 = ("http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10-cn")
# ICD-10 by prefix, longest first: factor and value. An absent condition says nothing.
_BY_ICD10: tuple[tuple[str, str, FactorValue], ...] = (
    ("K85.0", "aetiology", "idiopathic"),
    ("K85.1", "aetiology", "biliary"),
    ("K85.2", "aetiology", "alcohol"),
    ("K85.3", "aetiology", "drug"),
    ("K86.0", "chronic_pancreatitis", True),
    ("K86.1", "chronic_pancreatitis", True),
    ("K76.0", "fatty_liver", True),
    ("E10", "diabetes", True),
    ("E11", "diabetes", True),
    ("E13", "diabetes", True),
    ("E14", "diabetes", True),
    ("I10", "hypertension", True),
    ("C25", "pancreatic_cancer", True),
)
_BY_SNOMED: dict[str, tuple[str, FactorValue]] = {
    "44054006": ("diabetes", True),  # type 2
    "46635009": ("diabetes", True),  # type 1
    "59621000": ("hypertension", True),  # essential hypertension
    "38341003": ("hypertension", True),
}
# Answers beside the schema's own codes: factor and SNOMED CT code to the choice.
_BY_ANSWER: dict[tuple[str, str], str] = {
    ("smoking", "449868002"): "current",  # every day
    ("smoking", "428041000124106"): "current",  # some days
    ("smoking", "428071000124103"): "current",  # heavy
    ("smoking", "428061000124105"): "current",  # light
}


def result_of_code(schema: FactorSchema, code: str) -> tuple[Factor, str | None] | None:
    """The factor of a LOINC code, and the unit that the code implies where laboratories write two units alike."""
    for source in (schema, default_schema()):
        for factor in source.factors:
            if code == factor.loinc or code in factor.loinc_also:
                return factor, None
            for alternative in factor.alternatives:
                if code in alternative.loinc:
                    return factor, alternative.unit
    return None


def condition_of_code(schema: FactorSchema, system: str, code: str) -> tuple[str, FactorValue] | None:
    """The factor and value that a condition stands for; an absent condition says nothing."""
    if system == _SNOMED:
        if code in _BY_SNOMED:
            return _BY_SNOMED[code]
        factors = (*schema.factors, *default_schema().factors)
        asked = (factor for factor in factors if factor.snomed == code and factor.kind is FactorKind.YES_NO)
        return next(((factor.id, True) for factor in asked), None)
    if system in _ICD10:
        return next(((factor, value) for prefix, factor, value in _BY_ICD10 if code.startswith(prefix)), None)
    return None


def answer_of_code(factor: Factor, codes: set[str]) -> str | None:
    """The choice that a coded answer stands for, None if none is known."""
    meant = {_BY_ANSWER[factor.id, code] for code in codes if (factor.id, code) in _BY_ANSWER}
    return next((choice.id for choice in factor.choices if choice.code in codes or choice.id in meant), None)
