"""Everything after the network, learnt in cross-validation from cached features: heads, calibrators, intervals.

No leak by construction. The backbones, projections and the reader come from pre-training and saw no patient of the
cohort. Each fold's head, penalties and LightGBM model see only that fold's training patients; calibrators and the
operating threshold are learnt from out-of-fold scores only; the risk is the mean over the folds of calibrated
probabilities, as it ships.

One calibrator is shared by the folds of a route: with 184 patients a fold holds out eleven events, too few for a slope
of its own, while their scores are of one kind, since heads of one cohort differ little.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import (
    Calibration,
    IntervalCurve,
    LogisticCalibrator,
    RouteCalibration,
    logit,
    sigmoid,
)
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.model.clinical_columns import ClinicalEncoding, columns_of, fit_encoding, table_of
from apnet_desktop.model.features import Features, pool_slices
from apnet_desktop.model.head import Head, Penalties, choose_penalties, fit_head
from apnet_desktop.model.reader import Reader
from apnet_desktop.study.calibration import fit_logistic_calibrator
from apnet_desktop.study.clinical_models import fit_lightgbm
from apnet_desktop.study.partition import Partition, fold_indices, stratified_partition
from apnet_desktop.study.statistics.censoring import HorizonOutcome

__all__ = [
    "FUSION_PENALTIES",
    "Cases",
    "Development",
    "DevelopmentSettings",
    "FoldModels",
    "cases_of",
    "develop",
    "fit_folds",
]

Floats = NDArray[np.float64]
Progress = Callable[[str, float], None]
# Below these a fold of 147 patients fits gates to chance (held-out AUROC 0.75 instead of 0.82 on made-up tokens).
FUSION_PENALTIES = (45.0, 200.0)
_ROUTES = (Route.CLINICAL, Route.IMAGE, Route.FUSED)


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


@dataclass(frozen=True)
class Development:
    """A finished development.

    Attributes:
        partition: Who was held out when.
        encoding: Clinical encoding.
        models: The folds' models.
        calibration: As it ships.
        risks: Out-of-fold calibrated risk by route; (patients,).
        threshold: Operating threshold, of the fused route.
        prevalence: Weighted share of events within the horizon.
    """

    partition: Partition
    encoding: ClinicalEncoding
    models: FoldModels
    calibration: Calibration
    risks: dict[Route, Floats]
    threshold: float
    prevalence: float


def develop(
    cases: Cases, schema: FactorSchema, prior: Floats, settings: DevelopmentSettings, progress: Progress
) -> Development:
    """Cross-validates, calibrates, chooses the threshold and bootstraps the intervals.

    Args:
        cases: The development cohort.
        schema: Its factors.
        prior: `Reader.prior`.
        settings: See there.
        progress: Called with a sentence and the fraction done.

    Raises:
        StudyError: Too few events for the folds.
    """
    partition = stratified_partition(cases.ids, cases.state.event & cases.state.known, settings.folds, settings.seed)
    encoding = fit_encoding(schema, cases.table)
    models = fit_folds(cases, schema, encoding, prior, partition, settings.seed, progress)
    outcome, weights = cases.state.event, cases.state.weights
    calibrators = {route: fit_logistic_calibrator(models.scores[route], outcome, weights) for route in _ROUTES}
    risks = {route: calibrators[route].probability(models.scores[route]) for route in _ROUTES}
    curves = _interval_curves(cases, encoding, prior, partition, models, risks, settings, progress)
    calibration = Calibration(
        level=settings.level,
        refits=settings.refits,
        routes=tuple(
            RouteCalibration(route=route, calibrators=(calibrators[route],) * settings.folds, interval=curves[route])
            for route in _ROUTES
        ),
    )
    return Development(
        partition=partition,
        encoding=encoding,
        models=models,
        calibration=calibration,
        risks=risks,
        threshold=_threshold(risks[Route.FUSED], outcome, weights, settings.sensitivity),
        prevalence=float(np.average(outcome, weights=weights)),
    )


def fit_folds(
    cases: Cases,
    schema: FactorSchema,
    encoding: ClinicalEncoding,
    prior: Floats,
    partition: Partition,
    seed: int,
    progress: Progress,
) -> FoldModels:
    """Fits every fold's models on its training patients and scores those it held out."""
    clinical = encoding.encode(cases.table)
    nothing = np.zeros((len(cases.ids), 0))
    names = [column.name for column in columns_of(schema)]
    outcome, weights = cases.state.event, cases.state.weights
    boosters: list[Any] = []
    image: list[Head] = []
    fused: list[Head] = []
    image_penalties: list[Penalties] = []
    fused_penalties: list[Penalties] = []
    scores = {route: np.full(len(cases.ids), np.nan) for route in _ROUTES}
    for fold, (train, test) in enumerate(fold_indices(partition, cases.ids)):
        progress("folds", fold / partition.folds)
        booster, _ = fit_lightgbm(cases.table[train], outcome[train], weights[train], names, seed + fold)
        boosters.append(booster)
        scores[Route.CLINICAL][test] = booster.predict(cases.table[test], raw_score=True, num_threads=1)
        for vectors, heads, kept, route in (
            (nothing, image, image_penalties, Route.IMAGE),
            (clinical, fused, fused_penalties, Route.FUSED),
        ):
            tokens = cases.tokens[train]
            penalties = choose_penalties(
                tokens,
                prior,
                vectors[train],
                outcome[train].astype(np.float64),
                weights[train],
                fusion_grid=FUSION_PENALTIES,
            )
            head = fit_head(tokens, prior, vectors[train], outcome[train].astype(np.float64), weights[train], penalties)
            heads.append(head)
            kept.append(penalties)
            scores[route][test] = head.logits(cases.tokens[test], vectors[test])
    return FoldModels(
        tuple(boosters), tuple(image), tuple(fused), tuple(image_penalties), tuple(fused_penalties), scores
    )


def _threshold(risk: Floats, outcome: NDArray[np.bool_], weights: Floats, sensitivity: float) -> float:
    """The highest risk of a patient at which weighted sensitivity is at least `sensitivity`, cut to 1e-4."""
    order = np.argsort(-risk)
    caught = np.cumsum((weights * outcome)[order]) / (weights * outcome).sum()
    position = int(np.searchsorted(caught, sensitivity - 1e-9))
    return float(np.floor(risk[order][min(position, risk.size - 1)] * 1e4) / 1e4)


def _interval_curves(
    cases: Cases,
    encoding: ClinicalEncoding,
    prior: Floats,
    partition: Partition,
    models: FoldModels,
    risks: dict[Route, Floats],
    settings: DevelopmentSettings,
    progress: Progress,
) -> dict[Route, IntervalCurve]:
    """Interval of E[outcome | score]: refits on bootstrap samples of patients, through heads and calibrator.

    Each refit gives every patient another out-of-fold risk. Its mean over patients of like original score, as a smooth
    curve of that score, is the refit's answer to "what is the average risk of patients with this score"; the interval
    is the percentile interval over the refits.
    """
    generator = np.random.default_rng([settings.seed, 7])
    clinical = encoding.encode(cases.table)
    grids, curves = {}, {route: np.empty((settings.refits, 25)) for route in _ROUTES}
    for route in _ROUTES:
        low, high = np.percentile(logit(risks[route]), [1, 99])
        grids[route] = np.linspace(low, max(high, low + 0.1), 25)
    for refit in range(settings.refits):
        if refit % 10 == 0:
            progress("intervals", refit / settings.refits)
        counts = _resampled(cases.state, generator)
        scores = _refit_scores(cases, clinical, prior, partition, models, counts, settings.seed)
        for route in _ROUTES:
            weights = counts * cases.state.weights
            calibrator = fit_logistic_calibrator(scores[route], cases.state.event, weights)
            again = logit(calibrator.probability(scores[route]))
            curves[route][refit] = _mean_curve(logit(risks[route]), again, weights, calibrator, grids[route])
    tail = (1 - settings.level) / 2
    result = {}
    for route in _ROUTES:
        lower, upper = np.quantile(sigmoid(curves[route]), [tail, 1 - tail], axis=0)
        result[route] = IntervalCurve(
            logits=tuple(grids[route].tolist()), lower=tuple(lower.tolist()), upper=tuple(upper.tolist())
        )
    return result


def _resampled(state: HorizonOutcome, generator: np.random.Generator) -> Floats:
    """How often each patient is drawn: with replacement within events, non-events and censored patients."""
    counts = np.zeros(state.event.size)
    for stratum in (state.known & state.event, state.known & ~state.event, ~state.known):
        members = np.flatnonzero(stratum)
        if members.size:
            counts += np.bincount(generator.choice(members, members.size), minlength=counts.size)
    return counts


def _refit_scores(
    cases: Cases,
    clinical: Floats,
    prior: Floats,
    partition: Partition,
    models: FoldModels,
    counts: Floats,
    seed: int,
) -> dict[Route, Floats]:
    """Out-of-fold raw logits of models refitted with each patient weighing `counts` times as much."""
    scores = {route: np.empty(len(cases.ids)) for route in _ROUTES}
    outcome, weights = cases.state.event.astype(np.float64), counts * cases.state.weights
    nothing = np.zeros((len(cases.ids), 0))
    for fold, (train, test) in enumerate(fold_indices(partition, cases.ids)):
        booster = _again(models.boosters[fold], cases.table[train], outcome[train], weights[train], seed + fold)
        scores[Route.CLINICAL][test] = booster.predict(cases.table[test], raw_score=True, num_threads=1)
        for route, vectors, start, penalties in (
            (Route.IMAGE, nothing, models.image[fold], models.image_penalties[fold]),
            (Route.FUSED, clinical, models.fused[fold], models.fused_penalties[fold]),
        ):
            head = fit_head(
                cases.tokens[train], prior, vectors[train], outcome[train], weights[train], penalties, start
            )
            scores[route][test] = head.logits(cases.tokens[test], vectors[test])
    return scores


def _again(booster: Any, table: Floats, outcome: Floats, weights: Floats, seed: int) -> Any:
    """A LightGBM model with the rounds of `booster`, on other weights."""
    import lightgbm

    from apnet_desktop.study.clinical_models import lightgbm_parameters

    keep = weights > 0
    data = lightgbm.Dataset(table[keep], outcome[keep], weight=weights[keep], params={"verbosity": -1})
    return lightgbm.train(lightgbm_parameters(seed), data, num_boost_round=booster.num_trees())


def _mean_curve(
    original: Floats, again: Floats, weights: Floats, calibrator: LogisticCalibrator, grid: Floats
) -> Floats:
    """Mean refitted logit as a straight line of the original logit, at the grid; weighted least squares.

    A calibrator of slope 0 (a useless refit) gives a flat line at the base rate.
    """
    if calibrator.slope == 0:
        return np.full(grid.size, float(calibrator.intercept))
    weight = np.sqrt(weights)
    design = np.column_stack([np.ones(original.size), original])
    solution, *_ = np.linalg.lstsq(design * weight[:, None], again * weight, rcond=None)
    return np.asarray(solution[0] + solution[1] * grid)
