"""Pre-training on made-up slices with tiny backbones: it learns, goes on after a cut, and its parts join."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from apnet_desktop.bundle.manifest import Backbone
from apnet_desktop.errors import StudyError
from apnet_desktop.model.inputs import ModelInputs, ViewGeometry
from apnet_desktop.model.network import ApnetNetwork, load_network
from apnet_desktop.study.pretraining import (
    PretrainingSettings,
    join_backbones,
    load_best,
    open_run,
    pretrain_backbone,
)
from apnet_desktop.study.pretraining_data import MASKS, SLICE_FINDINGS, SlicePool, findings_defined, slice_findings
from tests.model.factory import manifest

RECIPE = manifest().ct
EMBEDDING = 4
BACKBONES = manifest().backbones


def _patient(seed: int) -> tuple[ModelInputs, np.ndarray]:
    """A bright disc with a dark spot: pancreas and necrosis."""
    generator = np.random.default_rng(seed)
    j, i = np.mgrid[:64, :64]
    disc = (j - 32) ** 2 + (i - 32) ** 2 < 20**2
    x, y = generator.integers(24, 41, 2)
    spot = ((j - y) ** 2 + (i - x) ** 2 < generator.integers(2, 10) ** 2) & disc
    plane = np.where(spot, 30, np.where(disc, 100, -100)) + generator.normal(0, 10, (2, 4, 64, 64))
    weights = np.zeros((2, 4, 2, 64, 64), dtype=np.uint8)
    weights[:, :, 0] = 255 * disc
    weights[:, :, 1] = 255 * ~disc
    labels = np.where(spot, MASKS["necrosis"], np.where(disc, MASKS["viable_pancreas"], 2)).astype(np.uint8)
    volume = np.repeat(labels[None], 4, axis=0)
    views = tuple(ViewGeometry(view.name, (31.5, 31.5), 1.0, (1.0, 1.0)) for view in RECIPE.views)
    slices = np.tile(np.arange(4, dtype=np.int32), (2, 1))
    return ModelInputs(plane.astype(np.int16), weights, slices, views, RECIPE.windows, 50.0, 40.0), volume


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> SlicePool:
    folder = tmp_path_factory.mktemp("slices")
    for number in range(24):
        SlicePool.write(folder, number, *_patient(number))
    made = SlicePool(folder, RECIPE.windows)
    assert made.refresh() == 24
    return made


def _train(backbone: Backbone, pool: SlicePool, folder: Path, slices: int) -> list[float]:
    told: list[float] = []
    settings = PretrainingSettings(
        slices=slices, batch=8, crop=48, learning_rate=4e-3, validate_every=slices // 3, threads=1
    )
    pretrain_backbone(backbone, RECIPE, EMBEDDING, pool, folder, settings, lambda _, done: told.append(done))
    return told


def test_pretraining_learns_to_see_the_spot_and_resumes(pool: SlicePool, tmp_path: Path) -> None:
    told = _train(BACKBONES[0], pool, tmp_path, 240)
    progress = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
    assert told[-1] >= 1
    assert progress["history"][-1]["loss"] < progress["history"][0]["loss"] + 1e-6
    steps = progress["steps"]
    assert progress["slices"] == 240, "the budget is one of slices: a busy machine only takes longer"
    # A finished run that is asked for more goes on; it does not start anew.
    _train(BACKBONES[0], pool, tmp_path, 280)
    again = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
    assert again["steps"] > steps
    assert again["history"][: len(progress["history"])] == progress["history"]


def test_parts_join_to_one_network_that_reads_the_same(pool: SlicePool, tmp_path: Path) -> None:
    parts, singles = [], []
    for backbone in BACKBONES:
        folder = tmp_path / backbone.timm_name
        _train(backbone, pool, folder, 16)
        parts.append(load_best(folder))
        single = ApnetNetwork((backbone,), len(RECIPE.views), len(RECIPE.windows), RECIPE.pixels, EMBEDDING)
        singles.append(load_network(single, parts[-1]))
    joined = join_backbones(parts, [len(backbone.depths) for backbone in BACKBONES])
    network = ApnetNetwork(BACKBONES, len(RECIPE.views), len(RECIPE.windows), RECIPE.pixels, EMBEDDING)
    whole = load_network(network, joined)
    batch = pool.validation(0)
    images, weights = torch.from_numpy(batch.images[:3]), torch.from_numpy(batch.weights[:3])
    with torch.no_grad():
        together = whole(images, weights)
        apart = torch.cat([single(images, weights) for single in singles], dim=2)
    assert torch.equal(together, apart)


def test_a_sites_own_weights_are_where_training_starts(tmp_path: Path) -> None:
    import timm
    from safetensors.torch import save_file

    name = BACKBONES[0].timm_name
    torch.manual_seed(7)
    own = timm.create_model(name, pretrained=False, num_classes=10)
    save_file(own.state_dict(), tmp_path / "own.safetensors")
    settings = PretrainingSettings(slices=8, weights=tmp_path / "own.safetensors")
    run = open_run(BACKBONES[0], RECIPE, EMBEDDING, tmp_path, settings)
    started = run.network.backbones[0].state_dict()
    assert all(torch.equal(value, own.state_dict()[key]) for key, value in started.items())
    with pytest.raises(StudyError, match=r"own\.safetensors is not of this backbone"):
        open_run(BACKBONES[1], RECIPE, EMBEDDING, tmp_path, settings)
    (tmp_path / "own.safetensors").write_bytes(b"pickle, perhaps")
    with pytest.raises(StudyError, match="cannot be read"):
        open_run(BACKBONES[0], RECIPE, EMBEDDING, tmp_path, settings)


def test_a_share_of_nothing_is_not_learnt() -> None:
    labels = np.zeros((3, 64, 64), dtype=np.uint8)
    labels[1, 20:40, 20:40] = MASKS["viable_pancreas"]
    labels[2, 20:40, 20:40] = MASKS["necrosis"]
    weights = np.zeros((3, 2, 64, 64), dtype=np.uint8)
    weights[1:, 1, :, 50:] = 255
    defined = dict(zip(SLICE_FINDINGS, findings_defined(labels, weights).T, strict=True))
    assert defined["necrosis_share"].tolist() == [False, True, True]
    assert defined["duct_share"].tolist() == [False, True, False], "a dead gland has no duct to see"
    assert defined["stranding_share"].tolist() == [False, True, True]
    assert defined["gland_area"].all()


def test_the_ducts_share_is_its_calibre_and_no_sign_of_necrosis() -> None:
    weights = np.full((2, 2, 64, 64), 255, dtype=np.uint8)
    labels = np.full((2, 64, 64), MASKS["viable_pancreas"], dtype=np.uint8)
    labels[:, 30:34] = MASKS["duct"]
    labels[1, 40:] = MASKS["necrosis"]
    labels[0, 40:] = 0
    place = SLICE_FINDINGS.index("duct_share")
    alive, partly_dead = slice_findings(labels, weights)[:, place]
    assert alive == partly_dead > 0


def test_held_out_patients_never_come_in_a_batch(pool: SlicePool) -> None:
    held_out = pool.validation(0, every=1)
    batch = pool.draw(np.random.default_rng(1), 0, 400, crop=None)
    seen = {image.tobytes() for image in batch.masks.astype(np.uint8)}
    assert not seen & {image.tobytes() for image in held_out.masks.astype(np.uint8)}
