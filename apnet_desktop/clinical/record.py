"""What is known of one patient, factor by factor. Unknown is a value of its own, never a default."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from datetime import date

from pydantic import field_validator

from apnet_desktop.clinical.factor import Interval
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.frozen import FrozenModel

__all__ = ["ClinicalRecord", "FactorValue", "Measurement"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

# None is "unknown": the person said so, or has not said anything yet (see `ClinicalRecord.answered`).
FactorValue = float | bool | str | date | tuple[str, ...] | None


class Measurement(FrozenModel):
    """One dated value of a laboratory trend, in the factor's own unit."""

    value: float
    day: date


class ClinicalRecord(FrozenModel):
    """Values of factors of one patient, in the factors' own units.

    Attributes:
        values: By factor id. A factor that is absent has not been answered; None says *unknown*. The model treats
            both as missing; the form and the report tell them apart.
        typed: By factor id: the text and unit as the person typed it ("1.2 mg/dL"), for numbers in another unit.
        confirmed: Factors whose unusual value a person has confirmed.
        trends: By factor id: all dated measurements behind the value.
        references: By factor id: the reference interval that the laboratory sent, in the factor's own unit.
        identity: Whose record it is, if the source said so.
        schema_version: Version of the schema it was entered under.
    """

    values: dict[str, FactorValue] = {}
    typed: dict[str, str] = {}
    confirmed: tuple[str, ...] = ()
    trends: dict[str, tuple[Measurement, ...]] = {}
    references: dict[str, Interval] = {}
    identity: PatientIdentity | None = None
    schema_version: int = 1

    @field_validator("values", mode="before")
    @classmethod
    def _days_are_dates(cls, values: object) -> object:
        """JSON has no dates: a text that is one becomes one, so that a record survives its own JSON."""
        if not isinstance(values, dict):
            return values
        return {key: _as_day(value) for key, value in values.items()}

    def value(self, factor_id: str) -> FactorValue:
        """The value, None if unknown or not answered."""
        return self.values.get(factor_id)

    def number(self, factor_id: str) -> float | None:
        """The value of a number, None if unknown, not answered or of another kind."""
        value = self.values.get(factor_id)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def answered(self, factor_id: str) -> bool:
        """True if a person gave a value or said *unknown*."""
        return factor_id in self.values

    def with_value(
        self,
        factor_id: str,
        value: FactorValue,
        typed: str | None = None,
        confirmed: bool = False,
        trend: tuple[Measurement, ...] = (),
    ) -> ClinicalRecord:
        """This record with one value set.

        Args:
            factor_id: Which one.
            value: In the factor's own unit; None says *unknown*.
            typed: As typed, in another unit.
            confirmed: True if a person confirmed it although it is unusual.
            trend: The dated measurements that it was chosen from.
        """
        record = self.without(factor_id)
        texts = record.typed if typed is None else {**record.typed, factor_id: typed}
        sure = (*record.confirmed, factor_id) if confirmed else record.confirmed
        trends = {**record.trends, factor_id: trend} if trend else record.trends
        values = {**record.values, factor_id: value}
        return record.model_copy(update={"values": values, "typed": texts, "confirmed": sure, "trends": trends})

    def without(self, factor_id: str) -> ClinicalRecord:
        """This record with one factor not answered any more."""
        return self.model_copy(
            update={
                "values": {key: value for key, value in self.values.items() if key != factor_id},
                "typed": {key: text for key, text in self.typed.items() if key != factor_id},
                "confirmed": tuple(key for key in self.confirmed if key != factor_id),
                "trends": {key: trend for key, trend in self.trends.items() if key != factor_id},
            }
        )

    def restricted(self, factors: Collection[str]) -> ClinicalRecord:
        """Only the values of these factors."""
        return self.model_copy(update={"values": {key: value for key, value in self.values.items() if key in factors}})

    def digest(self) -> str:
        """SHA-256 of the values and the schema's version, in hexadecimal, independent of their order."""
        only_values = ClinicalRecord(values=dict(sorted(self.values.items())), schema_version=self.schema_version)
        plain = json.loads(only_values.model_dump_json(include={"values", "schema_version"}))
        return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _as_day(value: object) -> object:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value
