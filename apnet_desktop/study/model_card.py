"""`MODEL_CARD.md`, under the headings of the Coalition for Health AI's model card (schema v0.2)."""

from __future__ import annotations

from apnet_desktop.bundle.manifest import BundleStatus, Manifest
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.study.evaluation import Evaluation, RouteEvaluation
from apnet_desktop.study.statistics.estimate import Estimate

__all__ = ["model_card"]

_PAPER = "Wan Z et al. Eur J Radiol 2026;199:112758"


def model_card(manifest: Manifest, evaluation: Evaluation, training: dict[str, str]) -> str:
    """The card's text.

    Args:
        manifest: The bundle's.
        evaluation: On patients whom the development did not see.
        training: What else a reader must know of the training, by heading ("Pre-training", ...).
    """
    simulated = manifest.cohort.simulated
    parts = [
        f"# Model card: {manifest.name} {manifest.version}",
        _banner(simulated, manifest.status),
        _identity(manifest),
        _summary(manifest, simulated),
        _use(manifest, simulated),
        _warnings(manifest, evaluation, simulated),
        _trust(manifest, training, simulated),
        _metrics(evaluation, simulated),
        _rest(simulated),
    ]
    return "\n\n".join(parts) + "\n"


def _banner(simulated: bool, status: BundleStatus) -> str:
    if simulated:
        return (
            "> **Trained and evaluated on simulated patients. Not for clinical use.** Every figure on this card is of "
            "simulated patients and says nothing about real ones."
        )
    return f"> Status: **{status.value}**. Not a medical device unless the manifest carries an approval."


def _identity(manifest: Manifest) -> str:
    return "\n".join(
        [
            "## Name, developer, release",
            f"- Name: {manifest.name}; version {manifest.version}; release date {manifest.created.isoformat()}",
            f"- Release stage: {manifest.status.value}",
            "- Developer and contact: the site that runs `apnet train`; for the demonstration bundle, this project",
            "- Availability: with the application; Apache-2.0",
            "- Regulatory status: "
            + ("none" if manifest.approval is None else f"{manifest.approval.authority} {manifest.approval.number}"),
        ]
    )


def _summary(manifest: Manifest, simulated: bool) -> str:
    who = "simulated patients" if simulated else "patients"
    return (
        "## Summary\n"
        f"Risk of {manifest.outcome.label.en} within {manifest.outcome.horizon_months} months from "
        f"{manifest.outcome.starts.en}, from a contrast-enhanced CT with the pancreas outlined and "
        f"{len(manifest.factors.factors)} clinical factors, learnt from {manifest.cohort.patients} {who} with "
        f"{manifest.cohort.events} events. A re-implementation in the spirit of APNet ({_PAPER}), which publishes "
        "neither weights nor variables nor recipe; none of its figures is claimed here.\n\n"
        "Keywords: acute pancreatitis, recurrence, computed tomography, multimodal, prognosis"
    )


def _use(manifest: Manifest, simulated: bool) -> str:
    intended = (
        "To show and test the application. No decision about a patient may rest on it."
        if simulated
        else "As the manifest's approval states; without one, research only."
    )
    rules = manifest.eligibility
    return "\n".join(
        [
            "## Intended use and workflow",
            f"- Intended use: {intended}",
            "- Primary users: gastroenterologists and radiologists; research fellows",
            (
                "- How to use: open a CT, outline or import the pancreas, fill in the clinical factors, read risk and "
                "checks, print the report"
            ),
            (
                f"- Target population: age {rules.minimum_age} or older, {' or '.join(rules.severities)} acute "
                "pancreatitis (Revised Atlanta), at discharge"
            ),
            (
                f"- Out of scope: mild disease, chronic pancreatitis or cancer, CT slices above "
                f"{rules.maximum_slice_thickness:g} mm, predictions at another moment than "
                f"{manifest.outcome.moment.value}"
            ),
        ]
    )


def _warnings(manifest: Manifest, evaluation: Evaluation, simulated: bool) -> str:
    lines = ["## Warnings", "- Known risks and limitations:"]
    if simulated:
        lines.append(
            "  - simulated anatomy and disease are far simpler than real ones; on real CTs the number means nothing"
        )
    if evaluation.few_events:
        lines.append(f"  - evaluated on {evaluation.flow.events} events; at least 100 are advised")
    lines += [
        (
            f"  - developed on {manifest.cohort.events} events at a base rate of {manifest.cohort.prevalence:.1%}; "
            "predictive values do not carry over to another base rate"
        ),
        (
            "  - the interval says how well the average risk of patients with this score is known; not how sure "
            "it is for this patient"
        ),
        "- Biases and ethics: subgroups are in evaluation.json; below 20 patients or 5 events they are counts only",
        "- Clinical risk level: " + ("none intended" if simulated else "to be classified by whoever deploys it"),
    ]
    return "\n".join(lines)


def _possible(evaluation: Evaluation) -> list[str]:
    """Simulated patients only: how far the figures are from what could be reached."""
    lines = []
    for route, best in evaluation.optimum.items():
        limit = evaluation.reading_limit.get(route)
        read = "" if limit is None else f"; from readings as exact as this network's {limit:.3f}"
        lines.append(f"- Best possible AUROC of the {route.value} route on this population: {best:.3f}{read}")
    return lines


def _trust(manifest: Manifest, training: dict[str, str], simulated: bool) -> str:
    backbones = " and ".join(backbone.timm_name for backbone in manifest.backbones)
    lines = [
        "## Trust ingredients",
        (
            "- Outcomes and outputs: calibrated risk and interval of a clinical, an image and a fused route; the "
            "fused one is the answer"
        ),
        (
            f"- Model type: {backbones} at several depths and two fields of view, pooled with the outlined pancreas; a "
            "linear reader of findings; a fusion head of few parameters; LightGBM for the clinical route"
        ),
        "- Foundation models: none; no weights from the network",
        f"- Input source: CT ({manifest.ct.phase.replace('_', ' ')}, {manifest.ct.slices} slices in each of "
        f"{len(manifest.ct.views)} fields of view) and " + ", ".join(factor.id for factor in manifest.factors.factors),
        f"- Development data: {manifest.cohort.description.en}",
        f"- Threshold: risk {manifest.threshold.risk:.1%}; {manifest.threshold.rule.en}",
    ]
    lines += [f"- {heading}: {words}" for heading, words in training.items()]
    lines += [
        "- Bias mitigation: none beyond censoring weights; look at the subgroups",
        "- Maintenance: recalibrate at each site; a new version is a new bundle",
        "- Security: no pickle; every file hashed; nothing is sent anywhere",
        "- Funding, third-party information, stakeholders: "
        + ("not applicable to simulated data" if simulated else "to be filled in by the site"),
    ]
    return "\n".join(lines)


def _metrics(evaluation: Evaluation, simulated: bool) -> str:
    whom = evaluation.cohort
    lines = ["## Key metrics", f"Test data: {whom}; {evaluation.flow.events} events known within the horizon."]
    if simulated:
        lines.append("All of it simulated.")
    fused = evaluation.route(Route.FUSED)
    if fused is None:
        return "\n".join(lines)
    lines += [
        "",
        "| route | AUROC | calibration slope | O:E | Brier |",
        "|---|---|---|---|---|",
        *(_row(entry) for entry in evaluation.routes),
        "",
        *_possible(evaluation),
        "- **Usefulness** — goal: net benefit above treat-all and treat-none; result at a threshold of 30 %: "
        f"{_at(fused, 0.30)}; interpretation: per patient, in true positives; test type: external to the development, "
        "same generator" + (" (simulated)" if simulated else ""),
        (
            "- **Fairness** — goal: no subgroup whose AUROC interval lies below 0.5; result: "
            f"{_worst_subgroup(evaluation)}; test type: subgroups of the same patients"
        ),
        (
            "- **Safety** — goal: sensitivity at the fixed threshold as stated in development; result: "
            f"{_interval(fused.classification.sensitivity)} "
            f"(specificity {_interval(fused.classification.specificity)}); "
            "test type: fixed threshold on patients that no choice was made on"
        ),
    ]
    return "\n".join(lines)


def _row(entry: RouteEvaluation) -> str:
    area = entry.auroc or entry.auroc_bootstrap
    return (
        f"| {entry.route.value} | {_interval(area)} | {_interval(entry.calibration.slope)} | "
        f"{_interval(entry.calibration.observed_over_expected)} | {_interval(entry.calibration.brier)} |"
    )


def _interval(estimate: Estimate | None) -> str:
    if estimate is None:
        return "not defined"
    if estimate.lower is None or estimate.upper is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.lower:.3f} to {estimate.upper:.3f})"


def _at(entry: RouteEvaluation, threshold: float) -> str:
    curve = entry.decision_curve
    place = min(range(len(curve.thresholds)), key=lambda n: abs(curve.thresholds[n] - threshold))
    return f"{curve.model[place]:.3f} against {curve.treat_all[place]:.3f} (all) and 0 (none)"


def _worst_subgroup(evaluation: Evaluation) -> str:
    measured = [group for group in evaluation.subgroups if group.auroc is not None]
    if not measured:
        return "no subgroup is large enough"
    worst = min(measured, key=lambda group: group.auroc.value if group.auroc is not None else 1.0)
    return f"lowest in {worst.variable} = {worst.level}: AUROC {_interval(worst.auroc)}"


def _rest(simulated: bool) -> str:
    consent = "not applicable: nobody was imaged" if simulated else "to be filled in by the site"
    return "\n".join(
        [
            "## References, trial, reimbursement, consent",
            f"- {_PAPER} (the study that this work follows); TRIPOD+AI, BMJ 2024;385:e078378",
            "- Trial registration and publications of this model: none",
            "- Reimbursement: none",
            f"- Consent: {consent}",
        ]
    )
