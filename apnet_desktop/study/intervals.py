"""The intervals of E[outcome | score]: bootstrap of development patients through heads and calibrator."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import IntervalCurve, LogisticCalibrator, logit, sigmoid
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.model.clinical_columns import ClinicalEncoding
from apnet_desktop.model.head import fit_head
from apnet_desktop.study.calibration import fit_logistic_calibrator
from apnet_desktop.study.fold_models import ROUTES, Cases, DevelopmentSettings, FoldModels, Progress
from apnet_desktop.study.partition import Partition, fold_indices
from apnet_desktop.study.statistics.censoring import HorizonOutcome

__all__ = ["interval_curves"]

Floats = NDArray[np.float64]


def interval_curves(
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
    grids, curves = {}, {route: np.empty((settings.refits, 25)) for route in ROUTES}
    for route in ROUTES:
        low, high = np.percentile(logit(risks[route]), [1, 99])
        grids[route] = np.linspace(low, max(high, low + 0.1), 25)
    for refit in range(settings.refits):
        if refit % 10 == 0:
            progress("intervals", refit / settings.refits)
        counts = _resampled(cases.state, generator)
        scores = _refit_scores(cases, clinical, prior, partition, models, counts, settings.seed)
        for route in ROUTES:
            weights = counts * cases.state.weights
            calibrator = fit_logistic_calibrator(scores[route], cases.state.event, weights)
            again = logit(calibrator.probability(scores[route]))
            curves[route][refit] = _mean_curve(logit(risks[route]), again, weights, calibrator, grids[route])
    tail = (1 - settings.level) / 2
    result = {}
    for route in ROUTES:
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
    scores = {route: np.empty(len(cases.ids)) for route in ROUTES}
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
