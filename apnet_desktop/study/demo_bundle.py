"""Makes the demonstration bundle from seeds alone: `python -m apnet_desktop.study.demo_bundle --out DIR`.

It prints its plan first and can be cut off at any time: patients, checkpoints and features are kept in the work folder
and made once. Pre-training, reader, development and evaluation use patients of four seeds that share nobody.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import Precision, Route
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.model.assemble import assemble_bundle
from apnet_desktop.model.features import pool_slices
from apnet_desktop.model.reader import Reader, fit_reader
from apnet_desktop.model.reference import fit_reference
from apnet_desktop.model.weights import Weights
from apnet_desktop.simulation.risk import HORIZON_MONTHS
from apnet_desktop.study.demo_evaluation import bfloat16_rule, evaluate_demonstration
from apnet_desktop.study.demo_manifest import VERSION, finished_manifest, provisional_manifest
from apnet_desktop.study.demo_run import DemonstrationRun
from apnet_desktop.study.development import DevelopmentSettings, cases_of, develop
from apnet_desktop.study.evaluation import Evaluation
from apnet_desktop.study.evaluation_log import log_evaluation
from apnet_desktop.study.model_card import model_card
from apnet_desktop.study.protocol import read_protocol
from apnet_desktop.study.reading import explained_variance
from apnet_desktop.study.recipe import PREDICTORS
from apnet_desktop.study.side_by_side import say
from apnet_desktop.study.simulated_cohort import (
    READER_FINDINGS,
    SimulatedCohort,
    reader_targets,
)

__all__ = ["build", "main"]


def build(run: DemonstrationRun, out: Path, settings: DevelopmentSettings, training: dict[str, str]) -> Bundle:
    """Everything after pre-training: features, reader, heads, calibration, reference, evaluation, bundle."""
    schema = default_schema().subset(PREDICTORS)
    provisional = provisional_manifest(schema, settings.folds)
    tensors = run.network()
    reading, developing = run.cohort("reader"), run.cohort("development")
    say(f"features of {len(reading.rows)} patients for the reader")
    pooled = np.stack([pool_slices(f) for f in run.features("reader", reading, tensors, provisional)])
    reader = fit_reader(pooled, reader_targets(reading.rows))
    say(f"features of {len(developing.rows)} development patients")
    features = run.features("development", developing, tensors, provisional)
    state = developing.state(HORIZON_MONTHS)
    cases = cases_of(developing.ids, features, developing.records, schema, state, reader)
    say(f"develop on {int((state.event & state.known).sum())} events")
    development = develop(cases, schema, reader.prior, settings, lambda what, done: say(f"  {what} {done:.0%}"))
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
    allowed, rounding = bfloat16_rule(run, bundle)
    manifest = manifest.model_copy(update={"bfloat16_allowed": allowed})
    words = {
        "bfloat16": rounding,
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
        say(line)
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
    say(f"{bundle.folder}: {bundle.manifest.name} {bundle.manifest.version}, {bundle.sha256[:12]}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
