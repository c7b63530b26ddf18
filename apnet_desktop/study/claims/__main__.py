"""What must be shown, on patients nobody tuned on: `python -m apnet_desktop.study.claims --work DIR --bundle DIR`.

Seeds stand in `study/protocol.toml`. The plan comes first, a line a step with its minutes; every step is kept, so the
command may be cut off at any time and goes on. On a machine with a GPU: `--device cuda --processes 16`; results are
brought back by copying `<work>/results/` alone. `claims.json` holds the figures, goals met and missed alike.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.model.compute import choose_compute
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.claims.ablations import VARIANTS
from apnet_desktop.study.claims.steps import OutOfTimeError, Steps
from apnet_desktop.study.claims.study import ClaimsStudy
from apnet_desktop.study.claims.summary import claims_summary, goals
from apnet_desktop.study.evaluation_log import current_commit, log_evaluation
from apnet_desktop.study.protocol import read_protocol
from apnet_desktop.study.side_by_side import say


def gather(study: ClaimsStudy) -> dict[str, Any]:
    """Everything that is done so far, summed up."""
    steps, plan = study.steps, study.plan
    results: dict[str, Any] = {
        "commit": current_commit(),
        "bundle": study.loaded.bundle.sha256,
        "words": "with simulator pre-training; no promise for 184 real patients",
        "reading": steps.kept("reading"),
    }
    cohorts = [kept for seed in plan.cohort_seeds if (kept := steps.kept(f"cohort-{seed}")) is not None]
    results["cohorts"] = [{name: value for name, value in cohort.items() if name != "risks"} for cohort in cohorts]
    if cohorts and results["reading"]:
        event = np.array(results["reading"].pop("recurs"))
        results["summary"] = claims_summary(cohorts, event, results["reading"]["optimum"], plan.test_seed)
    for name, keys in (
        ("permuted", [f"permuted-{n}" for n in range(plan.permutation_runs)]),
        ("learning", [f"learning-{size}" for size in sorted(plan.learning)]),
    ):
        results[name] = [kept for key in keys if (kept := steps.kept(key)) is not None]
    for name in ("external", "localisation"):
        results[name] = steps.kept(name)
    results["ablations"] = {variant.name: steps.kept(variant.name) for variant in VARIANTS}
    results["goals"] = goals(results)
    return results


def main(arguments: list[str] | None = None) -> int:
    """Prints the plan, does what is not done, writes the figures; 0 when everything is done, 75 when time ran out."""
    parser = argparse.ArgumentParser(prog="python -m apnet_desktop.study.claims", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/claims"))
    parser.add_argument("--bundle", type=Path, default=Path("models/apnet-demo"))
    parser.add_argument("--protocol", type=Path, default=None, help="seeds of your own, in the form of protocol.toml")
    parser.add_argument("--processes", type=int, default=2, help="one a core")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="of features and pre-training")
    parser.add_argument("--cohorts", type=int, default=10, help="only the first so many of the ten")
    parser.add_argument("--minutes", type=float, default=None, help="begin no further step after so long")
    parser.add_argument("--only", default="", help="only steps whose name begins with one of these, by commas")
    parser.add_argument("--plan", action="store_true", help="print the plan and stop")
    options = parser.parse_args(arguments)
    protocol = read_protocol(options.protocol)
    bundle = open_bundle(options.bundle)
    compute = choose_compute(options.device, bundle.manifest, options.processes)
    steps = Steps(options.work / "results" / bundle.sha256[:12], options.processes, options.minutes)
    study = ClaimsStudy(
        work=options.work,
        loaded=LoadedBundle(bundle, compute),
        compute=compute,
        plan=protocol.claims,
        steps=steps,
        processes=options.processes,
        device=options.device,
        cohorts=options.cohorts,
    )
    prefixes = tuple(part for part in options.only.split(",") if part)
    chosen = [step for step in study.all_steps() if not prefixes or step.name.startswith(prefixes)]
    for line in steps.plan(chosen):
        say(line)
    if options.plan:
        return 0
    code = 0
    try:
        steps.run(chosen)
    except OutOfTimeError:
        say("the time is used up; the same command goes on")
        code = 75
    results = gather(study)
    (options.work / "claims.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    for row in results["goals"]:
        met = "met" if row["met"] else "MISSED"
        say(f"{row['what']}: {row['found']:.3f} (goal {row['goal']}): {met} {row['note']}")
    if results.get("summary") and options.protocol is None:
        found = results["summary"]["auroc"]["apnet"]
        seeds = f"{study.plan.cohort_seeds[0]}..; test {study.plan.test_seed}"
        log_evaluation(seeds, bundle.sha256, f"claims, {results['summary']['models']} models", f"AUROC {found[0]:.3f}")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
