"""What a development is made of: its settings, the cases it sees, the models of its folds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.model.clinical_columns import table_of
from apnet_desktop.model.features import Features, pool_slices
from apnet_desktop.model.head import Head, Penalties
from apnet_desktop.model.reader import Reader
from apnet_desktop.study.statistics.censoring import HorizonOutcome

__all__ = ["ROUTES", "Cases", "DevelopmentSettings", "FoldModels", "Progress", "cases_of"]

Floats = NDArray[np.float64]
Progress = Callable[[str, float], None]
ROUTES = (Route.CLINICAL, Route.IMAGE, Route.FUSED)


class DevelopmentSettings(FrozenModel):
    """Settings of a development.

    Attributes:
        folds: Cross-validation folds; each gives a head that ships.
        seed: Of the partition, LightGBM and the bootstrap.
        refits: Bootstrap refits behind the intervals.
        level: Confidence level of the intervals.
        sensitivity: The threshold is the highest risk at which out-of-fold sensitivity is at least this.
    """

    folds: int = 5
    seed: int = 1
    refits: int = 200
    level: float = 0.9
    sensitivity: float = 0.8


@dataclass(frozen=True)
class Cases:
    """What everything after the network sees of a cohort.

    Attributes:
        ids: Patient ids.
        pooled: (patients, scales, pooled width).
        tokens: (patients, scales, findings).
        table: (patients, columns): clinical columns, NaN where unknown.
        state: Outcome at the horizon, with censoring weights.
    """

    ids: tuple[str, ...]
    pooled: Floats
    tokens: Floats
    table: Floats
    state: HorizonOutcome

    def take(self, rows: NDArray[np.intp]) -> Cases:
        """The patients at `rows`."""
        state = HorizonOutcome(self.state.event[rows], self.state.weights[rows], self.state.known[rows])
        ids = tuple(self.ids[row] for row in rows)
        return Cases(ids, self.pooled[rows], self.tokens[rows], self.table[rows], state)


def cases_of(
    ids: tuple[str, ...],
    features: list[Features],
    records: list[ClinicalRecord],
    schema: FactorSchema,
    state: HorizonOutcome,
    reader: Reader,
) -> Cases:
    """Pools features over the slices, reads tokens and tabulates records."""
    pooled = np.stack([pool_slices(patient) for patient in features])
    return Cases(ids, pooled, reader.tokens(pooled), table_of(schema, records), state)


@dataclass(frozen=True)
class FoldModels:
    """What each fold's training patients gave.

    Attributes:
        boosters: LightGBM models.
        image: Image heads.
        fused: Fused heads.
        image_penalties: As chosen inside each fold.
        fused_penalties: As chosen inside each fold.
        scores: Out-of-fold raw logits by route, each patient from the fold that held him out; (patients,).
    """

    boosters: tuple[Any, ...]
    image: tuple[Head, ...]
    fused: tuple[Head, ...]
    image_penalties: tuple[Penalties, ...]
    fused_penalties: tuple[Penalties, ...]
    scores: dict[Route, Floats]
