"""The best that any model can do on the simulated population, route by route, by integration.

The optimum of a route is the AUC of E[risk | what that route is given]. What is given:

- *clinical*: the record with its gaps. Hidden: every image cause, and the values that are missing.
- *image*: all findings of the label map. Hidden: the whole record.
- *both*: findings and record. Hidden: the values that are missing.

The structure of population.py makes each expectation a sum over a few hidden numbers, done here by quadrature:
inflammation S and the kind of local complication, triglycerides, HDL and smoking where they are missing. No model is
fitted. The AUC then is that of the expectation against a Bernoulli outcome with the true risk: every patient counts as
a case with weight risk and as a non-case with weight 1 - risk, so that no outcome needs to be drawn.

The findings of a million patients are not rasterised; `RasterModel` carries what the raster does to them, measured on
a few hundred patients that are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.simulation import risk as formula
from apnet_desktop.simulation.expectation import clinical_expectation, full_expectation
from apnet_desktop.simulation.findings import CAUSES
from apnet_desktop.simulation.image_expectation import image_expectation
from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.simulation.population import NORMALS, UNIFORMS, Population, draw_population, logistic
from apnet_desktop.simulation.randomness import Stream, generator
from apnet_desktop.simulation.rendering import measure_patient
from apnet_desktop.simulation.risk import clinical_score, image_scores
from apnet_desktop.simulation.settings import DEFAULT, EXTERNAL, GeneratorSettings

__all__ = [
    "Estimate",
    "Optimum",
    "RasterModel",
    "asked_causes",
    "compute_optimum",
    "expected_auc",
    "fit_raster",
    "known_optimum",
    "reading_limit",
]

Floats = NDArray[np.float64]

_CHUNK: Final = 50_000

# compute_optimum(1_000_000), as docs/simulation.md tables it with errors: clinical, image, both.
_KNOWN: Final = ((DEFAULT, (0.7447, 0.8535, 0.8990)), (EXTERNAL, (0.7601, 0.8701, 0.9096)))


def known_optimum(settings: GeneratorSettings) -> dict[str, float]:
    """The optimum of each route as it was computed over a million patients; empty for other constants.

    Args:
        settings: Constants of the generator.

    Returns:
        AUC by `clinical`, `image` and `fused`.
    """
    for known, values in _KNOWN:
        if known == settings:
            return dict(zip(("clinical", "image", "fused"), values, strict=True))
    return {}


class Estimate(FrozenModel):
    """A number and its standard error."""

    value: float
    error: float


class Optimum(FrozenModel):
    """AUC of the best possible prediction.

    Attributes:
        patients: Unrendered patients in the integral.
        rasterised: Patients behind the raster model.
        prevalence: Mean risk.
        clinical: Given the record.
        image: Given the findings.
        both: Given both.
        risk: Given everything, missing values included: the true risk itself.
    """

    patients: int
    rasterised: int
    prevalence: Estimate
    clinical: Estimate
    image: Estimate
    both: Estimate
    risk: Estimate


@dataclass(frozen=True)
class RasterModel:
    """What the raster makes of an asked-for cause: slope × cause + offset + residual; 0 stays 0.

    Attributes:
        slopes: By cause.
        offsets: By cause.
        residuals: Seen residuals, by cause, to draw from.
        explained: Share of the measured cause's variance that the asked-for cause explains.
        patients: Number of patients it was fitted on.
    """

    slopes: dict[str, float]
    offsets: dict[str, float]
    residuals: dict[str, Floats]
    explained: dict[str, float]
    patients: int

    def measured(self, asked: dict[str, Floats], stream: np.random.Generator) -> dict[str, Floats]:
        """Measured causes of patients with these asked-for causes."""
        causes = {}
        for name, value in asked.items():
            noise = stream.choice(self.residuals[name], len(value))
            causes[name] = np.where(value > 0, self.slopes[name] * value + self.offsets[name] + noise, 0.0)
        return causes


def asked_causes(drawn: Population) -> dict[str, Floats]:
    """The causes that the anatomy is asked for, by name of CAUSES."""
    return {
        "necrosis_share": drawn.necrosis_share,
        "collection_diameter": np.cbrt(6000.0 * drawn.collection_volume / np.pi),
        "duct_ratio": drawn.duct_ratio,
        "stranding_share": drawn.stranding_share,
        "gland_volume": drawn.gland_volume,
    }


def fit_raster(
    patients: int,
    seed: int,
    settings: GeneratorSettings = DEFAULT,
    progress: Callable[[float], None] | None = None,
) -> RasterModel:
    """Rasterises patients and compares what was asked for with what is measured (about 0.3 s a patient).

    Args:
        patients: Number, at least 50.
        seed: Of a population that no cohort comes from.
        settings: Constants of the generator.
        progress: Told the share that is done.
    """
    asked: dict[str, list[float]] = {name: [] for name in CAUSES}
    found: dict[str, list[float]] = {name: [] for name in CAUSES}
    for index in range(patients):
        patient = simulate_patient(seed, index, settings)
        wanted, seen = asked_causes(patient.drawn), measure_patient(patient)
        for name in CAUSES:
            asked[name].append(float(wanted[name][0]))
            found[name].append(float(getattr(seen, name)))
        if progress is not None:
            progress((index + 1) / patients)
    return _fitted({name: np.array(asked[name]) for name in CAUSES}, {name: np.array(found[name]) for name in CAUSES})


def _fitted(asked: dict[str, Floats], found: dict[str, Floats]) -> RasterModel:
    slopes, offsets, residuals, explained = {}, {}, {}, {}
    for name in CAUSES:
        there = asked[name] > 0
        slope, offset = np.polyfit(asked[name][there], found[name][there], 1)
        residual = found[name][there] - slope * asked[name][there] - offset
        slopes[name], offsets[name], residuals[name] = float(slope), float(offset), residual
        explained[name] = 1.0 - float(residual.var() / found[name][there].var())
    return RasterModel(slopes, offsets, residuals, explained, len(asked[CAUSES[0]]))


def expected_auc(score: Floats, risk: Floats) -> float:
    """AUC of `score` when outcomes are Bernoulli with these risks; ties count half.

    P(score of a case > score of a non-case), patients weighted by risk as cases and by 1 - risk as non-cases; the
    weight of a patient paired with himself is left out.
    """
    order = np.argsort(score, kind="stable")
    ordered, case = score[order], risk[order]
    control = 1.0 - case
    _, start, counts = np.unique(ordered, return_index=True, return_counts=True)
    below = np.concatenate([[0.0], np.cumsum(control)])
    ties = below[start + counts] - below[start]
    lower = np.repeat(below[start] + 0.5 * ties, counts)
    own = case * control
    won = float(np.sum(case * lower) - 0.5 * np.sum(own))
    return won / float(case.sum() * control.sum() - own.sum())


def _chunks(count: int, seed: int, settings: GeneratorSettings) -> Iterator[tuple[Population, np.random.Generator]]:
    for part in range(-(-count // _CHUNK)):
        stream = generator(seed, 0, Stream.POPULATION, part)
        size = min(_CHUNK, count - part * _CHUNK)
        normals, uniforms = stream.standard_normal((size, NORMALS)), stream.random((size, UNIFORMS))
        yield draw_population(normals, uniforms, settings), stream


def compute_optimum(
    patients: int = 1_000_000,
    seed: int = 424_242,
    settings: GeneratorSettings = DEFAULT,
    raster: RasterModel | None = None,
    progress: Callable[[float], None] | None = None,
) -> Optimum:
    """The optimum of each route (about two minutes for a million patients on one core).

    Args:
        patients: Unrendered patients, in chunks of 50,000; the error comes from the spread over the chunks.
        seed: Of the population of the integral.
        settings: Constants of the generator.
        raster: What rasterising does; None: fitted on 300 patients first.
        progress: Told the share that is done.
    """
    model = raster or fit_raster(300, seed + 1, settings)
    names = ("prevalence", "clinical", "image", "both", "risk")
    rows = []
    for drawn, stream in _chunks(patients, seed, settings):
        causes = model.measured(asked_causes(drawn), stream)
        clinical, image = clinical_score(drawn.factors), image_scores(causes)
        intercept = formula.INTERCEPT + settings.intercept_shift
        risk = logistic(intercept + clinical + image)
        rows.append(
            (
                float(risk.mean()),
                expected_auc(clinical_expectation(drawn, settings, model.measured), risk),
                expected_auc(image_expectation(drawn, image, settings), risk),
                expected_auc(full_expectation(drawn, image, settings), risk),
                expected_auc(risk, risk),
            )
        )
        if progress is not None:
            progress(len(rows) * _CHUNK / patients)
    table = np.array(rows)
    error = table.std(axis=0, ddof=1) / np.sqrt(len(table)) if len(table) > 1 else np.full(len(names), np.inf)
    estimates = {
        name: Estimate(value=round(float(mean), 5), error=round(float(spread), 6) if np.isfinite(spread) else 1.0)
        for name, mean, spread in zip(names, table.mean(axis=0), error, strict=True)
    }
    return Optimum(patients=patients, rasterised=model.patients, **estimates)


def reading_limit(
    explained: dict[str, float],
    patients: int = 20_000,
    donors: int = 20_000,
    seed: int = 424_243,
    settings: GeneratorSettings = DEFAULT,
) -> tuple[float, float]:
    """AUC of the best prediction from readings of the image causes instead of the causes: (image, both).

    It parts what the picture hides from what a model misses: a network that reads cause k with R² = `explained[k]` is
    no better than a perfect statistician who is given readings with that much Gaussian error.

    Args:
        explained: R² of each reading, above 0 and up to 1, by name of CAUSES.
        patients: In the AUC.
        donors: Patients over whose causes the expectation is taken, weighted by the readings' likelihood.
        seed: Of both populations.
        settings: Constants of the generator.
    """
    stream = generator(seed, 1, Stream.POPULATION)
    sets = []
    for size in (patients, donors):
        normals, uniforms = stream.standard_normal((size, NORMALS)), stream.random((size, UNIFORMS))
        sets.append(draw_population(normals, uniforms, settings))
    drawn, donor = sets
    causes, offered = asked_causes(drawn), asked_causes(donor)
    blur = {}
    readings = {}
    for name in CAUSES:
        quality = float(np.clip(explained[name], 0.02, 0.9995))
        blur[name] = float(np.std(causes[name]) * np.sqrt(1 / quality - 1))
        readings[name] = causes[name] + blur[name] * stream.standard_normal(patients)
    image, given = image_scores(causes), image_scores(offered)
    risk = logistic(formula.INTERCEPT + settings.intercept_shift + clinical_score(drawn.factors) + image)
    picture, both = np.empty(patients), np.empty(patients)
    other = image_expectation(donor, given, settings)
    for rows in np.array_split(np.arange(patients), max(1, patients // 500)):
        squares = np.zeros((len(rows), donors))
        for name in CAUSES:
            squares += ((readings[name][rows, None] - offered[name]) / blur[name]) ** 2
        weights = np.exp(-0.5 * (squares - squares.min(axis=1, keepdims=True)))
        weights /= weights.sum(axis=1, keepdims=True)
        picture[rows] = weights @ other
        both[rows] = _mixed(drawn.take(rows), weights, given, settings)
    return expected_auc(picture, risk), expected_auc(both, risk)


def _mixed(drawn: Population, weights: Floats, given: Floats, settings: GeneratorSettings) -> Floats:
    """E[risk] over image scores with these weights, on a grid of 81 quantiles of the score."""
    edges = np.quantile(given, np.linspace(0, 1, 82))
    place = np.clip(np.searchsorted(edges, given, side="right") - 1, 0, 80)
    middle = np.array([given[place == bin].mean() if (place == bin).any() else edges[bin] for bin in range(81)])
    share = np.zeros((len(weights), 81))
    for bin in range(81):
        share[:, bin] = weights[:, place == bin].sum(axis=1)
    total = np.zeros(len(weights))
    for bin in range(81):
        total += share[:, bin] * full_expectation(drawn, np.full(len(weights), middle[bin]), settings)
    return total
