"""What the demonstration bundle is worth on fresh simulated patients, and whether bfloat16 may run it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import Precision, Route
from apnet_desktop.model.features import Features
from apnet_desktop.model.precision import bfloat16_allowed
from apnet_desktop.simulation.findings import CAUSES
from apnet_desktop.simulation.risk import HORIZON_MONTHS
from apnet_desktop.study.apply import LoadedBundle, risks_of
from apnet_desktop.study.demo_run import DemonstrationRun
from apnet_desktop.study.evaluate_cohort import EvaluatedPatients, build_evaluation
from apnet_desktop.study.evaluation import Evaluation
from apnet_desktop.study.reading import truth_of
from apnet_desktop.study.recipe import GENERATORS
from apnet_desktop.study.side_by_side import say
from apnet_desktop.study.simulated_cohort import (
    SimulatedCohort,
    cached_features,
)

__all__ = ["bfloat16_rule", "evaluate_demonstration"]


def evaluate_demonstration(run: DemonstrationRun, bundle: Bundle) -> Evaluation:
    """The bundle's files on fresh simulated patients of their own seed, as a study would see them: with censoring."""
    cohort = run.cohort("evaluation")
    loaded = LoadedBundle(bundle, run.compute())
    say(f"evaluate on {len(cohort.rows)} fresh patients")
    features = _features_by(loaded, run.folder("evaluation", cohort.seed), cohort)
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


def bfloat16_rule(run: DemonstrationRun, bundle: Bundle) -> tuple[bool, str]:
    """Whether the bundle may run in bfloat16, by the rule of `model.precision`, and in words what was found."""
    cohort = run.cohort("evaluation")
    found = []
    for precision in (Precision.FLOAT32, Precision.BFLOAT16):
        loaded = LoadedBundle(bundle, run.compute(precision))
        say(f"risks of {len(cohort.rows)} patients in {precision.value}")
        features = _features_by(loaded, run.folder("evaluation", cohort.seed), cohort)
        found.append(risks_of(loaded.model, features, cohort.records)[Route.FUSED])
    exact, rounded = found
    threshold = bundle.manifest.threshold.risk
    allowed = bfloat16_allowed(exact, rounded, threshold)
    crossed = int(((exact >= threshold) != (rounded >= threshold)).sum())
    shift = float(np.abs(exact - rounded).max())
    words = f"largest shift of a risk {shift:.4f}, {crossed} of {exact.size} patients change sides of the threshold"
    return allowed, f"{'allowed' if allowed else 'not allowed'}: {words}"


def _features_by(loaded: LoadedBundle, folder: Path, cohort: SimulatedCohort) -> list[Features]:
    return cached_features(folder, cohort, lambda: loaded.engine, loaded.digest)
