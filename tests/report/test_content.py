"""What may be reported, and what may not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from apnet_desktop.bundle.manifest import Approval, BundleStatus, Manifest
from apnet_desktop.bundle.prediction import REPEATABILITY, Prediction
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.errors import ReportError
from apnet_desktop.language import Message
from apnet_desktop.report.content import (
    ReportStatus,
    Review,
    ReviewDecision,
    RoiFacts,
    build_content,
    reviewed,
    roi_facts,
)
from tests.report.factory import TIME, content, identity, manifest, phantom, prediction, record, series

REVIEW = Review(person="Dr Amara Okafor", role="Gastroenterologist", time=TIME, decision=ReviewDecision.ACCEPTED)


@dataclass
class _Inputs:
    prediction: Prediction
    manifest: Manifest
    roi: RoiFacts | None
    review: Review | None = None
    simulated: bool = True

    def build(self) -> None:
        build_content(
            prediction=self.prediction,
            manifest=self.manifest,
            identity=identity(),
            series=series(simulated=self.simulated),
            record=record(),
            roi=self.roi,
            review=self.review,
            report_id="r",
            time=TIME,
            application_version="0.1.0",
        )


def _facts() -> RoiFacts:
    return roi_facts(*phantom())


def _refusal(inputs: _Inputs) -> str:
    with pytest.raises(ReportError) as refused:
        inputs.build()
    return refused.value.message.id


def test_a_roi_that_nobody_confirmed_is_not_reported() -> None:
    unconfirmed = _facts().model_copy(update={"confirmation": None})
    assert _refusal(_Inputs(prediction(), manifest(), unconfirmed)) == "report.roi_not_confirmed"
    assert _refusal(_Inputs(prediction(), manifest(), None)) == "report.roi_not_confirmed"


def test_a_refused_check_blocks_until_a_person_gives_a_reason() -> None:
    refused = Check(id="ct.thickness", state=CheckState.REFUSED, message=Message.of("report.unknown"))
    blocked = _Inputs(prediction(checks=(refused,)), manifest(), _facts())
    assert _refusal(blocked) == "report.check_blocks"
    overridden = refused.model_copy(update={"override_reason": "no thinner series exists"})
    _Inputs(prediction(checks=(overridden,)), manifest(), _facts()).build()


def test_the_clinical_route_stands_alone_only_where_the_bundle_lets_it() -> None:
    alone = prediction().model_copy(update={"routes": prediction().routes[1:2]})
    assert _refusal(_Inputs(alone, manifest(), None)) == "report.no_answer"
    _Inputs(alone, manifest(clinical_only_allowed=True), None).build()


def test_a_prediction_whose_checks_are_still_to_come_is_not_reviewed() -> None:
    said = content()
    checks = tuple(check for check in said.prediction.checks if check.id != REPEATABILITY)
    early = said.model_copy(update={"prediction": said.prediction.model_copy(update={"checks": checks})})
    review = Review(person="Dr A", time=TIME, decision=ReviewDecision.ACCEPTED)
    with pytest.raises(ReportError) as refused:
        reviewed(early, review)
    assert refused.value.message.id == "report.checks_not_done"
    assert reviewed(said, review).review == review


def test_the_dates_are_those_of_the_record() -> None:
    assert content().dates.horizon_start == date(2026, 11, 2)
    assert content(entered=ClinicalRecord()).dates.horizon_start is None


def test_review_needs_a_name() -> None:
    nameless = REVIEW.model_copy(update={"person": "  "})
    assert _refusal(_Inputs(prediction(), manifest(), _facts(), nameless)) == "report.reviewer_without_name"


def test_a_demonstration_number_on_a_real_ct_is_never_reviewed() -> None:
    inputs = _Inputs(prediction(), manifest(), _facts(), REVIEW, simulated=False)
    assert _refusal(inputs) == "report.demonstration_not_reviewed"
    real = content(simulated_ct=False)
    assert not real.is_finding
    with pytest.raises(ReportError):
        reviewed(real, REVIEW)


@pytest.mark.parametrize(
    ("status", "cohort_simulated", "ct_simulated", "finding"),
    [
        (BundleStatus.DEMONSTRATION, True, True, True),
        (BundleStatus.DEMONSTRATION, True, False, False),
        (BundleStatus.DEMONSTRATION, False, False, False),
        (BundleStatus.RESEARCH, True, False, False),
        (BundleStatus.RESEARCH, False, False, True),
        (BundleStatus.CLINICAL, False, False, True),
    ],
)
def test_what_is_a_finding(status: BundleStatus, cohort_simulated: bool, ct_simulated: bool, finding: bool) -> None:
    bundle = manifest(status=status, simulated=cohort_simulated)
    assert content(bundle=bundle, simulated_ct=ct_simulated).is_finding is finding


def test_review_makes_a_reviewed_report_once_and_leaves_the_draft() -> None:
    draft = content()
    done = reviewed(draft, REVIEW)
    assert (draft.status, done.status) == (ReportStatus.DRAFT, ReportStatus.REVIEWED)
    assert done.review == REVIEW
    assert done.model_copy(update={"review": None}) == draft
    with pytest.raises(ReportError) as refused:
        reviewed(done, REVIEW)
    assert REVIEW.person in refused.value.message.text()


def test_factors_beyond_the_bundle_s_are_listed_only_if_entered() -> None:
    said = content(entered=ClinicalRecord(values={"age": 60.0, "lipase": 900.0, "sodium": None}))
    ids = [factor.id for factor in said.factors.factors]
    own = [factor.id for factor in said.manifest.factors.factors]
    assert ids[: len(own)] == own
    assert ids[len(own) :] == ["lipase"]


def test_content_survives_its_own_json() -> None:
    said = content(bundle=manifest(approval=Approval(authority="A", number="1", date=TIME.date(), intended_use="u")))
    assert type(said).model_validate_json(said.model_dump_json()) == said
