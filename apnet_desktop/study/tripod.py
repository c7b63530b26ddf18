"""The items of TRIPOD+AI (BMJ 2024;385:e078378), each filled from the evaluation or named as one for the authors."""

from __future__ import annotations

from dataclasses import dataclass

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.study.evaluation import Evaluation

__all__ = ["TripodItem", "tripod_items"]


@dataclass(frozen=True)
class TripodItem:
    """One item.

    Attributes:
        number: As in the checklist.
        topic: What it asks for, shortened.
        answer: What software can say; None: only the authors can.
    """

    number: str
    topic: str
    answer: str | None


def tripod_items(evaluation: Evaluation, manifest: Manifest) -> tuple[TripodItem, ...]:
    """All items in their order."""
    answers = {
        **_about(evaluation, manifest),
        **_methods(evaluation, manifest),
        **_results(evaluation, manifest),
    }
    return tuple(TripodItem(number, topic, answers.get(number)) for number, topic in _TOPICS)


_TOPICS = (
    ("1", "Title: development or evaluation, target population, outcome"),
    ("2", "Abstract (TRIPOD+AI for Abstracts)"),
    ("3a", "Healthcare context and rationale"),
    ("3b", "Target population, intended purpose and users"),
    ("3c", "Known health inequalities"),
    ("4", "Objectives: development, evaluation or both"),
    ("5a", "Sources of data and why they are representative"),
    ("5b", "Dates of participant data, end of follow-up"),
    ("6a", "Setting, number and place of centres"),
    ("6b", "Eligibility"),
    ("6c", "Treatments received"),
    ("7", "Data preparation and quality checks"),
    ("8a", "Outcome, time horizon, how and when assessed"),
    ("8b", "Qualifications of outcome assessors, if subjective"),
    ("8c", "Blinding of the outcome assessment"),
    ("9a", "Choice of initial predictors"),
    ("9b", "Definition of all predictors, how and when measured"),
    ("9c", "Qualifications of predictor assessors, if subjective"),
    ("10", "Study size and its justification"),
    ("11", "Missing data"),
    ("12a", "How the data were used: partition"),
    ("12b", "Handling of predictors in the analysis"),
    ("12c", "Type of model, building steps, tuning, internal validation"),
    ("12d", "Heterogeneity between clusters"),
    ("12e", "Performance measures and plots, comparisons of models"),
    ("12f", "Model updating (recalibration)"),
    ("12g", "How predictions were calculated"),
    ("13", "Class imbalance"),
    ("14", "Fairness"),
    ("15", "Model output and thresholds"),
    ("16", "Differences between development and evaluation data"),
    ("17", "Ethical approval and consent"),
    ("18a", "Funding"),
    ("18b", "Conflicts of interest"),
    ("18c", "Protocol"),
    ("18d", "Registration"),
    ("18e", "Data sharing"),
    ("18f", "Code sharing"),
    ("19", "Patient and public involvement"),
    ("20a", "Flow of participants, follow-up"),
    ("20b", "Characteristics of participants, missing data"),
    ("20c", "Comparison with the development data"),
    ("21", "Numbers of participants and events in each analysis"),
    ("22", "Full model: how to get predictions"),
    ("23a", "Performance with confidence intervals, subgroups"),
    ("23b", "Heterogeneity of performance"),
    ("24", "Results of model updating"),
    ("25", "Interpretation, fairness included"),
    ("26", "Limitations"),
    ("27a", "Poor or unavailable input data in use"),
    ("27b", "User interaction and expertise"),
    ("27c", "Next steps"),
)


def _about(evaluation: Evaluation, manifest: Manifest) -> dict[str, str]:
    simulated = " Simulated patients: a study of the method, not of people." if evaluation.simulated else ""
    rules = manifest.eligibility
    return {
        "1": f"Evaluation of {manifest.name} {manifest.version} for {manifest.outcome.label.en} within "
        f"{evaluation.horizon_months} months after moderately severe or severe acute pancreatitis.{simulated}",
        "3b": "Adults at discharge from the index admission; status of the bundle: "
        f"{manifest.status.value}. Users: gastroenterologists and radiologists.",
        "4": "Evaluation of a finished model on patients whom its development did not see.",
        "5a": f"{evaluation.cohort}.{simulated}",
        "6b": f"Age {rules.minimum_age} or older; severity {', '.join(rules.severities)}; slices of at most "
        f"{rules.maximum_slice_thickness:g} mm; ROI of {rules.roi_volume[0]:g} to {rules.roi_volume[1]:g} mL. "
        f"{evaluation.flow.ineligible} rows were outside.",
    }


def _methods(evaluation: Evaluation, manifest: Manifest) -> dict[str, str]:
    factors = manifest.factors.factors
    latest = max((factor.known_at for factor in factors), key=list(type(factors[0].known_at)).index)
    return {
        "7": "CT geometry, rescaling, phase, slice thickness and coverage checked from the tags; ROI checked for "
        "volume, place and mean HU; every table cell checked against the factor's kind, unit and limits.",
        "8a": f"{manifest.outcome.definition.en}; horizon {evaluation.horizon_months} months from "
        f"{manifest.outcome.starts.en}. Death competes.",
        "9b": f"{len(factors)} factors with kind, unit, limits and code in the bundle's manifest, known by "
        f"{latest.value.replace('_', ' ')} at the latest; CT ({manifest.ct.phase.replace('_', ' ')}).",
        "10": f"{evaluation.flow.evaluated} patients, {evaluation.flow.events} events. At least 100 events are "
        "advised for a validation (Collins 2016)" + (": NOT REACHED." if evaluation.few_events else ": reached."),
        "11": "Unknown values stay unknown: the model takes them as such. Patients censored before the horizon are "
        "neither events nor non-events; the others carry inverse-probability-of-censoring weights.",
        "12a": "All patients serve the evaluation. That none of them took part in the development only the authors can "
        "say: a bundle holds no patient. Shared series and near-duplicate images within the cohort are refused.",
        "12c": "Frozen backbones pre-trained on simulated findings and masks; pooled with the ROI; a linear reader; a "
        "penalised fusion head in each fold; logistic calibration from out-of-fold scores; LightGBM for the clinical "
        "route.",
        "12e": "AUROC (DeLong; stratified bootstrap), calibration intercept, slope, O:E, flexible curve, Brier, net "
        "benefit against all and none, risks by outcome; sensitivity, specificity, PPV, NPV, accuracy (Wilson) and F1 "
        f"(bootstrap) at the fixed threshold. {evaluation.replicates} bootstrap samples, seed {evaluation.seed}.",
        "12g": "By the bundle's own files, float32, the same code as in the application.",
        "13": f"No resampling; risks are calibrated to the development base rate of {manifest.cohort.prevalence:.1%}.",
        "14": "Subgroups by sex, age, aetiology, severity, scanner, phase; below 20 patients or 5 events counts only.",
        "15": f"Calibrated risk with interval; threshold {manifest.threshold.risk:.1%} ({manifest.threshold.rule.en}).",
        "18f": "The code is open (Apache-2.0); the bundle's files are listed with their SHA-256 in its manifest.",
    }


def _results(evaluation: Evaluation, manifest: Manifest) -> dict[str, str]:
    flow = evaluation.flow
    share = flow.events / flow.evaluated if flow.evaluated else 0.0
    return {
        "16": f"Development: {manifest.cohort.patients} patients, base rate {manifest.cohort.prevalence:.1%}; here "
        f"{share:.1%} observed events before weighting.",
        "20a": f"{flow.rows} rows; {flow.ineligible} ineligible; {flow.without_ct} without usable CT or ROI; "
        f"{flow.evaluated} evaluated; {flow.censored_before_horizon} censored before the horizon; "
        f"{flow.deaths_before_recurrence} deaths without recurrence; {flow.events} recurrences.",
        "20b": "See the tables of subgroups and of missing values.",
        "20c": "See item 16; a comparison of every factor needs the development cohort's table.",
        "21": "; ".join(
            f"{entry.route.value}: {entry.patients} patients, {entry.events} events" for entry in evaluation.routes
        ),
        "22": "The bundle is the full model; `apnet predict` gives a prediction from it.",
        "23a": "See the table of measures, the subgroups and the figures.",
        "23b": "See the subgroups by scanner and phase.",
        "27a": "Unknown factors are taken as unknown and counted; a CT that fails a check is refused or warned of.",
        "27b": "A person outlines or confirms the pancreas ROI and confirms unusual values.",
    }
