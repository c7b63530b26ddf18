"""Ratios of the model: time to the calibrated risk beside the bare timm forwards, and what-if beside its limit."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from apnet_desktop.bundle.files import Bundle, open_bundle
from apnet_desktop.bundle.manifest import Backbone, Manifest
from apnet_desktop.bundle.prediction import BaseRate, Compute
from apnet_desktop.language import Message
from apnet_desktop.locations import models_folder
from apnet_desktop.model import graph
from apnet_desktop.model.compute import choose_compute, cpu_compute
from apnet_desktop.model.graph_export import prepare_graph
from apnet_desktop.model.predict import Predictor
from tests.benchmarks.ratio import Ratio, median_seconds
from tests.model import factory

__all__ = ["measure"]

_RUNS = 3


def measure() -> list[Ratio]:
    """The room's lines of the table."""
    with tempfile.TemporaryDirectory() as place:
        bundle = _bundle(Path(place))
        prepare_graph(bundle, Path(place) / "graphs")
        graph_cache = graph.graph_cache
        graph.graph_cache = lambda: Path(place) / "graphs"
        try:
            return _ratios(bundle)
        finally:
            graph.graph_cache = graph_cache


def _ratios(bundle: Bundle) -> list[Ratio]:
    volume, roi = factory.body()
    # A series of clinical size: 0.75 mm in the plane.
    fine = np.repeat(np.repeat(volume.hounsfield, 4, axis=1), 4, axis=2)
    mask = np.repeat(np.repeat(roi.mask, 4, axis=1), 4, axis=2)
    geometry = volume.geometry.model_copy(update={"size": (512, 512, 40), "spacing": (0.75, 0.75, 3.0)})
    volume = replace(volume, hounsfield=fine, geometry=geometry)
    roi = replace(roi, mask=mask, geometry=geometry)
    record = factory.record().model_copy(update={"schema_version": bundle.manifest.factors.version})
    torch_compute = cpu_compute(Message.of("model.device_cpu_asked"))
    computes = {"torch": torch_compute, "openvino": choose_compute("cpu", bundle.manifest)}
    calls: dict[str, Callable[[], object]] = {"bare": _bare_forwards(bundle, torch_compute)}
    for engine, compute in computes.items():
        predictor = Predictor(bundle, compute)
        if not predictor.predict(volume, roi, record, factory.request()).routes:
            raise RuntimeError("the made-up patient was refused: nothing to measure")
        calls[engine] = partial(predictor.predict, volume, roi, record, factory.request())
    # Turn by turn, so that whatever else this machine does falls on all alike.
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(_RUNS):
        for name, call in calls.items():
            times[name].append(_seconds(call))
    images = len(bundle.manifest.ct.views) * bundle.manifest.ct.slices
    note = f"{images} images of {bundle.manifest.ct.pixels}², {torch_compute.threads} thread(s), all checks and reasons"
    bare = statistics.median(times["bare"])
    ratios = [
        Ratio(
            f"time to the calibrated risk, {engine}, over bare timm",
            statistics.median(times[engine]),
            bare,
            1.2,
            note=note,
        )
        for engine in computes
    ]
    base_rate = BaseRate(development=bundle.manifest.cohort.prevalence)
    what_if = median_seconds(partial(predictor.what_if, record, base_rate), _RUNS)
    ratios.append(Ratio("what-if after a change of a factor, over its limit", what_if, 0.1, 1.0))
    return ratios


def _seconds(call: Callable[[], object]) -> float:
    """Processor time of one call: this process alone, whatever else the machine does."""
    start = time.process_time()
    call()
    return time.process_time() - start


def _bare_forwards(bundle: Bundle, compute: Compute) -> Callable[[], object]:
    """The two timm backbones alone on as many images, channels last, the same batch and threads."""
    import timm
    import torch

    torch.set_num_threads(compute.threads)
    plan = bundle.manifest
    models = [
        timm.create_model(backbone.timm_name, pretrained=False, num_classes=0, in_chans=len(plan.ct.windows)).eval()
        for backbone in plan.backbones
    ]
    models = [model.to(memory_format=torch.channels_last) for model in models]
    count = len(plan.ct.views) * plan.ct.slices
    images = torch.rand(count, len(plan.ct.windows), plan.ct.pixels, plan.ct.pixels)
    images = images.contiguous(memory_format=torch.channels_last)

    def run() -> None:
        with torch.inference_mode():
            for start in range(0, count, compute.batch):
                for model in models:
                    model(images[start : start + compute.batch])

    return run


def _bundle(place: Path) -> Bundle:
    """The bundle that ships, or one of the same shape with random weights."""
    shipped = models_folder() / "apnet-demo"
    if shipped.is_dir():
        return open_bundle(shipped)
    plan: Manifest = factory.manifest()
    plan = plan.model_copy(
        update={
            "ct": plan.ct.model_copy(update={"pixels": 224, "slices": 16}),
            "backbones": (
                Backbone(timm_name="resnet50", depths=(2, 3, 4)),
                Backbone(timm_name="vit_tiny_patch16_224", depths=(3, 7, 11)),
            ),
            "fusion": plan.fusion.model_copy(update={"embedding": 16}),
        }
    )
    pooled = np.random.default_rng(0).standard_normal((56, 12, 2 * 96 + 2))
    return factory.build_bundle(place / "random", plan=plan, pooled=pooled)
