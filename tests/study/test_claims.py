"""The study of the claims: steps that are kept, figures by hand, and what the ROI's ablation leaves of a vector."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from apnet_desktop.study.claims.patients import whole_image_only
from apnet_desktop.study.claims.steps import OutOfTimeError, Step, Steps
from apnet_desktop.study.claims.summary import claims_summary, goals

OPTIMUM = {"clinical": 0.75, "image": 0.85, "fused": 0.9}


def test_a_step_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    made: list[str] = []

    def step(name: str) -> Step:
        def make() -> dict[str, str]:
            made.append(name)
            return {"name": name}

        return Step(name, f"does {name}", 60.0, make, heavy=name == "b")

    steps = Steps(tmp_path, processes=4)
    assert steps.plan([step("a"), step("b")])[-1].startswith("left: about 0.0 hours with 4 processes")
    assert steps.expected(step("a")) == 60
    assert steps.expected(step("b")) == 15
    steps.run([step("a"), step("b")])
    Steps(tmp_path, processes=4).run([step("a"), step("b"), step("c")])
    assert made == ["a", "b", "c"]
    assert steps.kept("b") == {"name": "b"}
    assert steps.kept("d") is None
    assert "(done)" in steps.plan([step("a")])[0]


def test_when_the_time_is_used_up_no_further_step_is_begun(tmp_path: Path) -> None:
    with pytest.raises(OutOfTimeError):
        Steps(tmp_path, processes=1, minutes=-1).run([Step("a", "does a", 1, dict)])
    assert not list(tmp_path.iterdir())


def test_a_step_over_files_asks_the_files(tmp_path: Path) -> None:
    ran: list[int] = []
    step = Step("a", "renders", 1, lambda: ran.append(1), ready=lambda: len(ran) > 1)
    steps = Steps(tmp_path, processes=1)
    steps.run([step])
    steps.run([step])
    steps.run([step])
    assert len(ran) == 2, "its kept result says nothing about the files of this machine"


def _cohorts(event: np.ndarray, count: int) -> list[dict[str, Any]]:
    generator = np.random.default_rng(1)
    cohorts = []
    for _ in range(count):
        risks = {}
        for name, signal in (("apnet", 2.0), ("image_resnet50", 1.4), ("lightgbm_clinical", 0.7)):
            score = signal * (event - 0.3) + generator.normal(size=event.size)
            risks[name] = (1 / (1 + np.exp(-score))).tolist()
        cohorts.append({"risks": risks, "own": {"apnet": 0.8}, "coverage": 0.9, "calibration": {"slope": 1.0}})
    return cohorts


def test_the_summary_is_the_mean_over_models_with_paired_differences() -> None:
    event = np.random.default_rng(2).random(400) < 0.3
    cohorts = _cohorts(event, 4)
    found = claims_summary(cohorts, event, OPTIMUM, seed=3, draws=60)
    apnet = np.mean([roc_auc_score(event, cohort["risks"]["apnet"]) for cohort in cohorts])
    other = np.mean([roc_auc_score(event, cohort["risks"]["image_resnet50"]) for cohort in cohorts])
    assert found["auroc"]["apnet"][0] == pytest.approx(apnet)
    value, lower, upper = found["apnet_minus"]["image_resnet50"]
    assert value == pytest.approx(apnet - other)
    assert lower < value < upper
    # The patients are the same for both: the difference is known better than either AUROC.
    assert upper - lower < found["auroc"]["apnet"][2] - found["auroc"]["apnet"][1] + 0.02
    assert found["share_of_optimum"]["apnet"][0] == pytest.approx((apnet - 0.5) / 0.4)
    assert found["coverage"] == pytest.approx(0.9)
    assert json.loads(json.dumps(found)) == found


def test_goals_are_judged_and_a_missed_one_stays() -> None:
    event = np.random.default_rng(2).random(400) < 0.3
    summary = claims_summary(_cohorts(event, 2), event, OPTIMUM, seed=3, draws=40)
    rows = goals({"summary": summary, "learning": [{"patients": 2000, "share_of_optimum": 0.5}]})
    by_name = {row["what"]: row for row in rows}
    assert by_name["share of the optimum, 2,000 patients"]["met"] is False
    assert by_name["AUROC, APNet minus lightgbm_clinical"]["met"] is True
    assert goals({}) == []


def test_without_the_roi_only_the_whole_image_is_left() -> None:
    embedding, regions = 4, 3
    width = regions * 2 * embedding
    pooled = np.ones((2, 5, 2 * width + 2))
    left = whole_image_only(pooled)
    assert left.sum() == 2 * 5 * 2 * 2 * embedding, "one region of three: mean and soft maximum"
    assert not left[..., -2:].any(), "the ROI's size is gone as well"
    assert left[0, 0, 2 * 2 * embedding : width].all()
