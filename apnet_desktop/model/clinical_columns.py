"""Clinical factors as columns of numbers, for the LightGBM model and for the fused model's embedding. No torch.

A number is one column; yes/no is one column of 0 and 1; a choice or multi-choice has one column of 0 and 1 for each
answer (so no categorical handling is left to a library). A date is not a predictor. *Unknown* is NaN in every column
of its factor: LightGBM takes it as missing; the embedding turns it into 0 (the cohort's mean) and a column of its own
that says *unknown*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.clinical.factor import Factor, FactorKind, FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue

__all__ = ["ClinicalEncoding", "Column", "columns_of", "fit_encoding", "table_of"]

# Ridge treats a yes/no as a number of this spread: rare answers are then not blown up by a small deviation.
_BINARY_SPREAD = 0.5
_LARGEST = 4.0
_SKEWED = 1.0


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        factor_id: Whose.
        choice: The answer that it stands for; None for numbers and yes/no.
        binary: True if its values are 0 and 1.
    """

    factor_id: str
    choice: str | None
    binary: bool

    @property
    def name(self) -> str:
        """Name in tables and in LightGBM's file: `factor` or `factor=answer`."""
        return self.factor_id if self.choice is None else f"{self.factor_id}={self.choice}"


def columns_of(schema: FactorSchema) -> tuple[Column, ...]:
    """The columns of a schema, in the order of its factors."""
    columns: list[Column] = []
    for factor in schema.factors:
        if factor.kind in (FactorKind.CHOICE, FactorKind.MULTI_CHOICE):
            columns += [Column(factor.id, choice.id, binary=True) for choice in factor.choices]
        elif factor.kind is not FactorKind.DATE:
            columns.append(Column(factor.id, None, binary=factor.kind is FactorKind.YES_NO))
    return tuple(columns)


def table_of(schema: FactorSchema, records: Sequence[ClinicalRecord]) -> NDArray[np.float64]:
    """(records, columns); NaN where unknown or not answered."""
    columns = columns_of(schema)
    factors = {factor.id: factor for factor in schema.factors}
    table = np.full((len(records), len(columns)), np.nan)
    for row, record in enumerate(records):
        for n, column in enumerate(columns):
            table[row, n] = _cell(factors[column.factor_id], column, record.value(column.factor_id))
    return table


def _cell(factor: Factor, column: Column, value: FactorValue) -> float:
    if value is None:
        return float("nan")
    if factor.kind is FactorKind.MULTI_CHOICE and isinstance(value, tuple):
        return float(column.choice in value)
    if factor.kind is FactorKind.CHOICE and isinstance(value, str):
        return float(column.choice == value)
    if isinstance(value, bool | int | float):
        return float(value)
    raise TypeError(f"factor {factor.id} of kind {factor.kind} holds a {type(value).__name__}")


@dataclass(frozen=True)
class ClinicalEncoding:
    """How columns become the fused model's clinical vector.

    The vector holds the columns, each (f(value) - centre) / spread, then one *unknown* entry for each column that
    opens a factor. f is log(1 + value) for skewed columns (never negative), else the value itself.

    Attributes:
        schema: The factors.
        centre: (columns,).
        spread: (columns,).
        skewed: (columns,) 1 where f is the logarithm, else 0.
    """

    schema: FactorSchema
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    skewed: NDArray[np.float64]

    @property
    def width(self) -> int:
        """Length of the vector."""
        return len(self.centre) + len(_first_columns(self.schema))

    @property
    def factor_of_entry(self) -> tuple[str, ...]:
        """The factor that each entry of the vector belongs to."""
        columns = columns_of(self.schema)
        return (*(column.factor_id for column in columns), *(columns[n].factor_id for n in _first_columns(self.schema)))

    def encode(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """(records, columns) with NaN → (records, width), finite, each entry within ±4."""
        skewed = self.skewed > 0
        values = np.where(skewed, np.log1p(np.maximum(table, 0.0)), table)
        normed = np.clip((values - self.centre) / self.spread, -_LARGEST, _LARGEST)
        unknown = np.isnan(table)
        first = list(_first_columns(self.schema))
        return np.concatenate([np.where(unknown, 0.0, normed), unknown[:, first].astype(np.float64)], axis=1)


def fit_encoding(schema: FactorSchema, table: NDArray[np.float64]) -> ClinicalEncoding:
    """Learns centre and spread from a cohort's table (no outcome is looked at)."""
    columns = columns_of(schema)
    centre, spread, skewed = np.zeros(len(columns)), np.ones(len(columns)), np.zeros(len(columns))
    for n, column in enumerate(columns):
        known = table[~np.isnan(table[:, n]), n]
        if not known.size:
            continue
        if column.binary:
            centre[n], spread[n] = known.mean(), _BINARY_SPREAD
            continue
        if known.min() >= 0 and known.std() > 0 and _skewness(known) > _SKEWED:
            skewed[n], known = 1.0, np.log1p(known)
        centre[n] = known.mean()
        spread[n] = known.std() if known.std() > 1e-9 else 1.0
    return ClinicalEncoding(schema, centre, spread, skewed)


def _skewness(values: NDArray[np.float64]) -> float:
    normed = (values - values.mean()) / values.std()
    return float(np.mean(normed**3))


def _first_columns(schema: FactorSchema) -> tuple[int, ...]:
    columns = columns_of(schema)
    return tuple(n for n, column in enumerate(columns) if n == 0 or columns[n - 1].factor_id != column.factor_id)
