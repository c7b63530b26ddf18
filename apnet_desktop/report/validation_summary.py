"""Reads from a bundle's `evaluation.json` what the report prints of the validation."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from apnet_desktop.bundle.prediction import Route
from apnet_desktop.clinical.factor import Label
from apnet_desktop.errors import ReportError
from apnet_desktop.language import Language, Message, text
from apnet_desktop.report.content import ValidationFigure, ValidationSummary

__all__ = ["validation_summary"]


class _Part(BaseModel):
    # The study writes much more than the report prints.
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Estimate(_Part):
    value: float
    lower: float | None = None
    upper: float | None = None


class _Calibration(_Part):
    slope: _Estimate | None = None
    intercept: _Estimate | None = None
    observed_over_expected: _Estimate | None = None
    brier: _Estimate | None = None


class _Classification(_Part):
    sensitivity: _Estimate | None = None
    specificity: _Estimate | None = None
    positive_predictive_value: _Estimate | None = None
    negative_predictive_value: _Estimate | None = None


class _RouteEvaluation(_Part):
    route: Route
    patients: int
    events: int
    auroc: _Estimate | None = None
    auroc_bootstrap: _Estimate | None = None
    calibration: _Calibration
    classification: _Classification


class _Evaluation(_Part):
    simulated: bool
    routes: tuple[_RouteEvaluation, ...]


def validation_summary(content: bytes) -> ValidationSummary | None:
    """The validation of the fused route; None if that route was not evaluated.

    Args:
        content: Bytes of `evaluation.json`.

    Raises:
        ReportError: It is no evaluation. To print "no validation" then would be untrue.
    """
    try:
        evaluation = _Evaluation.model_validate_json(content)
    except ValidationError as error:
        raise ReportError(Message.of("report.evaluation_unreadable")) from error
    fused = next((one for one in evaluation.routes if one.route is Route.FUSED), None)
    if fused is None:
        return None
    measures = (
        ("auroc", fused.auroc or fused.auroc_bootstrap, False),
        ("calibration_slope", fused.calibration.slope, False),
        ("calibration_intercept", fused.calibration.intercept, False),
        ("observed_over_expected", fused.calibration.observed_over_expected, False),
        ("brier", fused.calibration.brier, False),
        ("sensitivity", fused.classification.sensitivity, True),
        ("specificity", fused.classification.specificity, True),
        ("positive_predictive_value", fused.classification.positive_predictive_value, True),
        ("negative_predictive_value", fused.classification.negative_predictive_value, True),
    )
    return ValidationSummary(
        description=_label("validation_simulated" if evaluation.simulated else "validation_cohort"),
        patients=fused.patients,
        events=fused.events,
        figures=tuple(
            ValidationFigure(
                label=_label(f"measure_{name}"),
                value=estimate.value,
                lower=estimate.lower,
                upper=estimate.upper,
                percent=percent,
            )
            for name, estimate, percent in measures
            if estimate is not None
        ),
    )


def _label(name: str) -> Label:
    id = f"validation.{name}"
    return Label(en=text(id, Language.ENGLISH), zh=text(id, Language.CHINESE))
