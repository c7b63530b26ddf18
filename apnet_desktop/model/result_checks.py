"""Named checks of a result: device, likeness to the development cohort, missing factors, agreement of the routes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import shift_base_rate
from apnet_desktop.bundle.manifest import BundleStatus, Manifest
from apnet_desktop.bundle.prediction import BaseRate, Compute, Route, RouteRisk
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.language import Message
from apnet_desktop.model.reasons import missing_range, predictors
from apnet_desktop.model.risk import RiskModel

__all__ = [
    "base_rate_check",
    "device_check",
    "distribution_check",
    "events_check",
    "missing_check",
    "percent",
    "routes_check",
]

_FEW_EVENTS = 100
# Routes that lie on both sides of the threshold and this far apart are worth a look.
_DISAGREEMENT = 0.2
# A fused risk this far outside both routes rests on their coming together: the reader is told.
_BEYOND = 0.1
_WIDE_RANGE = 0.1


def percent(risk: float) -> str:
    """Whole percent as the screens print it: "below 1" and "above 99" as <1 and >99."""
    if risk < 0.01:
        return "<1"
    if risk > 0.99:
        return ">99"
    return str(round(100 * risk))


def device_check(compute: Compute) -> Check:
    """Which device ran, and why."""
    message = compute.explanation or Message.of("model.device_cpu_asked")
    fallen = message.id == "model.device_out_of_memory"
    return Check(id="model.device", state=CheckState.WARNED if fallen else CheckState.PASSED, message=message)


def distribution_check(times_limit: float, status: BundleStatus) -> Check:
    """Whether the images are like those of development.

    Args:
        times_limit: The larger of both distances, over its limit.
        status: A demonstration bundle's number is shown greyed; any other bundle's is withheld.
    """
    if times_limit <= 1.0:
        message = Message.of("model.inside_distribution")
        return Check(id="model.distribution", state=CheckState.PASSED, message=message)
    times = f"{times_limit:.1f}" if times_limit < 1000 else "1000+"
    if status is BundleStatus.DEMONSTRATION:
        message = Message.of("model.outside_warned", times=times)
        return Check(id="model.distribution", state=CheckState.WARNED, message=message)
    message = Message.of("model.outside_refused", times=times)
    return Check(id="model.distribution", state=CheckState.REFUSED, message=message)


def missing_check(
    model: RiskModel, record: ClinicalRecord, tokens: NDArray[np.float64] | None, base_rate: BaseRate
) -> Check:
    """How far the unknown factors leave the risk open."""
    found = missing_range(model, record, tokens)
    if found.widest is None:
        return Check(id="model.missing", state=CheckState.PASSED, message=Message.of("model.nothing_missing"))
    ends = [found.lower, found.upper]
    if base_rate.site is not None:
        ends = [shift_base_rate(end, base_rate.development, base_rate.site) for end in ends]
    message = Message.of(
        "model.missing_range",
        count=len(found.missing),
        total=len(predictors(model.manifest.factors)),
        lower=percent(ends[0]),
        upper=percent(ends[1]),
        factor=found.widest.label.en,
        factor_zh=found.widest.label.zh,
    )
    state = CheckState.WARNED if ends[1] - ends[0] > _WIDE_RANGE else CheckState.PASSED
    return Check(id="model.missing", state=state, message=message)


def routes_check(routes: tuple[RouteRisk, ...], threshold: float) -> Check | None:
    """Whether clinical factors and images point to the same side, and the answer lies near them.

    None where one of them is absent.
    """
    risks = {route.route: route for route in routes}
    if Route.IMAGE not in risks or Route.CLINICAL not in risks:
        return None
    clinical, image = risks[Route.CLINICAL], risks[Route.IMAGE]
    apart = (clinical.unshifted >= threshold) != (image.unshifted >= threshold)
    if apart and abs(clinical.unshifted - image.unshifted) >= _DISAGREEMENT:
        message = Message.of("model.routes_disagree", clinical=percent(clinical.risk), image=percent(image.risk))
        return Check(id="model.routes", state=CheckState.WARNED, message=message)
    fused = risks[Route.FUSED]
    beyond = max(
        fused.unshifted - max(clinical.unshifted, image.unshifted),
        min(clinical.unshifted, image.unshifted) - fused.unshifted,
    )
    if beyond >= _BEYOND:
        message = Message.of(
            "model.routes_beyond",
            fused=percent(fused.risk),
            clinical=percent(clinical.risk),
            image=percent(image.risk),
        )
        return Check(id="model.routes", state=CheckState.WARNED, message=message)
    return Check(id="model.routes", state=CheckState.PASSED, message=Message.of("model.routes_agree"))


def events_check(manifest: Manifest) -> Check | None:
    """A banner where the bundle rests on few events."""
    if manifest.cohort.events >= _FEW_EVENTS:
        return None
    message = Message.of("model.few_events", events=manifest.cohort.events)
    return Check(id="model.events", state=CheckState.WARNED, message=message)


def base_rate_check(base_rate: BaseRate) -> Check | None:
    """What was shifted and what is assumed; None on the development cohort's base rate."""
    if base_rate.site is None:
        return None
    message = Message.of(
        "model.base_rate_shifted",
        old=percent(base_rate.development),
        new=percent(base_rate.site),
        source=base_rate.site_source,
        date=base_rate.site_date,
    )
    return Check(id="model.base_rate", state=CheckState.PASSED, message=message)
