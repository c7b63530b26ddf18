"""The prediction of one patient: checks, inputs, network, calibrated risks, reasons; for window and command line alike.

`Predictor` holds a loaded bundle and what the last prediction read in the images, so that a change of a factor needs no
second look. `predict` is the same for one call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import (
    BaseRate,
    Compute,
    Prediction,
    Route,
    RouteRisk,
    WhatIf,
)
from apnet_desktop.bundle.request import PredictionRequest, base_rate_of
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import PredictionError, RoiError
from apnet_desktop.language import Message
from apnet_desktop.model.engine import extract_features
from apnet_desktop.model.explain import HeatMap, heat_map
from apnet_desktop.model.features import Features, pool_slices
from apnet_desktop.model.input_checks import (
    eligibility_checks,
    image_checks,
    record_checks,
    with_overrides,
)
from apnet_desktop.model.inputs import ModelInputs, prepare_inputs
from apnet_desktop.model.provenance import provenance_of
from apnet_desktop.model.reasons import contributions, fusion_shares, influential_slices, unknown_ranges
from apnet_desktop.model.result_checks import (
    base_rate_check,
    device_check,
    distribution_check,
    events_check,
    missing_check,
    routes_check,
)
from apnet_desktop.model.risk import load_risk_model
from apnet_desktop.model.runner import NetworkRunner

__all__ = ["Predictor", "Progress", "Reading", "predict"]

# Called with the id of the stage's sentence and the fraction of the whole that is done.
Progress = Callable[[str, float], None]

_NETWORK_STARTS, _NETWORK_ENDS = 0.15, 0.95


@dataclass(frozen=True)
class Reading:
    """What a prediction read in the images.

    Attributes:
        volume: Digest of the CT.
        roi: Digest of the ROI.
        inputs: The network's input.
        features: What the network made of it.
        tokens: (1, scales, findings).
    """

    volume: str
    roi: str
    inputs: ModelInputs
    features: Features
    tokens: NDArray[np.float64]


class Predictor:
    """A bundle, loaded and ready on one device.

    Args:
        bundle: An opened bundle.
        compute: From `choose_compute`.

    Attributes:
        bundle: The bundle.
        model: Everything after the network.
        reading: What the last prediction read; None before the first, or where it used no images.

    Raises:
        BundleError: A file of the bundle is damaged.
        PredictionError: There is too little memory for the weights.
    """

    def __init__(self, bundle: Bundle, compute: Compute) -> None:
        self.bundle = bundle
        self.reading: Reading | None = None
        with _memory_errors():
            # LightGBM comes first: see `clinical_model`.
            self.model, tensors = load_risk_model(bundle)
            self._runner = NetworkRunner(tensors, bundle.manifest, compute)

    @property
    def compute(self) -> Compute:
        """What it runs on *now*: after the GPU ran out of memory, the CPU."""
        return self._runner.compute

    def predict(
        self,
        volume: CtVolume | None,
        roi: Roi | None,
        record: ClinicalRecord,
        request: PredictionRequest,
        progress: Progress | None = None,
    ) -> Prediction:
        """The prediction of one patient.

        Args:
            volume: The CT; None with `request.clinical_only`.
            roi: The pancreas on the CT's grid; None with `request.clinical_only`.
            record: Clinical record; factors that it lacks are missing.
            request: Id, time, base rate, overrides.
            progress: Told the stage and the fraction done.

        Returns:
            The prediction. Where a check refused and was not overridden it has no routes.

        Raises:
            RoiError: The ROI is empty or on another grid.
            PredictionError: CT or ROI is missing and the bundle does not allow the clinical route alone, the CT is
                constant, the base rate cannot be used, or memory ran out.
        """
        with _memory_errors():
            return self._predict(volume, roi, record, request, progress or _silent)

    def _predict(
        self,
        volume: CtVolume | None,
        roi: Roi | None,
        record: ClinicalRecord,
        request: PredictionRequest,
        tell: Progress,
    ) -> Prediction:
        tell("model.stage_checks", 0.0)
        self.reading = None
        manifest = self.bundle.manifest
        base_rate = base_rate_of(request, manifest)
        images = self._images(volume, roi, request)
        checks = (
            *eligibility_checks(record, manifest, volume),
            *(volume.checks if volume is not None else ()),
            *record_checks(record, manifest, volume, request),
            *(image_checks(*images, manifest) if images is not None else ()),
        )
        checks = with_overrides(checks, request, manifest)
        if any(check.blocks for check in checks):
            return self._prediction((), checks, base_rate, images, record, request)
        if images is not None:
            self.reading = self._read(*images, tell)
        tell("model.stage_risk", _NETWORK_ENDS)
        tokens = self.reading.tokens if self.reading is not None else None
        routes = self._routes(record, tokens, base_rate)
        checks = with_overrides((*checks, *self._result_checks(routes, record, base_rate)), request, manifest)
        if any(check.blocks for check in checks):
            return self._prediction((), checks, base_rate, images, record, request)
        prediction = self._prediction(routes, checks, base_rate, images, record, request)
        prediction = self._with_reasons(prediction, record)
        tell("model.stage_risk", 1.0)
        return prediction

    def what_if(self, record: ClinicalRecord, base_rate: BaseRate, images: tuple[str, str] | None = None) -> WhatIf:
        """The risks if factors were others, on the images that were read last; some ten milliseconds.

        Args:
            record: With the changed factors.
            base_rate: The page's.
            images: Digests of the CT and the ROI that are meant; None takes those that were read last.

        Raises:
            PredictionError: These images have not been read: see `read`.
        """
        reading = self.reading
        if reading is None or (images is not None and images != (reading.volume, reading.roi)):
            raise PredictionError(Message.of("model.no_features"))
        return WhatIf(routes=self._routes(record, reading.tokens, base_rate), record=record.digest())

    def read(self, volume: CtVolume, roi: Roi, progress: Progress | None = None) -> Reading:
        """Reads images without a prediction, so that `what_if` can ask about one that was made earlier.

        Raises:
            RoiError: The ROI is empty or on another grid.
            PredictionError: The CT is constant, or memory ran out.
        """
        with _memory_errors():
            self.reading = None
            self.reading = self._read(volume, roi, progress or _silent)
        return self.reading

    def heat_map(self, record: ClinicalRecord, progress: Progress | None = None) -> HeatMap:
        """What moved the fused logit, on the images of the last prediction; one more pass over them.

        Args:
            record: The record of that prediction.
            progress: Told the stage and the fraction done.

        Raises:
            PredictionError: There was no prediction with images yet, or memory ran out.
        """
        if self.reading is None:
            raise PredictionError(Message.of("model.no_features"))
        tell = progress or _silent
        reading = self.reading
        with _memory_errors():
            return self._runner.run(
                lambda engine: heat_map(
                    engine,
                    self.model,
                    reading.inputs,
                    reading.features,
                    record,
                    lambda done: tell("model.stage_heat_map", done),
                )
            )

    def extract(self, inputs: ModelInputs, progress: Callable[[float], None] | None = None) -> Features:
        """The network's features of prepared inputs; goes on with the CPU where the GPU's memory ends.

        Raises:
            PredictionError: The CPU's memory ended too.
        """
        with _memory_errors():
            return self._runner.run(lambda engine: extract_features(engine, inputs, progress))

    def tokens(self, features: Features) -> NDArray[np.float64]:
        """Tokens (1, scales, findings) of features."""
        return self.model.tokens(pool_slices(features)[None])

    def _images(
        self, volume: CtVolume | None, roi: Roi | None, request: PredictionRequest
    ) -> tuple[CtVolume, Roi] | None:
        if request.clinical_only:
            if not self.bundle.manifest.eligibility.clinical_only_allowed:
                raise PredictionError(Message.of("model.needs_ct"))
            return None
        if volume is None or roi is None:
            raise PredictionError(Message.of("model.needs_ct"))
        if not roi.geometry.same_grid(volume.geometry):
            sizes = [" × ".join(str(n) for n in grid.size) for grid in (roi.geometry, volume.geometry)]
            raise RoiError(Message.of("model.roi_other_grid", roi=sizes[0], ct=sizes[1]))
        if not roi.mask.any():
            raise RoiError(Message.of("model.roi_empty"))
        return volume, roi

    def _read(self, volume: CtVolume, roi: Roi, tell: Progress) -> Reading:
        tell("model.stage_inputs", 0.05)
        inputs = prepare_inputs(volume, roi, self.bundle.manifest.ct)
        width = _NETWORK_ENDS - _NETWORK_STARTS
        tell("model.stage_network", _NETWORK_STARTS)
        features = self.extract(inputs, lambda done: tell("model.stage_network", _NETWORK_STARTS + width * done))
        return Reading(volume.digest(), roi.digest(), inputs, features, self.tokens(features))

    def _routes(
        self, record: ClinicalRecord, tokens: NDArray[np.float64] | None, base_rate: BaseRate
    ) -> tuple[RouteRisk, ...]:
        logits = {}
        if tokens is not None:
            logits[Route.FUSED] = self.model.fused_logits(tokens, self.model.encode([record]))[0]
            logits[Route.IMAGE] = self.model.image_logits(tokens)[0]
        logits[Route.CLINICAL] = self.model.clinical_logits([record])[0]
        return tuple(self.model.route_risk(route, float(value), base_rate) for route, value in logits.items())

    def _result_checks(
        self, routes: tuple[RouteRisk, ...], record: ClinicalRecord, base_rate: BaseRate
    ) -> tuple[Check, ...]:
        reading = self.reading
        found: list[Check | None] = [device_check(self.compute)]
        if reading is not None:
            ratio = self.model.reference.distances(pool_slices(reading.features)[None])[0]
            found.append(distribution_check(float(ratio.max()), self.bundle.status))
        else:
            message = Message.of("model.clinical_alone")
            found.append(Check(id="model.clinical_alone", state=CheckState.WARNED, message=message))
        tokens = reading.tokens if reading is not None else None
        found += [
            missing_check(self.model, record, tokens, base_rate),
            routes_check(routes, self.bundle.manifest.threshold.risk),
            events_check(self.bundle.manifest),
            base_rate_check(base_rate),
        ]
        return tuple(check for check in found if check is not None)

    def _with_reasons(self, prediction: Prediction, record: ClinicalRecord) -> Prediction:
        reading = self.reading
        tokens = reading.tokens if reading is not None else None
        baseline, factors = contributions(self.model, record, tokens)
        unknowns = unknown_ranges(self.model, record, tokens, prediction.base_rate)
        update: dict[str, object] = {"baseline": baseline, "contributions": factors, "unknowns": unknowns}
        fused = prediction.fused
        if reading is not None and fused is not None:
            update["shares"] = fusion_shares(self.model, record, reading.tokens)
            update["influential"] = influential_slices(self.model, reading.inputs, reading.features)
            update["position"] = self.model.reference.position(fused.unshifted)
        return prediction.model_copy(update=update)

    def _prediction(
        self,
        routes: tuple[RouteRisk, ...],
        checks: tuple[Check, ...],
        base_rate: BaseRate,
        images: tuple[CtVolume, Roi] | None,
        record: ClinicalRecord,
        request: PredictionRequest,
    ) -> Prediction:
        reading = self.reading
        digests = (reading.volume, reading.roi) if reading is not None else _digests(images)
        provenance = provenance_of(self.bundle, self.compute, request, digests, record, base_rate)
        return Prediction(
            routes=routes,
            base_rate=base_rate,
            interval_level=self.model.calibration.level,
            checks=checks,
            provenance=provenance,
        )


def predict(
    volume: CtVolume | None,
    roi: Roi | None,
    record: ClinicalRecord,
    bundle: Bundle,
    compute: Compute,
    request: PredictionRequest,
    progress: Progress | None = None,
) -> Prediction:
    """One prediction with a bundle that is loaded for it alone; see `Predictor.predict`."""
    tell = progress or _silent
    tell("model.stage_load", 0.0)
    return Predictor(bundle, compute).predict(volume, roi, record, request, tell)


def _digests(images: tuple[CtVolume, Roi] | None) -> tuple[str, str]:
    """Of CT and ROI; empty where the clinical route stands alone."""
    return (images[0].digest(), images[1].digest()) if images is not None else ("", "")


@contextmanager
def _memory_errors() -> Iterator[None]:
    """Running out of memory, wherever it happens, is a sentence; the caller's process lives on."""
    try:
        yield
    except MemoryError as error:
        raise PredictionError(Message.of("model.out_of_memory")) from error


def _silent(_stage: str, _fraction: float) -> None:
    """Tells nobody."""
