"""What can be known of a model on simulated patients only: how well it reads the pictures, and how good it could be.

Three numbers lie above each other. The optimum is the AUC of the best prediction from what a route is given. The limit
of the reading is the AUC of the best prediction from readings as blurred as the network's: what lies between the two
is hidden in the picture or missed by the network. What lies between the limit and the model's own AUC is the price of
a small cohort.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.prediction import Route
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.model.features import Features, pool_slices
from apnet_desktop.model.risk import RiskModel
from apnet_desktop.simulation.cohort import TRUTH_FILE
from apnet_desktop.simulation.findings import CAUSES
from apnet_desktop.simulation.optimum import known_optimum, reading_limit
from apnet_desktop.simulation.settings import GeneratorSettings

__all__ = ["SimulatedTruth", "explained_variance", "simulated_truth", "true_findings", "truth_of"]

Floats = NDArray[np.float64]


class SimulatedTruth(FrozenModel):
    """What stands beside the measures of a model on simulated patients.

    Attributes:
        optimum: Best possible AUROC by route; empty for constants whose optimum was not computed.
        reading: R² with which the network reads each image cause of these patients.
        limit: Best possible AUROC by route from readings of that R².
    """

    optimum: dict[Route, float] = {}
    reading: dict[str, float] = {}
    limit: dict[Route, float] = {}


def explained_variance(read: Floats, truth: Floats) -> Floats:
    """R² of each column, 1 - mean squared error / variance; negative where the mean would be the better reading.

    Args:
        read: (patients, findings).
        truth: (patients, findings).
    """
    return np.asarray(1 - ((read - truth) ** 2).mean(axis=0) / np.maximum(truth.var(axis=0), 1e-12))


def simulated_truth(
    read: Mapping[str, Floats], truth: Mapping[str, Floats], settings: GeneratorSettings, patients: int = 4000
) -> SimulatedTruth:
    """Optimum, reading and limit.

    Args:
        read: Readings (patients,) by finding; image causes that the model does not read count as R² 0.
        truth: True findings (patients,) by finding.
        settings: Constants of the generator that made the patients.
        patients: Unrendered patients in the limit's integral, and as many donors.
    """
    reading = {
        name: round(float(explained_variance(read[name][:, None], truth[name][:, None])[0]), 4) if name in read else 0.0
        for name in CAUSES
    }
    image, both = reading_limit(reading, patients=patients, donors=patients, settings=settings)
    best = known_optimum(settings)
    return SimulatedTruth(
        optimum={Route(route): value for route, value in best.items()},
        reading=reading,
        limit={Route.IMAGE: round(image, 4), Route.FUSED: round(both, 4)},
    )


def truth_of(
    model: RiskModel, features: list[Features], truth: Mapping[str, Floats], settings: GeneratorSettings
) -> SimulatedTruth | None:
    """`simulated_truth` of a bundle's readings; None where the true findings are not there."""
    if not truth:
        return None
    reader = model.weights.reader
    values = reader.findings(reader.tokens(np.stack([pool_slices(patient) for patient in features])))
    read = {name: values[:, n] for n, name in enumerate(model.manifest.fusion.findings)}
    return simulated_truth(read, truth, settings)


def true_findings(folder: Path, ids: tuple[str, ...]) -> dict[str, Floats]:
    """True findings of the patients `ids` of a simulated cohort's folder, from its `truth.csv`; empty without one."""
    path = folder / TRUTH_FILE
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        rows = {row["patient"]: row for row in csv.DictReader(stream)}
    if any(id not in rows for id in ids):
        return {}
    return {name: np.array([float(rows[id][name]) for id in ids]) for name in CAUSES}
