"""`apnet train --finetune`: the last stage of each backbone learns from outcomes, inside each fold.

What lies before the last stage stays frozen; its maps are computed once for each patient and kept, so that an epoch
costs the last stage only. The loss goes through the fold's own head and the frozen reader to the patient's risk, and
the weights are held near their pre-trained values. Batch statistics stay those of pre-training: a batch is four
patients of the fold's training patients. Then the fold's head is fitted again on the new tokens, and the patients
that the fold held out are scored.

It is a row of the results table. The bundle that ships keeps the frozen backbones: five last stages would make it five
times as large, for what a cohort of some hundred patients can hardly teach.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.model.features import Features
from apnet_desktop.model.head import Head, choose_penalties, fit_head
from apnet_desktop.model.inputs import ModelInputs
from apnet_desktop.model.reader import Reader
from apnet_desktop.study.development import FUSION_PENALTIES, Cases, Development
from apnet_desktop.study.partition import fold_indices
from apnet_desktop.study.stage_maps import DeepReading, StageMaps

__all__ = ["FinetuningSettings", "finetuned_scores", "tune"]

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[np.generic]]


class FinetuningSettings(FrozenModel):
    """Settings of the fine-tuning.

    Attributes:
        epochs: Passes over a fold's training patients.
        patients: Patients in a step; each brings all of its slices.
        learning_rate: AdamW's.
        anchor: Weight of the squared distance from the pre-trained weights.
        device: `cpu` or `cuda`.
        seed: Of the order of patients.
    """

    epochs: int = 2
    patients: int = 4
    learning_rate: float = 2e-5
    anchor: float = 1e-2
    device: str = "cpu"
    seed: int = 1


def _logit(head: Head, tokens: Tensor, clinical: Floats) -> Tensor:
    """`Head.logits` of one patient in torch; the head is fixed."""

    def there(array: Floats) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(tokens.device, torch.float32)

    embedded = there(head.embedding @ clinical)
    weighed = there(head.prior) * torch.exp((there(head.gate) @ embedded).clamp(-30, 30))[:, None]
    findings = (weighed / weighed.sum(dim=0, keepdim=True) * tokens).sum(dim=0)
    fixed = float(head.intercept + head.clinical @ clinical)
    return fixed + findings @ there(head.image) + embedded @ (there(head.interaction) @ findings)


def finetuned_scores(
    cases: Cases,
    inputs: list[ModelInputs],
    features: list[Features],
    development: Development,
    reader: Reader,
    maps: StageMaps,
    settings: FinetuningSettings,
    folder: Path,
    progress: Callable[[float], None],
) -> Floats:
    """Out-of-fold raw logits of APNet with its last stages tuned in each fold.

    Args:
        cases: The cohort.
        inputs: Images of each patient.
        features: Cached features of each patient.
        development: The frozen development: its partition, and the heads to start from.
        reader: The reader.
        maps: The network and its cached maps; its weights are put back after each fold.
        settings: See there.
        folder: Gets `fold-N.safetensors`, the tuned last stages, and each fold's scores: a cut-off run goes on.
        progress: Called with the fraction done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for n, one in enumerate(inputs):
        maps.prepare(one)
        progress(0.2 * (n + 1) / len(inputs))
    start = {name: tensor.clone() for name, tensor in _stage_state(maps).items()}
    clinical = development.encoding.encode(cases.table)
    scores = np.full(len(cases.ids), np.nan)
    reading = DeepReading(maps, reader, len(inputs[0].views))
    folds = fold_indices(development.partition, cases.ids)
    for fold, (train, test) in enumerate(folds):
        kept = folder / f"fold-{fold}.npy"
        if not kept.exists():
            _load_stages(maps, start)
            head = development.models.fused[fold]
            tune(cases, inputs, features, clinical, head, reading, train, start, settings)
            tokens = _tokens(cases, inputs, features, reading)
            truth, weights = cases.state.event[train].astype(np.float64), cases.state.weights[train]
            penalties = choose_penalties(
                tokens[train], reader.prior, clinical[train], truth, weights, fusion_grid=FUSION_PENALTIES
            )
            again = fit_head(tokens[train], reader.prior, clinical[train], truth, weights, penalties)
            save_file(_stage_state(maps), folder / f"fold-{fold}.safetensors")
            np.save(kept, again.logits(tokens[test], clinical[test]))
        scores[test] = np.load(kept)
        progress(0.2 + 0.8 * (fold + 1) / len(folds))
    _load_stages(maps, start)
    return scores


def _stage_state(maps: StageMaps) -> dict[str, Tensor]:
    return {
        f"{n}.{name}": tensor.detach().cpu().contiguous()
        for n, stage in enumerate(maps.stages)
        for name, tensor in stage.state_dict().items()
    }


def _load_stages(maps: StageMaps, state: dict[str, Tensor]) -> None:
    for n, stage in enumerate(maps.stages):
        stage.load_state_dict(
            {name.split(".", 1)[1]: tensor for name, tensor in state.items() if name.startswith(f"{n}.")}
        )


def tune(
    cases: Cases,
    inputs: list[ModelInputs],
    features: list[Features],
    clinical: Floats,
    head: Head,
    reading: DeepReading,
    train: NDArray[np.intp],
    start: dict[str, Tensor],
    settings: FinetuningSettings,
) -> None:
    """Epochs over the fold's training patients; only the last stages' parameters move.

    Args:
        cases: The cohort.
        inputs: Images of each patient, whose maps are there.
        features: Cached features of each patient.
        clinical: Encoded clinical vectors.
        head: The fold's fused head, which stays as it is.
        reading: Network, maps and reader.
        train: Rows of the fold's training patients.
        start: Pre-trained values of the last stages, to which they are held.
        settings: See there.
    """
    maps = reading.maps
    named = [(f"{n}.{name}", p) for n, stage in enumerate(maps.stages) for name, p in stage.named_parameters()]
    for _, parameter in named:
        parameter.requires_grad_(True)
    anchors = [start[name].to(maps.device) for name, _ in named]
    optimiser = torch.optim.AdamW([p for _, p in named], lr=settings.learning_rate, weight_decay=0.0)
    generator = np.random.default_rng(settings.seed)
    weights = cases.state.weights
    chosen = train[weights[train] > 0]
    for _ in range(settings.epochs):
        order = generator.permutation(chosen)
        for first in range(0, len(order), settings.patients):
            optimiser.zero_grad(set_to_none=True)
            part = order[first : first + settings.patients]
            for row in part:
                tokens = reading.tokens(reading.pooled(inputs[row], features[row]), cases.tokens[row])
                logit = _logit(head, tokens, clinical[row])
                truth = torch.tensor(float(cases.state.event[row]), device=logit.device)
                loss = nn.functional.binary_cross_entropy_with_logits(logit, truth)
                (float(weights[row]) * loss / len(part)).backward()  # type: ignore[no-untyped-call]
            for (_, parameter), anchor in zip(named, anchors, strict=True):
                if parameter.grad is not None:
                    parameter.grad += settings.anchor * (parameter.detach() - anchor)
            nn.utils.clip_grad_norm_([p for _, p in named], 1.0)
            optimiser.step()
    for _, parameter in named:
        parameter.requires_grad_(False)


def _tokens(cases: Cases, inputs: list[ModelInputs], features: list[Features], reading: DeepReading) -> Floats:
    with torch.no_grad():
        rows = [
            reading.tokens(reading.pooled(one, seen), cached).cpu().numpy()
            for one, seen, cached in zip(inputs, features, cases.tokens, strict=True)
        ]
    return np.asarray(np.stack(rows), dtype=np.float64)
