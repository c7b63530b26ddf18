"""`apnet train COHORT --out BUNDLE`: the paper's development on a site's own cohort, from frozen pre-trained backbones.

Backbones, projections and reader come from a bundle that was pre-trained on simulated findings and masks; they see no
label of the cohort. Features are extracted once and kept, so that a run that was cut off goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.files import Bundle, open_bundle
from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.factor import FactorSchema, KnownAt
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.errors import StudyError
from apnet_desktop.language import Message
from apnet_desktop.locations import models_folder
from apnet_desktop.model.assemble import assemble_bundle
from apnet_desktop.model.compute import choose_compute
from apnet_desktop.model.features import Features
from apnet_desktop.model.reference import fit_reference
from apnet_desktop.model.risk import load_risk_model
from apnet_desktop.model.weights import Weights
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.cohort import Cohort, read_cohort
from apnet_desktop.study.cohort_inputs import PatientInputs, cohort_inputs, refuse_leaks, simulated_recipe
from apnet_desktop.study.development import Cases, Development, cases_of, develop
from apnet_desktop.study.development_files import write_development
from apnet_desktop.study.evaluate_cohort import EvaluatedPatients, build_evaluation
from apnet_desktop.study.evaluation import Evaluation
from apnet_desktop.study.model_card import model_card
from apnet_desktop.study.trained_manifest import TrainingSettings, trained_manifest

__all__ = ["Progress", "TrainingSettings", "patient_features", "patient_groups", "train", "usable_patients"]

Floats = NDArray[np.float64]
Progress = Callable[[str, float], None]
"""Called with the id of the stage's sentence (`study.stage_...`) and the fraction of that stage that is done."""

_MOMENTS = list(KnownAt)


def train(cohort_folder: Path, out: Path, settings: TrainingSettings, progress: Progress) -> Bundle:
    """Develops a bundle on a cohort.

    Args:
        cohort_folder: The cohort (see `cohort`).
        out: The bundle's folder; replaced when the new one is complete. Beside it `<out>-development/` gets the
            partition, out-of-fold risks by table row, the results table, metrics and TensorBoard's files.
        settings: See there.
        progress: See `Progress`.

    Raises:
        StudyError: The cohort cannot be used: a cell of its table, a leak, too few events, or no usable images.
        BundleError: The pre-trained bundle is damaged.
    """
    progress("study.stage_table", 0.0)
    pretrained = open_bundle(settings.pretrained or models_folder() / "apnet-demo")
    cohort = read_cohort(cohort_folder, _predictors())
    work = settings.work or out.with_name(out.name + "-work")
    loaded = LoadedBundle(pretrained, choose_compute(settings.device, pretrained.manifest, settings.threads))
    patients, left_out = usable_patients(cohort, pretrained.manifest, work, progress)
    refuse_leaks(patients)
    features = patient_features(patients, loaded, work, progress)
    cases = _cases(cohort, patients, features, loaded, settings.horizon_months)
    development = develop(
        cases,
        cohort.schema,
        loaded.model.weights.reader.prior,
        settings.development,
        lambda stage, done: progress(f"study.stage_{stage}", done),
    )
    simulated = simulated_recipe(cohort_folder) is not None
    manifest = trained_manifest(pretrained.manifest, cohort, cases, development, settings, simulated)
    evaluation = _out_of_fold(manifest, cohort, patients, cases, development, left_out, settings)
    bundle = _assemble(out, manifest, loaded, cases, development, evaluation)
    write_development(out, cases, development, patients, features, settings, loaded, progress)
    progress("study.stage_done", 1.0)
    return bundle


def _predictors() -> FactorSchema:
    """Factors of the default schema that are known at discharge; dates and later factors are no predictors."""
    schema = default_schema()
    latest = _MOMENTS.index(KnownAt.DISCHARGE)
    ids = tuple(
        factor.id
        for factor in schema.factors
        if _MOMENTS.index(factor.known_at) <= latest and factor.kind.value != "date" and factor.id != "recurrence_date"
    )
    return schema.subset(ids)


def usable_patients(
    cohort: Cohort, manifest: Manifest, work: Path, progress: Progress
) -> tuple[list[PatientInputs], dict[str, list[str]]]:
    """Patients whom the bundle is for and whose images can be used; the others by reason.

    Args:
        cohort: The cohort.
        manifest: Recipe and eligibility.
        work: Folder for what is kept between runs.
        progress: See `Progress`.

    Returns:
        The usable ones, and `{"ineligible": [...], "without_ct": [...]}` with one sentence for each patient left out.

    Raises:
        StudyError: Nobody is left.
    """
    found = cohort_inputs(
        cohort, manifest.ct, manifest.eligibility, work / "inputs", lambda done: progress("study.stage_images", done)
    )
    left_out: dict[str, list[str]] = {"ineligible": [], "without_ct": []}
    usable = []
    for one in found:
        if not _eligible(one, manifest):
            left_out["ineligible"].append(Message.of("study.not_eligible", row=one.patient.row).text())
        elif one.inputs is None:
            reason = one.refusal.text() if one.refusal is not None else ""
            left_out["without_ct"].append(Message.of("study.not_usable", row=one.patient.row, reason=reason).text())
        else:
            usable.append(one)
    if not usable:
        raise StudyError(Message.of("study.nobody_usable", reason=(left_out["without_ct"] or ["-"])[0]))
    return usable, left_out


def _eligible(one: PatientInputs, manifest: Manifest) -> bool:
    """Severity and age as the bundle asks; unknown is no reason to leave a patient out of a study."""
    age, grade = one.patient.record.value("age"), one.patient.record.value("atlanta_grade")
    old_enough = not isinstance(age, int | float) or age >= manifest.eligibility.minimum_age
    return old_enough and (grade is None or grade in manifest.eligibility.severities)


def patient_features(
    patients: list[PatientInputs], loaded: LoadedBundle, work: Path, progress: Progress
) -> list[Features]:
    """Features of every patient, extracted once for these weights and kept under the hash of weights and images."""
    from safetensors.numpy import load_file, save_file

    from apnet_desktop.model.engine import extract_features

    folder = work / f"features-{loaded.digest}"
    folder.mkdir(parents=True, exist_ok=True)
    features = []
    for n, one in enumerate(patients):
        if one.inputs is None:
            raise AssertionError("only usable patients have features")
        path = folder / f"{one.inputs.digest()[:32]}.safetensors"
        if not path.exists():
            made = extract_features(loaded.engine, one.inputs)
            partial = path.with_suffix(".partial")
            save_file({"vectors": made.vectors, "areas": made.areas, "size": made.size}, partial)
            partial.replace(path)
        arrays = load_file(path)
        features.append(Features(arrays["vectors"], arrays["areas"], arrays["size"]))
        progress("study.stage_features", (n + 1) / len(patients))
    return features


def _cases(
    cohort: Cohort, patients: list[PatientInputs], features: list[Features], loaded: LoadedBundle, horizon: int
) -> Cases:
    chosen = {one.patient.id for one in patients}
    kept = Cohort(cohort.folder, cohort.schema, tuple(p for p in cohort.patients if p.id in chosen))
    state = kept.outcome(horizon)
    known = state.event[state.known]
    if known.all() or not known.any():
        raise StudyError(Message.of("study.no_outcome_variation"))
    records = [patient.record for patient in kept.patients]
    return cases_of(kept.ids, features, records, cohort.schema, state, loaded.model.weights.reader)


def _out_of_fold(
    manifest: Manifest,
    cohort: Cohort,
    patients: list[PatientInputs],
    cases: Cases,
    development: Development,
    left_out: dict[str, list[str]],
    settings: TrainingSettings,
) -> Evaluation:
    """The internal evaluation: each development patient scored by the fold that held him out."""
    evaluated = EvaluatedPatients(
        records=[one.patient.record for one in patients],
        risks=development.risks,
        state=cases.state,
        months=np.array([one.patient.months for one in patients]),
        ends=np.array([int(one.patient.end) for one in patients]),
        groups=patient_groups(patients),
        rows=len(cohort.patients),
        ineligible=len(left_out["ineligible"]),
        without_ct=len(left_out["without_ct"]),
    )
    words = f"the {len(cases.ids)} development patients, each scored by the fold that held him out"
    seed = settings.development.seed
    return build_evaluation(manifest, evaluated, words, manifest.cohort.simulated, seed, settings.replicates)


def _assemble(
    out: Path,
    manifest: Manifest,
    loaded: LoadedBundle,
    cases: Cases,
    development: Development,
    evaluation: Evaluation,
) -> Bundle:
    model, tensors = load_risk_model(loaded.bundle)
    encoded = development.encoding.encode(cases.table)
    fused = development.risks[Route.FUSED]
    source = loaded.bundle
    card = model_card(
        manifest,
        evaluation,
        {
            "Pre-training": f"backbones and reader of {source.manifest.name} {source.manifest.version} "
            f"({source.sha256[:12]}), which saw no patient of this cohort",
            "Evaluation on this card": "internal (out of fold); `apnet evaluate` on other patients makes a validation",
        },
    )
    models = development.models
    return assemble_bundle(
        out,
        manifest,
        Weights(tensors, model.weights.reader, development.encoding, models.image, models.fused),
        [booster.model_to_string() for booster in models.boosters],
        development.calibration,
        fit_reference(cases.pooled, cases.tokens, encoded, cases.table, fused),
        evaluation.model_dump(mode="json"),
        card,
    )


def patient_groups(patients: list[PatientInputs]) -> dict[str, tuple[str, ...]]:
    """Subgroup variables that the images tell: scanner and phase of each patient."""
    facts = [one.facts for one in patients]
    return {
        "scanner": tuple(fact.scanner if fact is not None and fact.scanner else "unknown" for fact in facts),
        "phase": tuple(fact.phase if fact is not None else "unknown" for fact in facts),
    }
