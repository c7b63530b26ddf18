"""`apnet evaluate BUNDLE COHORT --out DIR`: an independent validation: measures, figures and one PDF report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from apnet_desktop.bundle.files import Bundle, open_bundle
from apnet_desktop.errors import StudyError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Language, Message
from apnet_desktop.model.compute import choose_compute
from apnet_desktop.study.apply import LoadedBundle, risks_of
from apnet_desktop.study.cohort import Cohort, read_cohort
from apnet_desktop.study.cohort_inputs import refuse_leaks, simulated_recipe
from apnet_desktop.study.evaluate_cohort import EvaluatedPatients, build_evaluation
from apnet_desktop.study.evaluation import Evaluation
from apnet_desktop.study.evaluation_report import write_evaluation_report
from apnet_desktop.study.figures import draw_figures
from apnet_desktop.study.reading import true_findings, truth_of
from apnet_desktop.study.training import patient_features, patient_groups, usable_patients

__all__ = ["EvaluationSettings", "evaluate"]


class EvaluationSettings(FrozenModel):
    """Settings of `apnet evaluate`.

    Attributes:
        seed: Of every bootstrap.
        replicates: Bootstrap samples.
        device: `auto`, `cpu` or `cuda`.
        threads: CPU threads; None chooses.
        description: The cohort in words; empty: its size.
        language: Of figures and report.
    """

    seed: int = 1
    replicates: int = 2000
    device: str = "auto"
    threads: int | None = None
    description: str = ""
    language: Language = Language.ENGLISH


def evaluate(
    bundle_folder: Path,
    cohort_folder: Path,
    out: Path,
    progress: Callable[[str, float], None],
    settings: EvaluationSettings | None = None,
) -> Evaluation:
    """Validates a bundle on a cohort that it was not developed on.

    Args:
        bundle_folder: The bundle.
        cohort_folder: The cohort (see `cohort`), with a column for each factor of the bundle.
        out: Gets `evaluation.json`, `figures/*.svg|png`, `report.pdf` and `left_out.txt`; and `work/` with what is
            kept between runs.
        progress: Called with the id of the stage's sentence and the fraction of that stage that is done.
        settings: See there.

    Raises:
        BundleError: The bundle is damaged.
        StudyError: The cohort cannot be used.
    """
    chosen = settings or EvaluationSettings()
    progress("study.stage_table", 0.0)
    bundle = open_bundle(bundle_folder)
    cohort = _cohort(bundle, cohort_folder)
    out.mkdir(parents=True, exist_ok=True)
    loaded = LoadedBundle(bundle, choose_compute(chosen.device, bundle.manifest, chosen.threads))
    patients, left_out = usable_patients(cohort, bundle.manifest, out / "work", progress)
    refuse_leaks(patients)
    features = patient_features(patients, loaded, out / "work", progress)
    progress("study.stage_measures", 0.0)
    kept = Cohort(cohort.folder, cohort.schema, tuple(one.patient for one in patients))
    state = kept.outcome(bundle.manifest.outcome.horizon_months)
    known = state.event[state.known]
    if known.all() or not known.any():
        raise StudyError(Message.of("study.no_outcome_variation"))
    records = [one.patient.record for one in patients]
    evaluated = EvaluatedPatients(
        records=records,
        risks=risks_of(loaded.model, features, records),
        state=state,
        months=np.array([one.patient.months for one in patients]),
        ends=np.array([int(one.patient.end) for one in patients]),
        groups=patient_groups(patients),
        rows=len(cohort.patients),
        ineligible=len(left_out["ineligible"]),
        without_ct=len(left_out["without_ct"]),
    )
    recipe = simulated_recipe(cohort_folder)
    words = chosen.description or f"{len(patients)} {'simulated ' if recipe is not None else ''}patients"
    evaluation = build_evaluation(
        bundle.manifest,
        evaluated,
        words,
        recipe is not None,
        chosen.seed,
        chosen.replicates,
        truth_of(loaded.model, features, true_findings(cohort_folder, kept.ids), recipe.settings) if recipe else None,
    )
    _write(evaluation, bundle, left_out, out, chosen.language)
    progress("study.stage_done", 1.0)
    return evaluation


def _cohort(bundle: Bundle, folder: Path) -> Cohort:
    """The cohort with exactly the bundle's factors."""
    cohort = read_cohort(folder, bundle.manifest.factors)
    missing = [factor.id for factor in bundle.manifest.factors.factors if not cohort.schema.has(factor.id)]
    if missing:
        raise StudyError(Message.of("study.factors_missing", columns=", ".join(missing)))
    return cohort


def _write(
    evaluation: Evaluation, bundle: Bundle, left_out: dict[str, list[str]], out: Path, language: Language
) -> None:
    document = evaluation.model_dump_json(indent=1) + "\n"
    (out / "evaluation.json").write_text(document, encoding="utf-8")
    (out / "left_out.txt").write_text(
        "".join(f"{line}\n" for lines in left_out.values() for line in lines), encoding="utf-8"
    )
    pictures = draw_figures(evaluation, out / "figures", language)
    write_evaluation_report(evaluation, bundle.manifest, pictures, out / "report.pdf")
