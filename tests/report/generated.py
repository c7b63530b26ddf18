"""Random reports within what the types allow, from a seed: names in many scripts, risks near the ends, odd values."""

from __future__ import annotations

import random
from datetime import timedelta

from apnet_desktop.bundle.manifest import BundleStatus
from apnet_desktop.bundle.prediction import BaseRate
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.factor import Factor, FactorKind
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.language import Language, Message
from apnet_desktop.report.content import ReportContent, Review, ReviewDecision
from tests.report import factory
from tests.report.test_fonts import NAMES

_COMMENTS = ("", "Discussed at the round.", "随访三个月。", "Interval is wide; repeat with a thinner series — 3 mm.")


def generated(seed: int, language: Language) -> ReportContent:
    """The report of this seed."""
    chance = random.Random(seed)
    bundle = factory.manifest(
        status=chance.choice(list(BundleStatus)),
        simulated=chance.random() < 0.5,
        factors=default_schema().subset(factory.MODEL_FACTORS[: chance.randint(5, len(factory.MODEL_FACTORS))]),
    )
    risk = chance.choice([0.0, 0.004, 0.01, 0.0149, 0.5, 0.985, 0.995, 1.0, *(chance.random() for _ in range(12))])
    says = factory.prediction(
        fused=risk,
        clinical=chance.choice([None, chance.random()]),
        image=chance.choice([None, chance.random()]),
        checks=tuple(_check(chance, number) for number in range(chance.randint(0, 5))),
        base_rate=BaseRate(development=chance.random())
        if chance.random() < 0.5
        else BaseRate(
            development=chance.uniform(0.01, 0.99),
            site=chance.uniform(0.01, 0.99),
            site_source="registry",
            site_date="2026-05-01",
            site_patients=chance.randint(100, 900),
        ),
    )
    ids = {factor.id for factor in bundle.factors.factors}
    says = says.model_copy(
        update={
            "contributions": tuple(each for each in says.contributions if each.factor_id in ids),
            "position": chance.choice([None, chance.random()]),
        }
    )
    values = {factor.id: _value(chance, factor) for factor in default_schema().factors if chance.random() < 0.3}
    simulated = chance.random() < 0.7
    draft = factory.content(
        languages=(language,),
        of=PatientIdentity(
            name=chance.choice(NAMES),
            patient_id=f"P{chance.randint(1, 10**8)}",
            sex=chance.choice("MFO"),
            entered_by_hand=chance.random() < 0.2,
        ),
        simulated_ct=simulated,
        bundle=bundle,
        says=says,
        entered=ClinicalRecord(values=values),
        with_distribution=chance.random() < 0.5,
        report_id=f"r-{seed}",
    )
    if draft.is_finding and chance.random() < 0.5:
        review = Review(
            person=chance.choice(NAMES),
            role=chance.choice(("", "Radiologist", "消化内科主任医师")),
            time=factory.TIME + timedelta(hours=chance.randint(1, 300)),
            decision=chance.choice(list(ReviewDecision)),
            comment=chance.choice(_COMMENTS),
        )
        draft = draft.model_copy(update={"review": review})
    return draft


def _check(chance: random.Random, number: int) -> Check:
    state = chance.choice(list(CheckState))
    return Check(
        id=f"test.{number}",
        state=state,
        message=Message.of("report.few_events", events=chance.randint(10, 99)),
        override_reason="no other series was made" if state is CheckState.REFUSED else None,
    )


def _value(chance: random.Random, factor: Factor) -> FactorValue:
    if chance.random() < 0.2:
        return None
    if factor.kind is FactorKind.NUMBER:
        limits = factor.limits
        lower = limits.lower if limits is not None and limits.lower is not None else 0.0
        upper = limits.upper if limits is not None and limits.upper is not None else 100.0
        return round(chance.uniform(lower, upper), factor.decimals)
    if factor.kind is FactorKind.YES_NO:
        return chance.random() < 0.5
    if factor.kind is FactorKind.DATE:
        return factory.TIME.date() - timedelta(days=chance.randint(1, 90))
    if factor.kind is FactorKind.MULTI_CHOICE:
        return tuple(choice.id for choice in factor.choices if chance.random() < 0.4)
    return chance.choice(factor.choices).id
