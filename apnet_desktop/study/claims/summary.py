"""What the ten models show together on the common test patients: with intervals over models and patients, and goals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.study.statistics.calibration_measures import calibration_intercept, calibration_slope
from apnet_desktop.study.statistics.discrimination import auroc
from apnet_desktop.study.statistics.estimate import percentile_interval

__all__ = ["claims_summary", "goals"]

Floats = NDArray[np.float64]
_DRAWS = 1000


def claims_summary(
    cohorts: list[dict[str, Any]], event: NDArray[np.bool_], optimum: dict[str, float], seed: int, draws: int = _DRAWS
) -> dict[str, Any]:
    """Means over the models, paired differences and the share of the optimum.

    Args:
        cohorts: Results of the cohort steps: risks of the common test patients by system, and what each model showed.
        event: Whether each test patient recurs.
        optimum: AUC by route.
        seed: Of the bootstrap, which draws models and patients.
        draws: Bootstrap samples.
    """
    generator = np.random.default_rng(seed)
    risks = {name: np.array([cohort["risks"][name] for cohort in cohorts]) for name in cohorts[0]["risks"]}
    mean = {name: float(np.mean([auroc(event, row) for row in rows])) for name, rows in risks.items()}
    drawn: dict[str, list[float]] = {name: [] for name in risks}
    slopes: list[float] = []
    for _ in range(draws):
        models = generator.integers(0, len(cohorts), len(cohorts))
        patients = generator.integers(0, event.size, event.size)
        if not event[patients].any() or event[patients].all():
            continue
        for name, rows in risks.items():
            # Each model's AUROC once, however often it was drawn.
            each = {model: auroc(event[patients], rows[model][patients]) for model in set(models.tolist())}
            drawn[name].append(float(np.mean([each[model] for model in models.tolist()])))
        if len(slopes) < draws // 5:
            slope = _pooled_slope(risks["apnet"][models][:, patients], event[patients])
            slopes += [] if slope is None else [slope]
    samples = {name: np.array(values) for name, values in drawn.items()}
    distance = optimum["fused"] - 0.5
    return {
        "models": len(cohorts),
        "test_patients": int(event.size),
        "test_events": int(event.sum()),
        "auroc": {name: [mean[name], *percentile_interval(samples[name])] for name in risks},
        "share_of_optimum": {
            name: [(mean[name] - 0.5) / distance, *percentile_interval((samples[name] - 0.5) / distance)]
            for name in risks
        },
        "apnet_minus": {
            name: [mean["apnet"] - mean[name], *percentile_interval(samples["apnet"] - samples[name])]
            for name in risks
            if name != "apnet"
        },
        "own_patients": {
            "mean": float(np.mean([cohort["own"]["apnet"] for cohort in cohorts])),
            "sd": float(np.std([cohort["own"]["apnet"] for cohort in cohorts], ddof=1)) if len(cohorts) > 1 else None,
        },
        "calibration_slope_pooled": [
            _pooled_slope(risks["apnet"], event),
            *(percentile_interval(np.array(slopes)) if len(slopes) > 1 else (None, None)),
        ],
        "calibration_intercept_pooled": _pooled_intercept(risks["apnet"], event),
        "coverage": float(np.mean([cohort["coverage"] for cohort in cohorts])),
    }


def _pooled_slope(risks: Floats, event: NDArray[np.bool_]) -> float | None:
    slope = calibration_slope(np.tile(event, len(risks)), risks.ravel())
    return None if slope is None else slope.value


def _pooled_intercept(risks: Floats, event: NDArray[np.bool_]) -> float | None:
    intercept = calibration_intercept(np.tile(event, len(risks)), risks.ravel())
    return None if intercept is None else intercept.value


def goals(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Each goal with what was found, whether it holds, and whether an interval holds 0; missed goals stay in.

    Args:
        results: What `claims.json` holds beside the goals.
    """
    rows: list[dict[str, Any]] = []

    def judge(what: str, found: float | None, goal: str, met: bool | None, note: str = "") -> None:
        rows.append({"what": what, "found": found, "goal": goal, "met": met, "note": note})

    summary = results.get("summary")
    if summary:
        share = summary["share_of_optimum"]["apnet"][0]
        judge("APNet's share of the optimum's distance from 0.5", share, ">= 0.85", share >= 0.85)
        for name in ("image_resnet50", "image_vit_tiny_patch16_224", "lightgbm_clinical", "late_average"):
            if name in summary["apnet_minus"]:
                found, lower, upper = summary["apnet_minus"][name]
                note = "the interval holds 0" if lower <= 0 <= upper else ""
                judge(f"AUROC, APNet minus {name}", found, "> 0", found > 0, note)
        slope = summary["calibration_slope_pooled"][0]
        judge("calibration slope, pooled", slope, "0.8 to 1.25", slope is not None and 0.8 <= slope <= 1.25)
        judge("share of 90 % intervals that hold the mean true risk", summary["coverage"], "0.80 to 0.95",
              0.8 <= summary["coverage"] <= 0.95)  # fmt: skip
    for entry in results.get("learning", []):
        if entry["patients"] >= 2000:
            judge("share of the optimum, 2,000 patients", entry["share_of_optimum"], ">= 0.93",
                  entry["share_of_optimum"] >= 0.93)  # fmt: skip
    permuted = [entry["apnet"] for entry in results.get("permuted", [])]
    if permuted:
        judge("mean out-of-fold AUROC, outcomes permuted", float(np.mean(permuted)), "< 0.53",
              float(np.mean(permuted)) < 0.53, f"{len(permuted)} runs")  # fmt: skip
    localisation = results.get("localisation")
    if localisation:
        found, lower = localisation["enrichment"]["value"], localisation["enrichment"]["lower"]
        judge("heat map: lesions' share of mass over their share of area", found, ">= 1.5, interval above 1",
              found >= 1.5 and lower > 1)  # fmt: skip
        for name in ("difference_to_hounsfield", "difference_to_centre"):
            judge(f"heat map: {name}", localisation[name]["value"], "> 0", localisation[name]["value"] > 0)
        correlation = localisation["randomised_correlation"]["value"]
        judge("heat map: rank correlation after weight randomisation", correlation, "< 0.2", correlation < 0.2)
    return rows
