"""Turns what was typed on the command line into the values of a prediction."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from apnet_desktop.bundle.request import SiteBaseRate
from apnet_desktop.commands.predict import Wishes
from apnet_desktop.language import Language, text

__all__ = ["report_languages", "site_base_rate", "wishes"]


def site_base_rate(rate: float | None, source: str, date: str, patients: int) -> SiteBaseRate | None:
    """The site's own base rate, if one was typed."""
    return None if rate is None else SiteBaseRate(rate=rate, source=source, date=date, patients=patients)


def wishes(
    bundle: Path | None,
    device: str,
    prediction_id: str | None,
    time: datetime | None,
    base_rate: SiteBaseRate | None,
    overrides: list[str] | None,
) -> Wishes:
    """How the prediction is made.

    Raises:
        typer.BadParameter: An override is not CHECK=REASON (exit code 2).
    """
    reasons = {}
    for override in overrides or []:
        check, equals, reason = override.partition("=")
        if not equals or not reason.strip():
            raise typer.BadParameter(text("commands.override_form", given=override))
        reasons[check.strip()] = reason.strip()
    if time is not None and time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return Wishes(bundle, device, prediction_id, time, base_rate, reasons)


def report_languages(language: Language, both: bool) -> tuple[Language, ...]:
    """The report's languages, the chosen one first."""
    if not both:
        return (language,)
    return (language, Language.ENGLISH if language is Language.CHINESE else Language.CHINESE)
