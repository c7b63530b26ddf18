"""Patients of the claims: rendered once for every bundle, their features extracted once for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.model.inputs import REGIONS
from apnet_desktop.model.reader import Reader
from apnet_desktop.simulation.risk import HORIZON_MONTHS
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.development import Cases, cases_of
from apnet_desktop.study.inputs_file import patient_file
from apnet_desktop.study.recipe import PREDICTORS
from apnet_desktop.study.side_by_side import run_modules
from apnet_desktop.study.simulated_cohort import SimulatedCohort, cached_features, read_rows

__all__ = ["PATIENT_SECONDS", "PatientStore", "Population", "whole_image_only"]

# Processor seconds a patient, one core of an AMD EPYC: rendering; features in float32.
PATIENT_SECONDS = (1.3, 2.7)


@dataclass(frozen=True)
class Population:
    """Patients of one seed.

    Attributes:
        seed: Of the population.
        count: Patients 0 up to this.
        generator: Name of the generator's constants.
    """

    seed: int
    count: int
    generator: str = "default"

    @property
    def name(self) -> str:
        """Folder of its patients."""
        return f"{self.generator}-{self.seed}"


@dataclass(frozen=True)
class PatientStore:
    """Rendered patients and features on disk.

    Attributes:
        work: Folder.
        loaded: Bundle whose network and reader are used.
        processes: Processes at a time.
        device: `cpu` or `cuda`, of the features.
    """

    work: Path
    loaded: LoadedBundle
    processes: int
    device: str = "cpu"

    def folder(self, population: Population) -> Path:
        """Where the inputs of these patients lie."""
        return self.work / population.name

    def rendered(self, population: Population, first: int, stop: int) -> bool:
        """True if these patients' inputs are there."""
        folder = self.folder(population)
        return all(patient_file(folder, number).exists() for number in range(first, stop))

    def extracted(self, population: Population, first: int, stop: int) -> bool:
        """True if these patients' features by this network are there."""
        folder = self.folder(population) / f"features-{self.loaded.digest}"
        return all(patient_file(folder, number).exists() for number in range(first, stop))

    def render(self, population: Population, first: int, stop: int, labels: bool = False) -> None:
        """Renders the patients `first` up to `stop` that are not there yet; with label maps for pre-training."""
        words = ["--labels"] if labels else []
        self._in_parallel("rendering_worker", population, first, stop, self.processes, words)

    def extract(self, population: Population, first: int, stop: int) -> None:
        """Extracts the features of the patients `first` up to `stop` that are not there yet."""
        words = ["--bundle", str(self.loaded.bundle.folder), "--device", self.device]
        processes = min(self.processes, 2) if self.device == "cuda" else self.processes
        self._in_parallel("feature_worker", population, first, stop, processes, words)

    def _in_parallel(
        self, module: str, population: Population, first: int, stop: int, processes: int, words: list[str]
    ) -> None:
        run_modules(
            [
                [
                    f"apnet_desktop.study.{module}",
                    *("--seed", str(population.seed), "--generator", population.generator),
                    *("--folder", str(self.folder(population)), "--first", str(number), "--count", str(stop)),
                    *("--step", str(processes), *words),
                ]
                for number in range(first, min(first + processes, stop))
            ]
        )

    def cases(
        self, population: Population, reader: Reader | None = None, whole_image: bool = False
    ) -> tuple[SimulatedCohort, Cases]:
        """Patients whose features are there, as everything after the network sees them.

        Args:
            population: Who.
            reader: Reads the tokens; None is the bundle's.
            whole_image: The reader sees whole images only.
        """
        folder = self.folder(population)
        if len(list(folder.glob("[0-9]*.safetensors"))) < population.count:
            raise RuntimeError(f"{population.name} is not rendered")
        cohort = read_rows(folder, population.seed, population.generator, population.count)
        features = cached_features(folder, cohort, lambda: self.loaded.engine, self.loaded.digest)
        schema = default_schema().subset(PREDICTORS)
        state = cohort.state(HORIZON_MONTHS)
        chosen = reader or self.loaded.model.weights.reader
        cases = cases_of(cohort.ids, features, cohort.records, schema, state, chosen)
        if whole_image:
            pooled = whole_image_only(cases.pooled)
            cases = replace(cases, pooled=pooled, tokens=chosen.tokens(pooled))
        return cohort, cases


def whole_image_only(pooled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pooled vectors with everything that the ROI was needed for set to 0: inside, rim, and the ROI's size.

    Args:
        pooled: (patients, scales, pooled width).
    """
    width = (pooled.shape[-1] - 2) // 2
    region = width // len(REGIONS)
    kept = np.zeros(pooled.shape[-1], dtype=bool)
    for part in range(2):
        start = part * width + (len(REGIONS) - 1) * region
        kept[start : start + region] = True
    return np.where(kept, pooled, 0.0)
