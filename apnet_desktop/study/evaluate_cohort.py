"""Builds an `Evaluation` from risks, outcomes and what is known of the patients; no file and no network here."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.factor import FactorKind
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.language import Message
from apnet_desktop.study.evaluation import (
    ADVISED_EVENTS,
    Evaluation,
    Flow,
    Missingness,
    compare_routes,
    evaluate_route,
    evaluate_subgroups,
)
from apnet_desktop.study.reading import SimulatedTruth
from apnet_desktop.study.statistics.censoring import CumulativeIncidence, End, HorizonOutcome, cumulative_incidence

__all__ = ["EvaluatedPatients", "build_evaluation"]

Floats = NDArray[np.float64]
_SUBGROUP_FACTORS = ("sex", "aetiology", "atlanta_grade")


@dataclass(frozen=True)
class EvaluatedPatients:
    """What an evaluation knows of its patients, all in the same order.

    Attributes:
        records: Clinical records.
        risks: Calibrated risk by route; (patients,).
        state: Outcome at the horizon.
        months: Months from discharge to the end of follow-up.
        ends: How follow-up ended.
        groups: Further subgroup variables: level of each patient by variable ("scanner", "phase").
        rows: Rows of the cohort table; 0: as many as patients.
        ineligible: Rows left out because the bundle is not for them.
        without_ct: Rows left out because CT or ROI could not be used.
    """

    records: list[ClinicalRecord]
    risks: dict[Route, Floats]
    state: HorizonOutcome
    months: Floats
    ends: NDArray[np.int_]
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rows: int = 0
    ineligible: int = 0
    without_ct: int = 0


def build_evaluation(
    manifest: Manifest,
    patients: EvaluatedPatients,
    cohort: str,
    simulated: bool,
    seed: int,
    replicates: int = 2000,
    truth: SimulatedTruth | None = None,
) -> Evaluation:
    """Every measure of every route.

    Args:
        manifest: Of the bundle that made the risks.
        patients: See there.
        cohort: Description in words.
        simulated: True if the patients are simulated.
        seed: Of every bootstrap.
        replicates: Bootstrap samples.
        truth: What is known of simulated patients alone.
    """
    known = truth or SimulatedTruth()
    state, horizon = patients.state, float(manifest.outcome.horizon_months)
    events = int((state.event & state.known).sum())
    notes = [Message.of("study.simulated")] if simulated else []
    notes += [Message.of("study.few_events")] if events < ADVISED_EVENTS else []
    censored = int((~state.known).sum())
    notes += [Message.of("study.weighted", count=censored)] if censored else []
    routes = tuple(
        evaluate_route(route, state, risk, manifest.threshold.risk, seed, replicates)
        for route, risk in patients.risks.items()
    )
    main = patients.risks.get(Route.FUSED, next(iter(patients.risks.values())))
    died = (patients.ends == End.DEATH) & (patients.months <= horizon)
    return Evaluation(
        bundle_name=manifest.name,
        bundle_version=manifest.version,
        cohort=cohort,
        simulated=simulated,
        horizon_months=manifest.outcome.horizon_months,
        seed=seed,
        replicates=replicates,
        flow=Flow(
            rows=patients.rows or len(patients.records),
            ineligible=patients.ineligible,
            without_ct=patients.without_ct,
            evaluated=len(patients.records),
            censored_before_horizon=censored,
            deaths_before_recurrence=int(died.sum()),
            events=events,
        ),
        few_events=events < ADVISED_EVENTS,
        routes=routes,
        comparisons=compare_routes(state, patients.risks, seed, replicates),
        subgroups=evaluate_subgroups(state, main, _levels(manifest, patients), seed, min(replicates, 500)),
        missingness=_missingness(manifest, patients.records),
        cumulative_incidence=_follow_up(patients, main, manifest.threshold.risk, horizon),
        optimum=known.optimum,
        reading=known.reading,
        reading_limit=known.limit,
        notes=tuple(notes),
    )


def _levels(manifest: Manifest, patients: EvaluatedPatients) -> dict[str, tuple[str, ...]]:
    """Level of each patient by subgroup variable."""
    variables: dict[str, tuple[str, ...]] = {}
    known = {factor.id: factor for factor in manifest.factors.factors}
    if "age" in known:
        ages = [record.value("age") for record in patients.records]
        variables["age"] = tuple(
            "unknown" if not isinstance(age, int | float) else ("below 60" if age < 60 else "60 or older")
            for age in ages
        )
    for id in _SUBGROUP_FACTORS:
        if id in known and known[id].kind is FactorKind.CHOICE:
            values = [record.value(id) for record in patients.records]
            variables[id] = tuple(str(value) if value is not None else "unknown" for value in values)
    return {**variables, **patients.groups}


def _missingness(manifest: Manifest, records: list[ClinicalRecord]) -> tuple[Missingness, ...]:
    return tuple(
        Missingness(
            factor_id=factor.id,
            unknown=sum(record.value(factor.id) is None for record in records),
            patients=len(records),
        )
        for factor in manifest.factors.factors
    )


def _follow_up(
    patients: EvaluatedPatients, risk: Floats, threshold: float, horizon: float
) -> tuple[CumulativeIncidence, ...]:
    """Cumulative incidence, death competing, below and above the threshold; groups of fewer than ten are left out."""
    curves = []
    for label, chosen in (
        (f"risk ≥ {threshold:.0%}", risk >= threshold),
        (f"risk < {threshold:.0%}", risk < threshold),
    ):
        if chosen.sum() >= 10:
            curves.append(cumulative_incidence(label, patients.months[chosen], patients.ends[chosen], horizon))
    return tuple(curves)
