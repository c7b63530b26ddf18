"""A clinical factor: what it is called, its unit and limits, and when it is known. The form is drawn from these."""

from __future__ import annotations

from enum import StrEnum

from pydantic import model_validator

from apnet_desktop.frozen import FrozenModel

__all__ = [
    "AlternativeUnit",
    "Choice",
    "Factor",
    "FactorGroup",
    "FactorKind",
    "FactorSchema",
    "Interval",
    "KnownAt",
    "Label",
    "TrendRule",
]


class Label(FrozenModel):
    """A text in the languages of the window, as it comes with a bundle."""

    en: str
    zh: str


class FactorKind(StrEnum):
    """How a factor is asked and stored."""

    NUMBER = "number"
    CHOICE = "choice"
    YES_NO = "yes_no"
    DATE = "date"
    MULTI_CHOICE = "multi_choice"


class KnownAt(StrEnum):
    """When in the index admission a factor is known; a model may use only what is known at its moment of prediction."""

    ADMISSION = "admission"
    HOURS_48 = "hours_48"
    DISCHARGE = "discharge"
    AFTER_DISCHARGE = "after_discharge"


class Interval(FrozenModel):
    """A closed interval in the factor's own unit; None is open on that side."""

    lower: float | None = None
    upper: float | None = None

    def contains(self, value: float) -> bool:
        """True if `value` lies inside, ends included."""
        return (self.lower is None or value >= self.lower) and (self.upper is None or value <= self.upper)


class TrendRule(StrEnum):
    """Which of several dated measurements of a factor a model means."""

    FIRST = "first"
    LAST = "last"
    HIGHEST = "highest"
    LOWEST = "lowest"


class AlternativeUnit(FrozenModel):
    """Another unit for a number: value in the factor's own unit = value in this unit × factor + offset.

    Attributes:
        unit: UCUM unit. Two units that laboratories write alike are told apart by an annotation (`mg/dL{BUN}`).
        factor: See above.
        offset: See above; 0 but for degrees Fahrenheit and HbA1c in mmol/mol.
        loinc: Codes under which laboratories send values in this unit.
    """

    unit: str
    factor: float
    offset: float = 0.0
    loinc: tuple[str, ...] = ()


class Choice(FrozenModel):
    """One answer of a choice."""

    id: str
    label: Label
    code: str | None = None


class Factor(FrozenModel):
    """One clinical predictor.

    Attributes:
        id: Stable name, a column of cohort tables (`triglycerides`).
        label: Name on screen and in the report.
        kind: How it is asked.
        unit: UCUM unit in which it is stored (`mmol/L`); None unless a number with a unit.
        alternatives: Other units that a person may type in.
        limits: Values outside are refused.
        usual: Values outside must be confirmed.
        reference: Reference interval, illustrative; a laboratory's own goes before it.
        choices: Answers, for choice and multi-choice.
        loinc: LOINC code, if any.
        loinc_also: Other LOINC codes of the same quantity in the factor's own unit.
        snomed: SNOMED CT code, if any.
        known_at: When it is known.
        help: One or two sentences for the person, with the source.
        group: Heading in the form (`history`, `laboratory`, ...).
        decimals: Digits after the point on screen and in print.
        trend: Which of several dated measurements counts; None: the one given.
        used_by: Severity scores that read it (`ranson`, ...).
    """

    id: str
    label: Label
    kind: FactorKind
    unit: str | None = None
    alternatives: tuple[AlternativeUnit, ...] = ()
    limits: Interval | None = None
    usual: Interval | None = None
    reference: Interval | None = None
    choices: tuple[Choice, ...] = ()
    loinc: str | None = None
    loinc_also: tuple[str, ...] = ()
    snomed: str | None = None
    known_at: KnownAt = KnownAt.ADMISSION
    help: Label | None = None
    group: str = "history"
    decimals: int = 0
    trend: TrendRule | None = None
    used_by: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _choices_fit_kind(self) -> Factor:
        if (self.kind in (FactorKind.CHOICE, FactorKind.MULTI_CHOICE)) != bool(self.choices):
            raise ValueError(f"factor {self.id}: choices do not fit kind {self.kind}")
        return self


class FactorGroup(FrozenModel):
    """A heading of the form."""

    id: str
    label: Label


class FactorSchema(FrozenModel):
    """The factors of a form, in the order in which they are asked.

    Attributes:
        version: Grows when a factor's meaning changes; a record remembers the version it was entered under.
        factors: In the order of the form.
        groups: Headings of the factors' groups; a group without one is shown by its id.
    """

    version: int = 1
    factors: tuple[Factor, ...]
    groups: tuple[FactorGroup, ...] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> FactorSchema:
        if len({factor.id for factor in self.factors}) != len(self.factors):
            raise ValueError("two factors share an id")
        return self

    def factor(self, id: str) -> Factor:
        """The factor with this id.

        Raises:
            KeyError: There is none.
        """
        for factor in self.factors:
            if factor.id == id:
                return factor
        raise KeyError(id)

    def subset(self, ids: tuple[str, ...]) -> FactorSchema:
        """The schema of only these factors, in this order."""
        return self.model_copy(update={"factors": tuple(self.factor(id) for id in ids)})

    def has(self, id: str) -> bool:
        """True if there is a factor with this id."""
        return any(factor.id == id for factor in self.factors)

    def group_label(self, id: str) -> Label:
        """The heading of a group; its id where the schema gives none."""
        return next((group.label for group in self.groups if group.id == id), Label(en=id, zh=id))
