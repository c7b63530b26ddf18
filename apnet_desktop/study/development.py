"""Everything after the network, learnt in cross-validation from cached features: heads, calibrators, intervals.

No leak by construction. The backbones, projections and the reader come from pre-training and saw no patient of the
cohort. Each fold's head, penalties and LightGBM model see only that fold's training patients; calibrators and the
operating threshold are learnt from out-of-fold scores only; the risk is the mean over the folds of calibrated
probabilities, as it ships.

One calibrator is shared by the folds of a route: with 184 patients a fold holds out eleven events, too few for a slope
of its own, while their scores are of one kind, since heads of one cohort differ little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import (
    Calibration,
    RouteCalibration,
)
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.model.clinical_columns import ClinicalEncoding, columns_of, fit_encoding
from apnet_desktop.model.head import Head, Penalties, choose_penalties, fit_head
from apnet_desktop.study.calibration import fit_logistic_calibrator
from apnet_desktop.study.clinical_models import fit_lightgbm
from apnet_desktop.study.fold_models import ROUTES, Cases, DevelopmentSettings, FoldModels, Progress, cases_of
from apnet_desktop.study.intervals import interval_curves
from apnet_desktop.study.partition import Partition, fold_indices, stratified_partition

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
# Below these a fold of 147 patients fits gates to chance (held-out AUROC 0.75 instead of 0.82 on made-up tokens).
FUSION_PENALTIES = (45.0, 200.0)


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
    calibrators = {route: fit_logistic_calibrator(models.scores[route], outcome, weights) for route in ROUTES}
    risks = {route: calibrators[route].probability(models.scores[route]) for route in ROUTES}
    curves = interval_curves(cases, encoding, prior, partition, models, risks, settings, progress)
    calibration = Calibration(
        level=settings.level,
        refits=settings.refits,
        routes=tuple(
            RouteCalibration(route=route, calibrators=(calibrators[route],) * settings.folds, interval=curves[route])
            for route in ROUTES
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
    scores = {route: np.full(len(cases.ids), np.nan) for route in ROUTES}
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
