"""Everything the report says, apart from how it looks: one object gives PDF, HTML, JSON and DICOM."""

from __future__ import annotations

from datetime import datetime

from apnet_desktop.bundle.manifest import BundleStatus, Manifest, Probability, RiskGroup
from apnet_desktop.bundle.prediction import Prediction, Route, RouteRisk
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.eligibility import PredictionDates, prediction_dates
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.volume import SeriesDescription
from apnet_desktop.errors import ReportError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Language, Message
from apnet_desktop.report.facts import (
    DevelopmentDistribution,
    ReportStatus,
    Review,
    ReviewDecision,
    RoiFacts,
    ScoreLine,
    ValidationFigure,
    ValidationSummary,
    roi_facts,
)
from apnet_desktop.report.picture import Picture

__all__ = [
    "DevelopmentDistribution",
    "ReportContent",
    "ReportStatus",
    "Review",
    "ReviewDecision",
    "RoiFacts",
    "ScoreLine",
    "ValidationFigure",
    "ValidationSummary",
    "build_content",
    "reviewed",
    "roi_facts",
]


class ReportContent(FrozenModel):
    """Everything that one version of a report says.

    Attributes:
        report_id: Id of this version; an input, so that the same inputs give the same bytes.
        case_id: Id of the case; it carries no identity.
        version: 1 for the first report of a case, one more after each change of inputs.
        supersedes: Id of the version before; empty for the first.
        time: When it was made, with time zone.
        application_version: Of APNet Desktop.
        languages: One or two; the first one is the document's.
        identity: Whose report.
        series: Which CT.
        dates: The day of the prediction and the day from which the horizon runs, as far as the record says.
        record: Clinical factors as entered.
        roi: None only where the clinical route stands alone.
        pictures: ROI and influential slices.
        scores: Severity scores.
        prediction: What APNet says.
        manifest: The bundle's.
        factors: The bundle's factors, then others that the record answers.
        validation: From the bundle; None if it has none.
        distribution: From the bundle; None if it has none.
        interval_level: Confidence level of the risks' intervals; None if the bundle does not say.
        review: None while it is a draft.
    """

    report_id: str
    case_id: str
    version: int
    supersedes: str
    time: datetime
    application_version: str
    languages: tuple[Language, ...]
    identity: PatientIdentity
    series: SeriesDescription
    dates: PredictionDates
    record: ClinicalRecord
    roi: RoiFacts | None
    pictures: tuple[Picture, ...]
    scores: tuple[ScoreLine, ...]
    prediction: Prediction
    manifest: Manifest
    factors: FactorSchema
    validation: ValidationSummary | None
    distribution: DevelopmentDistribution | None
    interval_level: Probability | None
    review: Review | None

    @property
    def status(self) -> ReportStatus:
        """Reviewed once a named person has reviewed it."""
        return ReportStatus.DRAFT if self.review is None else ReportStatus.REVIEWED

    @property
    def answer(self) -> RouteRisk:
        """The risk that the report is about: fused, or clinical where the bundle lets that stand alone."""
        answer = self.prediction.fused or self.prediction.route(Route.CLINICAL)
        if answer is None:
            raise ValueError("a prediction without an answer")
        return answer

    @property
    def trained_on_simulated(self) -> bool:
        """True if the bundle learned from simulated patients only."""
        return self.manifest.status is BundleStatus.DEMONSTRATION or self.manifest.cohort.simulated

    @property
    def is_finding(self) -> bool:
        """False if the number must not leave as a finding: learned from simulated patients, applied to a real CT."""
        return not self.trained_on_simulated or self.series.simulated

    @property
    def group(self) -> RiskGroup | None:
        """The bundle's group that the risk falls in; None where it defines none: then no words are put to a risk."""
        groups = sorted(self.manifest.risk_groups, key=lambda group: group.upper)
        return next((group for group in groups if self.answer.risk < group.upper), groups[-1] if groups else None)

    @property
    def noteworthy_checks(self) -> tuple[Check, ...]:
        """Checks that warned or were overridden, the worst first."""
        noteworthy = [check for check in self.prediction.checks if check.state is not CheckState.PASSED]
        return tuple(sorted(noteworthy, key=lambda check: check.state is not CheckState.REFUSED))


def build_content(
    *,
    prediction: Prediction,
    manifest: Manifest,
    identity: PatientIdentity,
    series: SeriesDescription,
    record: ClinicalRecord,
    roi: RoiFacts | None,
    report_id: str,
    time: datetime,
    application_version: str,
    pictures: tuple[Picture, ...] = (),
    case_id: str = "",
    version: int = 1,
    supersedes: str = "",
    languages: tuple[Language, ...] = (Language.ENGLISH,),
    scores: tuple[ScoreLine, ...] = (),
    validation: ValidationSummary | None = None,
    distribution: DevelopmentDistribution | None = None,
    interval_level: float | None = None,
    review: Review | None = None,
) -> ReportContent:
    """Puts a report together and refuses what must not be reported.

    Returns:
        The content, for `render_pdf` and its siblings.

    Raises:
        ReportError: There is no answer, a check blocks it, the ROI is not confirmed by a person, the reviewer has no
            name, or a number that must not leave as a finding was to be reviewed.
    """
    content = ReportContent(
        report_id=report_id,
        case_id=case_id,
        version=version,
        supersedes=supersedes,
        time=time,
        application_version=application_version,
        languages=tuple(dict.fromkeys(languages)) or (Language.ENGLISH,),
        identity=identity,
        series=series,
        dates=prediction_dates(record, manifest.outcome.moment),
        record=record,
        roi=roi,
        pictures=pictures,
        scores=scores,
        prediction=prediction,
        manifest=manifest,
        factors=_factors(manifest.factors, record),
        validation=validation,
        distribution=distribution,
        interval_level=interval_level,
        review=review,
    )
    _refuse_without_answer(content)
    _refuse_unconfirmed(content)
    _refuse_review(content)
    return content


def reviewed(content: ReportContent, review: Review) -> ReportContent:
    """The same version of the report, now reviewed. The draft stays as it is; the store keeps both.

    Raises:
        ReportError: It has been reviewed before, the reviewer has no name, the number must not leave as a finding, or
            checks of it are still to come.
    """
    if content.review is not None:
        raise ReportError(Message.of("report.already_reviewed", person=content.review.person))
    done = content.model_copy(update={"review": review})
    _refuse_review(done)
    return done


def _factors(used: FactorSchema, record: ClinicalRecord) -> FactorSchema:
    known = {factor.id for factor in used.factors}
    others = tuple(
        factor for factor in default_schema().factors if factor.id not in known and record.value(factor.id) is not None
    )
    return FactorSchema(version=used.version, factors=(*used.factors, *others))


def _refuse_without_answer(content: ReportContent) -> None:
    blocking = next((check for check in content.prediction.checks if check.blocks), None)
    if blocking is not None:
        raise ReportError(Message.of("report.check_blocks", check=blocking.id))
    if content.prediction.fused is None and not (
        content.manifest.eligibility.clinical_only_allowed and content.prediction.route(Route.CLINICAL) is not None
    ):
        raise ReportError(Message.of("report.no_answer"))


def _refuse_unconfirmed(content: ReportContent) -> None:
    if content.prediction.fused is not None and (content.roi is None or content.roi.confirmation is None):
        raise ReportError(Message.of("report.roi_not_confirmed"))


def _refuse_review(content: ReportContent) -> None:
    if content.review is None:
        return
    if not content.review.person.strip():
        raise ReportError(Message.of("report.reviewer_without_name"))
    if not content.is_finding:
        raise ReportError(Message.of("report.demonstration_not_reviewed"))
    if content.prediction.unfinished:
        raise ReportError(Message.of("report.checks_not_done"))
