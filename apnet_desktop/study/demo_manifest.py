"""The manifest of the demonstration bundle."""

from __future__ import annotations

from datetime import date

import numpy as np

from apnet_desktop.bundle.manifest import (
    BundleStatus,
    Eligibility,
    Fusion,
    Manifest,
    Outcome,
    Threshold,
    TrainingCohort,
)
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.factor import FactorSchema, Label
from apnet_desktop.simulation.risk import HORIZON_MONTHS
from apnet_desktop.study.development import Development, DevelopmentSettings
from apnet_desktop.study.recipe import BACKBONES, EMBEDDING, RECIPE
from apnet_desktop.study.simulated_cohort import READER_FINDINGS, SimulatedCohort
from apnet_desktop.study.statistics.classification import classification_measures

__all__ = ["VERSION", "bundle_manifest", "finished_manifest", "provisional_manifest"]

VERSION = "0.2.0"
# A person may go on with a reason that record and report keep: with a demonstration nothing rests on the number.
_OVERRIDABLE = ("ct.slice_thickness", "model.thickness", "ct.coverage", "ct.roi_volume", "model.roi_volume")


def bundle_manifest(
    schema: FactorSchema, cohort: TrainingCohort, threshold: Threshold, folds: int, settings: dict[str, float]
) -> Manifest:
    """The demonstration's manifest, without files."""
    return Manifest(
        name="apnet-demo",
        version=VERSION,
        status=BundleStatus.DEMONSTRATION,
        created=date.today(),  # noqa: DTZ011 - a calendar day, not a moment
        outcome=Outcome(
            label=Label(en="recurrence of acute pancreatitis", zh="急性胰腺炎复发"),
            definition=Label(
                en="first new attack of acute pancreatitis after discharge; death without recurrence competes",
                zh="出院后首次再发急性胰腺炎；未复发而死亡为竞争事件",
            ),
            horizon_months=HORIZON_MONTHS,
            starts=Label(en="discharge from the index admission", zh="本次住院出院日"),
        ),
        eligibility=Eligibility(overridable=_OVERRIDABLE),
        factors=schema,
        ct=RECIPE,
        backbones=BACKBONES,
        fusion=Fusion(embedding=EMBEDDING, findings=READER_FINDINGS, folds=folds, settings=dict(settings)),
        threshold=threshold,
        cohort=cohort,
        files=(),
    )


def provisional_manifest(schema: FactorSchema, folds: int) -> Manifest:
    """Enough of a manifest to run the network before a cohort was developed on."""
    words = Label(en="-", zh="-")
    cohort = TrainingCohort(description=words, simulated=True, patients=0, events=0, prevalence=0.5)
    return bundle_manifest(schema, cohort, Threshold(risk=0.5, rule=words, sensitivity=0, specificity=0), folds, {})


def finished_manifest(
    schema: FactorSchema, development: Development, cohort: SimulatedCohort, settings: DevelopmentSettings
) -> Manifest:
    """The manifest after development, without files."""
    state = cohort.state(HORIZON_MONTHS)
    known = state.known
    measured = classification_measures(
        state.event[known],
        development.risks[Route.FUSED][known],
        development.threshold,
        settings.seed,
        state.weights[known],
        replicates=2,
    )
    share = f"{settings.sensitivity:.0%}"
    threshold = Threshold(
        risk=development.threshold,
        rule=Label(
            en=f"the highest risk at which out-of-fold sensitivity was at least {share}",
            zh=f"折外灵敏度不低于 {share} 的最高风险值",
        ),
        sensitivity=measured.sensitivity.value if measured.sensitivity is not None else 0.0,
        specificity=measured.specificity.value if measured.specificity is not None else 0.0,
    )
    events = int((state.event & known).sum())
    description = Label(
        en=f"{len(cohort.rows)} simulated patients (seed {cohort.seed}), {settings.folds}-fold cross-validation",
        zh=f"{len(cohort.rows)} 例模拟患者（种子 {cohort.seed}），{settings.folds} 折交叉验证",
    )
    training = TrainingCohort(
        description=description,
        simulated=True,
        patients=len(cohort.rows),
        events=events,
        prevalence=development.prevalence,
    )
    penalties = development.models.fused_penalties
    return bundle_manifest(
        schema,
        training,
        threshold,
        settings.folds,
        {
            "seed": settings.seed,
            "refits": settings.refits,
            "penalty_image": float(np.median([p.image for p in penalties])),
            "penalty_clinical": float(np.median([p.clinical for p in penalties])),
            "penalty_fusion": float(np.median([p.fusion for p in penalties])),
        },
    )
