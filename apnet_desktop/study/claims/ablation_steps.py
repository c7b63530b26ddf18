"""The steps of the ablations that need another network or another reader, each on the first cohort and the test's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.claims.ablations import (
    VARIANTS,
    Variant,
    fit_variant_reader,
    other_network,
    pretrain_on,
    random_network,
    write_variant,
)
from apnet_desktop.study.claims.models import SimulatedModel
from apnet_desktop.study.claims.patient_steps import PatientSteps
from apnet_desktop.study.claims.patients import PATIENT_SECONDS, PatientStore, Population
from apnet_desktop.study.claims.steps import Step
from apnet_desktop.study.development import DevelopmentSettings
from apnet_desktop.study.protocol import ClaimsPlan
from apnet_desktop.study.recipe import BACKBONES
from apnet_desktop.study.statistics.discrimination import auroc, compare_auroc_delong

__all__ = ["AblationSteps"]

# Processor seconds, one core of an AMD EPYC: a development without refits; pre-training on one slice.
_DEVELOP, _SLICE = 10.0, 0.13


@dataclass(frozen=True)
class AblationSteps:
    """Makes them.

    Attributes:
        patients: Rendering and features.
        plan: Seeds and counts.
        test: The common test patients.
    """

    patients: PatientSteps
    plan: ClaimsPlan
    test: Population

    def all_steps(self) -> list[Step]:
        """Readers and features of the variants, and each variant's model of the first cohort."""
        plan = self.plan
        first = Population(plan.cohort_seeds[0], plan.development_patients + plan.validation_patients)
        steps: list[Step] = []
        for variant in VARIANTS:
            population = self._readers(variant)
            if variant.reader == "other_constants":
                steps += self._other_pretraining()
            steps += self.patients.rendering(population, (variant.name,))
            store = partial(self._variant_store, variant)
            if variant.own_network:
                words = f"network of {variant.name}"
                steps.append(Step(f"network-{variant.name}", words, 30, partial(self._write_variant, variant)))
                for one in (population, first, self.test):
                    steps += self.patients.features(f"-{variant.name}", store, one, (variant.name,))
            else:
                steps += self.patients.features("", store, population, (variant.name,))
            words = f"{variant.name} on the first cohort and the test patients"
            steps.append(Step(variant.name, words, _DEVELOP, partial(self._variant, variant, population, first)))
        return steps

    def _other_pretraining(self) -> list[Step]:
        plan = self.plan
        patients = Population(plan.other_pretraining_seed, plan.pretraining_patients, "other_constants")
        words = f"render {patients.count} pre-training patients with other constants"
        seconds = PATIENT_SECONDS[0] * patients.count
        steps = [Step("render-other-pretraining", words, seconds, partial(self._render_labels, patients), heavy=True)]
        for backbone in BACKBONES:
            name = backbone.timm_name
            for part in range(1, 5):
                until = plan.pretraining_slices * part // 4
                words = f"pre-train {name} on other constants, part {part} of 4"
                make = partial(self._pretrain, name, patients, until)
                seconds = _SLICE * plan.pretraining_slices / 4
                steps.append(Step(f"pretrain-{name}-{part}", words, seconds, make, heavy=True))
        return steps

    def _readers(self, variant: Variant) -> Population:
        plan = self.plan
        seed = plan.reader_seed if variant.reader == "default" else plan.other_reader_seed
        return Population(seed, plan.reader_patients, variant.reader)

    def _render_labels(self, population: Population) -> dict[str, int]:
        self.patients.store.render(population, 0, population.count, labels=True)
        return {"patients": population.count}

    def _pretrain(self, backbone: str, population: Population, until: int) -> dict[str, int]:
        folder, threads = self.patients.store.folder(population), min(self.patients.store.processes, 8)
        budget = self.plan.pretraining_slices
        words = [
            "--budget",
            str(budget),
            "--until",
            str(until),
            "--threads",
            str(threads),
            "--device",
            self.patients.store.device,
        ]
        pretrain_on(folder, self.patients.store.work / "other-constants", backbone, words)
        return {"slices": until}

    def _variant_folder(self, variant: Variant) -> Path:
        return self.patients.store.work / "variants" / self.patients.store.loaded.bundle.sha256[:12] / variant.name

    def _write_variant(self, variant: Variant) -> dict[str, str]:
        other = variant.reader == "other_constants"
        tensors = other_network(self.patients.store.work / "other-constants") if other else random_network()
        return {"bundle": write_variant(self.patients.store.loaded, tensors, self._variant_folder(variant)).sha256}

    def _variant_store(self, variant: Variant) -> PatientStore:
        if not variant.own_network:
            return self.patients.store
        loaded = LoadedBundle(open_bundle(self._variant_folder(variant)), self.patients.store.loaded.compute)
        return PatientStore(self.patients.store.work, loaded, self.patients.store.processes, self.patients.store.device)

    def _variant(self, variant: Variant, readers: Population, first: Population) -> dict[str, Any]:
        """The variant's model of the first cohort beside APNet's, on the same test patients."""
        store = self._variant_store(variant)
        reader = fit_variant_reader(store, readers, variant.whole_image)
        cohort, cases = store.cases(first, reader, variant.whole_image)
        test_cohort, test = store.cases(self.test, reader, variant.whole_image)
        chosen = cases.take(np.arange(self.plan.development_patients))
        model = SimulatedModel.develop(cohort, chosen, reader.prior, DevelopmentSettings(refits=2))
        risk = model.routes(test)["apnet"]
        event = test_cohort.truth().event
        kept = self.patients.steps.kept(f"cohort-{self.plan.cohort_seeds[0]}")
        apnet = np.array(kept["risks"]["apnet"])
        compared = compare_auroc_delong(event, apnet, risk)
        return {"auroc": auroc(event, risk), "apnet_minus": compared.difference.model_dump(mode="json")}
