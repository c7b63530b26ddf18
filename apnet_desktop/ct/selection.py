"""Which series to take: the one that fits what the model was trained on best, and why."""

from __future__ import annotations

import re

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.language import Message

__all__ = ["is_sharp_kernel", "preselect"]

_STATES = list(CheckState)
_PHASES = ("portal_venous", "enhanced", "delayed", "arterial", "unknown", "none")
# GE LUNG, BONE, EDGE; Philips L, YC, YD; Canon FC50 to FC89; Siemens Bxx to Hxx from 50 on.
_SHARP_NAMES = re.compile(r"\b(LUNG|BONE|EDGE|DETAIL|SHARP|YC|YD|L)\b|\bFC[5-8]\d")
_SIEMENS = re.compile(r"\b[BHTUIJQ][A-Z]?(\d\d)[A-Z]?\b")


def is_sharp_kernel(kernel: str) -> bool:
    """True for a lung or bone kernel: its noise and overshoot are not what soft tissue should be judged on."""
    name = kernel.upper()
    if _SHARP_NAMES.search(name):
        return True
    siemens = _SIEMENS.search(name)
    return siemens is not None and int(siemens.group(1)) >= 50


def preselect(
    series: list[SeriesSummary], requirements: CtRequirements
) -> tuple[tuple[SeriesSummary, ...], int | None, Message]:
    """All series, best first; the index of the one to take, None if none is usable; and why."""

    def rank(summary: SeriesSummary) -> tuple[object, ...]:
        description = summary.description
        phase = description.phase
        geometry = summary.geometry
        extent = geometry.spacing[2] * geometry.size[2] if geometry is not None else 0.0
        spacing = geometry.spacing[2] if geometry is not None else 99.0
        coarse = max(description.slice_thickness or spacing, spacing)
        refused = sum(check.state is CheckState.REFUSED for check in summary.checks)
        return (
            summary.state is CheckState.REFUSED,
            not summary.readable,
            refused if summary.state is CheckState.REFUSED else 0,
            any(check.id == "ct.coverage" and check.state is not CheckState.PASSED for check in summary.checks),
            0 if phase == requirements.phase else 1 + _PHASES.index(phase),
            is_sharp_kernel(description.kernel),
            # Below 2 mm thinner brings noise, not detail: there, the longer series wins.
            coarse > requirements.warn_slice_thickness,
            round(max(coarse, 2.0), 1),
            -round(extent / 50.0),
            -summary.slice_count,
            summary.key,
        )

    ordered = tuple(sorted(series, key=rank))
    if not ordered:
        return ordered, None, Message.of("ct.no_series")
    best = ordered[0]
    if best.state is CheckState.REFUSED:
        return ordered, None, Message.of("ct.none_usable")
    assert best.geometry is not None  # noqa: S101 - usable
    why = Message.of(
        f"ct.why_{best.description.phase}",
        thickness=round(best.description.slice_thickness or best.geometry.spacing[2], 2),
        kernel=best.description.kernel or "?",
        extent=round(best.geometry.spacing[2] * best.geometry.size[2]),
        count=len(ordered),
    )
    return ordered, 0, why
