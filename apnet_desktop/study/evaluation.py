"""What an evaluation says: measures of each route on patients whom nobody tuned on, as values for `evaluation.json`.

STRATOS's essential measures come first (AUROC, calibration curve, net benefit, risks by outcome: Van Calster B et al.
Lancet Digit Health 2025), then the shares at the fixed threshold that the paper reports.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.prediction import Route
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.study.statistics.calibration_measures import CalibrationMeasures, calibration_measures
from apnet_desktop.study.statistics.censoring import CumulativeIncidence, HorizonOutcome
from apnet_desktop.study.statistics.classification import ClassificationMeasures, classification_measures
from apnet_desktop.study.statistics.discrimination import (
    PairedComparison,
    RocCurve,
    auroc_bootstrap,
    auroc_delong,
    compare_auroc_bootstrap,
    compare_auroc_delong,
    roc_curve,
)
from apnet_desktop.study.statistics.estimate import Estimate
from apnet_desktop.study.statistics.net_benefit import DecisionCurve, decision_curve

__all__ = [
    "Comparison",
    "Evaluation",
    "Flow",
    "Missingness",
    "RiskHistogram",
    "RouteEvaluation",
    "Subgroup",
    "compare_routes",
    "evaluate_route",
    "evaluate_subgroups",
]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

# Below these a subgroup or a cohort shows counts, not measures.
SUBGROUP_PATIENTS, SUBGROUP_EVENTS = 20, 5
# Collins GS et al. Stat Med 2016;35:214-226: at least 100 events, ideally 200.
ADVISED_EVENTS = 100


class Flow(FrozenModel):
    """The flow diagram: who was there, who was left out and why."""

    rows: int
    ineligible: int
    without_ct: int
    evaluated: int
    censored_before_horizon: int
    deaths_before_recurrence: int
    events: int


class RiskHistogram(FrozenModel):
    """Numbers of patients by predicted risk, in bins of equal width, apart for events and non-events."""

    edges: tuple[float, ...]
    events: tuple[int, ...]
    non_events: tuple[int, ...]


class RouteEvaluation(FrozenModel):
    """All measures of one route.

    Attributes:
        auroc: With DeLong's interval; None where outcomes are weighted for censoring, which DeLong does not cover.
        auroc_bootstrap: With a stratified bootstrap interval.
    """

    route: Route
    patients: int
    events: int
    auroc: Estimate | None
    auroc_bootstrap: Estimate
    roc: RocCurve
    calibration: CalibrationMeasures
    classification: ClassificationMeasures
    decision_curve: DecisionCurve
    histogram: RiskHistogram


class Comparison(FrozenModel):
    """Difference of the AUROCs of two routes on the same patients, first minus second."""

    first: Route
    second: Route
    delong: PairedComparison | None
    bootstrap: PairedComparison


class Subgroup(FrozenModel):
    """One level of one subgroup variable; measures are None below 20 patients or 5 events (or non-events)."""

    variable: str
    level: str
    patients: int
    events: int
    auroc: Estimate | None
    observed_over_expected: Estimate | None


class Missingness(FrozenModel):
    """How often one factor is unknown."""

    factor_id: str
    unknown: int
    patients: int


class Evaluation(FrozenModel):
    """`evaluation.json`.

    Attributes:
        bundle_name: Whose evaluation it is.
        cohort: Description in words.
        simulated: True if the patients are simulated.
        seed: Seed of every bootstrap in it.
        replicates: Bootstrap samples.
        optimum: Best possible AUROC by route; of simulated patients only, like the next two.
        reading: R² with which each image cause is read from the pictures.
        reading_limit: Best possible AUROC by route from readings of that R².
        few_events: True below 100 events: every table and figure then carries a banner.
        notes: Sentences that a reader must see.
    """

    format_version: Literal[1] = 1
    bundle_name: str
    bundle_version: str
    cohort: str
    simulated: bool
    horizon_months: int
    seed: int
    replicates: int
    flow: Flow
    few_events: bool
    routes: tuple[RouteEvaluation, ...]
    comparisons: tuple[Comparison, ...]
    subgroups: tuple[Subgroup, ...] = ()
    missingness: tuple[Missingness, ...] = ()
    cumulative_incidence: tuple[CumulativeIncidence, ...] = ()
    optimum: dict[Route, float] = {}
    reading: dict[str, float] = {}
    reading_limit: dict[Route, float] = {}
    notes: tuple[Message, ...] = ()

    def route(self, route: Route) -> RouteEvaluation | None:
        """One route's measures, None if it was not evaluated."""
        return next((entry for entry in self.routes if entry.route is route), None)


def _histogram(state: HorizonOutcome, risk: Floats) -> RiskHistogram:
    edges = np.linspace(0, 1, 21)
    events, _ = np.histogram(risk[state.known & state.event], edges)
    others, _ = np.histogram(risk[state.known & ~state.event], edges)
    return RiskHistogram(edges=tuple(edges.tolist()), events=tuple(events.tolist()), non_events=tuple(others.tolist()))


def _weights(state: HorizonOutcome) -> Floats | None:
    """Censoring weights of the patients whose state is known; None where nobody was censored."""
    return None if state.known.all() else state.weights[state.known]


def evaluate_route(
    route: Route, state: HorizonOutcome, risk: Floats, threshold: float, seed: int, replicates: int = 2000
) -> RouteEvaluation:
    """All measures of one route on one cohort.

    Args:
        route: Which one.
        state: Outcome of each patient at the horizon, with censoring weights.
        risk: Calibrated risk of each patient; shape (patients,).
        threshold: The bundle's operating threshold.
        seed: Seed of the bootstraps.
        replicates: Bootstrap samples.
    """
    outcome, kept, weights = state.event[state.known], risk[state.known], _weights(state)
    return RouteEvaluation(
        route=route,
        patients=int(outcome.size),
        events=int(outcome.sum()),
        auroc=auroc_delong(outcome, kept) if weights is None else None,
        auroc_bootstrap=auroc_bootstrap(outcome, kept, seed, weights, replicates),
        roc=roc_curve(outcome, kept, weights),
        calibration=calibration_measures(outcome, kept, seed, weights, replicates),
        classification=classification_measures(outcome, kept, threshold, seed, weights, replicates),
        decision_curve=decision_curve(outcome, kept, weights=weights),
        histogram=_histogram(state, risk),
    )


def compare_routes(
    state: HorizonOutcome, risks: dict[Route, Floats], seed: int, replicates: int = 2000
) -> tuple[Comparison, ...]:
    """The fused route against each other one, paired by patient."""
    if Route.FUSED not in risks:
        return ()
    outcome, weights = state.event[state.known], _weights(state)
    fused = risks[Route.FUSED][state.known]
    comparisons = []
    for route in (Route.CLINICAL, Route.IMAGE):
        if route not in risks:
            continue
        other = risks[route][state.known]
        comparisons.append(
            Comparison(
                first=Route.FUSED,
                second=route,
                delong=compare_auroc_delong(outcome, fused, other) if weights is None else None,
                bootstrap=compare_auroc_bootstrap(outcome, fused, other, seed, weights, replicates),
            )
        )
    return tuple(comparisons)


def evaluate_subgroups(
    state: HorizonOutcome,
    risk: Floats,
    variables: dict[str, tuple[str, ...]],
    seed: int,
    replicates: int = 2000,
) -> tuple[Subgroup, ...]:
    """Measures within each level of each variable, of one route.

    Args:
        state: Outcome of each patient at the horizon.
        risk: The route's risk; shape (patients,).
        variables: Level of each patient by variable ("sex" → ("female", "male", ...)).
        seed: Seed of the bootstraps.
        replicates: Bootstrap samples.
    """
    from apnet_desktop.study.statistics.calibration_measures import observed_over_expected

    found = []
    for variable, levels in variables.items():
        for level in sorted(set(levels)):
            inside = state.known & (np.array(levels) == level)
            outcome, kept = state.event[inside], risk[inside]
            weights = None if state.known.all() else state.weights[inside]
            events = int(outcome.sum())
            enough = outcome.size >= SUBGROUP_PATIENTS and min(events, outcome.size - events) >= SUBGROUP_EVENTS
            found.append(
                Subgroup(
                    variable=variable,
                    level=level,
                    patients=int(outcome.size),
                    events=events,
                    auroc=auroc_bootstrap(outcome, kept, seed, weights, replicates) if enough else None,
                    observed_over_expected=observed_over_expected(outcome, kept, weights) if enough else None,
                )
            )
    return tuple(found)
