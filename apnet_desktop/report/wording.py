"""How numbers, values and units of the report are written, in each language; the same for paper and screen reader."""

from __future__ import annotations

from datetime import date, datetime

from apnet_desktop.bundle.manifest import BundleStatus
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.factor import Factor, Interval, KnownAt, Label
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.ct.roi import RoiOrigin
from apnet_desktop.language import Language, text
from apnet_desktop.report.content import ReportStatus, ReviewDecision

__all__ = [
    "BUNDLE_STATUS",
    "DECISION",
    "GROUP",
    "KNOWN_AT",
    "ORIGIN",
    "PHASE",
    "ROUTE",
    "STATUS",
    "closed",
    "date_text",
    "icon_count",
    "interval_text",
    "label",
    "log_odds_text",
    "number_text",
    "outside_reference",
    "percent_text",
    "phrase",
    "reference_of",
    "reference_text",
    "sex_text",
    "time_text",
    "value_text",
    "whole_percent",
]

BUNDLE_STATUS = {
    BundleStatus.DEMONSTRATION: "report.bundle_status.demonstration",
    BundleStatus.RESEARCH: "report.bundle_status.research",
    BundleStatus.CLINICAL: "report.bundle_status.clinical",
}
STATUS = {ReportStatus.DRAFT: "report.status.draft", ReportStatus.REVIEWED: "report.status.reviewed"}
DECISION = {
    ReviewDecision.ACCEPTED: "report.decision.accepted",
    ReviewDecision.REJECTED: "report.decision.rejected",
    ReviewDecision.COMMENTED: "report.decision.commented",
}
ROUTE = {
    Route.FUSED: "report.route.fused",
    Route.CLINICAL: "report.route.clinical",
    Route.IMAGE: "report.route.image",
}
KNOWN_AT = {
    KnownAt.ADMISSION: "report.known_at.admission",
    KnownAt.HOURS_48: "report.known_at.hours_48",
    KnownAt.DISCHARGE: "report.known_at.discharge",
    KnownAt.AFTER_DISCHARGE: "report.known_at.after_discharge",
}
ORIGIN = {
    RoiOrigin.PAINTED: "report.origin.painted",
    RoiOrigin.IMPORTED: "report.origin.imported",
    RoiOrigin.ASSISTED: "report.origin.assisted",
}
PHASE = {
    "none": "report.phase.none",
    "arterial": "report.phase.arterial",
    "portal_venous": "report.phase.portal_venous",
    "delayed": "report.phase.delayed",
    "enhanced": "report.phase.enhanced",
    "unknown": "report.phase.unknown",
}

GROUP = {
    name: f"report.group.{name}"
    for name in (
        "patient",
        "history",
        "dates",
        "cause",
        "laboratory",
        "course",
        "ct",
        "vital_signs",
        "hours_48",
        "follow_up",
    )
}


def phrase(words: str) -> str:
    """A bundle's text without its last full stop, to stand inside a sentence."""
    return words.strip().rstrip("。.").rstrip()


def closed(words: str, language: Language) -> str:
    """A bundle's text with one full stop at its end."""
    return phrase(words) + ("。" if language is Language.CHINESE else ".")


def label(label: Label, language: Language) -> str:
    """A bundle's text in `language`."""
    return label.zh if language is Language.CHINESE else label.en


def whole_percent(probability: float) -> int:
    """`probability` in whole percent, halves up."""
    return int(probability * 100 + 0.5)


def percent_text(probability: float, language: Language) -> str:
    """Whole percent; "below 1%" and "above 99%" where a whole number would claim certainty."""
    if probability < 0.01:
        return text("report.below_one", language)
    if probability > 0.99:
        return text("report.above_ninety_nine", language)
    return f"{whole_percent(probability)}%"


def interval_text(lower: float, upper: float, language: Language) -> str:
    """Both ends in whole percent."""
    return text("report.interval", language, lower=percent_text(lower, language), upper=percent_text(upper, language))


def icon_count(probability: float) -> int:
    """Filled figures of 100; never 0 and never 100, because neither is known."""
    return min(99, max(1, whole_percent(probability)))


def log_odds_text(value: float) -> str:
    """Signed, two digits, with a true minus sign; no sign on zero."""
    shown = f"{abs(value):.2f}"
    if float(shown) == 0:
        return shown
    return ("+" if value > 0 else "−") + shown


def number_text(value: float, decimals: int) -> str:
    """A number with a true minus sign."""
    return f"{value:.{decimals}f}".replace("-", "−")


def date_text(value: date | None, language: Language) -> str:
    """ISO date, or "not stated"."""
    return value.isoformat() if value is not None else text("report.not_stated", language)


def time_text(value: datetime) -> str:
    """Date, minute and offset from UTC."""
    offset = value.strftime("%z")
    zone = " UTC" + (f"{offset[:3]}:{offset[3:5]}" if offset and offset != "+0000" else "") if offset else ""
    return value.strftime("%Y-%m-%d %H:%M") + zone


def sex_text(code: str, language: Language) -> str:
    """The sex as DICOM codes it, in words."""
    ids = {"M": "report.sex.male", "F": "report.sex.female", "O": "report.sex.other"}
    return text(ids.get(code.upper(), "report.not_stated"), language)


def value_text(factor: Factor, value: FactorValue, language: Language) -> str:
    """A factor's value in words, without its unit."""
    if value is None:
        return text("report.unknown", language)
    if isinstance(value, bool):
        return text("report.yes" if value else "report.no", language)
    if isinstance(value, int | float):
        return number_text(value, factor.decimals)
    if isinstance(value, date):
        return value.isoformat()
    labels = {choice.id: label(choice.label, language) for choice in factor.choices}
    chosen = (value,) if isinstance(value, str) else value
    return text("report.list_separator", language).join(labels.get(id, id) for id in chosen) or text(
        "report.none_of_these", language
    )


def reference_of(factor: Factor, record: ClinicalRecord) -> Interval | None:
    """The reference interval that counts: the laboratory's own before the schema's."""
    return record.references.get(factor.id, factor.reference)


def reference_text(factor: Factor, record: ClinicalRecord) -> str:
    """The reference interval, or empty."""
    interval = reference_of(factor, record)
    if interval is None or (interval.lower is None and interval.upper is None):
        return ""
    if interval.lower is None:
        return f"≤ {number_text(interval.upper or 0.0, factor.decimals)}"
    if interval.upper is None:
        return f"≥ {number_text(interval.lower, factor.decimals)}"
    return f"{number_text(interval.lower, factor.decimals)}–{number_text(interval.upper, factor.decimals)}"


def outside_reference(factor: Factor, record: ClinicalRecord) -> str:
    """An arrow if the value lies outside its reference interval: "↑", "↓" or empty."""
    interval, value = reference_of(factor, record), record.number(factor.id)
    if interval is None or value is None or interval.contains(value):
        return ""
    return "↓" if interval.lower is not None and value < interval.lower else "↑"
