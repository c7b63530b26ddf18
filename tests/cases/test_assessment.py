"""What each step says, and when a prediction no longer holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from apnet_desktop.cases.assessment import Assessment, InputName, Step, StepState
from apnet_desktop.cases.open_case import OpenCase, PredictionContext
from apnet_desktop.cases.steps import next_step, step_states
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Language, Message
from tests.cases.samples import CANARY, GEOMETRY, SCHEMA, prediction, roi, series

CONTEXT = PredictionContext(schema=SCHEMA, bundle="b" * 64, compute="c", base_rate="r")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _ready(store: CaseStore) -> OpenCase:
    case = OpenCase.new(store, CONTEXT)
    case.set_series(series())
    case.set_roi(roi())
    case.confirm_roi("Dr Reader")
    case.set_value("age", 50.0)
    case.set_value("smoking", None)
    return case


def _predict(case: OpenCase, id: str = "prediction-1") -> None:
    inputs = case.current_inputs()
    assert inputs is not None
    case.set_prediction(prediction(inputs, id=id))


def _states(case: OpenCase) -> dict[Step, StepState]:
    return {status.step: status.state for status in case.steps()}


def test_the_next_thing_to_do_leads_through_the_whole_path(store: CaseStore) -> None:
    case = OpenCase.new(store, CONTEXT)
    assert next_step(case.steps()) is Step.CT
    case.set_series(series())
    assert next_step(case.steps()) is Step.ROI
    case.set_roi(roi())
    assert _states(case)[Step.ROI] is StepState.LOOK_HERE
    case.confirm_roi("Dr Reader")
    assert next_step(case.steps()) is Step.CLINICAL
    case.set_value("age", 50.0)
    assert _states(case)[Step.CLINICAL] is StepState.TO_DO
    case.set_value("smoking", None)
    assert next_step(case.steps()) is Step.RISK
    _predict(case)
    assert case.steps()[3].message.id == "cases.risk_no_report"
    case.add_report(b"%PDF", person="Dr Reader", language=Language.ENGLISH, reviewed=True)
    assert next_step(case.steps()) is None
    assert "Dr Reader" in case.steps()[3].message.text()
    assert "Dr Reader" in case.steps()[3].message.text(Language.CHINESE)
    assert store.list_cases()[0].next_step is None


def test_without_a_score_the_step_says_why_until_a_person_goes_past_it(store: CaseStore) -> None:
    case = _ready(store)
    inputs = case.current_inputs()
    assert inputs is not None
    check = Check(id="model.distribution", state=CheckState.REFUSED, message=Message.of("cases.roi_other_grid"))
    case.set_prediction(prediction(inputs).model_copy(update={"routes": (), "checks": (check,)}))
    assert (case.steps()[3].state, case.steps()[3].message) == (StepState.LOOK_HERE, check.message)
    case.override(check.id, "the surgeon asks for it", "Dr Reader")
    assert (case.steps()[3].state, case.steps()[3].message.id) == (StepState.TO_DO, "cases.risk_to_do")


def test_an_edit_takes_the_confirmation_back(store: CaseStore) -> None:
    case = _ready(store)
    assert case.assessment.roi is not None
    mask = case.assessment.roi.mask.copy()
    mask[0, 0, 0] = True
    case.set_roi(replace(case.assessment.roi, mask=mask, confirmation=None))
    assert _states(case)[Step.ROI] is StepState.LOOK_HERE
    assert store.load(case.case_id).roi.confirmation is None  # type: ignore[union-attr]


@pytest.mark.parametrize("what", list(InputName))
def test_each_changed_input_makes_the_prediction_stale_and_is_named(store: CaseStore, what: InputName) -> None:
    case = _ready(store)
    _predict(case)
    case.require_current()
    if what is InputName.VOLUME:
        case.set_series(series().model_copy(update={"volume_digest": "another"}))
    elif what is InputName.ROI:
        case.set_roi(roi(3))
    elif what is InputName.RECORD:
        case.set_value("age", 51.0)
    else:
        case.context = {
            InputName.BUNDLE: replace(CONTEXT, bundle="a" * 64),
            InputName.COMPUTE: replace(CONTEXT, compute="other"),
            InputName.BASE_RATE: replace(CONTEXT, base_rate="other"),
        }[what]
    current = case.current_inputs()
    assert current is not None
    assert case.assessment.is_stale(current)
    assert case.assessment.changed_inputs(current) == (what,)
    assert case.steps()[3].state is StepState.LOOK_HERE
    assert case.steps()[3].message.id == f"cases.stale_{what.value}"
    for refused in (
        case.require_current,
        lambda: case.add_report(b"%PDF", person="Dr Reader", language=Language.ENGLISH),
    ):
        with pytest.raises(CaseError) as caught:
            refused()
        assert caught.value.message.id == f"cases.stale_{what.value}"
    assert case.assessment.reports == ()


def test_a_value_that_only_a_score_reads_leaves_the_prediction_standing(store: CaseStore) -> None:
    case = _ready(store)
    _predict(case)
    made = case.assessment.prediction
    assert made is not None
    factors = tuple(case.assessment.record.values)
    record = case.assessment.record.restricted(factors)
    inputs = made.provenance.inputs.model_copy(update={"record": record.digest()})
    provenance = made.provenance.model_copy(update={"factors": factors, "inputs": inputs})
    case.set_prediction(made.model_copy(update={"provenance": provenance}))
    case.set_value("heart_rate", 120.0)
    assert case.require_current() == case.assessment.prediction
    case.set_value("age", 51.0)
    with pytest.raises(CaseError):
        case.require_current()


def test_a_change_that_is_taken_back_makes_the_prediction_hold_again(store: CaseStore) -> None:
    case = _ready(store)
    _predict(case)
    case.set_value("age", 51.0)
    case.set_value("age", 50.0)
    assert case.require_current().provenance.prediction_id == "prediction-1"


def test_the_rail_says_the_same_as_the_exact_comparison(store: CaseStore) -> None:
    case = _ready(store)
    _predict(case)
    case.close()
    generator = np.random.default_rng(3)
    drawings = [roi(0), roi(1), roi(2)]
    for step in range(40):
        if step % 15 == 14:
            case = OpenCase(store, case.case_id, CONTEXT)
        case.set_roi(drawings[generator.integers(3)].confirmed("Dr Reader", NOW))
        if generator.random() < 0.15:
            _predict(case, f"prediction-{step}")
        current = case.current_inputs() if generator.random() < 0.5 else None
        shown = case.steps()[3].message.id
        current = current or case.current_inputs()
        assert current is not None
        assert (shown == "cases.stale_roi") is case.assessment.is_stale(current)


def test_without_a_prediction_nothing_can_be_reported(store: CaseStore) -> None:
    with pytest.raises(CaseError) as caught:
        _ready(store).add_report(b"%PDF", person="Dr Reader", language=Language.ENGLISH)
    assert caught.value.message.id == "cases.no_prediction"


def test_a_refused_check_stops_the_ct_step_until_it_is_overridden(store: CaseStore) -> None:
    check = Check(id="ct.thickness", state=CheckState.REFUSED, message=Message.of("cases.roi_other_grid"))
    case = OpenCase.new(store, CONTEXT)
    case.set_series(series().model_copy(update={"checks": (check,)}))
    assert case.steps()[0].state is StepState.LOOK_HERE
    assert case.steps()[0].message == check.message
    case.override("ct.thickness", "no other CT", "Dr Reader")
    assert case.steps()[0].state is StepState.DONE
    assert store.load(case.case_id).with_overrides((check,))[0].override_reason == "no other CT"


def test_a_roi_of_another_ct_is_noticed(store: CaseStore) -> None:
    case = _ready(store)
    moved = GEOMETRY.model_copy(update={"origin": (0.0, 0.0, 0.0)})
    case.set_series(series().model_copy(update={"geometry": moved}))
    assert case.steps()[1].message.id == "cases.roi_other_grid"


def test_the_record_of_another_patient_is_noticed(store: CaseStore) -> None:
    case = _ready(store)
    other = PatientIdentity(name="Somebody Else", patient_id="OTHER", birth_date=date(1990, 1, 1))
    case.set_record(ClinicalRecord(values=case.assessment.record.values, identity=other))
    assert case.steps()[2].state is StepState.LOOK_HERE
    case.set_record(ClinicalRecord(values=case.assessment.record.values, identity=CANARY))
    assert case.steps()[2].state is StepState.DONE


def test_an_empty_case_is_no_patient() -> None:
    assert Assessment("x").identity == PatientIdentity()
    assert [status.state for status in step_states(Assessment("x"))] == [StepState.TO_DO] * 4
