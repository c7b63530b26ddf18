"""The work folder behind the demonstration bundle: patients, pre-trained weights and features, each made once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.manifest import (
    Manifest,
)
from apnet_desktop.bundle.prediction import Compute, Precision
from apnet_desktop.language import Message
from apnet_desktop.model.compute import cpu_compute
from apnet_desktop.model.features import Features
from apnet_desktop.model.network import ApnetNetwork, load_network, network_arrays
from apnet_desktop.model.torch_engine import TorchEngine
from apnet_desktop.study.pretraining import join_backbones, load_best
from apnet_desktop.study.protocol import DemonstrationPlan
from apnet_desktop.study.recipe import BACKBONES, EMBEDDING, RECIPE
from apnet_desktop.study.side_by_side import run_modules, say
from apnet_desktop.study.simulated_cohort import (
    SimulatedCohort,
    cached_features,
    read_rows,
    weights_digest,
)

__all__ = ["DemonstrationRun"]

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class DemonstrationRun:
    """One run over a work folder.

    Attributes:
        work: Patients, checkpoints and features.
        plan: Seeds and counts, from `study/protocol.toml`.
        threads: CPU threads of this process.
        processes: Rendering processes at a time.
        device: Of pre-training, `cpu` or `cuda`.
        precision: Of the features that reader and heads are learnt from; bfloat16 halves the time on CPUs that have
            it. The evaluation is in float32 whatever this is.
    """

    work: Path
    plan: DemonstrationPlan
    threads: int = 2
    processes: int = 2
    device: str = "cpu"
    precision: Precision = Precision.FLOAT32

    def render(self) -> None:
        """Renders every patient that is not there yet."""
        plan = self.plan
        for name, seed, count, labels in (
            ("pretraining", plan.pretraining_seed, plan.pretraining_patients, True),
            ("reader", plan.reader_seed, plan.reader_patients, False),
            ("development", plan.development_seed, plan.development_patients, False),
            ("evaluation", plan.evaluation_seed, plan.evaluation_patients, False),
        ):
            say(f"render {count} patients for {name}")
            run_modules(
                [
                    [
                        "apnet_desktop.study.rendering_worker",
                        *("--seed", str(seed), "--first", str(first), "--count", str(count)),
                        *("--step", str(self.processes), "--folder", str(self.folder(name, seed))),
                        *(["--labels"] if labels else []),
                    ]
                    for first in range(self.processes)
                ]
            )

    def folder(self, name: str, seed: int) -> Path:
        """Where patients of one part lie; another seed never meets the old seed's patients there."""
        return self.work / f"{name}-{seed}"

    def pretrain(self) -> None:
        """Pre-trains both backbones side by side, each on half of the threads."""
        slices = self.folder("pretraining", self.plan.pretraining_seed)
        run_modules(
            [
                [
                    "apnet_desktop.study.pretraining",
                    *("--backbone", backbone.timm_name, "--slices", str(slices)),
                    *("--out", str(self.work / backbone.timm_name), "--budget", str(self.plan.pretraining_slices)),
                    *("--threads", str(max(1, self.threads // len(BACKBONES))), "--device", self.device),
                ]
                for backbone in BACKBONES
            ]
        )

    def pretraining_words(self) -> str:
        """What each backbone saw up to the checkpoint that is used, for the model card."""
        seen = []
        for backbone in BACKBONES:
            progress = json.loads((self.work / backbone.timm_name / "progress.json").read_text(encoding="utf-8"))
            best = min(progress["history"], key=lambda entry: float(entry["loss"]))
            seen.append(f"{backbone.timm_name} {best['slices']:,} slices")
        return ", ".join(seen)

    def network(self) -> Arrays:
        """The joined network's best weights, rounded as they ship."""
        parts = [load_best(self.work / backbone.timm_name) for backbone in BACKBONES]
        joined = join_backbones(parts, [len(backbone.depths) for backbone in BACKBONES])
        network = ApnetNetwork(BACKBONES, len(RECIPE.views), len(RECIPE.windows), RECIPE.pixels, EMBEDDING)
        return network_arrays(load_network(network, joined))

    def compute(self, precision: Precision = Precision.FLOAT32) -> Compute:
        """The CPU, in this precision."""
        chosen = cpu_compute(Message.of("model.device_cpu_asked"), threads=self.threads)
        return chosen.model_copy(update={"precision": precision})

    def features(self, name: str, cohort: SimulatedCohort, tensors: Arrays, manifest: Manifest) -> list[Features]:
        """Cached features of a cohort."""
        compute = self.compute(self.precision)
        digest = f"{weights_digest(tensors)}-{compute.precision.value}"
        return cached_features(
            self.folder(name, cohort.seed), cohort, lambda: TorchEngine(tensors, manifest, compute), digest
        )

    def cohort(self, name: str) -> SimulatedCohort:
        """Patients of one part that are rendered."""
        plan = self.plan
        seeds = {
            "reader": (plan.reader_seed, plan.reader_patients),
            "development": (plan.development_seed, plan.development_patients),
            "evaluation": (plan.evaluation_seed, plan.evaluation_patients),
        }
        seed, count = seeds[name]
        return read_rows(self.folder(name, seed), seed, "default", count)
