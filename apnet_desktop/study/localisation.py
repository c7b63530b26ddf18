"""Do heat maps show lesions? On simulated patients the lesions are known: `-m apnet_desktop.study.localisation`.

Inside the region that the network pools (ROI and rim of the pancreas view): the lesions' share of the map's mass over
their share of the area, against two maps that need no network (|HU - mean of the ROI|, closeness to the ROI's centre),
and the rank correlation with the map of the same network with its weights dealt out at random (Adebayo J et al. NeurIPS
2018). The map is offered in the product only where all three hold.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.bundle.prediction import Compute
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.model.compute import cpu_compute
from apnet_desktop.model.engine import extract_features
from apnet_desktop.model.explain import heat_map
from apnet_desktop.model.inputs import ModelInputs
from apnet_desktop.model.torch_engine import TorchEngine
from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.pretraining_data import MASKS, label_images
from apnet_desktop.study.recipe import PREDICTORS
from apnet_desktop.study.simulated_inputs import inputs_and_labels
from apnet_desktop.study.statistics.estimate import Estimate, percentile_interval

__all__ = ["Localisation", "enrichment", "localise", "network_free_maps", "shuffled_tensors"]

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[np.generic]]
LESIONS = ("necrosis", "duct", "collection", "stranding")


class Localisation(FrozenModel):
    """What was found, over patients who have lesions in the region.

    Attributes:
        patients: Number.
        enrichment: Lesions' share of map mass over their share of area.
        difference_to_hounsfield: Enrichment of the map minus that of |HU - mean of the ROI|, paired.
        difference_to_centre: Enrichment of the map minus that of closeness to the ROI's centre, paired.
        randomised_correlation: Spearman's correlation with the map of the network with shuffled weights.
    """

    patients: int
    enrichment: Estimate
    difference_to_hounsfield: Estimate
    difference_to_centre: Estimate
    randomised_correlation: Estimate

    @property
    def holds(self) -> bool:
        """True if the product may offer the map."""
        return (
            self.enrichment.value >= 1.5
            and (self.enrichment.lower or 0.0) > 1.0
            and self.difference_to_hounsfield.value > 0
            and self.difference_to_centre.value > 0
            and self.randomised_correlation.value < 0.2
        )


def enrichment(mass: Floats, lesion: NDArray[np.bool_], region: NDArray[np.bool_]) -> float:
    """Lesions' share of a map's mass over their share of the area, inside a region; NaN without lesion or mass.

    Args:
        mass: A map, any shape; its absolute values count.
        lesion: Lesion pixels.
        region: Pixels that count.
    """
    weight = np.abs(mass) * region
    inside = lesion & region
    if not inside.any() or inside.sum() == region.sum() or weight.sum() <= 0:
        return float("nan")
    return float(weight[inside].sum() / weight.sum() / (inside.sum() / region.sum()))


def network_free_maps(inputs: ModelInputs) -> tuple[Floats, Floats]:
    """|HU - mean of the ROI| and closeness to the ROI's centre, (slices, y, x) each, of the first view."""
    hounsfield = inputs.hounsfield[0].astype(np.float64)
    inside = inputs.weights[0, :, 0] > 127
    contrast = np.abs(hounsfield - (hounsfield[inside].mean() if inside.any() else 0.0))
    closeness = np.zeros_like(hounsfield)
    for k, roi in enumerate(inside):
        if not roi.any():
            continue
        rows, columns = np.nonzero(roi)
        j, i = np.mgrid[: roi.shape[0], : roi.shape[1]]
        distance = np.hypot(j - rows.mean(), i - columns.mean())
        closeness[k] = np.maximum(distance.max() - distance, 0.0)
    return contrast, closeness


def shuffled_tensors(tensors: Arrays, seed: int) -> Arrays:
    """The network with the values of each weight tensor dealt to other places; batch statistics stay."""
    generator = np.random.default_rng(seed)
    dealt: Arrays = {}
    for name, tensor in tensors.items():
        kept = tensor.ndim < 2 or not np.issubdtype(tensor.dtype, np.floating)
        dealt[name] = tensor if kept else generator.permutation(tensor.ravel()).reshape(tensor.shape)
    return dealt


@dataclass(frozen=True)
class _Patient:
    map: float
    hounsfield: float
    centre: float
    correlation: float


def localise(loaded: LoadedBundle, tensors: Arrays, seed: int, count: int, compute: Compute) -> Localisation:
    """Measures the heat maps of simulated patients.

    Args:
        loaded: The bundle.
        tensors: Its network's.
        seed: Of the patients.
        count: How many.
        compute: Where the shuffled network runs.
    """
    manifest = loaded.bundle.manifest
    shuffled = TorchEngine(shuffled_tensors(tensors, seed), manifest, compute)
    found = []
    for number in range(count):
        patient = simulate_patient(seed, number)
        inputs, labels = inputs_and_labels(patient, manifest.ct)
        values = patient.record.values
        record = patient.record.model_copy(update={"values": {id: values[id] for id in PREDICTORS}})
        maps = []
        for engine in (loaded.engine, shuffled):
            features = extract_features(engine, inputs)
            maps.append(heat_map(engine, loaded.model, inputs, features, record).values[0].astype(np.float64))
        one = _judge(inputs, label_images(labels, inputs)[0], maps[0], maps[1])
        if np.isfinite(one.map):
            found.append(one)
        sys.stdout.write(f"{number + 1}/{count} {one}\n")
        sys.stdout.flush()
    return _summarised(found, seed)


def _judge(inputs: ModelInputs, labels: NDArray[np.uint8], real: Floats, random: Floats) -> _Patient:
    from scipy.stats import spearmanr

    region = inputs.weights[0].max(axis=1) > 127
    lesion = np.isin(labels, [MASKS[name] for name in LESIONS])
    contrast, closeness = network_free_maps(inputs)
    correlation = spearmanr(np.abs(real[region]), np.abs(random[region])).statistic if region.any() else 0.0
    return _Patient(
        enrichment(real, lesion, region),
        enrichment(contrast, lesion, region),
        enrichment(closeness, lesion, region),
        float(np.nan_to_num(correlation)),
    )


def _summarised(found: list[_Patient], seed: int) -> Localisation:
    columns = np.array([[one.map, one.hounsfield, one.centre, one.correlation] for one in found])
    generator = np.random.default_rng(seed)
    samples = generator.integers(0, len(found), (2000, len(found)))

    def estimate(values: Floats) -> Estimate:
        lower, upper = percentile_interval(values[samples].mean(axis=1))
        return Estimate(value=float(values.mean()), lower=lower, upper=upper, method="bootstrap of patients")

    return Localisation(
        patients=len(found),
        enrichment=estimate(columns[:, 0]),
        difference_to_hounsfield=estimate(columns[:, 0] - columns[:, 1]),
        difference_to_centre=estimate(columns[:, 0] - columns[:, 2]),
        randomised_correlation=estimate(columns[:, 3]),
    )


def main(arguments: list[str] | None = None) -> int:
    """Measures and writes the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("models/apnet-demo"))
    parser.add_argument("--seed", type=int, default=8500)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("build/localisation.json"))
    options = parser.parse_args(arguments)
    compute = cpu_compute(Message.of("model.device_cpu_asked"), threads=options.threads)
    loaded = LoadedBundle(open_bundle(options.bundle), compute)
    result = localise(loaded, loaded.tensors, options.seed, options.count, compute)
    document = {**result.model_dump(mode="json"), "holds": result.holds, "bundle": loaded.bundle.sha256}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(document, indent=1), encoding="utf-8")
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
