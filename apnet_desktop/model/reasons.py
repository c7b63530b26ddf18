"""Why this risk: contributions of factors, shares of clinical and image part, slices, missing factors. No torch."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import shift_base_rate, sigmoid
from apnet_desktop.bundle.prediction import BaseRate, Contribution, FusionShares, InfluentialSlice, UnknownRange
from apnet_desktop.clinical.factor import Factor, FactorKind, FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.model.clinical_columns import columns_of
from apnet_desktop.model.features import Features, pool_slices
from apnet_desktop.model.inputs import ModelInputs
from apnet_desktop.model.risk import RiskModel

__all__ = [
    "MissingRange",
    "contributions",
    "fusion_shares",
    "influential_slices",
    "missing_range",
    "predictors",
    "unknown_ranges",
]

_MOST_SLICES = 8


def contributions(
    model: RiskModel, record: ClinicalRecord, tokens: NDArray[np.float64] | None
) -> tuple[float, tuple[Contribution, ...]]:
    """The clinical model's baseline, and what each factor adds to its raw logit (exact SHAP values).

    Beside it stands the factor's effect in the fused model: the fused logit of this record less the logit with the
    factor's entries at the development cohort's mean.

    Args:
        model: The bundle's.
        record: The patient's.
        tokens: (1, scales, findings); None where the clinical route stands alone.
    """
    baseline, by_factor = model.clinical.contributions(record)
    effects = _fused_effects(model, record, tokens) if tokens is not None else {}
    rows = [
        Contribution(factor_id=id, log_odds=value, fused_log_odds=effects.get(id)) for id, value in by_factor.items()
    ]
    return baseline, tuple(sorted(rows, key=lambda row: (-abs(row.log_odds), row.factor_id)))


def _fused_effects(model: RiskModel, record: ClinicalRecord, tokens: NDArray[np.float64]) -> dict[str, float]:
    vector = model.encode([record])
    owners = np.array(model.weights.encoding.factor_of_entry)
    ids = list(dict.fromkeys(owners.tolist()))
    at_mean = np.stack([np.where(owners == id, 0.0, vector[0]) for id in ids])
    with_factor = model.fused_logits(tokens, vector)[0]
    without = model.fused_logits(np.repeat(tokens, len(ids), axis=0), at_mean)
    return {id: float(with_factor - value) for id, value in zip(ids, without, strict=True)}


def fusion_shares(model: RiskModel, record: ClinicalRecord, tokens: NDArray[np.float64]) -> FusionShares:
    """Exact two-player Shapley shares of the calibrated fused logit.

    A part that is absent is replaced by the development reference, and the logit is averaged over it; the baseline
    replaces both, as if they varied apart. With v the value of a coalition, the clinical share is
    ½ (v(clinical) - v(none)) + ½ (v(both) - v(image)), the image's likewise, so that the three sum to the logit.
    """
    image_points, clinical_points = model.reference.image_points, model.reference.clinical_points
    vector = model.encode([record])
    pairs = (len(image_points), len(clinical_points))
    both = float(model.fused_logits(tokens, vector)[0])
    clinical_only = float(model.fused_logits(image_points, np.repeat(vector, pairs[0], axis=0)).mean())
    image_only = float(model.fused_logits(np.repeat(tokens, pairs[1], axis=0), clinical_points).mean())
    none = float(
        model.fused_logits(np.repeat(image_points, pairs[1], axis=0), np.tile(clinical_points, (pairs[0], 1))).mean()
    )
    clinical = 0.5 * (clinical_only - none) + 0.5 * (both - image_only)
    return FusionShares(baseline=none, clinical=clinical, image=both - none - clinical)


def influential_slices(model: RiskModel, inputs: ModelInputs, features: Features) -> tuple[InfluentialSlice, ...]:
    """How much the image logit falls when one slice position is left out of its view, strongest first.

    Positions of several views that lie on the same slice of the volume are added up.
    """
    views, slices = inputs.slices.shape
    places = [(view, n) for view in range(views) for n in range(slices)]
    pooled = [pool_slices(features)]
    for view, n in places:
        keep = np.ones((views, slices), dtype=bool)
        keep[view, n] = False
        pooled.append(pool_slices(features, keep))
    logits = model.image_logits(model.tokens(np.stack(pooled)))
    by_slice: defaultdict[int, float] = defaultdict(float)
    for (view, n), value in zip(places, logits[1:], strict=True):
        by_slice[int(inputs.slices[view, n])] += float(logits[0] - value)
    rows = [InfluentialSlice(slice=k, log_odds=value) for k, value in by_slice.items()]
    return tuple(sorted(rows, key=lambda row: (-abs(row.log_odds), row.slice))[:_MOST_SLICES])


@dataclass(frozen=True)
class MissingRange:
    """The fused (or clinical) risk over usual values of the factors that are unknown, each by itself.

    Attributes:
        missing: Unknown factors.
        lower: Lowest risk met, at the development base rate.
        upper: Highest.
        widest: The factor that moves the risk most; None if nothing is missing.
        each: Lowest and highest risk of each factor by itself, by its id.
    """

    missing: tuple[Factor, ...]
    lower: float
    upper: float
    widest: Factor | None
    each: dict[str, tuple[float, float]]


def missing_range(model: RiskModel, record: ClinicalRecord, tokens: NDArray[np.float64] | None) -> MissingRange:
    """How far the unknown factors leave the risk open.

    Args:
        model: The bundle's.
        record: The patient's.
        tokens: (1, scales, findings); None asks the clinical route.
    """

    def risks(records: list[ClinicalRecord]) -> NDArray[np.float64]:
        if tokens is None:
            return sigmoid(model.clinical_logits(records))
        return sigmoid(model.fused_logits(np.repeat(tokens, len(records), axis=0), model.encode(records)))

    here = float(risks([record])[0])
    lower = upper = here
    widest, most = None, -1.0
    each: dict[str, tuple[float, float]] = {}
    missing = tuple(factor for factor in predictors(model.manifest.factors) if record.value(factor.id) is None)
    for factor in missing:
        values = _usual_values(model, factor)
        if not values:
            continue
        reached = risks([record.with_value(factor.id, value) for value in values])
        each[factor.id] = (float(reached.min()), float(reached.max()))
        lower, upper = min(lower, float(reached.min())), max(upper, float(reached.max()))
        if float(np.ptp(reached)) > most:
            widest, most = factor, float(np.ptp(reached))
    return MissingRange(missing, lower, upper, widest or (missing[0] if missing else None), each)


def unknown_ranges(
    model: RiskModel, record: ClinicalRecord, tokens: NDArray[np.float64] | None, base_rate: BaseRate
) -> tuple[UnknownRange, ...]:
    """What each unknown factor leaves open on the page's base rate, the widest first."""
    rows = []
    for factor_id, ends in missing_range(model, record, tokens).each.items():
        lower, upper = ends
        if base_rate.site is not None:
            lower, upper = (shift_base_rate(end, base_rate.development, base_rate.site) for end in ends)
        rows.append(UnknownRange(factor_id=factor_id, lower=lower, upper=upper))
    return tuple(sorted(rows, key=lambda row: (row.lower - row.upper, row.factor_id)))


def predictors(schema: FactorSchema) -> tuple[Factor, ...]:
    """The factors that the model reads: all but dates."""
    return tuple(factor for factor in schema.factors if factor.kind is not FactorKind.DATE)


def _usual_values(model: RiskModel, factor: Factor) -> list[FactorValue]:
    """Values that an unknown factor may well have: its 5th and 95th percentile in development, or every answer."""
    if factor.kind is FactorKind.YES_NO:
        return [False, True]
    if factor.kind is FactorKind.CHOICE:
        return [choice.id for choice in factor.choices]
    if factor.kind is FactorKind.MULTI_CHOICE:
        return [(choice.id,) for choice in factor.choices]
    if factor.kind is FactorKind.NUMBER:
        column = next(n for n, one in enumerate(columns_of(model.manifest.factors)) if one.factor_id == factor.id)
        ends = (model.reference.low[column], model.reference.high[column])
        return [float(end) for end in ends if np.isfinite(end)]
    return []
