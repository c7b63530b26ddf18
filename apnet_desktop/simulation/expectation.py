"""E[risk | what a route is given], by quadrature over what the route does not see. See optimum.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation import population as model
from apnet_desktop.simulation import risk as formula
from apnet_desktop.simulation.population import AETIOLOGIES, Population, logistic, missing_logit
from apnet_desktop.simulation.randomness import Stream, generator
from apnet_desktop.simulation.settings import GeneratorSettings

__all__ = [
    "ALCOHOL",
    "GRID",
    "NODES",
    "clinical_expectation",
    "complication_shares",
    "density",
    "full_expectation",
    "inflammation_nodes",
    "interpolate",
]

Floats = NDArray[np.float64]
Measure = Callable[[dict[str, Floats], np.random.Generator], dict[str, Floats]]

ALCOHOL: Final = AETIOLOGIES.index("alcohol")
NODES: Final = 41  # of inflammation, from -4 to 4
GRID: Final = np.linspace(-16.0, 16.0, 321)  # logits at which smooth averages of the risk are tabulated
_TRIGLYCERIDES_NODES: Final = 24
_HDL_NODES: Final = 12


def density(value: Floats, mean: Floats | float, deviation: Floats | float) -> Floats:
    """Normal density, up to a factor."""
    return np.asarray(np.exp(-0.5 * ((value - mean) / deviation) ** 2) / deviation)


def _normal_quantiles(count: int) -> Floats:
    """Middles of `count` equally likely slices of the standard normal distribution."""
    from scipy.special import ndtri

    return np.asarray(ndtri((np.arange(count) + 0.5) / count))


def inflammation_nodes() -> tuple[Floats, Floats]:
    """Values of inflammation S and their weights."""
    nodes = np.linspace(-4.0, 4.0, NODES)
    weights = np.exp(-0.5 * nodes * nodes)
    return nodes, weights / weights.sum()


def complication_shares(nodes: Floats) -> Floats:
    """P(kind of complication | S), (S, 3)."""
    from scipy.special import ndtr

    necrotising = ndtr(model.NECROTISING[0] + model.NECROTISING[1] * nodes)
    fluid = (1 - necrotising) * model.FLUID_SHARE
    return np.stack([1 - necrotising - fluid, fluid, necrotising], axis=1)


# --- missing clinical values ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Hidden:
    """What the missing values of one pattern may add to the logit: values and weights, (n, k)."""

    values: Floats
    weights: Floats


def _hidden_smoking(drawn: Population, settings: GeneratorSettings) -> _Hidden:
    alcohol = drawn.factors["aetiology"] == ALCOHOL
    shares = model.smoking_shares(drawn.factors["sex"] == 1, alcohol)
    gone = logistic(missing_logit("smoking", np.arange(3.0), settings))
    weights = shares * gone
    values = np.broadcast_to(np.array(formula.SMOKING_EFFECTS) * formula.CLINICAL_FACTOR, weights.shape)
    return _Hidden(values, weights / weights.sum(axis=1, keepdims=True))


def _hidden_lipids(drawn: Population, no_fat: bool, no_hdl: bool, settings: GeneratorSettings) -> _Hidden:
    """Triglycerides or HDL or both: HDL follows triglycerides, so one tells of the other."""
    factors = drawn.factors
    size = len(drawn)
    if no_fat:
        mean = model.triglycerides_mean(factors["aetiology"].astype(int), factors["diabetes"] == 1)
        fat = np.exp(mean[:, None] + model.TRIGLYCERIDES_DEVIATION * _normal_quantiles(_TRIGLYCERIDES_NODES))
        fat = model.bounded_triglycerides(fat, factors["aetiology"][:, None])
        weights = logistic(missing_logit("triglycerides", fat, settings))
    else:
        fat, weights = factors["triglycerides"][:, None], np.ones((size, 1))
    logarithm = np.log(fat)
    effect = formula.TRIGLYCERIDES_EFFECT * (logarithm if no_fat else np.zeros_like(logarithm))
    if no_hdl:
        steps = model.HDL_DEVIATION * _normal_quantiles(_HDL_NODES)
        hdl = np.clip(model.hdl_mean(logarithm)[:, :, None] + steps, 0.1, 3.0)
        gone = logistic(missing_logit("hdl_cholesterol", hdl, settings))
        values = effect[:, :, None] + formula.HDL_EFFECT * hdl
        weights = weights[:, :, None] * gone
        values, weights = values.reshape(size, -1), weights.reshape(size, -1)
    else:
        weights = weights * density(factors["hdl_cholesterol"][:, None], model.hdl_mean(logarithm), model.HDL_DEVIATION)
        values = effect
    return _Hidden(values * formula.CLINICAL_FACTOR, weights / weights.sum(axis=1, keepdims=True))


def _known_score(drawn: Population) -> Floats:
    """The clinical score without what is missing."""
    factors, missing = drawn.factors, drawn.missing
    score = formula.clinical_score(factors)
    gone = np.where(missing["smoking"], np.array(formula.SMOKING_EFFECTS)[factors["smoking"].astype(int)], 0.0)
    gone = gone + np.where(
        missing["triglycerides"], formula.TRIGLYCERIDES_EFFECT * np.log(factors["triglycerides"]), 0.0
    )
    gone = gone + np.where(missing["hdl_cholesterol"], formula.HDL_EFFECT * factors["hdl_cholesterol"], 0.0)
    return np.asarray(score - formula.CLINICAL_FACTOR * gone)


def _over_missing(
    drawn: Population, settings: GeneratorSettings, average: Callable[[NDArray[np.intp], Floats], Floats]
) -> Floats:
    """Mean of `average(rows, logit)` over what is missing; logit (n, k) is the known score plus what may be hidden."""
    known = _known_score(drawn)
    result = np.empty(len(drawn))
    no_fat, no_hdl, no_smoking = (drawn.missing[name] for name in ("triglycerides", "hdl_cholesterol", "smoking"))
    for pattern in range(8):
        fat, hdl, smoke = bool(pattern & 1), bool(pattern & 2), bool(pattern & 4)
        rows = np.flatnonzero((no_fat == fat) & (no_hdl == hdl) & (no_smoking == smoke))
        if not len(rows):
            continue
        some = drawn.take(rows)
        values, weights = np.zeros((len(rows), 1)), np.ones((len(rows), 1))
        parts = ([_hidden_lipids(some, fat, hdl, settings)] if fat or hdl else []) + (
            [_hidden_smoking(some, settings)] if smoke else []
        )
        for part in parts:
            values = (values[:, :, None] + part.values[:, None, :]).reshape(len(rows), -1)
            weights = (weights[:, :, None] * part.weights[:, None, :]).reshape(len(rows), -1)
        result[rows] = (weights * average(rows, known[rows, None] + values)).sum(axis=1)
    return result


# --- both routes ------------------------------------------------------------------------------------------------


def full_expectation(drawn: Population, image: Floats, settings: GeneratorSettings) -> Floats:
    """E[risk | record, image causes], (n,).

    Args:
        drawn: Patients.
        image: Their image scores.
        settings: Constants of the generator.
    """
    intercept = formula.INTERCEPT + settings.intercept_shift
    return _over_missing(drawn, settings, lambda rows, logit: logistic(intercept + image[rows, None] + logit))


# --- the clinical route -----------------------------------------------------------------------------------------


def interpolate(table: Floats, rows: NDArray[np.intp], logit: Floats) -> Floats:
    """Row-wise linear interpolation: table (n, grid) at logit (m, k) of rows (m,)."""
    position = np.clip((logit - GRID[0]) / (GRID[1] - GRID[0]), 0, len(GRID) - 1.000001)
    lower = position.astype(np.intp)
    share = position - lower
    return np.asarray(table[rows[:, None], lower] * (1 - share) + table[rows[:, None], lower + 1] * share)


@cache
def _image_averages(settings: GeneratorSettings, measured: Measure) -> Floats:
    """E[risk | S, complication, alcohol, rest of the logit], (S, 3, 2, grid)."""
    nodes, _ = inflammation_nodes()
    stream = generator(77, 0, Stream.POPULATION)
    size = 3000
    normals, uniforms = stream.standard_normal((6, size)), stream.random((2, size))
    table = np.empty((NODES, 3, 2, len(GRID)))
    intercept = formula.INTERCEPT + settings.intercept_shift
    for number, node in enumerate(nodes):
        for kind in range(3):
            for alcohol in range(2):
                drawn = model.image_causes(
                    np.full(size, node),
                    np.full(size, kind),
                    np.full(size, bool(alcohol)),
                    iter(normals),
                    iter(uniforms),
                )
                asked = {
                    "necrosis_share": drawn["necrosis_share"],
                    "collection_diameter": np.cbrt(6000.0 * drawn["collection_volume"] / np.pi),
                    "duct_ratio": drawn["duct_ratio"],
                    "stranding_share": drawn["stranding_share"],
                    "gland_volume": drawn["gland_volume"],
                }
                score = np.sort(formula.image_scores(measured(asked, stream)))
                # 300 quantile means carry the distribution of the score.
                middle = score.reshape(300, -1).mean(axis=1)
                table[number, kind, alcohol] = logistic(intercept + middle[:, None] + GRID).mean(axis=0)
    return table


def _sign_likelihood(drawn: Population, name: str, nodes: Floats, settings: GeneratorSettings) -> Floats:
    """P(value of a laboratory sign, or its absence | S), (n, S), up to a factor of the patient."""
    mean, slope, deviation, logarithm, _ = model.SIGNS[name]
    value = drawn.factors[name]
    low, high = model.LIMITS[name]
    if name == "glucose":
        value = value / np.where(drawn.factors["diabetes"] == 1, model.DIABETES_GLUCOSE, 1.0)
    scale = np.log if logarithm else np.asarray
    centre = mean + slope * nodes
    likelihood = density(scale(value)[:, None], centre, deviation)
    from scipy.special import ndtr

    # At a limit stands everything beyond it.
    for limit, side in ((low, 1.0), (high, -1.0)):
        at = drawn.factors[name] == limit
        likelihood[at] = ndtr(side * (scale(np.array(float(limit))) - centre) / deviation)
    if name in drawn.missing:
        steps = mean + slope * nodes[:, None] + deviation * _normal_quantiles(200)
        gone = logistic(missing_logit(name, np.exp(steps) if logarithm else steps, settings)).mean(axis=1)
        likelihood[drawn.missing[name]] = gone
    return likelihood


def clinical_expectation(drawn: Population, settings: GeneratorSettings, measured: Measure) -> Floats:
    """E[risk | record], (n,).

    Args:
        drawn: Patients.
        settings: Constants of the generator.
        measured: From asked-for to measured image causes (`RasterModel.measured`).
    """
    table = _image_averages(settings, measured)
    nodes, prior = inflammation_nodes()
    likelihood = np.broadcast_to(prior, (len(drawn), NODES)).copy()
    for name in model.SIGNS:
        likelihood *= _sign_likelihood(drawn, name, nodes, settings)
    failure = drawn.factors["organ_failure"].astype(int)
    kinds = complication_shares(nodes)
    chances = np.stack(
        [model.organ_failure_chances(nodes, np.full(NODES, kind))[:, failure].T for kind in range(3)], axis=2
    )  # (n, S, kind)
    posterior = likelihood[:, :, None] * kinds * chances
    posterior /= posterior.sum(axis=(1, 2), keepdims=True)
    alcohol = (drawn.factors["aetiology"] == ALCOHOL).astype(int)
    averages = np.empty((len(drawn), len(GRID)))
    for group in range(2):
        rows = alcohol == group
        averages[rows] = posterior[rows].reshape(-1, NODES * 3) @ table[:, :, group].reshape(NODES * 3, -1)
    return _over_missing(drawn, settings, lambda rows, logit: interpolate(averages, rows, logit))
