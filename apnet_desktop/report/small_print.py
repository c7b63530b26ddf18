"""The small print: for whom the model is, how it did, and where every part of a report comes from."""

from __future__ import annotations

from dataclasses import dataclass

from apnet_desktop.bundle.operating_point import predictive_values
from apnet_desktop.bundle.prediction import Device
from apnet_desktop.report.composer import Composer
from apnet_desktop.report.content import ValidationFigure
from apnet_desktop.report.wording import (
    BUNDLE_STATUS,
    KNOWN_AT,
    PHASE,
    date_text,
    icon_count,
    number_text,
    percent_text,
    phrase,
    time_text,
)

__all__ = ["REFERENCES", "Section", "small_print"]

_LONG_NAME = 36
"""Characters of a name that the page's header shows for certain; a longer one is printed in full here."""
REFERENCES = (
    "Wan Z, Kong F, Min Y, et al. Eur J Radiol 2026;199:112758.",
    "Banks PA, Bollen TL, Dervenis C, et al. Gut 2013;62:102–111.",
    "Collins GS, Moons KGM, Dhiman P, et al. BMJ 2024;385:e078378.",
)
"""The paper that is re-implemented; the revised Atlanta classification; the TRIPOD+AI statement."""


@dataclass(frozen=True)
class Section:
    """One section of the small print.

    Attributes:
        heading: Id of its heading.
        before: Sentences above the rows.
        rows: Name and value.
        after: Sentences below the rows.
    """

    heading: str
    before: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    after: tuple[str, ...] = ()


def small_print(composer: Composer) -> list[Section]:
    """All sections, in reading order."""
    return [
        _use(composer),
        _validation(composer),
        _base_rates(composer),
        _dates(composer),
        _provenance(composer),
        _references(composer),
    ]


def _use(composer: Composer) -> Section:
    manifest = composer.content.manifest
    eligibility = manifest.eligibility
    approval = manifest.approval
    severities = composer.say("report.list_separator").join(
        _choice(composer, "atlanta_grade", severity) for severity in eligibility.severities
    )
    rows = [
        (
            composer.say("report.intended_use"),
            approval.intended_use if approval is not None else composer.say("report.intended_use_text"),
        ),
        (
            composer.say("report.regulatory"),
            composer.say("report.not_a_medical_device")
            if approval is None
            else composer.say("report.approved", authority=approval.authority, number=approval.number),
        ),
        (
            composer.say("report.population"),
            composer.say(
                "report.population_text",
                description=phrase(composer.label(manifest.cohort.description)),
                patients=manifest.cohort.patients,
                events=manifest.cohort.events,
            ),
        ),
        (
            composer.say("report.exclusions"),
            composer.say(
                "report.exclusions_text",
                age=eligibility.minimum_age,
                severities=severities,
                thickness=number_text(eligibility.maximum_slice_thickness, 1),
            )
            + (composer.say("report.exclusions_contrast") if eligibility.requires_contrast else ""),
        ),
    ]
    return Section("report.use", rows=tuple(rows))


def _choice(composer: Composer, factor_id: str, value: str) -> str:
    for factor in composer.content.factors.factors:
        if factor.id == factor_id:
            return next((composer.label(choice.label) for choice in factor.choices if choice.id == value), value)
    ids = {"moderately_severe": "report.severity.moderately_severe", "severe": "report.severity.severe"}
    return composer.say(ids[value]) if value in ids else value


def _figure(composer: Composer, figure: ValidationFigure) -> str:
    def shown(value: float) -> str:
        return f"{number_text(value * 100, 0)}%" if figure.percent else number_text(value, figure.decimals)

    if figure.lower is None or figure.upper is None:
        return shown(figure.value)
    return composer.say(
        "report.figure_with_interval", value=shown(figure.value), lower=shown(figure.lower), upper=shown(figure.upper)
    )


def _validation(composer: Composer) -> Section:
    validation = composer.content.validation
    if validation is None:
        return Section("report.validation", before=(composer.say("report.no_validation"),))
    before = composer.say(
        "report.validation_text",
        description=phrase(composer.label(validation.description)),
        patients=validation.patients,
        events=validation.events,
    )
    rows = tuple((composer.label(figure.label), _figure(composer, figure)) for figure in validation.figures)
    few = (composer.say("report.few_events", events=validation.events),) if validation.events < 100 else ()
    return Section("report.validation", before=(before,), rows=rows, after=few)


def _base_rates(composer: Composer) -> Section:
    base = composer.content.prediction.base_rate
    rows = [
        (composer.say("report.base_development"), percent_text(base.development, composer.language)),
        (
            composer.say("report.base_site"),
            composer.say("report.base_site_none")
            if base.site is None
            else composer.say(
                "report.base_site_text",
                rate=percent_text(base.site, composer.language),
                source=base.site_source or composer.say("report.not_stated"),
                date=base.site_date or composer.say("report.not_stated"),
                patients=base.site_patients,
            ),
        ),
    ]
    if base.site is not None:
        unshifted = percent_text(composer.content.answer.unshifted, composer.language)
        rows.append((composer.say("report.base_unshifted"), unshifted))
        threshold = percent_text(composer.content.manifest.threshold.risk, composer.language)
        rows.append((composer.say("report.base_threshold"), threshold))
    groups = predictive_values(composer.content.manifest.threshold, base)
    recur, stay = icon_count(groups.positive), icon_count(groups.negative)
    rows.append((composer.say("report.of_100_above"), composer.say("report.of_100_recur", number=recur)))
    rows.append((composer.say("report.of_100_below"), composer.say("report.of_100_recur", number=100 - stay)))
    after = (composer.say("report.of_100_assumed"),)
    return Section("report.base_rates", rows=tuple(rows), after=after)


def _dates(composer: Composer) -> Section:
    content = composer.content
    outcome = content.manifest.outcome
    rows = [
        (
            composer.say("report.moment"),
            composer.say(
                "report.moment_text",
                moment=composer.say(KNOWN_AT[outcome.moment]),
                date=date_text(content.dates.moment, composer.language),
            ),
        ),
        (
            composer.say("report.horizon"),
            composer.say(
                "report.horizon_text",
                months=outcome.horizon_months,
                starts=composer.label(outcome.starts),
                date=date_text(content.dates.horizon_start, composer.language),
            ),
        ),
    ]
    return Section("report.dates", rows=tuple(rows))


def _provenance(composer: Composer) -> Section:
    content = composer.content
    provenance, compute, series = content.prediction.provenance, content.prediction.provenance.compute, content.series
    device = composer.say("report.device_cuda" if compute.device is Device.CUDA else "report.device_cpu")
    rows = [
        (
            composer.say("report.bundle"),
            composer.say(
                "report.bundle_text",
                name=provenance.bundle_name,
                version=provenance.bundle_version,
                status=composer.say(BUNDLE_STATUS[content.manifest.status]),
            ),
        ),
        (composer.say("report.bundle_hash"), _grouped(provenance.bundle_sha256)),
        (composer.say("report.application"), f"APNet Desktop {content.application_version}"),
        (
            composer.say("report.device"),
            composer.say(
                "report.device_text",
                device=device,
                name=compute.device_name,
                precision=compute.precision.value,
                engine=compute.engine,
                batch=compute.batch,
                threads=compute.threads,
            ),
        ),
        (
            composer.say("report.series"),
            composer.say(
                "report.series_text",
                phase=composer.say(PHASE.get(series.phase, "report.phase.unknown")),
                thickness=composer.say("report.not_stated")
                if series.slice_thickness is None
                else f"{number_text(series.slice_thickness, 2)} mm",
                scanner=series.manufacturer or composer.say("report.not_stated"),
                kernel=series.kernel or composer.say("report.not_stated"),
            ),
        ),
        (composer.say("report.series_uid"), series.series_uid),
        (composer.say("report.prediction_made"), time_text(provenance.time)),
        (composer.say("report.prediction_id"), provenance.prediction_id),
        (composer.say("report.report_made"), time_text(content.time)),
        (
            composer.say("report.report_id"),
            composer.say("report.report_id_text", id=content.report_id, version=content.version),
        ),
    ]
    if len(content.identity.name) > _LONG_NAME:
        rows.insert(0, (composer.say("report.full_name"), content.identity.name))
    if content.supersedes:
        rows.append((composer.say("report.supersedes"), content.supersedes))
    if content.case_id:
        rows.append((composer.say("report.case_id"), content.case_id))
    if content.roi is not None:
        rows.append((composer.say("report.roi_hash"), _grouped(content.roi.digest)))
    return Section("report.provenance", rows=tuple(rows))


def _grouped(digest: str) -> str:
    """A hash in groups of eight, so that it can be read aloud and breaks where it should."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def _references(composer: Composer) -> Section:
    return Section("report.references", before=(composer.say("report.reimplementation"),), after=REFERENCES)
