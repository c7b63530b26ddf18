"""What the readers of JSON, CSV and FHIR share: collecting values into a record, refusing or telling what is wrong."""

from __future__ import annotations

import difflib
import unicodedata
from datetime import date

from apnet_desktop.clinical.entry import parse_value
from apnet_desktop.clinical.factor import Factor, FactorSchema, Interval, TrendRule
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue, Measurement
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.trend import chosen_value
from apnet_desktop.clinical.units import factor_message
from apnet_desktop.clinical.validation import known_factor
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import ClinicalError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["ImportedRecord", "RecordBuilder", "nearest_name"]


class ImportedRecord(FrozenModel):
    """A record as read from a file.

    Attributes:
        record: What could be read.
        notices: What a person must know: values left out, choices made, columns not understood.
        refused: By factor id: the text of a value that was refused, to be shown in its field and corrected.
    """

    record: ClinicalRecord
    notices: tuple[Message, ...] = ()
    refused: dict[str, str] = {}


class RecordBuilder:
    """Collects the values of one patient.

    Args:
        schema: The factors of the bundle in use; factors of the default schema are read too, for the scores.
        complete: True: a table must have a column for each factor of `schema`.
        strict: True: the first value that cannot be used raises ClinicalError. False: it becomes a notice.
        today: Dates after it are refused.
    """

    def __init__(self, schema: FactorSchema, strict: bool, today: date | None = None, complete: bool = True) -> None:
        self.schema = schema
        self.complete = complete
        self.strict = strict
        self.today = today
        self.record = ClinicalRecord(schema_version=schema.version)
        self.notices: list[Message] = []
        self.refused: dict[str, str] = {}
        self._names: dict[str, Factor] = {}
        self._trends: dict[str, list[tuple[date | None, float]]] = {}

    def factor(self, id: str) -> Factor | None:
        """The factor with this id, of the bundle's or the default schema."""
        return known_factor(self.schema, id)

    def named(self, name: str) -> Factor | None:
        """The factor that a column is named after: by id, English or Chinese label, without case and punctuation."""
        if not self._names:
            for source in (default_schema(), self.schema):
                for factor in source.factors:
                    names = (factor.label.zh, factor.label.en, factor.id)
                    self._names |= {_folded(known): factor for known in names}
        return self._names.get(_folded(name))

    def text(self, factor: Factor, text: str, unit: str | None = None) -> None:
        """Adds what a cell or a JSON text says; an empty text adds nothing."""
        if not text.strip():
            return
        try:
            entry = parse_value(factor, text, unit, self.today)
        except ClinicalError as error:
            self.refuse(error, factor, text)
            return
        self.record = self.record.with_value(factor.id, entry.value, entry.typed, trend=entry.trend)

    def value(self, factor: Factor, value: FactorValue) -> None:
        """Adds a value that needs no reading."""
        self.record = self.record.with_value(factor.id, value)

    def measurement(self, factor: Factor, value: float, day: date | None, typed: str | None) -> None:
        """Adds one of perhaps several measurements, in the factor's own unit; the factor's rule says which counts."""
        points = self._trends.setdefault(factor.id, [])
        points.append((day, value))
        if typed is not None and len(points) == 1:
            self.record = self.record.with_value(factor.id, value, typed)
        chosen = chosen_value(points, factor.trend or TrendRule.LAST)
        if len(points) > 1 or typed is None:
            self.record = self.record.with_value(factor.id, chosen, typed if chosen == value else None)
        dated = tuple(sorted((Measurement(value=v, day=d) for d, v in points if d), key=lambda point: point.day))
        if len(dated) > 1:
            self.record = self.record.model_copy(update={"trends": {**self.record.trends, factor.id: dated}})

    def reference(self, factor: Factor, interval: Interval) -> None:
        """Adds the laboratory's own reference interval, in the factor's own unit."""
        self.record = self.record.model_copy(update={"references": {**self.record.references, factor.id: interval}})

    def identity(self, identity: PatientIdentity) -> None:
        """Says whose record it is."""
        self.record = self.record.model_copy(update={"identity": identity})

    def refuse(self, error: ClinicalError, factor: Factor | None = None, text: str = "") -> None:
        """Raises `error`, or keeps it as a notice together with the text."""
        if self.strict:
            raise error
        self.notices.append(error.message)
        if factor is not None and text.strip():
            self.refused[factor.id] = text.strip()[:200]

    def notice(self, message: Message) -> None:
        """Adds something that a person must know."""
        self.notices.append(message)

    def finish(self) -> ImportedRecord:
        """The record and all notices."""
        for id, points in self._trends.items():
            factor = self.factor(id)
            if factor is not None and len(points) > 1:
                rule = (factor.trend or TrendRule.LAST).value
                self.notice(factor_message(f"clinical.trend.{rule}", factor, count=len(points)))
        return ImportedRecord(record=self.record, notices=tuple(self.notices), refused=self.refused)


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in plain if character.isalnum())


def nearest_name(schema: FactorSchema, name: str) -> str | None:
    """The factor id nearest to a misspelled name, None if there is none near."""
    near = difflib.get_close_matches(name.casefold(), [factor.id for factor in schema.factors], n=1, cutoff=0.75)
    return near[0] if near else None
