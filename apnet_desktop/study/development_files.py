"""What `apnet train` writes beside the bundle: partition, out-of-fold risks, results table. Nothing of it is inside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.model.features import Features
from apnet_desktop.model.inputs import ModelInputs
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.cohort_inputs import PatientInputs
from apnet_desktop.study.development import Cases, Development
from apnet_desktop.study.finetuning import FinetuningSettings, finetuned_scores
from apnet_desktop.study.stage_maps import StageMaps
from apnet_desktop.study.systems import system_rows, write_rows
from apnet_desktop.study.trained_manifest import TrainingSettings

__all__ = ["write_development"]

Floats = NDArray[np.float64]
Progress = Callable[[str, float], None]


def write_development(
    out: Path,
    cases: Cases,
    development: Development,
    patients: list[PatientInputs],
    features: list[Features],
    settings: TrainingSettings,
    loaded: LoadedBundle,
    progress: Progress,
) -> None:
    """Writes partition, out-of-fold risks, results table and metrics into `<out>-development/`."""
    folder = out.with_name(out.name + "-development")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "partition.json").write_text(development.partition.model_dump_json(indent=1), encoding="utf-8")
    rows = [
        {"row": one.patient.row, **{route.value: float(risk[n]) for route, risk in development.risks.items()}}
        for n, one in enumerate(patients)
    ]
    (folder / "out_of_fold.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    inputs = [one.inputs for one in patients if one.inputs is not None]
    tuned = _finetuned(folder, inputs, features, cases, development, settings, loaded, progress)
    table = system_rows(
        cases,
        development,
        loaded.bundle.manifest,
        loaded.model.weights.reader,
        inputs,
        settings.development.seed,
        settings.all_rows,
        lambda done: progress("study.stage_rows", done),
        settings.replicates,
        {"apnet_finetuned": tuned} if tuned is not None else {},
    )
    write_rows(table, folder)
    identity = {
        "settings": settings.model_dump(mode="json"),
        "pretrained": loaded.bundle.sha256,
        "cases": hashlib.sha256("\n".join(cases.ids).encode()).hexdigest(),
    }
    (folder / "run.json").write_text(json.dumps(identity, indent=1), encoding="utf-8")


def _finetuned(
    folder: Path,
    inputs: list[ModelInputs],
    features: list[Features],
    cases: Cases,
    development: Development,
    settings: TrainingSettings,
    loaded: LoadedBundle,
    progress: Progress,
) -> Floats | None:
    """Out-of-fold logits with the last stages tuned in each fold; None where that was not asked for."""
    if not settings.finetune:
        return None
    work = settings.work or folder.with_name(folder.name.removesuffix("-development") + "-work")
    device = loaded.compute.device.value
    maps = StageMaps(loaded.tensors, loaded.bundle.manifest, work / f"stages-{loaded.digest}", device)
    return finetuned_scores(
        cases,
        inputs,
        features,
        development,
        loaded.model.weights.reader,
        maps,
        FinetuningSettings(device=device, seed=settings.development.seed),
        folder / "finetuned",
        lambda done: progress("study.stage_finetune", done),
    )
