"""Every system of the paper as a row of the results table, all on the same folds and the same out-of-fold patients.

Rows on cached features of the development patients: clinical models, image models of one backbone, APNet, and the
ablations that need no other features. Rows that need other pre-training (none, or on a generator with other constants)
or other pooling need other features: `experiments` makes those.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import logit, sigmoid
from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.model.head import choose_penalties, fit_head
from apnet_desktop.model.inputs import ModelInputs
from apnet_desktop.model.reader import Reader
from apnet_desktop.study.clinical_models import CLINICAL_MODELS
from apnet_desktop.study.development import FUSION_PENALTIES, Cases, Development
from apnet_desktop.study.partition import fold_indices
from apnet_desktop.study.statistics.calibration_measures import brier
from apnet_desktop.study.statistics.discrimination import auroc_bootstrap, compare_auroc_bootstrap
from apnet_desktop.study.statistics.estimate import Estimate

__all__ = ["SystemRow", "floor_features", "scales_of", "system_rows", "write_rows"]

Floats = NDArray[np.float64]
Scorer = Callable[[NDArray[np.intp], NDArray[np.intp]], Floats]


class SystemRow(FrozenModel):
    """One row of the results table, out of fold.

    Attributes:
        name: Stable id of the system.
        auroc: With a stratified bootstrap interval of the patients.
        against_apnet: AUROC of APNet minus this system's, paired; None for APNet itself.
        brier: Of logistic-calibrated risks; None where the system has none.
    """

    name: str
    auroc: Estimate
    against_apnet: Estimate | None
    brier: float | None


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


def system_rows(
    cases: Cases,
    development: Development,
    manifest: Manifest,
    reader: Reader,
    inputs: list[ModelInputs],
    seed: int,
    everything: bool,
    progress: Callable[[float], None],
    replicates: int = 2000,
) -> tuple[SystemRow, ...]:
    """The results table on one development cohort.

    Args:
        cases: The cohort.
        development: The finished development: the bundle's own rows.
        manifest: Backbones and views.
        reader: The reader.
        inputs: Of each patient, for the floor.
        seed: Of tuning and bootstrap.
        everything: Also rows that the bundle does not need.
        progress: Called with the fraction done.
        replicates: Bootstrap samples.
    """
    scores: dict[str, Floats] = {
        "apnet": development.models.scores[Route.FUSED],
        "image_both_backbones": development.models.scores[Route.IMAGE],
        "lightgbm_clinical": development.models.scores[Route.CLINICAL],
        "late_average": logit((development.risks[Route.CLINICAL] + development.risks[Route.IMAGE]) / 2),
    }
    if everything:
        more = _more_systems(cases, development, manifest, reader, inputs, seed)
        for n, (name, scorer) in enumerate(more.items()):
            progress(n / len(more))
            scores[name] = _out_of_fold(cases, development, scorer)
    return tuple(_row(name, score, scores["apnet"], cases, seed, replicates) for name, score in scores.items())


def _out_of_fold(cases: Cases, development: Development, scorer: Scorer) -> Floats:
    score = np.full(len(cases.ids), np.nan)
    for train, test in fold_indices(development.partition, cases.ids):
        score[test] = scorer(train, test)
    return score


def _more_systems(
    cases: Cases,
    development: Development,
    manifest: Manifest,
    reader: Reader,
    inputs: list[ModelInputs],
    seed: int,
) -> dict[str, Scorer]:
    outcome, weights = cases.state.event, cases.state.weights
    clinical = development.encoding.encode(cases.table)
    nothing = np.zeros((len(cases.ids), 0))

    def head(scales: NDArray[np.bool_], vectors: Floats) -> Scorer:
        only = reader.only(scales)

        def score(train: NDArray[np.intp], test: NDArray[np.intp]) -> Floats:
            truth, weight = outcome[train].astype(np.float64), weights[train]
            tokens = cases.tokens[train]
            penalties = choose_penalties(
                tokens, only.prior, vectors[train], truth, weight, fusion_grid=FUSION_PENALTIES
            )
            fitted = fit_head(tokens, only.prior, vectors[train], truth, weight, penalties)
            return fitted.logits(cases.tokens[test], vectors[test])

        return score

    def table(values: Floats, number: int) -> Scorer:
        def score(train: NDArray[np.intp], test: NDArray[np.intp]) -> Floats:
            return CLINICAL_MODELS[number].fit(values[train], outcome[train], weights[train], seed)(values[test])

        return score

    systems: dict[str, Scorer] = {model.name: table(cases.table, n) for n, model in enumerate(CLINICAL_MODELS)}
    for number, backbone in enumerate(manifest.backbones):
        alone = scales_of(manifest, number)
        systems[f"image_{backbone.timm_name}"] = head(alone, nothing)
        systems[f"apnet_without_{backbone.timm_name}"] = head(~alone, clinical)
    last = scales_of(manifest, depth=len(manifest.backbones[0].depths) - 1)
    systems["apnet_one_scale"] = head(last, clinical)
    systems["floor_volume_mean_spread"] = table(floor_features(inputs), 0)
    return systems


def _row(name: str, score: Floats, apnet: Floats, cases: Cases, seed: int, replicates: int) -> SystemRow:
    known = cases.state.known
    outcome, weights = cases.state.event[known], cases.state.weights[known]
    against = None
    if name != "apnet":
        against = compare_auroc_bootstrap(outcome, apnet[known], score[known], seed, weights, replicates).difference
    return SystemRow(
        name=name,
        auroc=auroc_bootstrap(outcome, score[known], seed, weights, replicates),
        against_apnet=against,
        brier=brier(outcome, sigmoid(score[known]), weights),
    )


def write_rows(rows: tuple[SystemRow, ...], folder: Path) -> None:
    """Writes `results.csv`, and TensorBoard's event file with the same figures."""
    with (folder / "results.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ["system", "auroc", "lower", "upper", "apnet_minus_system", "difference_lower", "difference_upper", "brier"]
        )
        for row in rows:
            against = row.against_apnet
            writer.writerow(
                [
                    row.name,
                    *_cells(row.auroc),
                    *(_cells(against) if against is not None else ("", "", "")),
                    f"{row.brier:.4f}" if row.brier is not None else "",
                ]
            )
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder / "tensorboard")) as board:
        for row in rows:
            board.add_scalar(f"auroc/{row.name}", row.auroc.value)


def _cells(estimate: Estimate) -> tuple[str, str, str]:
    lower, upper = estimate.lower, estimate.upper
    return (
        f"{estimate.value:.4f}",
        f"{lower:.4f}" if lower is not None else "",
        f"{upper:.4f}" if upper is not None else "",
    )
