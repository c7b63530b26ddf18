from pathlib import Path

import numpy as np
import pytest

from apnet_desktop.bundle.prediction import Route
from apnet_desktop.language import Language
from apnet_desktop.study.evaluation import Evaluation, Flow, compare_routes, evaluate_route, evaluate_subgroups
from apnet_desktop.study.figures import FIGURES, draw_figures
from apnet_desktop.study.statistics.censoring import End, cumulative_incidence, horizon_outcome


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    generator = np.random.default_rng(4)
    risk = 1 / (1 + np.exp(-generator.normal(-1, 1.2, 200)))
    truth = generator.random(200) < risk
    months = np.where(truth, generator.uniform(1, 24, 200), 60.0)
    ends = np.where(truth, End.RECURRENCE, End.CENSORED)
    state = horizon_outcome(months, ends, 24.0)
    risks = {Route.FUSED: risk, Route.CLINICAL: np.clip(risk + generator.normal(0, 0.2, 200), 0.01, 0.99)}
    high = risk >= 0.3
    return Evaluation(
        bundle_name="test",
        bundle_version="1",
        cohort="200 simulated patients",
        simulated=True,
        horizon_months=24,
        seed=1,
        replicates=50,
        flow=Flow(
            rows=200,
            ineligible=0,
            without_ct=0,
            evaluated=200,
            censored_before_horizon=0,
            deaths_before_recurrence=0,
            events=int(truth.sum()),
        ),
        few_events=bool(truth.sum() < 100),
        routes=tuple(evaluate_route(route, state, values, 0.3, 1, 50) for route, values in risks.items()),
        comparisons=compare_routes(state, risks, 1, 50),
        subgroups=evaluate_subgroups(state, risk, {"sex": tuple("mf"[n % 2] for n in range(200))}, 1, 50),
        cumulative_incidence=(
            cumulative_incidence("high", months[high], ends[high], 24),
            cumulative_incidence("low", months[~high], ends[~high], 24),
        ),
    )


def test_every_figure_is_drawn_as_picture_and_vector(evaluation: Evaluation, tmp_path: Path) -> None:
    written = draw_figures(evaluation, tmp_path)
    assert {path.stem for path in written} == set(FIGURES)
    for path in written:
        assert path.read_bytes().startswith(b"\x89PNG")
        assert "<svg" in path.with_suffix(".svg").read_text(encoding="utf-8")[:600]


def test_a_second_run_gives_the_same_bytes(
    evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("roc", "risk_by_outcome", "decision_curve", "subgroups"):
        monkeypatch.delitem(FIGURES, name)
    first, second = draw_figures(evaluation, tmp_path / "a"), draw_figures(evaluation, tmp_path / "b")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert one.with_suffix(".svg").read_bytes() == other.with_suffix(".svg").read_bytes()


def test_evaluation_survives_its_json(evaluation: Evaluation) -> None:
    assert Evaluation.model_validate_json(evaluation.model_dump_json()) == evaluation


def test_numbers_at_risk_stand_under_the_incidence_curves(evaluation: Evaluation) -> None:
    (axes,) = FIGURES["follow_up"](evaluation, Language.ENGLISH).axes
    words = [word.get_text() for word in axes.texts]
    assert words[0] == "Number at risk"
    counted = [str(number) for curve in evaluation.cumulative_incidence for number in curve.at_risk]
    assert words[1:] == counted
    assert counted[0] == str(evaluation.cumulative_incidence[0].patients), "everybody is at risk at the start"
