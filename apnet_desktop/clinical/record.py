"""What is known of one patient, factor by factor. Unknown is a value of its own, never a default."""

from __future__ import annotations

import hashlib
from datetime import date

from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.frozen import FrozenModel

__all__ = ["ClinicalRecord", "FactorValue"]

# None is "unknown": the person said so, or has not said anything yet (see `ClinicalRecord.answered`).
FactorValue = float | bool | str | date | tuple[str, ...] | None


class ClinicalRecord(FrozenModel):
    """Values of factors of one patient, in the factors' own units.

    Attributes:
        values: By factor id. A factor that is absent has not been answered; None says *unknown*. The model treats
            both as missing; the form and the report tell them apart.
        typed: By factor id: the text and unit as the person typed it ("1.2 mg/dL"), for numbers in another unit.
        identity: Whose record it is, if the source said so.
        schema_version: Version of the schema it was entered under.
    """

    values: dict[str, FactorValue] = {}
    typed: dict[str, str] = {}
    identity: PatientIdentity | None = None
    schema_version: int = 1

    def value(self, factor_id: str) -> FactorValue:
        """The value, None if unknown or not answered."""
        return self.values.get(factor_id)

    def answered(self, factor_id: str) -> bool:
        """True if a person gave a value or said *unknown*."""
        return factor_id in self.values

    def with_value(self, factor_id: str, value: FactorValue, typed: str | None = None) -> ClinicalRecord:
        """This record with one value set, and what was typed for it."""
        texts = {key: text for key, text in self.typed.items() if key != factor_id}
        if typed is not None:
            texts[factor_id] = typed
        return self.model_copy(update={"values": {**self.values, factor_id: value}, "typed": texts})

    def without(self, factor_id: str) -> ClinicalRecord:
        """This record with one factor not answered any more."""
        return self.model_copy(
            update={
                "values": {key: value for key, value in self.values.items() if key != factor_id},
                "typed": {key: text for key, text in self.typed.items() if key != factor_id},
            }
        )

    def digest(self) -> str:
        """SHA-256 of the values, in hexadecimal, independent of their order."""
        ordered = self.model_copy(update={"values": dict(sorted(self.values.items())), "typed": {}, "identity": None})
        return hashlib.sha256(ordered.model_dump_json().encode()).hexdigest()
