"""Risks of many patients by a bundle's own files, from cached features: what an evaluation measures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import sigmoid
from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import Compute, Route
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.model.engine import Engine
from apnet_desktop.model.features import Features, pool_slices
from apnet_desktop.model.risk import RiskModel, load_risk_model
from apnet_desktop.model.torch_engine import TorchEngine
from apnet_desktop.study.simulated_cohort import weights_digest

__all__ = ["LoadedBundle", "risks_of"]

Floats = NDArray[np.float64]


class LoadedBundle:
    """A bundle's model, and its engine on first use.

    Args:
        bundle: An opened bundle.
        compute: Where the network runs.

    Attributes:
        bundle: The bundle.
        model: Everything after the network.
        tensors: The network's.
        compute: Where the network runs.
        digest: Short hash of network and precision, under which features are cached.

    Raises:
        BundleError: A file is damaged.
    """

    def __init__(self, bundle: Bundle, compute: Compute) -> None:
        self.bundle = bundle
        self.model, self.tensors = load_risk_model(bundle)
        self.compute = compute
        self._engine: Engine | None = None
        self.digest = f"{weights_digest(self.tensors)}-{compute.precision.value}"

    @property
    def engine(self) -> Engine:
        """The network, on its device."""
        if self._engine is None:
            self._engine = TorchEngine(self.tensors, self.bundle.manifest, self.compute)
        return self._engine


def risks_of(model: RiskModel, features: list[Features], records: list[ClinicalRecord]) -> dict[Route, Floats]:
    """Calibrated risk (patients,) by each route.

    Args:
        model: From the bundle.
        features: One for each patient.
        records: One for each patient.
    """
    tokens = model.tokens(np.stack([pool_slices(patient) for patient in features]))
    return {
        Route.FUSED: sigmoid(model.fused_logits(tokens, model.encode(records))),
        Route.IMAGE: sigmoid(model.image_logits(tokens)),
        Route.CLINICAL: sigmoid(model.clinical_logits(records)),
    }
