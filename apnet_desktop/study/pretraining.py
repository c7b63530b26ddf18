"""Pre-trains one backbone and its projections on simulated slices, within a budget of slices, resumable from disk.

Targets are masks of lesions and what a slice shows; see `pretraining_data`. Each backbone is trained by itself, as the
rows "ResNet alone" and "ViT alone" need it, and the two are joined by name afterwards. Most of the budget goes to
crops, which show the convolutions as much per pixel as whole images do and cost a third; the rest to whole images, so
that pooled vectors and batch statistics are those of the images that the network will see.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from apnet_desktop.bundle.manifest import Backbone, CtRecipe
from apnet_desktop.study.pretraining_data import SlicePool
from apnet_desktop.study.pretraining_run import PretrainingRun, PretrainingSettings, PretrainingState, backbone_rate
from apnet_desktop.study.recipe import BACKBONES, EMBEDDING, RECIPE

__all__ = [
    "PretrainingSettings",
    "PretrainingState",
    "backbone_rate",
    "join_backbones",
    "load_best",
    "open_run",
    "pretrain_backbone",
]


def pretrain_backbone(
    backbone: Backbone,
    recipe: CtRecipe,
    embedding: int,
    pool: SlicePool,
    folder: Path,
    settings: PretrainingSettings,
    progress: Callable[[str, float], None],
    until: int | None = None,
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
        until: Stop after so many slices, to go on another time; None: when the budget is used up.
    """
    torch.set_num_threads(settings.threads)
    folder.mkdir(parents=True, exist_ok=True)
    run = open_run(backbone, recipe, embedding, folder, settings)
    generator = np.random.default_rng([settings.seed, run.state.steps])
    pool.refresh()
    validation = [pool.validation(view) for view in range(len(recipe.views))]
    last_validation = run.state.slices
    last = settings.slices if until is None else min(until, settings.slices)
    while run.state.slices < last:
        started = time.process_time()
        if run.state.steps % 50 == 0:
            pool.refresh()
        view = run.state.steps % len(recipe.views)
        crop = settings.crop if run.crops and run.fraction < 1 - settings.whole_share else None
        size = settings.batch if crop is not None else max(settings.batch * 2 // 3, 8)
        run.step(view, pool.draw(generator, view, size, crop), whole=crop is None)
        run.state.seconds += (time.process_time() - started) / settings.threads
        if run.state.slices - last_validation >= settings.validate_every or run.state.slices >= last:
            last_validation = run.state.slices
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
    parser.add_argument("--budget", type=int, required=True, help="slices to be seen in all")
    parser.add_argument("--until", type=int, default=None, help="stop after so many slices, to go on another time")
    parser.add_argument("--learning-rate", type=float, default=None, help="peak; the backbone's own by default")
    parser.add_argument(
        "--weights", type=Path, default=None, help="local file to start from (safetensors, timm's names)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options = parser.parse_args(arguments)
    backbone = next(backbone for backbone in BACKBONES if backbone.timm_name == options.backbone)
    rate = options.learning_rate or backbone_rate(backbone)
    settings = PretrainingSettings(
        slices=options.budget,
        learning_rate=rate,
        seed=options.seed,
        threads=options.threads,
        device=options.device,
        weights=options.weights,
    )
    pool = SlicePool(options.slices, RECIPE.windows)

    def tell(sentence: str, fraction: float) -> None:
        sys.stdout.write(f"{fraction:6.1%} {sentence}\n")
        sys.stdout.flush()

    pretrain_backbone(backbone, RECIPE, EMBEDDING, pool, options.out, settings, tell, options.until)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
