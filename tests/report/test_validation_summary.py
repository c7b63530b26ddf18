"""What the page says of the validation, from the file that the study writes."""

from __future__ import annotations

import numpy as np
import pytest

from apnet_desktop.bundle.prediction import Route
from apnet_desktop.errors import ReportError
from apnet_desktop.report.validation_summary import validation_summary


def _evaluation() -> bytes:
    """A real evaluation of two routes on 200 random patients, as the study writes it."""
    from apnet_desktop.study.evaluation import Evaluation, Flow, evaluate_route
    from apnet_desktop.study.statistics.censoring import HorizonOutcome

    generator = np.random.default_rng(3)
    risk = generator.uniform(0.02, 0.9, 200)
    event = generator.uniform(size=200) < risk
    state = HorizonOutcome(event=event, known=np.ones(200, dtype=np.bool_), weights=np.ones(200))
    routes = tuple(evaluate_route(route, state, risk, 0.3, 1, 50) for route in (Route.CLINICAL, Route.FUSED))
    return (
        Evaluation(
            bundle_name="b",
            bundle_version="1",
            cohort="c",
            simulated=True,
            horizon_months=24,
            seed=1,
            replicates=50,
            flow=Flow.model_validate(dict.fromkeys(Flow.model_fields, 0)),
            few_events=False,
            routes=routes,
            comparisons=(),
        )
        .model_dump_json()
        .encode()
    )


def test_the_figures_are_those_of_the_fused_route() -> None:
    from apnet_desktop.study.evaluation import Evaluation

    content = _evaluation()
    said = validation_summary(content)
    evaluation = Evaluation.model_validate_json(content)
    fused = evaluation.route(Route.FUSED)
    assert said is not None
    assert fused is not None
    assert (said.patients, said.events) == (fused.patients, fused.events)
    figures = {figure.label.en: figure for figure in said.figures}
    assert fused.auroc is not None
    assert figures["Area under the ROC curve"].value == fused.auroc.value
    assert figures["Area under the ROC curve"].lower == fused.auroc.lower
    assert figures["Brier score"].value == fused.calibration.brier.value
    assert figures["Sensitivity at the threshold"].percent
    assert all(figure.label.zh != figure.label.en for figure in said.figures)


def test_what_is_no_evaluation_is_said_and_not_passed_over() -> None:
    with pytest.raises(ReportError):
        validation_summary(b"{}")
