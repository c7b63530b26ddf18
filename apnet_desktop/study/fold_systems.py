"""Systems of the results table: how each learns from a fold's training patients and scores others.

A system sees a cohort as `Subjects` and gives a scorer; what it may look at is its own business, what it is fitted on
is not: `cross_validate` hands it the training patients of one fold at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.model.head import choose_penalties, fit_head
from apnet_desktop.model.inputs import ModelInputs
from apnet_desktop.model.reader import Reader
from apnet_desktop.study.calibration import fit_logistic_calibrator
from apnet_desktop.study.clinical_models import CLINICAL_MODELS
from apnet_desktop.study.development import FUSION_PENALTIES, Cases
from apnet_desktop.study.partition import Partition, fold_indices

__all__ = [
    "CrossValidated",
    "Scorer",
    "Subjects",
    "System",
    "causes_system",
    "cross_validate",
    "floor_features",
    "head_system",
    "paper_systems",
    "scales_of",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Subjects:
    """Patients as any system may see them.

    Attributes:
        cases: Tokens, clinical table, outcome.
        clinical: Encoded clinical vectors, (patients, clinical width).
        floor: `floor_features`; None where the images are not at hand.
        causes: True image causes of simulated patients, (patients, causes); None for real ones.
    """

    cases: Cases
    clinical: Floats
    floor: Floats | None = None
    causes: Floats | None = None

    def take(self, rows: NDArray[np.intp]) -> Subjects:
        """The patients at `rows`."""
        return Subjects(
            self.cases.take(rows),
            self.clinical[rows],
            None if self.floor is None else self.floor[rows],
            None if self.causes is None else self.causes[rows],
        )


Scorer = Callable[[Subjects], Floats]
"""Raw logits (patients,)."""
System = Callable[[Subjects, int], Scorer]
"""Learns from training patients, with a seed."""


@dataclass(frozen=True)
class CrossValidated:
    """One system after cross-validation.

    Attributes:
        scorers: One a fold.
        scores: Out-of-fold raw logits, (patients,).
    """

    scorers: tuple[Scorer, ...]
    scores: Floats

    def risk(self, development: Cases, others: Subjects) -> Floats:
        """Risk (patients,) of others as a bundle gives it: the mean over the folds of calibrated probabilities."""
        state = development.state
        calibrator = fit_logistic_calibrator(self.scores, state.event, state.weights)
        return np.asarray(np.mean([calibrator.probability(scorer(others)) for scorer in self.scorers], axis=0))


def cross_validate(system: System, subjects: Subjects, partition: Partition, seed: int) -> CrossValidated:
    """Fits a system on each fold's training patients and scores those held out."""
    scores = np.full(len(subjects.cases.ids), np.nan)
    scorers = []
    for train, test in fold_indices(partition, subjects.cases.ids):
        scorers.append(system(subjects.take(train), seed))
        scores[test] = scorers[-1](subjects.take(test))
    return CrossValidated(tuple(scorers), scores)


def head_system(prior: Floats, with_clinical: bool) -> System:
    """The fusion head on the scales that `prior` lets take part, with or without the clinical vector."""

    def vectors(subjects: Subjects) -> Floats:
        return subjects.clinical if with_clinical else np.zeros((len(subjects.cases.ids), 0))

    def learn(subjects: Subjects, seed: int) -> Scorer:
        cases, state = subjects.cases, subjects.cases.state
        truth = state.event.astype(np.float64)
        penalties = choose_penalties(
            cases.tokens, prior, vectors(subjects), truth, state.weights, fusion_grid=FUSION_PENALTIES
        )
        head = fit_head(cases.tokens, prior, vectors(subjects), truth, state.weights, penalties)
        return lambda others: head.logits(others.cases.tokens, vectors(others))

    return learn


def _table_system(number: int, values: Callable[[Subjects], Floats]) -> System:
    """One of CLINICAL_MODELS on a table."""

    def learn(subjects: Subjects, seed: int) -> Scorer:
        state = subjects.cases.state
        scorer = CLINICAL_MODELS[number].fit(values(subjects), state.event, state.weights, seed)
        return lambda others: scorer(values(others))

    return learn


def _floor(subjects: Subjects) -> Floats:
    if subjects.floor is None:
        raise AssertionError("the floor needs the images")
    return subjects.floor


def _causes(subjects: Subjects) -> Floats:
    if subjects.causes is None:
        raise AssertionError("only simulated patients have known causes")
    return np.hstack([subjects.causes, subjects.clinical])


def causes_system() -> System:
    """Logistic regression on true image causes and record: what a small cohort costs even a perfect reader."""
    return _table_system(0, _causes)


def paper_systems(manifest: Manifest, reader: Reader, with_floor: bool = True) -> dict[str, System]:
    """Every system beside the bundle's own three routes: clinical models, image models of one backbone, ablations.

    Args:
        manifest: Backbones and views.
        reader: The reader.
        with_floor: Also the floor, where the images are at hand.
    """
    systems = {model.name: _table_system(n, lambda s: s.cases.table) for n, model in enumerate(CLINICAL_MODELS)}
    for number, backbone in enumerate(manifest.backbones):
        alone = scales_of(manifest, number)
        systems[f"image_{backbone.timm_name}"] = head_system(reader.only(alone).prior, with_clinical=False)
        systems[f"apnet_without_{backbone.timm_name}"] = head_system(reader.only(~alone).prior, with_clinical=True)
    last = scales_of(manifest, depth=len(manifest.backbones[0].depths) - 1)
    systems["apnet_one_scale"] = head_system(reader.only(last).prior, with_clinical=True)
    if with_floor:
        systems["floor_volume_mean_spread"] = _table_system(0, _floor)
    return systems


def scales_of(manifest: Manifest, backbone: int | None = None, depth: int | None = None) -> NDArray[np.bool_]:
    """Scales of one backbone, or of one depth of each, in all views; in the reader's order.

    Args:
        manifest: The bundle's.
        backbone: Which backbone; None is all.
        depth: Which of its depths; None is all.
    """
    chosen = []
    for _ in manifest.ct.views:
        for number, one in enumerate(manifest.backbones):
            for place in range(len(one.depths)):
                chosen.append(backbone in (None, number) and depth in (None, place))
    return np.array(chosen)


def floor_features(inputs: list[ModelInputs]) -> Floats:
    """(patients, 3): log of the ROI's volume, mean and spread of HU inside it: what no network is needed for."""
    rows = []
    for one in inputs:
        inside = one.weights[0, :, 0] > 127
        values = one.hounsfield[0][inside].astype(np.float64)
        rows.append(
            [np.log(one.roi_volume), values.mean() if values.size else 0.0, values.std() if values.size else 0.0]
        )
    return np.array(rows)
