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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.errors import StudyError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.model.features import Features
from apnet_desktop.model.head import Head, choose_penalties, fit_head
from apnet_desktop.model.inputs import REGIONS, ModelInputs
from apnet_desktop.model.network import ApnetNetwork, build_network, load_network, pool_maps
from apnet_desktop.model.reader import Reader
from apnet_desktop.study.development import FUSION_PENALTIES, Cases, Development
from apnet_desktop.study.partition import fold_indices

__all__ = ["DeepReading", "FinetuningSettings", "StageMaps", "finetuned_scores", "last_stage", "tune"]

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[np.generic]]
# The reader cuts standardised features here, and the slices' soft maximum weighs by exp(2 x): see reader and features.
_LARGEST, _SHARPNESS = 8.0, 2.0


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


def last_stage(backbone: nn.Module, depth: int, name: str) -> nn.Module:
    """The deepest stage that the network looks at: a ResNet's layer, a transformer's block.

    Raises:
        StudyError: The backbone is neither.
    """
    blocks = getattr(backbone, "blocks", None)
    if isinstance(blocks, nn.Sequential | nn.ModuleList) and hasattr(backbone, "patch_embed"):
        return blocks[depth]
    stage = getattr(backbone, f"layer{depth}", None)
    if not isinstance(stage, nn.Module):
        raise StudyError(Message.of("study.finetune_backbone", name=name))
    return stage


class StageMaps:
    """What goes into the last stages, for each patient, computed once and kept as float16.

    Args:
        tensors: The network's.
        manifest: Backbones and recipe.
        folder: Where the maps are kept.
        device: `cpu` or `cuda`.
    """

    def __init__(self, tensors: Arrays, manifest: Manifest, folder: Path, device: str) -> None:
        self.device = torch.device(device)
        network = build_network(manifest.ct, manifest.backbones, manifest.fusion)
        self.network: ApnetNetwork = load_network(network, tensors).to(self.device)
        self.stages = [
            last_stage(module, max(backbone.depths), backbone.timm_name)
            for module, backbone in zip(self.network.backbones, manifest.backbones, strict=True)
        ]
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, inputs: ModelInputs) -> Path:
        """File of one patient's maps."""
        return self._folder / f"{inputs.digest()[:32]}.safetensors"

    def prepare(self, inputs: ModelInputs, batch: int = 8) -> None:
        """Computes one patient's maps if they are not there: (views · slices, ...) for each backbone."""
        if self.path(inputs).exists():
            return
        caught: list[list[Tensor]] = [[] for _ in self.stages]
        hooks = [
            stage.register_forward_pre_hook(lambda _module, given, place=place: caught[place].append(given[0]))
            for place, stage in enumerate(self.stages)
        ]
        images = torch.from_numpy(inputs.images).flatten(0, 1)
        try:
            with torch.no_grad():
                for start in range(0, len(images), batch):
                    self.network.backbone_maps(images[start : start + batch].to(self.device))
        finally:
            for hook in hooks:
                hook.remove()
        kept = {f"stage{n}": torch.cat(parts).half().cpu().contiguous() for n, parts in enumerate(caught)}
        partial = self.path(inputs).with_suffix(".partial")
        save_file(kept, partial)
        partial.replace(self.path(inputs))

    def deepest_maps(self, inputs: ModelInputs) -> list[Tensor]:
        """The last stages' output for one patient, (views · slices, channels, y, x) a backbone; with gradients."""
        kept = load_file(self.path(inputs))
        maps = []
        for n, (stage, backbone) in enumerate(zip(self.stages, self.network.backbones, strict=True)):
            out = stage(kept[f"stage{n}"].to(self.device).float())
            if out.ndim == 3:
                height, width = cast("Any", backbone).patch_embed.grid_size
                tokens = out[:, out.shape[1] - height * width :]
                out = tokens.transpose(1, 2).reshape(len(tokens), -1, height, width)
            maps.append(out)
        return maps


@dataclass(frozen=True)
class DeepReading:
    """Reader and scales in torch: which places of the token table the last stages give.

    Attributes:
        maps: Network and cached maps.
        reader: The reader.
        views: Number of fields of view.
    """

    maps: StageMaps
    reader: Reader
    views: int

    def places(self) -> list[tuple[int, int, int]]:
        """(view, backbone, place among all scales) of each deepest scale."""
        scales, found = self.maps.network.scales, []
        for view in range(self.views):
            first = 0
            for number, depths in enumerate(self.maps.network.depths):
                first += len(depths)
                found.append((view, number, view * scales + first - 1))
        return found

    def pooled(self, inputs: ModelInputs, features: Features) -> dict[int, Tensor]:
        """Pooled vectors of the deepest scales by place, as `features.pool_slices` makes them."""
        device = self.maps.device
        deepest = self.maps.deepest_maps(inputs)
        weights = torch.from_numpy(inputs.maps).to(device)
        slices = inputs.hounsfield.shape[1]
        areas = torch.from_numpy(features.areas).to(device)
        size = torch.from_numpy(features.size).to(device)
        result = {}
        for view, number, place in self.places():
            projection = cast("nn.ModuleList", self.maps.network.projections[view])
            scale = projection[place - view * self.maps.network.scales]
            chosen = deepest[number][view * slices : (view + 1) * slices]
            projected = torch.clamp(scale(chosen), -8.0, 8.0)
            grid = nn.functional.adaptive_avg_pool2d(weights[view], (projected.shape[2], projected.shape[3]))
            vectors = pool_maps(projected, torch.cat([grid, torch.ones_like(grid[:, :1])], dim=1))
            share = areas[view] / areas[view].sum(dim=0, keepdim=True).clamp_min(1e-9)
            part = share.repeat_interleave(vectors.shape[1] // len(REGIONS), dim=1)
            sharp = part * torch.exp(_SHARPNESS * vectors)
            soft = (sharp * vectors).sum(dim=0) / sharp.sum(dim=0).clamp_min(1e-9)
            result[place] = torch.cat([(part * vectors).sum(dim=0), soft, size])
        return result

    def tokens(self, pooled: dict[int, Tensor], cached: Floats) -> Tensor:
        """(scales, findings): the cached tokens with the deepest scales read anew."""
        table = torch.from_numpy(cached).to(self.maps.device, torch.float32).unbind(0)
        rows = list(table)
        for place, vector in pooled.items():

            def there(array: Floats, place: int = place) -> Tensor:
                return torch.from_numpy(array[place]).to(self.maps.device, torch.float32)

            normed = ((vector - there(self.reader.centre)) / there(self.reader.spread)).clamp(-_LARGEST, _LARGEST)
            rows[place] = there(self.reader.weight) @ normed + there(self.reader.bias)
        return torch.stack(rows)


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
