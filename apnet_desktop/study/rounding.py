"""What bfloat16 does to a bundle's risks on fresh simulated patients: the evidence for its precision."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import BaseRate, Precision, Route
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.model.compute import choose_compute, has_bfloat16
from apnet_desktop.model.precision import bfloat16_allowed
from apnet_desktop.model.predict import Predictor
from apnet_desktop.simulation.patient import SimulatedPatient, simulate_patient
from apnet_desktop.study.simulated_inputs import simulated_inputs

__all__ = ["RoundingEvidence", "rounding_evidence"]


class RoundingEvidence(FrozenModel):
    """Fused risks in float32 and in bfloat16.

    Attributes:
        engine: What ran the network.
        native: True if the hardware has bfloat16; else it was only imitated, and nothing is gained by it.
        patients: Fresh simulated patients.
        seed: Theirs.
        largest_shift: Of a risk, 0 to 1.
        crossed: Patients who changed sides of the threshold.
        allowed: What `bfloat16_allowed` says of them.
    """

    engine: str
    native: bool
    patients: int
    seed: int
    largest_shift: float
    crossed: int
    allowed: bool


def rounding_evidence(
    bundle: Bundle, device: str, patients: int, seed: int, tell: Callable[[float], None] = lambda _: None
) -> RoundingEvidence:
    """Predicts each patient twice.

    Args:
        bundle: The bundle; none of these patients may have been used for it.
        device: As for `choose_compute`.
        patients: How many, at least 1.
        seed: Theirs.
        tell: Told the share that is done.
    """
    compute = choose_compute(device, bundle.manifest)
    both = [
        Predictor(bundle, compute.model_copy(update={"precision": precision}))
        for precision in (Precision.FLOAT32, Precision.BFLOAT16)
    ]
    risks = np.empty((2, patients))
    for index in range(patients):
        patient = simulate_patient(seed, index)
        risks[:, index] = _risks(both, patient)
        tell((index + 1) / patients)
    exact, rounded = risks
    threshold = bundle.manifest.threshold.risk
    return RoundingEvidence(
        engine=compute.engine,
        native=has_bfloat16(compute.device),
        patients=patients,
        seed=seed,
        largest_shift=float(np.abs(exact - rounded).max()),
        crossed=int(((exact >= threshold) != (rounded >= threshold)).sum()),
        allowed=bfloat16_allowed(exact, rounded, threshold),
    )


def _risks(predictors: list[Predictor], patient: SimulatedPatient) -> NDArray[np.float64]:
    """The patient's fused risk by each predictor, on the same inputs."""
    inputs = simulated_inputs(patient, predictors[0].bundle.manifest.ct)
    found = []
    for one in predictors:
        logit = one.model.fused_logits(one.tokens(one.extract(inputs)), one.model.encode([patient.record]))[0]
        base_rate = BaseRate(development=one.bundle.manifest.cohort.prevalence)
        found.append(one.model.route_risk(Route.FUSED, float(logit), base_rate).risk)
    return np.array(found)
