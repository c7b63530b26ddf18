"""Settings of `apnet train`, and the manifest of the bundle that it makes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from apnet_desktop.bundle.manifest import BundleStatus, Manifest, Outcome, Threshold, TrainingCohort
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.factor import Label
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.study.cohort import Cohort
from apnet_desktop.study.development import Cases, Development, DevelopmentSettings
from apnet_desktop.study.statistics.classification import classification_measures

__all__ = ["TrainingSettings", "trained_manifest"]


class TrainingSettings(FrozenModel):
    """Settings of `apnet train`.

    Attributes:
        name: Name of the bundle.
        version: Version of the bundle.
        horizon_months: Horizon of the outcome, from discharge.
        development: Folds, seed, refits, threshold rule.
        pretrained: Bundle folder that gives backbones and reader; None is the demonstration bundle.
        device: `auto`, `cpu` or `cuda`.
        threads: CPU threads; None chooses.
        replicates: Bootstrap samples behind the intervals of measures.
        finetune: Also tune the last stage of each backbone inside each fold: a row of the results table.
        all_rows: Also train and score every other system of the results table.
        work: Folder for what is kept between runs; None is `<out>-work`.
    """

    name: str = "site"
    version: str = "1.0.0"
    horizon_months: int = 24
    development: DevelopmentSettings = DevelopmentSettings()
    pretrained: Path | None = None
    device: str = "auto"
    threads: int | None = None
    replicates: int = 2000
    finetune: bool = False
    all_rows: bool = False
    work: Path | None = None


def trained_manifest(
    source: Manifest,
    cohort: Cohort,
    cases: Cases,
    development: Development,
    settings: TrainingSettings,
    simulated: bool,
) -> Manifest:
    """The bundle's manifest, without files.

    Args:
        source: Of the bundle that gave backbones and reader.
        cohort: The cohort.
        cases: Its patients who could be used.
        development: What was learnt.
        settings: See there.
        simulated: True if the patients are simulated.
    """
    known = cases.state.known
    measured = classification_measures(
        cases.state.event[known],
        development.risks[Route.FUSED][known],
        development.threshold,
        settings.development.seed,
        cases.state.weights[known],
        replicates=2,
    )
    share = f"{settings.development.sensitivity:.0%}"
    count, events = len(cases.ids), int((cases.state.event & known).sum())
    kind_en, kind_zh = ("simulated patients", "例模拟患者") if simulated else ("patients", "例患者")
    penalties = development.models.fused_penalties
    return source.model_copy(
        update={
            "name": settings.name,
            "version": settings.version,
            # Simulated patients make a demonstration, whatever it is called.
            "status": BundleStatus.DEMONSTRATION if simulated else BundleStatus.RESEARCH,
            "created": date.today(),  # noqa: DTZ011 - a calendar day, not a moment
            "outcome": Outcome(
                label=source.outcome.label,
                definition=source.outcome.definition,
                horizon_months=settings.horizon_months,
                starts=source.outcome.starts,
            ),
            "factors": cohort.schema,
            "fusion": source.fusion.model_copy(
                update={
                    "folds": settings.development.folds,
                    "settings": {
                        "seed": settings.development.seed,
                        "refits": settings.development.refits,
                        "penalty_image": float(np.median([p.image for p in penalties])),
                        "penalty_clinical": float(np.median([p.clinical for p in penalties])),
                    },
                }
            ),
            "threshold": Threshold(
                risk=development.threshold,
                rule=Label(
                    en=f"the highest risk at which out-of-fold sensitivity was at least {share}",
                    zh=f"折外灵敏度不低于 {share} 的最高风险值",
                ),
                sensitivity=measured.sensitivity.value if measured.sensitivity is not None else 0.0,
                specificity=measured.specificity.value if measured.specificity is not None else 0.0,
            ),
            "cohort": TrainingCohort(
                description=Label(
                    en=f"{count} {kind_en}, {settings.development.folds}-fold cross-validation",
                    zh=f"{count} {kind_zh}，{settings.development.folds} 折交叉验证",
                ),
                simulated=simulated,
                patients=count,
                events=events,
                prevalence=development.prevalence,
            ),
            "risk_groups": (),
            "approval": None,
            "files": (),
        }
    )
