"""Fine-tuning inside the folds, on a tiny network: it starts where the frozen model stands; no fold sees outside."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from apnet_desktop.bundle.prediction import Route
from apnet_desktop.errors import StudyError
from apnet_desktop.language import Message
from apnet_desktop.model.compute import cpu_compute
from apnet_desktop.model.engine import extract_features
from apnet_desktop.model.inputs import ModelInputs, prepare_inputs
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.development import Cases, Development, DevelopmentSettings, develop
from apnet_desktop.study.finetuning import FinetuningSettings, finetuned_scores
from apnet_desktop.study.partition import fold_indices
from apnet_desktop.study.stage_maps import StageMaps, last_stage
from apnet_desktop.study.statistics.censoring import HorizonOutcome
from tests.model.factory import body, build_bundle, schema

COUNT = 16


class Study:
    """Sixteen made-up patients with everything that fine-tuning needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loaded = LoadedBundle(
            build_bundle(folder / "bundle"), cpu_compute(Message.of("model.device_cpu_asked"), threads=1)
        )
        recipe, model = self.loaded.bundle.manifest.ct, self.loaded.model
        self.inputs: list[ModelInputs] = [prepare_inputs(*body(100 + n), recipe) for n in range(COUNT)]
        self.features = [extract_features(self.loaded.engine, one) for one in self.inputs]
        from apnet_desktop.model.features import pool_slices

        pooled = np.stack([pool_slices(one) for one in self.features])
        generator = np.random.default_rng(3)
        event = np.arange(COUNT) % 2 == 0
        state = HorizonOutcome(event, np.ones(COUNT), np.ones(COUNT, dtype=bool))
        table = generator.normal(size=(COUNT, _columns()))
        self.cases = Cases(
            tuple(str(n) for n in range(COUNT)), pooled, model.weights.reader.tokens(pooled), table, state
        )
        self.development: Development = develop(
            self.cases, schema(), model.weights.reader.prior, DevelopmentSettings(folds=2, refits=2), _silent
        )

    def scores(self, name: str, cases: Cases, settings: FinetuningSettings) -> np.ndarray:
        maps = StageMaps(self.loaded.tensors, self.loaded.bundle.manifest, self.folder / "maps", "cpu")
        reader = self.loaded.model.weights.reader
        out = self.folder / name
        return finetuned_scores(
            cases, self.inputs, self.features, self.development, reader, maps, settings, out, lambda _done: None
        )


def _columns() -> int:
    from apnet_desktop.model.clinical_columns import columns_of

    return len(columns_of(schema()))


def _silent(_stage: str, _done: float) -> None:
    pass


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(tmp_path_factory.mktemp("finetuning"))


def test_without_a_step_it_scores_as_the_frozen_model(study: Study) -> None:
    scores = study.scores("still", study.cases, FinetuningSettings(epochs=0))
    # The maps are kept as float16, so that the two ways through the network agree to a few thousandths.
    assert scores == pytest.approx(study.development.models.scores[Route.FUSED], abs=2e-2)


def test_a_step_moves_the_scores_and_the_fold_never_sees_whom_it_held_out(study: Study) -> None:
    settings = FinetuningSettings(epochs=1, learning_rate=1e-3)
    tuned = study.scores("tuned", study.cases, settings)
    still = study.development.models.scores[Route.FUSED]
    assert np.abs(tuned - still).max() > 1e-2
    # The first fold's held-out patients swap their outcomes: what that fold learns and says of them stays the same.
    _, held_out = fold_indices(study.development.partition, study.cases.ids)[0]
    event = study.cases.state.event.copy()
    event[held_out] = ~event[held_out]
    state = HorizonOutcome(event, study.cases.state.weights, study.cases.state.known)
    swapped = study.scores("swapped", replace(study.cases, state=state), settings)
    assert swapped[held_out] == pytest.approx(tuned[held_out], abs=1e-9)
    assert (study.folder / "tuned" / "fold-0.safetensors").exists()
    again = study.scores("tuned", study.cases, settings.model_copy(update={"epochs": 9}))
    assert np.array_equal(again, tuned), "a fold that is done is not trained again"


def test_another_kind_of_backbone_is_refused_by_name() -> None:
    with pytest.raises(StudyError, match="some_net"):
        last_stage(nn.Linear(2, 2), 3, "some_net")
