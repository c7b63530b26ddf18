"""Judges where each step of an assessment stands, with the one sentence that the rail shows."""

from __future__ import annotations

from apnet_desktop.bundle.prediction import InputDigests
from apnet_desktop.cases.assessment import Assessment, Step, StepState, StepStatus
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.identity import differences_with_ct
from apnet_desktop.language import Message

__all__ = ["next_step", "step_states"]


def step_states(
    assessment: Assessment, schema: FactorSchema | None = None, current: InputDigests | None = None
) -> tuple[StepStatus, ...]:
    """Where each of the four steps stands, in order.

    Args:
        assessment: The case.
        schema: The factors that the bundle in use asks for; None judges the record by itself.
        current: What a prediction would use now; None takes the bundle, device and base rate as unchanged.
    """
    return (_ct(assessment), _roi(assessment), _clinical(assessment, schema), _risk(assessment, current))


def next_step(states: tuple[StepStatus, ...]) -> Step | None:
    """The first step that wants a person; None if all are done."""
    return next((status.step for status in states if status.state is not StepState.DONE), None)


def _status(step: Step, state: StepState, id: str, **values: str | int | float) -> StepStatus:
    return StepStatus(step=step, state=state, message=Message.of(id, **values))


def _ct(assessment: Assessment) -> StepStatus:
    series = assessment.series
    if series is None:
        waiting = "cases.ct_waits" if assessment.ct_path else "cases.ct_to_do"
        return _status(Step.CT, StepState.TO_DO, waiting)
    blocking = next((check for check in assessment.with_overrides(series.checks) if check.blocks), None)
    if blocking is not None:
        return StepStatus(step=Step.CT, state=StepState.LOOK_HERE, message=blocking.message)
    return _status(Step.CT, StepState.DONE, "cases.ct_done", slices=series.geometry.size[2])


def _roi(assessment: Assessment) -> StepStatus:
    roi = assessment.roi
    if roi is None or not roi.mask.any():
        return _status(Step.ROI, StepState.TO_DO, "cases.roi_to_do")
    if assessment.series is None or not roi.geometry.same_grid(assessment.series.geometry):
        return _status(Step.ROI, StepState.LOOK_HERE, "cases.roi_other_grid")
    if roi.confirmation is None:
        return _status(Step.ROI, StepState.LOOK_HERE, "cases.roi_unconfirmed", volume=round(roi.volume, 1))
    return _status(
        Step.ROI, StepState.DONE, "cases.roi_done", volume=round(roi.volume, 1), person=roi.confirmation.person
    )


def _clinical(assessment: Assessment, schema: FactorSchema | None) -> StepStatus:
    record = assessment.record
    if assessment.series is not None and differences_with_ct(record, assessment.series.identity, None):
        return _status(Step.CLINICAL, StepState.LOOK_HERE, "cases.clinical_other_patient")
    if not record.values:
        return _status(Step.CLINICAL, StepState.TO_DO, "cases.clinical_to_do")
    missing = [factor for factor in schema.factors if not record.answered(factor.id)] if schema else []
    if missing:
        return _status(Step.CLINICAL, StepState.TO_DO, "cases.clinical_missing", missing=len(missing))
    asked = {factor.id for factor in schema.factors} if schema else record.values.keys()
    answers = [value for id, value in record.values.items() if id in asked]
    unknown = sum(value is None for value in answers)
    return _status(Step.CLINICAL, StepState.DONE, "cases.clinical_done", known=len(answers) - unknown,
                   unknown=unknown)  # fmt: skip


def _risk(assessment: Assessment, current: InputDigests | None) -> StepStatus:
    prediction = assessment.prediction
    if prediction is None:
        return _status(Step.RISK, StepState.TO_DO, "cases.risk_to_do")
    if current is None:
        used = prediction.provenance.inputs
        current = assessment.current_inputs(used.bundle, used.compute, used.base_rate)
    changed = assessment.changed_inputs(current)
    if changed:
        return _status(Step.RISK, StepState.LOOK_HERE, f"cases.stale_{changed[0].value}")
    if not prediction.routes:
        blocking = next((check for check in assessment.with_overrides(prediction.checks) if check.blocks), None)
        if blocking is None:  # a person has gone past it since
            return _status(Step.RISK, StepState.TO_DO, "cases.risk_to_do")
        return StepStatus(step=Step.RISK, state=StepState.LOOK_HERE, message=blocking.message)
    report = next(
        (one for one in reversed(assessment.reports) if one.prediction_id == prediction.provenance.prediction_id), None
    )
    if report is None:
        return _status(Step.RISK, StepState.TO_DO, "cases.risk_no_report")
    if not report.reviewed_by:
        return _status(Step.RISK, StepState.DONE, "cases.risk_draft", version=report.version)
    return _status(Step.RISK, StepState.DONE, "cases.risk_reviewed", version=report.version, person=report.reviewed_by)
