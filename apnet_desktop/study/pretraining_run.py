"""One backbone's pre-training: its network, heads, optimiser and checkpoints. The loop over it is `pretraining`."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from apnet_desktop.bundle.manifest import Backbone, CtRecipe
from apnet_desktop.errors import StudyError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.model.network import ApnetNetwork, PretrainingHeads
from apnet_desktop.study.pretraining_data import MASKS, SLICE_FINDINGS, SliceBatch

__all__ = ["PretrainingRun", "PretrainingSettings", "PretrainingState", "backbone_rate", "load_local_weights"]

_MASK_NAMES = tuple(MASKS)
# Rare tissues weigh more, so that a duct of a hundred pixels is not drowned by ten thousand of fat.
_POSITIVE_WEIGHT = {"viable_pancreas": 2.0, "necrosis": 4.0, "duct": 8.0, "collection": 2.0, "stranding": 2.0,
                    "thrombus": 10.0, "effusion": 4.0}  # fmt: skip


def backbone_rate(backbone: Backbone) -> float:
    """Peak learning rate for batches of about twenty: a transformer without batch statistics bears less."""
    return 5e-4 if "vit" in backbone.timm_name else 1.5e-3


class PretrainingSettings(FrozenModel):
    """Settings of one backbone's pre-training.

    Attributes:
        slices: Budget in slices seen. The learning rate follows it, so that a busy or stopped machine changes nothing
            but the time. A run may be gone on with under another budget: it anneals sooner or later.
        batch: Slices in a step.
        crop: Side of the crops in pixels; None trains on whole images throughout.
        whole_share: Share of the budget, at its end, that goes to whole images.
        learning_rate: Peak, after a warm-up of 3 % of the budget, then a cosine to zero.
        weight_decay: AdamW's.
        findings_weight: Weight of the findings' loss beside the masks'.
        validate_every: Slices between validations, each of which keeps a checkpoint.
        seed: Seed of weights and batches.
        threads: CPU threads.
        device: `cpu` or `cuda`.
        weights: A site's own file of weights to start from (safetensors, timm's names); None starts at random.
    """

    slices: int
    batch: int = 24
    crop: int | None = 128
    whole_share: float = 0.25
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.02
    findings_weight: float = 0.5
    validate_every: int = 480
    seed: int = 1
    threads: int = 2
    device: str = "cpu"
    weights: Path | None = None


@dataclass
class PretrainingState:
    """Where a run stands; kept beside the weights as `progress.json`."""

    seconds: float = 0.0
    steps: int = 0
    slices: int = 0
    best: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)


def load_local_weights(backbone: nn.Module, file: Path) -> None:
    """Fills a backbone from a local file; a classifier that rides in it is left out.

    Args:
        backbone: Without classifier.
        file: Safetensors with timm's names.

    Raises:
        StudyError: The file cannot be read, or is of another backbone: a tensor is missing or of another shape.
    """
    try:
        found = load_file(file)
    except (OSError, SafetensorError) as error:
        raise StudyError(Message.of("study.weights_unreadable", file=file.name)) from error
    wanted = backbone.state_dict()
    for name, tensor in wanted.items():
        if name.endswith("num_batches_tracked"):
            found.setdefault(name, tensor)
        if name not in found or found[name].shape != tensor.shape:
            raise StudyError(Message.of("study.weights_of_another", file=file.name, name=name))
    backbone.load_state_dict({name: found[name] for name in wanted})


class PretrainingRun:
    """One backbone with its heads and optimiser."""

    def __init__(
        self, backbone: Backbone, recipe: CtRecipe, embedding: int, folder: Path, settings: PretrainingSettings
    ) -> None:
        torch.manual_seed(settings.seed)
        self.folder, self.settings = folder, settings
        network = ApnetNetwork((backbone,), len(recipe.views), len(recipe.windows), recipe.pixels, embedding)
        if settings.weights is not None:
            load_local_weights(network.backbones[0], settings.weights)
        self.device = torch.device(settings.device)
        self.network = network.to(self.device).to(memory_format=torch.channels_last)
        # A ViT's position embeddings are made for one image size; its crop would be another network.
        self.crops = settings.crop is not None and not hasattr(self.network.backbones[0], "patch_embed")
        self.heads = PretrainingHeads(self.network, len(SLICE_FINDINGS), len(MASKS)).to(self.device)
        self.modules = nn.ModuleDict({"network": self.network, "heads": self.heads})
        decayed = [p for p in self.modules.parameters() if p.ndim > 1]
        others = [p for p in self.modules.parameters() if p.ndim <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=settings.learning_rate,
            betas=(0.9, 0.98),
            fused=True,
        )
        positive = torch.tensor([_POSITIVE_WEIGHT[name] for name in _MASK_NAMES], device=self.device)
        self.positive = positive.view(1, -1, 1, 1)
        self.state = PretrainingState()
        self._resume()

    @property
    def fraction(self) -> float:
        """Share of the budget that is used up."""
        return self.state.slices / self.settings.slices

    def _rate(self) -> float:
        warm = min(self.fraction / 0.03, 1.0)
        cosine = 0.5 * (1 + math.cos(math.pi * min(self.fraction, 1.0)))
        return self.settings.learning_rate * warm * max(cosine, 0.01)

    def step(self, view: int, batch: SliceBatch, whole: bool) -> None:
        """One optimiser step on slices of one view; `whole`: they are whole images, no crops."""
        self.modules.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        findings, masks = self._forward(view, batch)
        loss = self._loss(findings, masks, batch, whole)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.modules.parameters(), 1.0)
        self.optimiser.step()
        self.state.steps += 1
        self.state.slices += len(batch.images)

    def _forward(self, view: int, batch: SliceBatch) -> tuple[Tensor, list[Tensor]]:
        images = self._there(batch.images).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16):
            findings, masks = self.heads(self.network, view, images, self._there(batch.weights))
        return findings.float(), [mask.float() for mask in masks]

    def _there(self, array: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(array).to(self.device, non_blocking=True)

    def _loss(self, findings: Tensor, masks: list[Tensor], batch: SliceBatch, whole: bool) -> Tensor:
        truth = self._there(batch.masks)
        total = torch.zeros((), device=self.device)
        for predicted in masks:
            target = nn.functional.adaptive_avg_pool2d(truth, (predicted.shape[2], predicted.shape[3]))
            total = total + nn.functional.binary_cross_entropy_with_logits(predicted, target, pos_weight=self.positive)
        total = total / len(masks)
        # A crop's pooled vector has no whole image to speak of: its findings count less.
        weight = self.settings.findings_weight * (1.0 if whole else 0.3)
        wanted = self._there(batch.findings)[:, None].expand_as(findings)
        counts = self._there(batch.defined.astype(np.float32))[:, None].expand_as(findings)
        error = nn.functional.smooth_l1_loss(findings, wanted, beta=0.3, reduction="none")
        return total + weight * (error * counts).sum() / counts.sum().clamp_min(1.0)

    def validate(self, batches: list[SliceBatch], size: int = 16) -> dict[str, float]:
        """Loss, and for each finding the R² of the best scale, over whole images of held-out patients."""
        self.modules.eval()
        losses, residual, spread = [], [], []
        with torch.no_grad():
            for view, batch in enumerate(batches):
                readings = []
                for start in range(0, len(batch.images), size):
                    part = batch.part(start, start + size)
                    findings, masks = self._forward(view, part)
                    losses.append(float(self._loss(findings, masks, part, whole=True)))
                    readings.append(findings.cpu().numpy())
                read = np.concatenate(readings)
                kept = batch.defined
                truth = np.where(kept, batch.findings, np.nan)
                residual.append(np.nanmean((read - truth[:, None]) ** 2, axis=0))
                spread.append(np.nanvar(truth, axis=0))
        explained = np.stack([1 - r / np.maximum(s, 1e-6) for r, s in zip(residual, spread, strict=True)])
        best = explained.max(axis=(0, 1))
        figures = {f"r2_{name}": float(best[n]) for n, name in enumerate(SLICE_FINDINGS)}
        return {"loss": float(np.mean(losses)), **figures}

    def keep(self, figures: dict[str, float]) -> None:
        """Writes the checkpoint, and the best one so far."""
        self.state.history.append({"minutes": self.state.seconds / 60, "slices": self.state.slices, **figures})
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in self.modules.state_dict().items()}
        if figures["loss"] < self.state.best:
            self.state.best = figures["loss"]
            _write(self.folder / "best.safetensors", weights)
        moments = {
            f"optimiser.{n}.{name}": tensor.cpu().contiguous()
            for n, values in self.optimiser.state_dict()["state"].items()
            for name, tensor in values.items()
        }
        _write(self.folder / "last.safetensors", {**weights, **moments})
        self._board(figures)
        document = json.dumps({**self.state.__dict__, "settings": self.settings.model_dump(mode="json")}, indent=1)
        (self.folder / "progress.json").write_text(document, encoding="utf-8")

    def _board(self, figures: dict[str, float]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        with SummaryWriter(str(self.folder / "tensorboard")) as board:
            for name, value in figures.items():
                board.add_scalar(f"validation/{name}", value, self.state.slices)

    def _resume(self) -> None:
        last = self.folder / "last.safetensors"
        if not last.exists():
            return
        arrays = load_file(last)
        self.modules.load_state_dict({k: v for k, v in arrays.items() if not k.startswith("optimiser.")})
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in arrays.items():
            if name.startswith("optimiser."):
                _, number, key = name.split(".")
                moments.setdefault(int(number), {})[key] = tensor
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": moments})
        kept = json.loads((self.folder / "progress.json").read_text(encoding="utf-8"))
        kept.pop("settings")
        self.state = PretrainingState(**kept)


def _write(path: Path, tensors: dict[str, Tensor]) -> None:
    partial = path.with_suffix(".partial")
    save_file(tensors, partial)
    partial.replace(path)
