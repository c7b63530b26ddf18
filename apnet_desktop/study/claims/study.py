"""The steps of the claims study: patients, models, curves, ablations, heat maps. `__main__` runs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import logit, sigmoid
from apnet_desktop.bundle.prediction import Compute
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.model.clinical_columns import fit_encoding
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.claims.ablation_steps import AblationSteps
from apnet_desktop.study.claims.ablations import VARIANTS
from apnet_desktop.study.claims.models import (
    ROUTE_NAMES,
    SimulatedModel,
    areas,
    calibration,
    interval_coverage,
    true_causes,
)
from apnet_desktop.study.claims.patient_steps import PatientSteps
from apnet_desktop.study.claims.patients import PatientStore, Population
from apnet_desktop.study.claims.steps import Step, Steps
from apnet_desktop.study.development import Cases, DevelopmentSettings, fit_folds
from apnet_desktop.study.localisation import localise
from apnet_desktop.study.partition import stratified_partition
from apnet_desktop.study.protocol import ClaimsPlan
from apnet_desktop.study.reading import explained_variance, simulated_truth
from apnet_desktop.study.recipe import GENERATORS, PREDICTORS
from apnet_desktop.study.simulated_cohort import READER_FINDINGS, SimulatedCohort
from apnet_desktop.study.statistics.censoring import HorizonOutcome
from apnet_desktop.study.statistics.discrimination import auroc

__all__ = ["ClaimsStudy"]

Floats = NDArray[np.float64]
# Processor seconds, one core of an AMD EPYC: a development with 200 refits, the same without, tuned clinical models.
_DEVELOP, _FOLDS, _SYSTEMS = 45.0, 10.0, 90.0


@dataclass
class ClaimsStudy:
    """One study over a work folder.

    Attributes:
        work: Patients, features, results.
        loaded: Bundle whose network and reader are used.
        compute: Where heat maps are made.
        plan: Seeds and counts.
        steps: Keeps the results.
        processes: Processes at a time.
        device: `cpu` or `cuda`, of features and pre-training.
        refits: Bootstrap refits behind the intervals of the ten models.
        cohorts: Only the first so many of the ten.
    """

    work: Path
    loaded: LoadedBundle
    compute: Compute
    plan: ClaimsPlan
    steps: Steps
    processes: int
    device: str = "cpu"
    refits: int = 200
    cohorts: int = 10
    _seen: dict[str, tuple[SimulatedCohort, Cases]] = field(default_factory=dict)

    @property
    def patients(self) -> PatientSteps:
        """Makes the steps over patients."""
        return PatientSteps(self.store, self.steps)

    @property
    def store(self) -> PatientStore:
        """Patients and their features by the bundle's network."""
        return PatientStore(self.work, self.loaded, self.processes, self.device)

    def all_steps(self) -> list[Step]:
        """Every step in the order of what is worth most: the claims on the common test patients come first."""
        plan = self.plan
        seeds = plan.cohort_seeds[: self.cohorts]
        each = plan.development_patients + plan.validation_patients
        curve = tuple(f"learning-{size}" for size in sorted(plan.learning))
        permuted = tuple(f"permuted-{n}" for n in range(plan.permutation_runs))
        variants = tuple(variant.name for variant in VARIANTS)
        models = tuple(f"cohort-{seed}" for seed in seeds)
        steps = self.patients.patients(self._test, (*models, "reading", *curve, *variants))
        for number, (seed, name) in enumerate(zip(seeds, models, strict=True), start=1):
            serves = (name,) if number > 1 else (name, "external", *permuted, *variants)
            steps += self.patients.patients(Population(seed, each), serves)
            words = f"cohort {number} of {len(seeds)} (seed {seed}): every system on its own patients and on the test's"
            steps.append(Step(name, words, _DEVELOP + _SYSTEMS, partial(self._cohort, seed)))
        steps.append(Step("reading", "what the network reads, and the limit of it", 40, self._reading))
        for n, name in enumerate(permuted):
            steps.append(
                Step(name, f"permuted outcomes {n + 1} of {len(permuted)}", _FOLDS, partial(self._permuted, n))
            )
        words = f"heat maps of {plan.localisation_patients} patients"
        steps.append(Step("localisation", words, plan.localisation_patients * 25, self._localisation))
        steps += self.patients.patients(self._external, ("external",))
        steps.append(Step("external", "the external patients, before and after the shift", _DEVELOP, self._shifted))
        sizes = sorted(plan.learning)
        for n, (size, name) in enumerate(zip(sizes, curve, strict=True)):
            # A larger cohort holds the smaller ones: only the patients that come in are new.
            steps += self.patients.patients(Population(plan.large_seed, size), curve[n:], sizes[n - 1] if n else 0)
            seconds = _FOLDS * (1 + size / 200)
            steps.append(Step(name, f"learning curve: {size} patients", seconds, partial(self._learning, size)))
        named: dict[str, Step] = {}
        for step in (*steps, *AblationSteps(self.patients, plan, self._test).all_steps()):
            named.setdefault(step.name, step)  # two ablations share their reader's patients
        return list(named.values())

    @property
    def _test(self) -> Population:
        return Population(self.plan.test_seed, self.plan.test_patients)

    @property
    def _external(self) -> Population:
        return Population(self.plan.external_seed, self.plan.external_patients, "external")

    def _first(self) -> tuple[SimulatedCohort, Cases]:
        """The development patients of the first cohort."""
        plan = self.plan
        cohort, cases = self._cases(
            Population(plan.cohort_seeds[0], plan.development_patients + plan.validation_patients)
        )
        return cohort, cases.take(np.arange(plan.development_patients))

    def _cases(self, population: Population) -> tuple[SimulatedCohort, Cases]:
        key = f"{population.name}-{population.count}"
        if key not in self._seen:
            self._seen[key] = self.store.cases(population)
        return self._seen[key]

    def _settings(self, refits: int) -> DevelopmentSettings:
        return DevelopmentSettings(refits=refits)

    @property
    def _prior(self) -> Floats:
        return self.loaded.model.weights.reader.prior

    def _cohort(self, seed: int) -> dict[str, Any]:
        """A model of one cohort: on its own patients, and on the common test patients with their true outcome."""
        plan = self.plan
        cohort, cases = self._cases(Population(seed, plan.development_patients + plan.validation_patients))
        rows = np.arange(len(cases.ids))
        model = SimulatedModel.develop(
            cohort, cases.take(rows[: plan.development_patients]), self._prior, self._settings(self.refits)
        )
        own = cases.take(rows[plan.development_patients :])
        test_cohort, test = self._cases(self._test)
        truth = test_cohort.truth()
        risks = model.every_system(
            self.loaded.bundle.manifest, self.loaded.model.weights.reader, test, true_causes(test_cohort), seed
        )
        true_risk = np.array([row.true_risk for row in test_cohort.rows])
        return {
            "seed": seed,
            "own": areas(model.routes(own), own.state),
            "test": areas(risks, truth),
            "calibration": calibration(risks["apnet"], truth.event),
            "coverage": interval_coverage(model.development, risks["apnet"], true_risk),
            "risks": {name: np.round(risk, 6).tolist() for name, risk in risks.items()},
        }

    def _reading(self) -> dict[str, Any]:
        cohort, cases = self._cases(self._test)
        reader = self.loaded.model.weights.reader
        read = reader.findings(cases.tokens)
        truth = np.array([[float(getattr(row.findings, name)) for name in READER_FINDINGS] for row in cohort.rows])
        found = simulated_truth(
            {name: read[:, n] for n, name in enumerate(READER_FINDINGS)},
            {name: truth[:, n] for n, name in enumerate(READER_FINDINGS)},
            GENERATORS["default"],
        )
        every = dict(zip(READER_FINDINGS, np.round(explained_variance(read, truth), 4).tolist(), strict=True))
        recurs = [bool(value) for value in cohort.truth().event]
        return {**found.model_dump(mode="json"), "every_finding": every, "recurs": recurs}

    def _permuted(self, number: int) -> dict[str, float]:
        """Out-of-fold AUROC with outcomes dealt to other patients: what a leak would raise above one half."""
        _, cases = self._first()
        order = np.random.default_rng([self.plan.test_seed, number]).permutation(len(cases.ids))
        state = HorizonOutcome(cases.state.event[order], cases.state.weights[order], cases.state.known[order])
        dealt = Cases(cases.ids, cases.pooled, cases.tokens, cases.table, state)
        schema = default_schema().subset(PREDICTORS)
        partition = stratified_partition(dealt.ids, state.event & state.known, self._settings(1).folds, number)
        encoding = fit_encoding(schema, dealt.table)
        models = fit_folds(dealt, schema, encoding, self._prior, partition, number, lambda _stage, _done: None)
        known = state.known
        return {
            ROUTE_NAMES[route]: auroc(state.event[known], score[known], state.weights[known])
            for route, score in models.scores.items()
        }

    def _localisation(self) -> dict[str, Any]:
        plan = self.plan
        found = localise(
            self.loaded, self.loaded.tensors, plan.localisation_seed, plan.localisation_patients, self.compute
        )
        return {**found.model_dump(mode="json"), "holds": found.holds}

    def _shifted(self) -> dict[str, Any]:
        """The first cohort's model on another centre, before and after the shift of the base rate."""
        cohort, cases = self._first()
        development = SimulatedModel.develop(cohort, cases, self._prior, self._settings(2)).development
        model = SimulatedModel(cases, true_causes(cohort), development)
        other, external = self._cases(self._external)
        truth = other.truth()
        risks = model.routes(external)
        risk, rate = risks["apnet"], float(truth.event.mean())
        moved = sigmoid(logit(risk) + logit(rate) - logit(development.prevalence))
        return {
            "prevalence": rate,
            "development_prevalence": development.prevalence,
            "auroc": areas(risks, truth),
            "before": calibration(risk, truth.event),
            "after": calibration(np.asarray(moved), truth.event),
        }

    def _learning(self, size: int) -> dict[str, Any]:
        cohort, cases = self._cases(Population(self.plan.large_seed, size))
        model = SimulatedModel.develop(cohort, cases, self._prior, self._settings(2))
        test_cohort, test = self._cases(self._test)
        found = areas(model.routes(test), test_cohort.truth())
        best = self.steps.kept("reading")["optimum"]["fused"]
        return {"patients": size, "test": found, "share_of_optimum": (found["apnet"] - 0.5) / (best - 0.5)}
