"""From features and a clinical record to calibrated logits of every route: everything after the network. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import (
    Calibration,
    RouteCalibration,
    logit,
    parse_calibration,
    shift_base_rate,
    sigmoid,
)
from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import BaseRate, Route, RouteRisk
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.model.clinical_columns import table_of
from apnet_desktop.model.clinical_model import ClinicalModel, read_clinical_model
from apnet_desktop.model.head import Head
from apnet_desktop.model.reference import Reference, read_reference
from apnet_desktop.model.weights import Weights, read_weights

__all__ = ["RiskModel", "load_risk_model"]

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class RiskModel:
    """Reader, heads, clinical model, calibration and reference of one bundle.

    Attributes:
        manifest: The bundle's manifest.
        weights: Without the network's tensors, which the engine holds.
        clinical: LightGBM boosters.
        calibration: Calibrators and intervals.
        reference: Summaries of the development cohort.
    """

    manifest: Manifest
    weights: Weights
    clinical: ClinicalModel
    calibration: Calibration
    reference: Reference

    def encode(self, records: Sequence[ClinicalRecord]) -> _Array:
        """Clinical vectors (records, clinical width)."""
        return self.weights.encoding.encode(table_of(self.manifest.factors, records))

    def tokens(self, pooled: _Array) -> _Array:
        """Tokens (n, scales, findings) of pooled features (n, scales, pooled width)."""
        return self.weights.reader.tokens(pooled)

    def image_logits(self, tokens: _Array) -> _Array:
        """Calibrated logits (n,) of the image route."""
        return self._calibrated(Route.IMAGE, tokens, np.zeros((len(tokens), 0)))

    def fused_logits(self, tokens: _Array, clinical: _Array) -> _Array:
        """Calibrated logits (n,) of the fused route."""
        return self._calibrated(Route.FUSED, tokens, clinical)

    def clinical_logits(self, records: Sequence[ClinicalRecord]) -> _Array:
        """Calibrated logits (n,) of the clinical route."""
        calibration = self.calibration.route(Route.CLINICAL)
        return logit(calibration.probabilities(self.clinical.scores(list(records))))

    def _calibrated(self, route: Route, tokens: _Array, clinical: _Array) -> _Array:
        heads: tuple[Head, ...] = self.weights.heads(route)
        calibration: RouteCalibration = self.calibration.route(route)
        raw = np.stack([head.logits(tokens, clinical) for head in heads])
        return logit(calibration.probabilities(raw))

    def route_risk(self, route: Route, calibrated: float, base_rate: BaseRate) -> RouteRisk:
        """The risk of one route with its interval, on the page's base rate."""
        unshifted = float(sigmoid(calibrated))
        lower, upper = self.calibration.route(route).interval.at(calibrated)
        # The bootstrap's interval may miss the point estimate by a hair; a printed interval holds its risk.
        lower, upper = min(lower, unshifted), max(upper, unshifted)
        if base_rate.site is None:
            return RouteRisk(
                route=route, risk=unshifted, lower=lower, upper=upper, unshifted=unshifted, logit=calibrated
            )
        risk, lower, upper = (
            shift_base_rate(value, base_rate.development, base_rate.site) for value in (unshifted, lower, upper)
        )
        return RouteRisk(route=route, risk=risk, lower=lower, upper=upper, unshifted=unshifted, logit=calibrated)


def load_risk_model(bundle: Bundle) -> tuple[RiskModel, dict[str, NDArray[np.generic]]]:
    """Reads everything of a bundle but the network, and hands the network's tensors over apart.

    Raises:
        BundleError: A file is damaged.
    """
    clinical = read_clinical_model(bundle)
    weights = read_weights(bundle)
    tensors = weights.network
    model = RiskModel(
        manifest=bundle.manifest,
        weights=replace(weights, network={}),
        clinical=clinical,
        calibration=parse_calibration(bundle.read("calibration.json")),
        reference=read_reference(bundle),
    )
    return model, tensors
