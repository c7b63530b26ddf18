"""Puts a bundle together from what a study learnt: writes every file, makes golden values, verifies, then shows it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from apnet_desktop.bundle.calibration import Calibration
from apnet_desktop.bundle.files import Bundle, open_bundle, write_manifest
from apnet_desktop.bundle.golden import GOLDEN_NAME
from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.errors import BundleError
from apnet_desktop.language import Message
from apnet_desktop.model.clinical_model import clinical_file_name
from apnet_desktop.model.compute import cpu_compute
from apnet_desktop.model.golden import make_golden
from apnet_desktop.model.predict import Predictor
from apnet_desktop.model.reference import REFERENCE_NAME, Reference, pack_reference
from apnet_desktop.model.weights import WEIGHTS_NAME, Weights, pack_weights

__all__ = ["assemble_bundle"]


def assemble_bundle(
    target: Path,
    manifest: Manifest,
    weights: Weights,
    boosters: Sequence[str],
    calibration: Calibration,
    reference: Reference,
    evaluation: Mapping[str, Any],
    model_card: str,
) -> Bundle:
    """Writes a bundle.

    Heads, calibrators and boosters of fold n belong together: `weights.image[n]`, `weights.fused[n]`, `boosters[n]`
    and each route's `calibrators[n]` come from the same training patients.

    Args:
        target: The bundle's folder; one that exists is replaced when the new one is complete.
        manifest: Everything but `files` (give an empty tuple).
        weights: `Weights.network` comes from `network.network_arrays`, in float16.
        boosters: LightGBM's `model_to_string()` of each fold, trained on `clinical_columns.table_of` with
            `clinical_columns.columns_of(...)[n].name` as feature names.
        calibration: Calibrators and intervals of the three routes.
        reference: From `reference.fit_reference`.
        evaluation: Content of `evaluation.json`.
        model_card: Text of `MODEL_CARD.md`.

    Returns:
        The bundle as opened in `target`.

    Raises:
        BundleError: The parts do not fit each other.
    """
    folds = manifest.fusion.folds
    calibrators = {len(route.calibrators) for route in calibration.routes}
    if {len(weights.image), len(weights.fused), len(boosters)} | calibrators != {folds}:
        raise BundleError(Message.of("bundle.manifest_damaged", reason="fusion.folds"))
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".bundle-", dir=target.parent))
    try:
        (staging / WEIGHTS_NAME).write_bytes(pack_weights(weights))
        for fold, booster in enumerate(boosters):
            _write(staging / clinical_file_name(fold), booster)
        _write(staging / "calibration.json", calibration.model_dump_json(indent=1) + "\n")
        (staging / REFERENCE_NAME).write_bytes(pack_reference(reference))
        _write(staging / "evaluation.json", json.dumps(evaluation, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
        _write(staging / "MODEL_CARD.md", model_card)
        write_manifest(staging, manifest)
        predictor = Predictor(open_bundle(staging), cpu_compute(Message.of("model.device_cpu_asked")))
        _write(staging / GOLDEN_NAME, make_golden(predictor).model_dump_json(indent=1) + "\n")
        write_manifest(staging, manifest)
        open_bundle(staging)
        staging.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        staging.replace(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return open_bundle(target)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
