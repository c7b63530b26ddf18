"""Pre-trains one backbone and its projections on simulated slices, within a budget of minutes, resumable from disk.

Targets are masks of lesions and what a slice shows; see `pretraining_data`. Each backbone is trained by itself, as the
rows "ResNet alone" and "ViT alone" need it, and the two are joined by name afterwards. Most of the budget goes to
crops, which show the convolutions as much per pixel as whole images do and cost a third; the rest to whole images, so
that pooled vectors and batch statistics are those of the images that the network will see.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from apnet_desktop.bundle.manifest import Backbone, CtRecipe
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.model.network import ApnetNetwork, PretrainingHeads
from apnet_desktop.study.pretraining_data import MASKS, SLICE_FINDINGS, SliceBatch, SlicePool
from apnet_desktop.study.recipe import BACKBONES, EMBEDDING, RECIPE

__all__ = ["PretrainingSettings", "PretrainingState", "join_backbones", "load_best", "open_run", "pretrain_backbone"]

_MASK_NAMES = tuple(MASKS)
# Rare tissues weigh more, so that a duct of a hundred pixels is not drowned by ten thousand of fat.
_POSITIVE_WEIGHT = {"viable_pancreas": 2.0, "necrosis": 4.0, "duct": 8.0, "collection": 2.0, "stranding": 2.0,
                    "thrombus": 10.0, "effusion": 4.0}  # fmt: skip


class PretrainingSettings(FrozenModel):
    """Settings of one backbone's pre-training.

    Attributes:
        minutes: Budget of training, rendering not included, in minutes of undisturbed work: processor time over
            threads. On a busy machine it takes longer, but the learning rate does not run out before the steps do.
        batch: Slices in a step.
        crop: Side of the crops in pixels; None trains on whole images throughout.
        whole_share: Share of the budget, at its end, that goes to whole images.
        learning_rate: Peak, after a warm-up of 3 % of the budget, then a cosine to zero.
        weight_decay: AdamW's.
        findings_weight: Weight of the findings' loss beside the masks'.
        validate_every: Minutes between validations.
        seed: Seed of weights and batches.
        threads: CPU threads.
    """

    minutes: float
    batch: int = 24
    crop: int | None = 128
    whole_share: float = 0.25
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.02
    findings_weight: float = 0.5
    validate_every: float = 2.0
    seed: int = 1
    threads: int = 2


@dataclass
class PretrainingState:
    """Where a run stands; kept beside the weights as `progress.json`."""

    seconds: float = 0.0
    steps: int = 0
    slices: int = 0
    best: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)


def pretrain_backbone(
    backbone: Backbone,
    recipe: CtRecipe,
    embedding: int,
    pool: SlicePool,
    folder: Path,
    settings: PretrainingSettings,
    progress: Callable[[str, float], None],
) -> PretrainingState:
    """Trains until the budget is used up; a run that was cut off goes on from its last checkpoint.

    Args:
        backbone: Which one.
        recipe: Input recipe.
        embedding: Channels of the projections.
        pool: Rendered slices.
        folder: Checkpoints: `last.safetensors`, `best.safetensors`, `progress.json`.
        settings: See there.
        progress: Called with a sentence and the fraction done.
    """
    torch.set_num_threads(settings.threads)
    folder.mkdir(parents=True, exist_ok=True)
    run = open_run(backbone, recipe, embedding, folder, settings)
    generator = np.random.default_rng([settings.seed, run.state.steps])
    pool.refresh()
    validation = [pool.validation(view) for view in range(len(recipe.views))]
    last_validation = run.state.seconds
    while run.fraction < 1:
        started = time.process_time()
        if run.state.steps % 50 == 0:
            pool.refresh()
        view = run.state.steps % len(recipe.views)
        crop = settings.crop if run.crops and run.fraction < 1 - settings.whole_share else None
        size = settings.batch if crop is not None else max(settings.batch * 2 // 3, 8)
        run.step(view, pool.draw(generator, view, size, crop), whole=crop is None)
        run.state.seconds += (time.process_time() - started) / settings.threads
        if run.state.seconds - last_validation >= 60 * settings.validate_every or run.fraction >= 1:
            last_validation = run.state.seconds
            figures = run.validate(validation)
            run.keep(figures)
            progress(_sentence(backbone, run.state, figures), run.fraction)
    return run.state


def _sentence(backbone: Backbone, state: PretrainingState, figures: dict[str, float]) -> str:
    kept = {name: round(value, 3) for name, value in figures.items()}
    return f"{backbone.timm_name}: {state.slices} slices, {state.seconds / 60:.1f} min, {kept}"


def open_run(
    backbone: Backbone, recipe: CtRecipe, embedding: int, folder: Path, settings: PretrainingSettings
) -> PretrainingRun:
    """A run at its last checkpoint in `folder`, or at its start."""
    return PretrainingRun(backbone, recipe, embedding, folder, settings)


class PretrainingRun:
    """One backbone with its heads and optimiser."""

    def __init__(
        self, backbone: Backbone, recipe: CtRecipe, embedding: int, folder: Path, settings: PretrainingSettings
    ) -> None:
        torch.manual_seed(settings.seed)
        self.folder, self.settings = folder, settings
        network = ApnetNetwork((backbone,), len(recipe.views), len(recipe.windows), recipe.pixels, embedding)
        self.network = network.to(memory_format=torch.channels_last)
        # A ViT's position embeddings are made for one image size; its crop would be another network.
        self.crops = settings.crop is not None and not hasattr(self.network.backbones[0], "patch_embed")
        self.heads = PretrainingHeads(self.network, len(SLICE_FINDINGS), len(MASKS))
        self.modules = nn.ModuleDict({"network": self.network, "heads": self.heads})
        decayed = [p for p in self.modules.parameters() if p.ndim > 1]
        others = [p for p in self.modules.parameters() if p.ndim <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=settings.learning_rate,
            betas=(0.9, 0.98),
        )
        self.positive = torch.tensor([_POSITIVE_WEIGHT[name] for name in _MASK_NAMES]).view(1, -1, 1, 1)
        self.state = PretrainingState()
        self._resume()

    @property
    def fraction(self) -> float:
        """Share of the budget that is used up."""
        return self.state.seconds / (60 * self.settings.minutes)

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
        images = torch.from_numpy(batch.images).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            findings, masks = self.heads(self.network, view, images, torch.from_numpy(batch.weights))
        return findings.float(), [mask.float() for mask in masks]

    def _loss(self, findings: Tensor, masks: list[Tensor], batch: SliceBatch, whole: bool) -> Tensor:
        truth = torch.from_numpy(batch.masks)
        total = torch.zeros(())
        for predicted in masks:
            target = nn.functional.adaptive_avg_pool2d(truth, (predicted.shape[2], predicted.shape[3]))
            total = total + nn.functional.binary_cross_entropy_with_logits(predicted, target, pos_weight=self.positive)
        total = total / len(masks)
        # A crop's pooled vector has no whole image to speak of: its findings count less.
        weight = self.settings.findings_weight * (1.0 if whole else 0.3)
        wanted = torch.from_numpy(batch.findings)[:, None].expand_as(findings)
        return total + weight * nn.functional.smooth_l1_loss(findings, wanted, beta=0.3)

    def validate(self, batches: list[SliceBatch], size: int = 16) -> dict[str, float]:
        """Loss, and for each finding the R² of the best scale, over whole images of held-out patients."""
        self.modules.eval()
        losses, residual, spread = [], [], []
        with torch.no_grad():
            for view, batch in enumerate(batches):
                readings = []
                for start in range(0, len(batch.images), size):
                    part = SliceBatch(
                        *(
                            getattr(batch, name)[start : start + size]
                            for name in ("images", "weights", "masks", "findings")
                        )
                    )
                    findings, masks = self._forward(view, part)
                    losses.append(float(self._loss(findings, masks, part, whole=True)))
                    readings.append(findings.numpy())
                read = np.concatenate(readings)
                residual.append(((read - batch.findings[:, None]) ** 2).mean(axis=0))
                spread.append(batch.findings.var(axis=0))
        explained = np.stack([1 - r / np.maximum(s, 1e-6) for r, s in zip(residual, spread, strict=True)])
        best = explained.max(axis=(0, 1))
        figures = {f"r2_{name}": float(best[n]) for n, name in enumerate(SLICE_FINDINGS)}
        return {"loss": float(np.mean(losses)), **figures}

    def keep(self, figures: dict[str, float]) -> None:
        """Writes the checkpoint, and the best one so far."""
        self.state.history.append({"minutes": self.state.seconds / 60, "slices": self.state.slices, **figures})
        weights = {name: tensor.detach().contiguous() for name, tensor in self.modules.state_dict().items()}
        if figures["loss"] < self.state.best:
            self.state.best = figures["loss"]
            _write(self.folder / "best.safetensors", weights)
        moments = {
            f"optimiser.{n}.{name}": tensor.contiguous()
            for n, values in self.optimiser.state_dict()["state"].items()
            for name, tensor in values.items()
        }
        _write(self.folder / "last.safetensors", {**weights, **moments})
        self._board(figures)
        document = json.dumps({**self.state.__dict__, "settings": self.settings.model_dump()}, indent=1)
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


def load_best(folder: Path) -> dict[str, NDArray[np.generic]]:
    """The network's weights of the best checkpoint, by name, without heads."""
    arrays = load_file(folder / "best.safetensors")
    return {
        name.removeprefix("network."): value.numpy() for name, value in arrays.items() if name.startswith("network.")
    }


def join_backbones(parts: list[dict[str, NDArray[np.generic]]], scales: list[int]) -> dict[str, NDArray[np.generic]]:
    """Weights of one network from those of single-backbone networks, in the order of the backbones.

    Args:
        parts: Weights of each single-backbone network.
        scales: Number of depths of each backbone.
    """
    joined: dict[str, NDArray[np.generic]] = {}
    first = 0
    for number, (part, count) in enumerate(zip(parts, scales, strict=True)):
        for name, array in part.items():
            room, *rest = name.split(".")
            if room == "backbones":
                joined[".".join(["backbones", str(number), *rest[1:]])] = array
            else:
                view, scale, *more = rest
                joined[".".join([room, view, str(int(scale) + first), *more])] = array
        first += count
    return joined


def main(arguments: list[str] | None = None) -> int:
    """Trains one backbone in a process of its own: the two then share the cores without waiting for each other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", choices=[backbone.timm_name for backbone in BACKBONES], required=True)
    parser.add_argument("--slices", type=Path, required=True, help="folder of rendered patients")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    backbone = next(backbone for backbone in BACKBONES if backbone.timm_name == options.backbone)
    settings = PretrainingSettings(minutes=options.minutes, seed=options.seed, threads=options.threads)
    pool = SlicePool(options.slices, RECIPE.windows)

    def tell(sentence: str, fraction: float) -> None:
        sys.stdout.write(f"{fraction:6.1%} {sentence}\n")
        sys.stdout.flush()

    pretrain_backbone(backbone, RECIPE, EMBEDDING, pool, options.out, settings, tell)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
