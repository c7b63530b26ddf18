"""Makes the demonstration bundle from seeds alone: `python -m apnet_desktop.study.demo_bundle --out DIR`.

It prints its plan first and can be cut off at any time: patients, checkpoints and features are kept in the work folder
and made once. Pre-training, reader, development and evaluation use patients of four seeds that share nobody.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.manifest import (
    Manifest,
)
from apnet_desktop.bundle.prediction import Compute, Precision, Route
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.language import Message
from apnet_desktop.model.assemble import assemble_bundle
from apnet_desktop.model.compute import cpu_compute
from apnet_desktop.model.features import Features, pool_slices
from apnet_desktop.model.network import ApnetNetwork, load_network, network_arrays
from apnet_desktop.model.reader import Reader, fit_reader
from apnet_desktop.model.reference import fit_reference
from apnet_desktop.model.torch_engine import TorchEngine
from apnet_desktop.model.weights import Weights
from apnet_desktop.simulation.findings import CAUSES
from apnet_desktop.simulation.risk import HORIZON_MONTHS
from apnet_desktop.study.apply import LoadedBundle, risks_of
from apnet_desktop.study.demo_manifest import VERSION, finished_manifest, provisional_manifest
from apnet_desktop.study.development import DevelopmentSettings, cases_of, develop
from apnet_desktop.study.evaluate_cohort import EvaluatedPatients, build_evaluation
from apnet_desktop.study.evaluation import Evaluation
from apnet_desktop.study.evaluation_log import log_evaluation
from apnet_desktop.study.model_card import model_card
from apnet_desktop.study.pretraining import join_backbones, load_best
from apnet_desktop.study.protocol import DemonstrationPlan, read_protocol
from apnet_desktop.study.reading import explained_variance, truth_of
from apnet_desktop.study.recipe import BACKBONES, EMBEDDING, GENERATORS, PREDICTORS, RECIPE
from apnet_desktop.study.simulated_cohort import (
    READER_FINDINGS,
    SimulatedCohort,
    cached_features,
    read_rows,
    reader_targets,
    weights_digest,
)

__all__ = ["DemonstrationRun", "main"]

Arrays = dict[str, NDArray[np.generic]]


def _say(sentence: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")
    sys.stdout.flush()


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
            _say(f"render {count} patients for {name}")
            self._in_parallel(
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
        self._in_parallel(
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

    def _in_parallel(self, commands: list[list[str]]) -> None:
        running = [subprocess.Popen([sys.executable, "-m", *command]) for command in commands]  # noqa: S603
        try:
            failed = [process.wait() for process in running]
        finally:
            for process in running:
                process.terminate()
        if any(failed):
            raise RuntimeError("a step failed; its message stands above")

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


def build(run: DemonstrationRun, out: Path, settings: DevelopmentSettings, training: dict[str, str]) -> Bundle:
    """Everything after pre-training: features, reader, heads, calibration, reference, evaluation, bundle."""
    schema = default_schema().subset(PREDICTORS)
    provisional = provisional_manifest(schema, settings.folds)
    tensors = run.network()
    reading, developing = run.cohort("reader"), run.cohort("development")
    _say(f"features of {len(reading.rows)} patients for the reader")
    pooled = np.stack([pool_slices(f) for f in run.features("reader", reading, tensors, provisional)])
    reader = fit_reader(pooled, reader_targets(reading.rows))
    _say(f"features of {len(developing.rows)} development patients")
    features = run.features("development", developing, tensors, provisional)
    state = developing.state(HORIZON_MONTHS)
    cases = cases_of(developing.ids, features, developing.records, schema, state, reader)
    _say(f"develop on {int((state.event & state.known).sum())} events")
    development = develop(cases, schema, reader.prior, settings, lambda what, done: _say(f"  {what} {done:.0%}"))
    manifest = finished_manifest(schema, development, developing, settings)
    encoded = development.encoding.encode(cases.table)
    seen = np.concatenate([pooled, cases.pooled])
    fused = development.risks[Route.FUSED]
    reference = fit_reference(cases.pooled, cases.tokens, encoded, cases.table, fused, seen)
    weights = Weights(tensors, reader, development.encoding, development.models.image, development.models.fused)
    boosters = [booster.model_to_string() for booster in development.models.boosters]

    def assemble(evaluation: dict[str, object], card: str) -> Bundle:
        return assemble_bundle(out, manifest, weights, boosters, development.calibration, reference, evaluation, card)

    # First without an evaluation: what is evaluated then are the float16 files that ship.
    bundle = assemble({}, "To be written.\n")
    evaluation = evaluate_demonstration(run, bundle)
    words = {
        "Reader": f"{len(reading.rows)} further simulated patients",
        **_reader_quality(reader, cases.pooled, developing),
        **training,
    }
    return assemble(evaluation.model_dump(mode="json"), model_card(manifest, evaluation, words))


def _reader_quality(reader: Reader, pooled: NDArray[np.float64], cohort: SimulatedCohort) -> dict[str, str]:
    """R² with which the reader reads each finding of the development patients, whom it did not see."""
    explained = explained_variance(reader.findings(reader.tokens(pooled)), reader_targets(cohort.rows))
    words = ", ".join(f"{name} {value:.2f}" for name, value in zip(READER_FINDINGS, explained, strict=True))
    return {"R² of each finding read from the images of the development patients": words}


def evaluate_demonstration(run: DemonstrationRun, bundle: Bundle) -> Evaluation:
    """The bundle's files on fresh simulated patients of their own seed, as a study would see them: with censoring."""
    cohort = run.cohort("evaluation")
    loaded = LoadedBundle(bundle, run.compute())
    _say(f"evaluate on {len(cohort.rows)} fresh patients")
    features = cached_features(run.folder("evaluation", cohort.seed), cohort, lambda: loaded.engine, loaded.digest)
    patients = EvaluatedPatients(
        records=cohort.records,
        risks=risks_of(loaded.model, features, cohort.records),
        state=cohort.state(HORIZON_MONTHS),
        months=cohort.months,
        ends=cohort.ends,
        groups={
            "scanner": tuple(row.scanner for row in cohort.rows),
            "phase": tuple(row.phase for row in cohort.rows),
        },
    )
    words = f"{len(cohort.rows)} fresh simulated patients (seed {cohort.seed})"
    findings = {name: np.array([getattr(row.findings, name) for row in cohort.rows]) for name in CAUSES}
    truth = truth_of(loaded.model, features, findings, GENERATORS["default"])
    return build_evaluation(bundle.manifest, patients, words, simulated=True, seed=1, truth=truth)


def main(arguments: list[str] | None = None) -> int:
    """Prints the plan, then does what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("models/apnet-demo"))
    parser.add_argument("--work", type=Path, default=Path("build/demonstration"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--processes", type=int, default=2, help="rendering processes at a time")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="of pre-training")
    parser.add_argument("--bfloat16", action="store_true", help="features of reader and development in bfloat16")
    parser.add_argument("--build-only", action="store_true", help="use what is rendered and trained already")
    options = parser.parse_args(arguments)
    plan = read_protocol().demonstration
    precision = Precision.BFLOAT16 if options.bfloat16 else Precision.FLOAT32
    run = DemonstrationRun(options.work, plan, options.threads, options.processes, options.device, precision)
    for line in plan.sentences():
        _say(line)
    if not options.build_only:
        run.render()
        run.pretrain()
    settings = DevelopmentSettings(folds=plan.folds, seed=plan.fold_seed, refits=plan.refits)
    training = {
        "Pre-training": (
            f"{plan.pretraining_patients} simulated patients (seed {plan.pretraining_seed}), findings and masks only, "
            f"{run.pretraining_words()}"
        )
    }
    bundle = build(run, options.out, settings, training)
    evaluation = Evaluation.model_validate_json(bundle.read("evaluation.json"))
    fused = evaluation.route(Route.FUSED)
    area = "" if fused is None else f"AUROC fused {fused.auroc_bootstrap.value:.3f}"
    what = f"demonstration bundle {VERSION}, {evaluation.flow.evaluated} patients"
    log_evaluation(str(plan.evaluation_seed), bundle.sha256, what, area)
    _say(f"{bundle.folder}: {bundle.manifest.name} {bundle.manifest.version}, {bundle.sha256[:12]}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
