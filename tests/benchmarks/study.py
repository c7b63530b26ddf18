"""Throughput of pre-training beside a bare timm loop on the same batches: forward, one loss, backward, AdamW step."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from apnet_desktop.model.inputs import ModelInputs, ViewGeometry
from apnet_desktop.study.pretraining import PretrainingSettings, open_run
from apnet_desktop.study.pretraining_data import MASKS, SlicePool
from apnet_desktop.study.recipe import BACKBONES, EMBEDDING, RECIPE
from tests.benchmarks.ratio import Ratio

_BATCH = 8
_TURNS = 5


def _pool(folder: Path) -> SlicePool:
    """Slices of noise: their content does not change the time."""
    generator = np.random.default_rng(1)
    side, views = RECIPE.pixels, len(RECIPE.views)
    for number in range(1, 9):
        places = tuple(ViewGeometry(view.name, (0.0, 0.0), 1.0, (1.0, 1.0)) for view in RECIPE.views)
        inputs = ModelInputs(
            generator.integers(-200, 200, (views, 8, side, side)).astype(np.int16),
            generator.integers(0, 256, (views, 8, 2, side, side)).astype(np.uint8),
            np.zeros((views, 8), dtype=np.int32),
            places,
            RECIPE.windows,
            80.0,
            80.0,
        )
        labels = generator.choice(np.array([0, *MASKS.values()], dtype=np.uint8), (1, side, side))
        SlicePool.write(folder, number, inputs, labels)
    pool = SlicePool(folder, RECIPE.windows)
    pool.refresh()
    return pool


def measure() -> list[Ratio]:
    """One ratio a backbone, in processor time, turn by turn."""
    import timm

    rows = []
    with tempfile.TemporaryDirectory() as name:
        pool = _pool(Path(name) / "slices")
        for backbone in BACKBONES:
            settings = PretrainingSettings(slices=100_000, batch=_BATCH, crop=None, threads=torch.get_num_threads())
            run = open_run(backbone, RECIPE, EMBEDDING, Path(name) / backbone.timm_name, settings)
            bare = timm.create_model(backbone.timm_name, pretrained=False, num_classes=8)
            bare = bare.to(memory_format=torch.channels_last).train()
            optimiser = torch.optim.AdamW(bare.parameters(), lr=1e-3)
            generator = np.random.default_rng(2)
            ours, peer = [], []
            for turn in range(_TURNS + 1):
                started = time.process_time()
                batch = pool.draw(generator, turn % 2, _BATCH, None)
                run.step(turn % 2, batch, whole=True)
                middle = time.process_time()
                images = torch.from_numpy(batch.images).contiguous(memory_format=torch.channels_last)
                with torch.autocast("cpu", torch.bfloat16):
                    loss = nn.functional.cross_entropy(bare(images).float(), torch.zeros(_BATCH, dtype=torch.long))
                optimiser.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                if turn:
                    ours.append(middle - started)
                    peer.append(time.process_time() - middle)
            rows.append(
                Ratio(
                    what=f"pre-training step of {backbone.timm_name} / bare timm step",
                    ours=float(np.median(ours)) / _BATCH,
                    peer=float(np.median(peer)) / _BATCH,
                    goal=1 / 0.9,
                    note="processor seconds a slice; ours draws the batch, six scales, masks and findings as well",
                )
            )
    return rows
