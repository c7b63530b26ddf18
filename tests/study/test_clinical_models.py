import numpy as np
import pytest

from apnet_desktop.study.clinical_models import CLINICAL_MODELS, ClinicalModel, fit_lightgbm
from apnet_desktop.study.statistics.discrimination import auroc


def _patients(size: int, seed: int, signal: float = 1.3) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    inputs = generator.normal(0, 1, (size, 8))
    outcome = generator.random(size) < 1 / (1 + np.exp(-(signal * inputs[:, 0] - 1)))
    inputs[generator.random(inputs.shape) < 0.15] = np.nan
    return inputs, outcome


@pytest.mark.parametrize("model", CLINICAL_MODELS, ids=lambda model: model.name)
def test_each_model_learns_from_factors_with_unknown_values(model: ClinicalModel) -> None:
    quick = ClinicalModel(model.name, model.settings[:2], model.build, model.weight_key)
    inputs, outcome = _patients(200, 1)
    scorer = quick.fit(inputs, outcome, np.ones(200), seed=3)
    others, truth = _patients(400, 2)
    assert auroc(truth, scorer(others)) > 0.65


def test_lightgbm_learns_and_repeats() -> None:
    inputs, outcome = _patients(200, 1)
    names = [f"factor_{n}" for n in range(8)]
    booster, rounds = fit_lightgbm(inputs, outcome, np.ones(200), names, seed=3)
    again, _ = fit_lightgbm(inputs, outcome, np.ones(200), names, seed=3)
    assert booster.num_trees() == rounds
    assert booster.model_to_string() == again.model_to_string()
    others, truth = _patients(400, 2)
    assert auroc(truth, booster.predict(others)) > 0.65


def test_patients_of_weight_zero_do_not_count() -> None:
    inputs, outcome = _patients(240, 1)
    weights = np.ones(240)
    weights[200:] = 0
    poisoned = outcome.copy()
    poisoned[200:] = ~poisoned[200:]
    names = [f"factor_{n}" for n in range(8)]
    first, _ = fit_lightgbm(inputs, outcome, weights, names, seed=3)
    second, _ = fit_lightgbm(inputs, poisoned, weights, names, seed=3)
    assert first.model_to_string() == second.model_to_string()
