"""The paper's clinical machine-learning models, each tuned inside the fold that trains it.

Inputs are encoded factors with NaN for *unknown*. LightGBM takes NaN as it is; the others get the median of their
training patients and a column that says "was unknown".
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.study.statistics.calibration_measures import logit
from apnet_desktop.study.statistics.discrimination import auroc

__all__ = ["CLINICAL_MODELS", "LIGHTGBM_ROUNDS", "ClinicalModel", "fit_lightgbm", "lightgbm_parameters"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Scorer = Callable[[Floats], Floats]

LIGHTGBM_ROUNDS = (30, 60, 120, 240)


@dataclass(frozen=True)
class ClinicalModel:
    """One kind of model with the settings among which it is tuned.

    Attributes:
        name: Row of the results table.
        settings: Candidates; the one with the highest inner cross-validated AUROC is refitted on all of the fold.
        build: Makes an unfitted scikit-learn estimator from (setting, seed).
        weight_key: Name of the fit parameter that takes weights; None for an estimator that takes none: patients are
            then drawn in proportion to their weights.
    """

    name: str
    settings: tuple[dict[str, Any], ...]
    build: Callable[[dict[str, Any], int], Any]
    weight_key: str | None

    def fit(self, inputs: Floats, outcome: Booleans, weights: Floats, seed: int) -> Scorer:
        """Tunes and fits on training patients only.

        Args:
            inputs: Encoded factors, NaN for unknown; shape (patients, factors).
            outcome: True for an event.
            weights: Censoring weights; patients of weight 0 are left out.
            seed: Seed of the inner folds and of the estimator.

        Returns:
            A function from encoded factors to raw logits.
        """
        keep = weights > 0
        inputs, outcome, weights = inputs[keep], outcome[keep], weights[keep]
        best = self.settings[0]
        if len(self.settings) > 1:
            areas = [self._inner_area(setting, inputs, outcome, weights, seed) for setting in self.settings]
            best = self.settings[int(np.nanargmax(areas))]
        return self._fitted(best, inputs, outcome, weights, seed)

    def _fitted(self, setting: dict[str, Any], inputs: Floats, outcome: Booleans, weights: Floats, seed: int) -> Scorer:
        estimator = self.build(setting, seed)
        with warnings.catch_warnings():
            # Candidates that stop at their iteration limit are judged by their held-out AUROC like the others.
            warnings.simplefilter("ignore")
            if self.weight_key is None:
                generator = np.random.default_rng(seed)
                drawn = generator.choice(outcome.size, outcome.size, p=weights / weights.sum())
                drawn = np.arange(outcome.size) if np.ptp(weights) == 0 else drawn
                estimator.fit(inputs[drawn], outcome[drawn])
            else:
                estimator.fit(inputs, outcome, **{self.weight_key: weights})

        def score(others: Floats) -> Floats:
            return logit(np.asarray(estimator.predict_proba(others)[:, 1], dtype=np.float64))

        return score

    def _inner_area(
        self, setting: dict[str, Any], inputs: Floats, outcome: Booleans, weights: Floats, seed: int
    ) -> float:
        from sklearn.model_selection import StratifiedKFold

        held_out = np.full(outcome.size, np.nan)
        for train, test in StratifiedKFold(4, shuffle=True, random_state=seed).split(inputs, outcome):
            scorer = self._fitted(setting, inputs[train], outcome[train], weights[train], seed)
            held_out[test] = scorer(inputs[test])
        return auroc(outcome, held_out, weights)


def _prepared(estimator: Any) -> Any:
    """Median, "was unknown" columns and unit variance in front of an estimator, all fitted with it."""
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    impute = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return Pipeline([("impute", impute), ("scale", StandardScaler()), ("model", estimator)])


def _logistic(setting: dict[str, Any], seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return _prepared(LogisticRegression(solver="saga", max_iter=2000, tol=1e-3, random_state=seed, **setting))


def _forest(setting: dict[str, Any], seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return _prepared(RandomForestClassifier(n_estimators=200, random_state=seed, n_jobs=1, **setting))


def _support_vectors(setting: dict[str, Any], seed: int) -> Any:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import SVC

    machine = SVC(kernel="rbf", random_state=seed, **setting)
    return _prepared(CalibratedClassifierCV(machine, cv=3, ensemble=False))


def _neural_net(setting: dict[str, Any], seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return _prepared(MLPClassifier(hidden_layer_sizes=(16,), max_iter=400, random_state=seed, **setting))


def lightgbm_parameters(seed: int) -> dict[str, Any]:
    """LightGBM's settings: shallow, strongly shrunken trees for a cohort of a few hundred patients."""
    return {
        "objective": "binary",
        "learning_rate": 0.05,
        "num_leaves": 5,
        "max_depth": 3,
        "min_data_in_leaf": 12,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }


def fit_lightgbm(inputs: Floats, outcome: Booleans, weights: Floats, names: list[str], seed: int) -> tuple[Any, int]:
    """The booster that ships: its number of rounds is chosen by inner cross-validation.

    Args:
        inputs: Encoded factors, NaN for unknown; shape (patients, factors).
        outcome: True for an event.
        weights: Censoring weights; patients of weight 0 are left out.
        names: Names of the columns.
        seed: Seed of the inner folds and of the booster.

    Returns:
        The `lightgbm.Booster` and its number of rounds.
    """
    import lightgbm
    from sklearn.model_selection import StratifiedKFold

    keep = weights > 0
    inputs, outcome, weights = inputs[keep], outcome[keep], weights[keep]
    parameters = lightgbm_parameters(seed)

    def train(rows: NDArray[np.intp], rounds: int) -> Any:
        data = lightgbm.Dataset(
            inputs[rows],
            outcome[rows].astype(np.float64),
            weight=weights[rows],
            feature_name=names,
            free_raw_data=False,
            params={"verbosity": -1},
        )
        return lightgbm.train(parameters, data, num_boost_round=rounds)

    scores = {rounds: np.full(outcome.size, np.nan) for rounds in LIGHTGBM_ROUNDS}
    for rows, test in StratifiedKFold(4, shuffle=True, random_state=seed).split(inputs, outcome):
        booster = train(rows, max(LIGHTGBM_ROUNDS))
        for rounds, held_out in scores.items():
            held_out[test] = booster.predict(inputs[test], num_iteration=rounds, raw_score=True)
    best = max(LIGHTGBM_ROUNDS, key=lambda rounds: auroc(outcome, scores[rounds], weights))
    return train(np.arange(outcome.size), best), best


CLINICAL_MODELS: tuple[ClinicalModel, ...] = (
    ClinicalModel(
        "logistic_regression",
        tuple({"C": c, "l1_ratio": ratio} for c in (0.03, 0.1, 0.3, 1.0) for ratio in (0.0, 0.5, 1.0)),
        _logistic,
        "model__sample_weight",
    ),
    ClinicalModel(
        "random_forest",
        tuple({"min_samples_leaf": leaf, "max_features": share} for leaf in (3, 8, 15) for share in (0.2, 0.5)),
        _forest,
        "model__sample_weight",
    ),
    ClinicalModel(
        "support_vector_machine",
        tuple({"C": c, "gamma": gamma} for c in (0.3, 1.0, 3.0) for gamma in (0.005, 0.02)),
        _support_vectors,
        "model__sample_weight",
    ),
    ClinicalModel("neural_net", tuple({"alpha": alpha} for alpha in (0.3, 1.0, 3.0)), _neural_net, None),
)
