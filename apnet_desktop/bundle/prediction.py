"""What APNet says of one patient: the risk of each route with its interval, reasons, checks and provenance."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

from apnet_desktop.bundle.manifest import Probability
from apnet_desktop.checks import Check
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = [
    "REPEATABILITY",
    "BaseRate",
    "Compute",
    "Contribution",
    "Device",
    "EngineFacts",
    "FusionShares",
    "InfluentialSlice",
    "InputDigests",
    "Precision",
    "Prediction",
    "Provenance",
    "Route",
    "RouteRisk",
    "UnknownRange",
    "WhatIf",
]


REPEATABILITY = "model.repeatability"
"""The check that follows the risk: it takes several more passes over the images."""


class Route(StrEnum):
    """One way to a risk. The fused one is the answer, the others are for comparison."""

    CLINICAL = "clinical"
    IMAGE = "image"
    FUSED = "fused"


class RouteRisk(FrozenModel):
    """Calibrated risk of one route.

    Attributes:
        route: Which one.
        risk: Calibrated probability of the outcome within the horizon, after any shift of the base rate.
        lower: Lower end of the interval for the average risk of patients with this score.
        upper: Upper end.
        unshifted: The risk at the development cohort's base rate.
        logit: Calibrated logit before the shift.
    """

    route: Route
    risk: Probability
    lower: Probability
    upper: Probability
    unshifted: Probability
    logit: float


class Contribution(FrozenModel):
    """What one clinical factor adds to a logit (LightGBM's exact SHAP values, or the fused model's effect)."""

    factor_id: str
    log_odds: float
    fused_log_odds: float | None = None


class FusionShares(FrozenModel):
    """Exact two-player Shapley shares of the fused logit: baseline + clinical + image = logit.

    Attributes:
        baseline: Mean logit over the development reference.
        clinical: Share of the clinical part.
        image: Share of the image part.
    """

    baseline: float
    clinical: float
    image: float


class InfluentialSlice(FrozenModel):
    """A slice that moved the image logit: index k in the volume, and by how much."""

    slice: int
    log_odds: float


class UnknownRange(FrozenModel):
    """The answer's risk over the usual values of one unknown factor, everything else as it is.

    Attributes:
        factor_id: The factor.
        lower: Lowest risk met, on the prediction's base rate.
        upper: Highest.
    """

    factor_id: str
    lower: Probability
    upper: Probability


class Device(StrEnum):
    """Where the network runs."""

    CPU = "cpu"
    CUDA = "cuda"


class Precision(StrEnum):
    """Arithmetic of the backbones."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class Compute(FrozenModel):
    """Device, precision and batching of a prediction: an input of it, stored and printed.

    Attributes:
        device: Where.
        device_name: The hardware, as the driver names it.
        reason: Why this device, in English, for machines and logs.
        explanation: The same for people; the prediction's check `model.device` shows it.
        precision: Arithmetic of the backbones; the head is always float32.
        batch: Images in one forward pass.
        threads: CPU threads.
        engine: `torch`, `openvino`, ...
    """

    device: Device
    device_name: str
    reason: str
    explanation: Message | None = None
    precision: Precision
    batch: int
    threads: int
    engine: str = "torch"


class EngineFacts(FrozenModel):
    """What an installation can run the network with.

    Attributes:
        torch: Version and CUDA of its build; empty if it is not installed.
        architectures: GPU architectures that torch was built for; empty for a build without CUDA, None if not asked.
        openvino: Version; empty if it is not installed.
        graph: Folder of the bundle's exported graph; empty if there is none, or it is not the one that was made.
    """

    torch: str
    architectures: tuple[str, ...] | None
    openvino: str
    graph: str


class BaseRate(FrozenModel):
    """The base rate on which the page rests.

    Attributes:
        development: The development cohort's.
        site: The site's own, or None.
        site_source: Where it comes from.
        site_date: When it was counted, ISO date.
        site_patients: Followed patients behind it, at least 100.
    """

    development: Probability
    site: Probability | None = None
    site_source: str = ""
    site_date: str = ""
    site_patients: int = 0


class InputDigests(FrozenModel):
    """SHA-256 of everything a prediction used: if any changes, the prediction is stale."""

    volume: str
    roi: str
    record: str
    bundle: str
    compute: str
    base_rate: str


class Provenance(FrozenModel):
    """Where a prediction comes from. Time and id are inputs, so that the same inputs give the same bytes.

    Attributes:
        factors: Ids of the factors whose values the record's digest covers; empty: all of the record's.
    """

    prediction_id: str
    time: datetime
    application_version: str
    bundle_name: str
    bundle_version: str
    bundle_sha256: str
    compute: Compute
    factors: tuple[str, ...] = ()
    inputs: InputDigests


class Prediction(FrozenModel):
    """The result for one patient.

    Attributes:
        routes: Fused first; a route that could not run is absent. None at all where a check refused and was not
            overridden: then there is no score, and `checks` says why.
        contributions: Of the clinical model, largest magnitude first.
        baseline: The clinical model's expected logit; baseline + sum of contributions = its raw logit.
        shares: How the fused logit comes about.
        influential: Slices that moved the image logit, strongest first.
        position: Share of the development cohort with a lower fused risk; None if the bundle has no reference.
        unknowns: What each unknown factor leaves open, the widest first.
        base_rate: Base rate used.
        interval_level: Confidence level of the routes' intervals.
        checks: Every check of input and model, in the order of the path.
        provenance: Where it comes from.
    """

    routes: tuple[RouteRisk, ...]
    contributions: tuple[Contribution, ...] = ()
    baseline: float = 0.0
    shares: FusionShares | None = None
    influential: tuple[InfluentialSlice, ...] = ()
    position: Probability | None = None
    unknowns: tuple[UnknownRange, ...] = ()
    base_rate: BaseRate
    interval_level: Probability = 0.9
    checks: tuple[Check, ...] = ()
    provenance: Provenance

    def route(self, route: Route) -> RouteRisk | None:
        """The risk of one route, None if it did not run."""
        return next((risk for risk in self.routes if risk.route is route), None)

    @property
    def fused(self) -> RouteRisk | None:
        """The answer."""
        return self.route(Route.FUSED)

    @property
    def unfinished(self) -> bool:
        """True while the checks that follow the risk are not done: it may be read, but not reviewed."""
        return self.fused is not None and all(check.id != REPEATABILITY for check in self.checks)


class WhatIf(FrozenModel):
    """Risks after a change of factors only: the model's behaviour, no effect of treatment; never saved or printed.

    Attributes:
        routes: As in `Prediction`, on the same base rate.
        record: Digest of the record asked about.
    """

    routes: tuple[RouteRisk, ...]
    record: str


def digest_of(model: FrozenModel) -> str:
    """SHA-256 of a value's JSON, in hexadecimal."""
    return hashlib.sha256(model.model_dump_json().encode()).hexdigest()
