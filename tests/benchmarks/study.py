"""Throughput of pre-training and fine-tuning beside a bare timm loop: forward, one loss, backward, AdamW step."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.language import Message
from apnet_desktop.locations import models_folder
from apnet_desktop.model.compute import cpu_compute
from apnet_desktop.model.engine import extract_features
from apnet_desktop.model.features import pool_slices
from apnet_desktop.model.inputs import ModelInputs, ViewGeometry
from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.development import Cases
from apnet_desktop.study.finetuning import FinetuningSettings, tune
from apnet_desktop.study.pretraining import PretrainingSettings, open_run
from apnet_desktop.study.pretraining_data import MASKS, SlicePool
from apnet_desktop.study.recipe import BACKBONES, EMBEDDING, RECIPE
from apnet_desktop.study.simulated_inputs import simulated_inputs
from apnet_desktop.study.stage_maps import DeepReading, StageMaps, last_stage
from apnet_desktop.study.statistics.censoring import HorizonOutcome
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
        rows.append(_finetuning(Path(name)))
    return rows


def _finetuning(folder: Path) -> Ratio:
    """One epoch of fine-tuning over four patients of the demonstration bundle's size, maps cached, beside timm's.

    The bare loop trains the same last stages, and runs the frozen ones before them for every image.
    """
    import timm

    generator = np.random.default_rng(3)
    loaded = LoadedBundle(
        open_bundle(models_folder() / "apnet-demo"), cpu_compute(Message.of("model.device_cpu_asked"), threads=1)
    )
    model, manifest = loaded.model, loaded.bundle.manifest
    inputs = [simulated_inputs(simulate_patient(9601, n), RECIPE) for n in range(4)]
    features = [extract_features(loaded.engine, one) for one in inputs]
    pooled = np.stack([pool_slices(one) for one in features])
    state = HorizonOutcome(np.array([True, False, True, False]), np.ones(4), np.ones(4, dtype=bool))
    cases = Cases(tuple("abcd"), pooled, model.weights.reader.tokens(pooled), np.zeros((4, 1)), state)
    maps = StageMaps(loaded.tensors, manifest, folder / "maps", "cpu")
    for one in inputs:
        maps.prepare(one)
    reading = DeepReading(maps, model.weights.reader, len(manifest.ct.views))
    start = {
        f"{n}.{key}": value.clone() for n, stage in enumerate(maps.stages) for key, value in stage.state_dict().items()
    }
    head = model.weights.fused[0]
    clinical = generator.normal(size=(4, head.clinical.size))
    ours, peer = [], []
    bare = [timm.create_model(backbone.timm_name, pretrained=False, num_classes=1) for backbone in BACKBONES]
    for network, backbone in zip(bare, BACKBONES, strict=True):
        network.eval().requires_grad_(requires_grad=False)
        last_stage(network, max(backbone.depths), backbone.timm_name).requires_grad_(requires_grad=True)
    optimiser = torch.optim.AdamW([p for network in bare for p in network.parameters() if p.requires_grad], lr=1e-5)
    for turn in range(3):
        started = time.process_time()
        tune(cases, inputs, features, clinical, head, reading, np.arange(4), start, FinetuningSettings(epochs=1))
        middle = time.process_time()
        optimiser.zero_grad(set_to_none=True)
        for n, one in enumerate(inputs):
            images = torch.from_numpy(one.images).flatten(0, 1).contiguous(memory_format=torch.channels_last)
            score = torch.stack([network(images).mean() for network in bare]).sum()
            loss = nn.functional.binary_cross_entropy_with_logits(score, torch.tensor(float(n % 2)))
            loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if turn:
            ours.append(middle - started)
            peer.append(time.process_time() - middle)
    slices = sum(one.hounsfield.shape[0] * one.hounsfield.shape[1] for one in inputs)
    return Ratio(
        what="fine-tuning step, maps cached / bare timm step",
        ours=float(np.median(ours)) / slices,
        peer=float(np.median(peer)) / slices,
        goal=1 / 0.9,
        note="processor seconds a slice; float32, both backbones, last stages trained",
    )
