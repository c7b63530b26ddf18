"""Ablations that need another network or another reader: each a variant of the bundle, read by its own reader.

- no ROI pooling: the same network; the reader sees the whole image's vectors only, without the ROI's size.
- no pre-training: backbones and projections at their random start; the reader still learns from findings, for a head
  of a small cohort cannot read thousands of channels. What it shows is what pre-trained weights add.
- other constants: backbones, projections and reader come from a generator with other contrast, noise, shapes and
  scanner; the cohort is the usual one. What it shows is what of pre-training survives a change of the world.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from apnet_desktop.bundle.files import Bundle, open_bundle
from apnet_desktop.model.assemble import assemble_bundle
from apnet_desktop.model.features import pool_slices
from apnet_desktop.model.network import ApnetNetwork, load_network, network_arrays
from apnet_desktop.model.reader import Reader, fit_reader
from apnet_desktop.model.weights import Weights
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.claims.patients import PatientStore, Population, whole_image_only
from apnet_desktop.study.pretraining import join_backbones, load_best
from apnet_desktop.study.recipe import BACKBONES, EMBEDDING, RECIPE
from apnet_desktop.study.simulated_cohort import cached_features, read_rows, reader_targets

__all__ = [
    "VARIANTS",
    "Variant",
    "fit_variant_reader",
    "other_network",
    "pretrain_on",
    "random_network",
    "write_variant",
]

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[np.generic]]
_RANDOM_SEED = 20260306


@dataclass(frozen=True)
class Variant:
    """One ablation.

    Attributes:
        name: Row of the results table.
        reader: Name of the generator whose patients its reader learns from.
        own_network: True if its features are not the bundle's.
        whole_image: True if the reader sees whole images only.
    """

    name: str
    reader: str = "default"
    own_network: bool = True
    whole_image: bool = False


VARIANTS = (
    Variant("apnet_without_roi_pooling", own_network=False, whole_image=True),
    Variant("apnet_without_pretraining"),
    Variant("apnet_pretrained_on_other_constants", reader="other_constants"),
)


def random_network(seed: int = _RANDOM_SEED) -> Arrays:
    """Backbones and projections at their random start."""
    torch.manual_seed(seed)
    network = ApnetNetwork(BACKBONES, len(RECIPE.views), len(RECIPE.windows), RECIPE.pixels, EMBEDDING)
    return network_arrays(network.eval())


def other_network(work: Path) -> Arrays:
    """The network that was pre-trained on other constants."""
    parts = [load_best(work / backbone.timm_name) for backbone in BACKBONES]
    joined = join_backbones(parts, [len(backbone.depths) for backbone in BACKBONES])
    network = ApnetNetwork(BACKBONES, len(RECIPE.views), len(RECIPE.windows), RECIPE.pixels, EMBEDDING)
    return network_arrays(load_network(network, joined))


def pretrain_on(slices: Path, work: Path, backbone: str, words: list[str]) -> None:
    """Pre-trains one backbone on rendered slices, in a process of its own; goes on where it stood."""
    command = [
        *(sys.executable, "-m", "apnet_desktop.study.pretraining", "--backbone", backbone, "--slices", str(slices)),
        *("--out", str(work / backbone), *words),
    ]
    subprocess.run(command, check=True)  # noqa: S603 - our own module


def write_variant(loaded: LoadedBundle, tensors: Arrays, folder: Path) -> Bundle:
    """A bundle with another network, so that every tool runs it; its heads are not used."""
    model, source = loaded.model, loaded.bundle
    weights = Weights(tensors, model.weights.reader, model.weights.encoding, model.weights.image, model.weights.fused)
    boosters = [source.read(f"clinical.{n}.txt").decode() for n in range(source.manifest.fusion.folds)]
    manifest = source.manifest.model_copy(update={"name": "variant", "files": ()})
    assemble_bundle(folder, manifest, weights, boosters, model.calibration, model.reference, {}, "A variant.\n")
    return open_bundle(folder)


def fit_variant_reader(store: PatientStore, population: Population, whole_image: bool) -> Reader:
    """A reader of this store's features, from patients of their own."""
    folder = store.folder(population)
    cohort = read_rows(folder, population.seed, population.generator, population.count)
    features = cached_features(folder, cohort, lambda: store.loaded.engine, store.loaded.digest)
    pooled = np.stack([pool_slices(patient) for patient in features])
    return fit_reader(whole_image_only(pooled) if whole_image else pooled, reader_targets(cohort.rows))
