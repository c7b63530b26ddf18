"""A bundle folder with small files, enough for everything that does not run the model."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import numpy as np

from apnet_desktop.bundle.files import Bundle, open_bundle, write_manifest
from apnet_desktop.bundle.manifest import (
    Approval,
    Backbone,
    BundleStatus,
    CtRecipe,
    Eligibility,
    FieldOfView,
    Fusion,
    Manifest,
    Outcome,
    Threshold,
    TrainingCohort,
)
from apnet_desktop.clinical.factor import Label
from apnet_desktop.clinical.schema import default_schema

APPROVAL = Approval(authority="Authority", number="1", date=date(2026, 1, 1), intended_use="Use")


def label(text: str) -> Label:
    return Label(en=text, zh=text)


def manifest(status: BundleStatus = BundleStatus.DEMONSTRATION, approval: Approval | None = None) -> Manifest:
    return Manifest(
        name="small",
        version="1",
        status=status,
        created=date(2026, 1, 1),
        outcome=Outcome(
            label=label("recurrence"), definition=label("second attack"), horizon_months=24, starts=label("discharge")
        ),
        eligibility=Eligibility(),
        factors=default_schema().subset(("age", "sex")),
        ct=CtRecipe(slices=2, pixels=32, views=(FieldOfView(name="pancreas", width=100.0),), windows=((40.0, 400.0),)),
        backbones=(Backbone(timm_name="test_resnet", depths=(2, 3, 4)),),
        fusion=Fusion(embedding=4, findings=("necrosis",), folds=1),
        threshold=Threshold(risk=0.3, rule=label("rule"), sensitivity=0.8, specificity=0.8),
        cohort=TrainingCohort(description=label("cohort"), simulated=True, patients=10, events=3, prevalence=0.3),
        approval=approval,
        files=(),
    )


def write_bundle(folder: Path, plan: Manifest | None = None) -> Bundle:
    """A folder with three small files and its manifest."""
    folder.mkdir(parents=True)
    (folder / "apnet.safetensors").write_bytes(bytes(range(200)))
    (folder / "MODEL_CARD.md").write_text("# Card\n", encoding="utf-8")
    stream = io.BytesIO()
    np.savez(stream, centre=np.arange(3.0))
    (folder / "reference.npz").write_bytes(stream.getvalue())
    write_manifest(folder, plan or manifest())
    return open_bundle(folder)
