"""Every system of the paper as a row of the results table, all on the same folds and the same out-of-fold patients.

Rows on cached features of the development patients: clinical models, image models of one backbone, APNet, and the
ablations that need no other features. Rows that need another network or another reader (no ROI pooling, no
pre-training, pre-training on a generator with other constants) need simulated patients: `claims.ablations` makes those.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import logit, sigmoid
from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.model.inputs import ModelInputs
from apnet_desktop.model.reader import Reader
from apnet_desktop.study.development import Cases, Development
from apnet_desktop.study.fold_systems import Subjects, cross_validate, floor_features, paper_systems
from apnet_desktop.study.statistics.calibration_measures import brier
from apnet_desktop.study.statistics.discrimination import auroc_bootstrap, compare_auroc_bootstrap
from apnet_desktop.study.statistics.estimate import Estimate

__all__ = ["SystemRow", "system_rows", "write_rows"]

Floats = NDArray[np.float64]


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
    others: Mapping[str, Floats] | None = None,
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
        others: Out-of-fold logits of further systems by name.
    """
    scores: dict[str, Floats] = {
        "apnet": development.models.scores[Route.FUSED],
        "image_both_backbones": development.models.scores[Route.IMAGE],
        "lightgbm_clinical": development.models.scores[Route.CLINICAL],
        "late_average": logit((development.risks[Route.CLINICAL] + development.risks[Route.IMAGE]) / 2),
    }
    scores.update(others or {})
    if everything:
        subjects = Subjects(cases, development.encoding.encode(cases.table), floor_features(inputs))
        more = paper_systems(manifest, reader)
        for n, (name, system) in enumerate(more.items()):
            progress(n / len(more))
            scores[name] = cross_validate(system, subjects, development.partition, seed).scores
    return tuple(_row(name, score, scores["apnet"], cases, seed, replicates) for name, score in scores.items())


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
