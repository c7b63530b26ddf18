"""What must be shown, on patients nobody tuned on: `python -m apnet_desktop.study.claims --work DIR --bundle DIR`.

Seeds stand in `protocol.toml`. Every step is kept, so the command may be cut off at any time and goes on; it prints
its plan with hours first. Steps: ten cohorts of 184 + 51; each of the ten models on its own 51 and on one common set of
1,000; the learning curve up to 2,000 training patients; an external 1,000 (unseen scanner, base rate of 15 %) before
and after the shift of the base rate; permuted outcomes. `claims.json` holds the figures, goals met and missed
alike, with the commit that made them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import logit, sigmoid
from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.language import Message
from apnet_desktop.model.clinical_columns import fit_encoding
from apnet_desktop.model.compute import cpu_compute
from apnet_desktop.simulation.risk import HORIZON_MONTHS
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.development import Cases, Development, DevelopmentSettings, cases_of, develop, fit_folds
from apnet_desktop.study.partition import stratified_partition
from apnet_desktop.study.protocol import ClaimsPlan, read_protocol
from apnet_desktop.study.recipe import PREDICTORS
from apnet_desktop.study.simulated_cohort import SimulatedCohort, cached_features, read_rows
from apnet_desktop.study.statistics.calibration_measures import calibration_intercept, calibration_slope
from apnet_desktop.study.statistics.censoring import HorizonOutcome
from apnet_desktop.study.statistics.discrimination import auroc
from apnet_desktop.study.statistics.estimate import percentile_interval

__all__ = ["ClaimsRun", "apply_development", "interval_coverage", "main"]

Floats = NDArray[np.float64]
_ROUTES = (Route.FUSED, Route.IMAGE, Route.CLINICAL)


def apply_development(development: Development, cases: Cases) -> dict[Route, Floats]:
    """Risks of other patients by a development: the mean over folds of calibrated probabilities, as it ships."""
    clinical = development.encoding.encode(cases.table)
    nothing = np.zeros((len(cases.ids), 0))
    models = development.models
    raw = {
        Route.FUSED: [head.logits(cases.tokens, clinical) for head in models.fused],
        Route.IMAGE: [head.logits(cases.tokens, nothing) for head in models.image],
        Route.CLINICAL: [booster.predict(cases.table, raw_score=True, num_threads=1) for booster in models.boosters],
    }
    calibration = development.calibration
    return {route: calibration.route(route).probabilities(np.stack(scores)) for route, scores in raw.items()}


def interval_coverage(
    development: Development, risk: Floats, true_risk: Floats, points: int = 50, nearest: int = 100
) -> float:
    """Share of intervals that hold the mean true risk of the patients nearest in score, over the scores' quantiles."""
    curve = development.calibration.route(Route.FUSED).interval
    score = logit(risk)
    held = 0
    for value in np.quantile(score, (np.arange(points) + 0.5) / points):
        near = np.argsort(np.abs(score - value))[:nearest]
        lower, upper = curve.at(float(value))
        held += lower <= float(true_risk[near].mean()) <= upper
    return held / points


def _say(sentence: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class ClaimsRun:
    """One run over a work folder.

    Attributes:
        work: Patients, features and results.
        loaded: Bundle whose backbones and reader are used.
        plan: From the protocol.
        processes: Rendering processes at a time.
        settings: Of every development.
    """

    work: Path
    loaded: LoadedBundle
    plan: ClaimsPlan
    processes: int
    settings: DevelopmentSettings

    def cases(self, seed: int, count: int, generator: str = "default") -> tuple[SimulatedCohort, Cases]:
        """Patients of one seed: rendered, features extracted, pooled and read; each step once."""
        folder = self.work / f"{generator}-{seed}"
        commands = [
            [
                sys.executable,
                *("-m", "apnet_desktop.study.rendering_worker", "--seed", str(seed), "--first", str(first)),
                *("--count", str(count - first), "--step", str(self.processes), "--folder", str(folder)),
                *("--generator", generator),
            ]
            for first in range(self.processes)
        ]
        running = [subprocess.Popen(command) for command in commands]  # noqa: S603
        try:
            failed = [process.wait() for process in running]
        finally:
            for process in running:
                process.terminate()
        if any(failed):
            raise RuntimeError("rendering failed; its message stands above")
        cohort = read_rows(folder, seed, generator, count)
        features = cached_features(folder, cohort, lambda: self.loaded.engine, self.loaded.digest)
        schema = default_schema().subset(PREDICTORS)
        reader = self.loaded.model.weights.reader
        state = cohort.state(HORIZON_MONTHS)
        return cohort, cases_of(cohort.ids, features, cohort.records, schema, state, reader)

    def develop(self, cases: Cases) -> Development:
        """A development on these patients."""
        schema = default_schema().subset(PREDICTORS)
        prior = self.loaded.model.weights.reader.prior
        return develop(cases, schema, prior, self.settings, lambda _stage, _done: None)

    def step(self, name: str, make: Callable[[], Any]) -> Any:
        """The kept result of a step, made once."""
        path = self.work / "results" / f"{name}.json"
        if path.exists():
            return json.loads(path.read_text(encoding="utf-8"))
        _say(name)
        result = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=1), encoding="utf-8")
        return result


def _areas(risks: dict[Route, Floats], state: HorizonOutcome) -> dict[str, float]:
    """AUROC by route, and of the average of the clinical and image probabilities; weighted where censored."""
    known = state.known
    outcome, weights = state.event[known], state.weights[known]
    areas = {route.value: auroc(outcome, risks[route][known], weights) for route in _ROUTES}
    late = (risks[Route.CLINICAL] + risks[Route.IMAGE]) / 2
    return {**areas, "late_average": auroc(outcome, late[known], weights)}


def _calibration(risk: Floats, event: NDArray[np.bool_]) -> dict[str, float | None]:
    slope, intercept = calibration_slope(event, risk), calibration_intercept(event, risk)
    return {
        "slope": None if slope is None else slope.value,
        "intercept": None if intercept is None else intercept.value,
    }


def _one_cohort(run: ClaimsRun, seed: int) -> dict[str, Any]:
    """A model of 184 patients: on its own 51, and on the common test patients with their true outcome."""
    plan = run.plan
    _, cases = run.cases(seed, plan.development_patients + plan.validation_patients)
    rows = np.arange(len(cases.ids))
    development = run.develop(cases.take(rows[: plan.development_patients]))
    own = cases.take(rows[plan.development_patients :])
    test_cohort, test = run.cases(plan.test_seed, plan.test_patients)
    truth = test_cohort.truth()
    risks = apply_development(development, test)
    true_risk = np.array([row.true_risk for row in test_cohort.rows])
    return {
        "seed": seed,
        "own": _areas(apply_development(development, own), own.state),
        "test": _areas(risks, truth),
        "calibration": _calibration(risks[Route.FUSED], truth.event),
        "coverage": interval_coverage(development, risks[Route.FUSED], true_risk),
        "risks": {route.value: [round(float(value), 6) for value in risks[route]] for route in _ROUTES},
    }


def _learning(run: ClaimsRun, size: int) -> dict[str, Any]:
    plan = run.plan
    _, cases = run.cases(plan.large_seed, size)
    development = run.develop(cases)
    test_cohort, test = run.cases(plan.test_seed, plan.test_patients)
    return {"patients": size, "test": _areas(apply_development(development, test), test_cohort.truth())}


def _external(run: ClaimsRun) -> dict[str, Any]:
    """The first cohort's model on another centre, before and after the shift of the base rate."""
    plan = run.plan
    _, cases = run.cases(plan.cohort_seeds[0], plan.development_patients + plan.validation_patients)
    development = run.develop(cases.take(np.arange(plan.development_patients)))
    cohort, external = run.cases(plan.external_seed, plan.external_patients, "external")
    truth = cohort.truth()
    risk = apply_development(development, external)[Route.FUSED]
    rate = float(truth.event.mean())
    moved = sigmoid(logit(risk) + logit(rate) - logit(development.prevalence))
    return {
        "prevalence": rate,
        "auroc": auroc(truth.event, risk),
        "before": _calibration(risk, truth.event),
        "after": _calibration(np.asarray(moved), truth.event),
    }


def _permuted(run: ClaimsRun, number: int) -> dict[str, float]:
    """Out-of-fold AUROC with outcomes dealt to other patients: what a leak would raise above one half."""
    plan = run.plan
    _, cases = run.cases(plan.cohort_seeds[0], plan.development_patients + plan.validation_patients)
    cases = cases.take(np.arange(plan.development_patients))
    order = np.random.default_rng([plan.test_seed, number]).permutation(len(cases.ids))
    state = HorizonOutcome(cases.state.event[order], cases.state.weights[order], cases.state.known[order])
    permuted = Cases(cases.ids, cases.pooled, cases.tokens, cases.table, state)
    schema = default_schema().subset(PREDICTORS)
    partition = stratified_partition(permuted.ids, state.event & state.known, run.settings.folds, number)
    encoding = fit_encoding(schema, permuted.table)
    prior = run.loaded.model.weights.reader.prior
    models = fit_folds(permuted, schema, encoding, prior, partition, number, lambda _stage, _done: None)
    known = state.known
    return {
        route.value: auroc(state.event[known], models.scores[route][known], state.weights[known]) for route in _ROUTES
    }


def _summary(run: ClaimsRun, cohorts: list[dict[str, Any]], optimum: dict[str, float]) -> dict[str, Any]:
    """Claims on the common test patients, paired over the ten models, with intervals over models and patients."""
    test_cohort, _ = run.cases(run.plan.test_seed, run.plan.test_patients)
    event = test_cohort.truth().event
    generator = np.random.default_rng(run.plan.test_seed)
    names = ("fused", "image", "clinical")
    risks = {name: np.array([cohort["risks"][name] for cohort in cohorts]) for name in names}
    risks["late_average"] = (risks["image"] + risks["clinical"]) / 2
    draws = []
    for _ in range(1000):
        models = generator.integers(0, len(cohorts), len(cohorts))
        patients = generator.integers(0, event.size, event.size)
        drawn = {
            name: float(np.mean([auroc(event[patients], values[model][patients]) for model in models]))
            for name, values in risks.items()
        }
        draws.append(drawn)
    mean = {name: float(np.mean([auroc(event, row) for row in values])) for name, values in risks.items()}
    differences = {
        name: [mean["fused"] - mean[name], *percentile_interval(np.array([d["fused"] - d[name] for d in draws]))]
        for name in risks
        if name != "fused"
    }
    slopes = [cohort["calibration"]["slope"] for cohort in cohorts if cohort["calibration"]["slope"] is not None]
    return {
        "mean_auroc_on_test": mean,
        "share_of_optimum": (mean["fused"] - 0.5) / (optimum["both"] - 0.5),
        "apnet_minus": differences,
        "own_51_mean_and_sd": [
            float(np.mean([c["own"]["fused"] for c in cohorts])),
            float(np.std([c["own"]["fused"] for c in cohorts], ddof=1)),
        ],
        "calibration_slope_mean": float(np.mean(slopes)),
        "coverage_mean": float(np.mean([cohort["coverage"] for cohort in cohorts])),
    }


def _optimum() -> dict[str, float]:
    from apnet_desktop.simulation.optimum import compute_optimum

    best = compute_optimum()
    return {"clinical": best.clinical.value, "image": best.image.value, "both": best.both.value}


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return found.stdout.strip() or "unknown"


def main(arguments: list[str] | None = None) -> int:
    """Prints the plan, then does what is not done yet and writes the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/claims"))
    parser.add_argument("--bundle", type=Path, default=Path("models/apnet-demo"))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cohorts", type=int, default=10, help="only the first so many of the ten")
    parser.add_argument("--plan", action="store_true", help="print the plan and stop")
    options = parser.parse_args(arguments)
    plan = read_protocol().claims
    for line in plan.sentences():
        _say(line)
    if options.plan:
        return 0
    loaded = LoadedBundle(
        open_bundle(options.bundle), cpu_compute(Message.of("model.device_cpu_asked"), threads=options.threads)
    )
    settings = DevelopmentSettings(refits=200)
    run = ClaimsRun(options.work, loaded, plan, options.processes, settings)
    optimum = run.step("optimum", _optimum)
    seeds = plan.cohort_seeds[: options.cohorts]
    cohorts = [run.step(f"cohort-{seed}", partial(_one_cohort, run, seed)) for seed in seeds]
    results: dict[str, Any] = {
        "commit": _commit(),
        "bundle": loaded.bundle.sha256,
        "words": "with simulator pre-training; no promise for 184 real patients",
        "optimum": optimum,
        "cohorts": [{name: value for name, value in cohort.items() if name != "risks"} for cohort in cohorts],
        "summary": _summary(run, cohorts, optimum),
        "permuted": [run.step(f"permuted-{n}", partial(_permuted, run, n)) for n in range(plan.permutation_runs)],
        "external": run.step("external", partial(_external, run)),
        "learning": [run.step(f"learning-{size}", partial(_learning, run, size)) for size in plan.learning],
    }
    document = json.dumps(results, indent=1)
    (options.work / "claims.json").write_text(document, encoding="utf-8")
    _say(document)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
