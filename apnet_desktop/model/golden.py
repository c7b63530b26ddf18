"""Golden values: what a bundle gives for seeded inputs, so that every machine and engine can be held to it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import sigmoid
from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.golden import GOLDEN_NAME, GoldenCase, GoldenReport, GoldenValues, parse_golden
from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Compute, Precision, Route
from apnet_desktop.clinical.factor import FactorKind, FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.errors import BundleError
from apnet_desktop.language import Message
from apnet_desktop.model.compute import cpu_compute
from apnet_desktop.model.engine import Engine, extract_features
from apnet_desktop.model.features import Features, pool_slices
from apnet_desktop.model.inputs import ModelInputs, prepare_arrays
from apnet_desktop.model.predict import Predictor
from apnet_desktop.model.risk import RiskModel, load_risk_model

__all__ = ["GOLDEN_SEEDS", "golden_inputs", "golden_record", "make_golden", "verify_engine", "verify_golden"]

GOLDEN_SEEDS = (1, 2)
_SHAPE = (40, 128, 128)
_SPACING = (3.0, 3.0, 3.0)
_DIGITS = 9


def golden_inputs(seed: int, manifest: Manifest) -> ModelInputs:
    """Network inputs of a made-up body: an ellipse of tissue with noise and a brighter gland, by the bundle's recipe.

    Only integer arithmetic and comparisons make it, so that it is the same on every machine.
    """
    generator = np.random.Generator(np.random.Philox(seed))
    k, j, i = np.ogrid[: _SHAPE[0], : _SHAPE[1], : _SHAPE[2]]
    shift = int(generator.integers(-6, 7))
    body = ((j - 64) * 4) ** 2 + ((i - 64) * 3) ** 2 < (64 * 3 - 12) ** 2
    gland = ((k - 20) * 4) ** 2 + ((j - 60) * 6) ** 2 + ((i - 64 - shift) * 2) ** 2 < 48**2
    lesion = ((k - 22) * 4) ** 2 + ((j - 60) * 6) ** 2 + ((i - 74 - shift) * 4) ** 2 < 30**2
    noise = generator.integers(-25, 26, size=_SHAPE)
    hounsfield = np.where(body, 20 + 0 * k, -1000)
    hounsfield = np.where(gland, 100, hounsfield)
    hounsfield = np.where(gland & lesion, 35, hounsfield)
    return prepare_arrays((hounsfield + noise).astype(np.int16), gland, _SPACING, manifest.ct)


def golden_record(seed: int, schema: FactorSchema) -> ClinicalRecord:
    """A made-up record: every fifth factor unknown, the others spread over their limits."""
    generator = np.random.Generator(np.random.Philox(seed + 1000))
    values: dict[str, FactorValue] = {}
    for place, factor in enumerate(schema.factors):
        drawn = int(generator.integers(0, 1000))
        if (place + seed) % 5 == 0 or factor.kind is FactorKind.DATE:
            values[factor.id] = None
        elif factor.kind is FactorKind.YES_NO:
            values[factor.id] = drawn % 2 == 0
        elif factor.kind is FactorKind.CHOICE:
            values[factor.id] = factor.choices[drawn % len(factor.choices)].id
        elif factor.kind is FactorKind.MULTI_CHOICE:
            values[factor.id] = (factor.choices[drawn % len(factor.choices)].id,)
        else:
            usual = factor.usual or factor.limits
            lower = usual.lower if usual is not None and usual.lower is not None else 0.0
            upper = usual.upper if usual is not None and usual.upper is not None else lower + 100.0
            values[factor.id] = lower + (upper - lower) * drawn / 1000
    return ClinicalRecord(values=values, schema_version=schema.version)


def make_golden(predictor: Predictor, seeds: Sequence[int] = GOLDEN_SEEDS) -> GoldenValues:
    """The golden values of a loaded bundle; the predictor runs torch in float32 on the CPU."""
    return GoldenValues(cases=tuple(_run(predictor.model, predictor.extract, seed) for seed in seeds))


def verify_golden(bundle: Bundle, compute: Compute | None = None) -> GoldenReport:
    """Runs a bundle's golden values.

    Args:
        bundle: The bundle.
        compute: Where; None is torch in float32 on the CPU, or the bundle's graph where torch is not installed.

    Raises:
        BundleError: A value differs by more than the bundle's tolerance, or the inputs are prepared differently.
    """
    predictor = Predictor(bundle, compute or _reference_compute(bundle))
    return _compared(bundle, predictor.model, predictor.extract)


def verify_engine(bundle: Bundle, engine: Engine) -> GoldenReport:
    """Runs a bundle's golden values on an engine that is not in use yet.

    Raises:
        BundleError: As `verify_golden`.
    """
    model, _ = load_risk_model(bundle)
    return _compared(bundle, model, lambda inputs: extract_features(engine, inputs))


def _compared(bundle: Bundle, model: RiskModel, extract: Callable[[ModelInputs], Features]) -> GoldenReport:
    golden = parse_golden(bundle.read(GOLDEN_NAME))
    largest = 0.0
    for expected in golden.cases:
        found = _run(model, extract, expected.seed)
        if found.inputs != expected.inputs:
            raise BundleError(Message.of("model.golden_inputs", seed=expected.seed))
        for route, risk in expected.risks.items():
            difference = abs(found.risks[route] - risk)
            largest = max(largest, difference)
            if difference > golden.tolerance:
                raise BundleError(
                    Message.of(
                        "model.golden_risk",
                        route=route.value,
                        difference=f"{difference:.2g}",
                        seed=expected.seed,
                        tolerance=golden.tolerance,
                    )
                )
    return GoldenReport(cases=len(golden.cases), largest_difference=largest, tolerance=golden.tolerance)


def _reference_compute(bundle: Bundle) -> Compute:
    without_torch = importlib.util.find_spec("torch") is None
    compute = cpu_compute(Message.of("model.device_cpu_asked"), bundle.manifest if without_torch else None)
    return compute.model_copy(update={"precision": Precision.FLOAT32})


def _run(model: RiskModel, extract: Callable[[ModelInputs], Features], seed: int) -> GoldenCase:
    inputs = golden_inputs(seed, model.manifest)
    record = golden_record(seed, model.manifest.factors)
    tokens = model.tokens(pool_slices(extract(inputs))[None])
    logits = {
        Route.FUSED: model.fused_logits(tokens, model.encode([record])),
        Route.IMAGE: model.image_logits(tokens),
        Route.CLINICAL: model.clinical_logits([record]),
    }
    read: NDArray[np.float64] = (model.weights.reader.prior * tokens[0]).sum(axis=0)
    return GoldenCase(
        seed=seed,
        inputs=inputs.digest(),
        risks={route: round(float(sigmoid(value)[0]), _DIGITS) for route, value in logits.items()},
        tokens=tuple(round(float(value), 6) for value in read),
    )
