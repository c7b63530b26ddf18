"""Models of the claims: a development on simulated patients, and every system's risk of others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import logit
from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.model.reader import Reader
from apnet_desktop.simulation.findings import CAUSES
from apnet_desktop.study.development import Cases, Development, DevelopmentSettings, develop
from apnet_desktop.study.fold_systems import (
    Subjects,
    causes_system,
    cross_validate,
    paper_systems,
)
from apnet_desktop.study.recipe import PREDICTORS
from apnet_desktop.study.simulated_cohort import SimulatedCohort
from apnet_desktop.study.statistics.calibration_measures import calibration_intercept, calibration_slope
from apnet_desktop.study.statistics.censoring import HorizonOutcome
from apnet_desktop.study.statistics.discrimination import auroc

__all__ = ["ROUTE_NAMES", "SimulatedModel", "areas", "calibration", "interval_coverage"]

Floats = NDArray[np.float64]
ROUTE_NAMES: dict[Route, str] = {Route.FUSED: "apnet", Route.IMAGE: "image", Route.CLINICAL: "lightgbm_clinical"}


@dataclass(frozen=True)
class SimulatedModel:
    """A development on simulated patients.

    Attributes:
        cases: Its patients.
        causes: Their true image causes.
        development: What was learnt.
    """

    cases: Cases
    causes: Floats
    development: Development

    @classmethod
    def develop(
        cls, cohort: SimulatedCohort, cases: Cases, prior: Floats, settings: DevelopmentSettings
    ) -> SimulatedModel:
        """Develops on the first `len(cases.ids)` patients of `cohort`."""
        schema = default_schema().subset(PREDICTORS)
        causes = true_causes(cohort)[: len(cases.ids)]
        return cls(cases, causes, develop(cases, schema, prior, settings, lambda _stage, _done: None))

    def routes(self, others: Cases) -> dict[str, Floats]:
        """Risks of others by the three routes, as a bundle gives them, and by their late average."""
        development, models = self.development, self.development.models
        clinical = development.encoding.encode(others.table)
        nothing = np.zeros((len(others.ids), 0))
        raw = {
            Route.FUSED: [head.logits(others.tokens, clinical) for head in models.fused],
            Route.IMAGE: [head.logits(others.tokens, nothing) for head in models.image],
            Route.CLINICAL: [
                booster.predict(others.table, raw_score=True, num_threads=1) for booster in models.boosters
            ],
        }
        risks = {
            ROUTE_NAMES[route]: development.calibration.route(route).probabilities(np.stack(scores))
            for route, scores in raw.items()
        }
        return {**risks, "late_average": (risks["image"] + risks["lightgbm_clinical"]) / 2}

    def every_system(
        self, manifest: Manifest, reader: Reader, others: Cases, causes: Floats, seed: int
    ) -> dict[str, Floats]:
        """Risks of others by every system of the paper, ablations on the same features, and the causes themselves."""
        encode = self.development.encoding.encode
        own = Subjects(self.cases, encode(self.cases.table), causes=self.causes)
        they = Subjects(others, encode(others.table), causes=causes)
        systems = {**paper_systems(manifest, reader, with_floor=False), "causes_themselves": causes_system()}
        partition = self.development.partition
        found = {
            name: cross_validate(system, own, partition, seed).risk(self.cases, they)
            for name, system in systems.items()
        }
        return {**self.routes(others), **found}


def true_causes(cohort: SimulatedCohort) -> Floats:
    """(patients, causes): the image causes as they are."""
    return np.array([[float(getattr(row.findings, name)) for name in CAUSES] for row in cohort.rows])


def areas(risks: dict[str, Floats], state: HorizonOutcome) -> dict[str, float]:
    """AUROC by system; weighted where patients are censored."""
    known = state.known
    outcome, weights = state.event[known], state.weights[known]
    return {name: auroc(outcome, risk[known], weights) for name, risk in risks.items()}


def calibration(risk: Floats, event: NDArray[np.bool_]) -> dict[str, float | None]:
    """Calibration slope and intercept of a risk."""
    slope, intercept = calibration_slope(event, risk), calibration_intercept(event, risk)
    return {
        "slope": None if slope is None else slope.value,
        "intercept": None if intercept is None else intercept.value,
    }


def interval_coverage(
    development: Development, risk: Floats, true_risk: Floats, points: int = 50, nearest: int = 100
) -> float:
    """Share of intervals that hold the mean true risk of the patients nearest in score, over the scores' quantiles.

    Args:
        development: Whose interval curve.
        risk: Fused risk (patients,).
        true_risk: (patients,).
        points: Quantiles of the score that are looked at.
        nearest: Patients around each.
    """
    curve = development.calibration.route(Route.FUSED).interval
    score = logit(risk)
    held = 0
    for value in np.quantile(score, (np.arange(points) + 0.5) / points):
        near = np.argsort(np.abs(score - value))[:nearest]
        lower, upper = curve.at(float(value))
        held += lower <= float(true_risk[near].mean()) <= upper
    return held / points
