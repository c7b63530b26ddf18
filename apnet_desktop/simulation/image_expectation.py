"""E[risk | findings of the label map], by quadrature over inflammation, alcohol and organ failure. See optimum.py."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation import population as model
from apnet_desktop.simulation import risk as formula
from apnet_desktop.simulation.expectation import (
    ALCOHOL,
    GRID,
    NODES,
    complication_shares,
    density,
    inflammation_nodes,
    interpolate,
)
from apnet_desktop.simulation.population import Population, draw_population, logistic
from apnet_desktop.simulation.randomness import Stream, generator
from apnet_desktop.simulation.settings import GeneratorSettings

__all__ = ["image_expectation"]

Floats = NDArray[np.float64]


@cache
def _clinical_averages(settings: GeneratorSettings) -> tuple[Floats, float]:
    """E[risk | alcohol, rest of the logit] without organ failure, (2, grid); and the share of alcohol."""
    stream = generator(78, 0, Stream.POPULATION)
    size = 400_000
    drawn = draw_population(
        stream.standard_normal((size, model.NORMALS)), stream.random((size, model.UNIFORMS)), settings
    )
    effects = np.array(formula.ORGAN_FAILURE_EFFECTS)[drawn.factors["organ_failure"].astype(int)]
    score = formula.clinical_score(drawn.factors) - formula.CLINICAL_FACTOR * effects
    alcohol = drawn.factors["aetiology"] == ALCOHOL
    table = np.empty((2, len(GRID)))
    intercept = formula.INTERCEPT + settings.intercept_shift
    for group in range(2):
        chosen = np.sort(score[alcohol == bool(group)])
        middle = np.array([part.mean() for part in np.array_split(chosen, 1000)])
        table[group] = logistic(intercept + middle[:, None] + GRID).mean(axis=0)
    return table, float(alcohol.mean())


def image_expectation(drawn: Population, image: Floats, settings: GeneratorSettings) -> Floats:
    """E[risk | all findings of the label map], (n,).

    Args:
        drawn: Patients; only what their pictures show is used.
        image: Their image scores.
        settings: Constants of the generator.
    """
    table, alcohol_share = _clinical_averages(settings)
    nodes, prior = inflammation_nodes()
    of_inflammation = _finding_likelihood(drawn, nodes) * prior
    intercept = np.array(formula.ORGAN_FAILURE_EFFECTS) * formula.CLINICAL_FACTOR
    weights, values = [], []
    for group, share in ((0, 1 - alcohol_share), (1, alcohol_share)):
        alcohol = np.full(NODES, bool(group))
        given = of_inflammation * share * _alcohol_likelihood(drawn, nodes, alcohol)
        for failure in range(3):
            chances = np.stack(
                [model.organ_failure_chances(nodes, np.full(NODES, kind))[:, failure] for kind in range(3)]
            )
            weights.append((given * chances[drawn.complication]).sum(axis=1))
            values.append(
                interpolate(table[[group]], np.zeros(len(drawn), np.intp), (image + intercept[failure])[:, None])[:, 0]
            )
    weight, value = np.stack(weights, axis=1), np.stack(values, axis=1)
    return np.asarray((weight * value).sum(axis=1) / weight.sum(axis=1))


def _finding_likelihood(drawn: Population, nodes: Floats) -> Floats:
    """P(findings that do not depend on alcohol | S), (n, S), up to a factor of the patient."""
    from scipy.special import ndtr

    kinds = complication_shares(nodes)[:, drawn.complication].T.copy()
    necrotic = drawn.complication == 2
    fluid = drawn.complication > 0
    share = np.where(necrotic, drawn.necrosis_share, 0.3)
    mean, slope, deviation = model.NECROSIS
    kinds *= np.where(
        necrotic[:, None], density(np.log(share / (1 - share))[:, None], mean + slope * nodes, deviation), 1.0
    )
    medians, slope, deviation = model.COLLECTION
    centre = np.log(np.where(necrotic, medians[1], medians[0]))[:, None] + slope * nodes
    volume = np.log(np.where(fluid, drawn.collection_volume, 1.0))[:, None]
    kinds *= np.where(fluid[:, None], density(volume, centre, deviation), 1.0)
    mean, slope, deviation = model.STRANDING
    stranded = drawn.stranding_share
    kinds *= density(np.log(stranded / (1 - stranded))[:, None], mean + slope * nodes, deviation)
    occluded = np.where(
        necrotic[:, None], logistic(model.OCCLUSION[0] + model.OCCLUSION[1] * nodes), model.OCCLUSION[2]
    )
    kinds *= np.where(drawn.vein_occluded[:, None], occluded, 1 - occluded)
    wet = logistic(model.EFFUSION[0] + model.EFFUSION[1] * nodes)
    kinds *= np.where(drawn.effusion[:, None], wet, 1 - wet)
    mean, slope, deviation = model.SIGNS["length_of_stay"][:3]
    limit = np.log(model.LATE_STAY + 0.5)
    late = model.LATE_SHARE * (1 - ndtr((limit - mean - slope * nodes) / deviation))
    return np.asarray(kinds * np.where(drawn.late[:, None], late, 1 - late))


def _alcohol_likelihood(drawn: Population, nodes: Floats, alcohol: NDArray[np.bool_]) -> Floats:
    """P(duct and gland | S, alcohol), (n, S)."""
    median, shift, deviation = model.DUCT
    duct = density(np.log(drawn.duct_ratio)[:, None], np.log(median) + shift * alcohol, deviation)
    median, slope, shift, deviation = model.GLAND
    centre = np.log(median) + slope * nodes + shift * alcohol
    return np.asarray(duct * density(np.log(drawn.gland_volume)[:, None], centre, deviation))
