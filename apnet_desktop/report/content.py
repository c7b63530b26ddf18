"""Everything the report says, apart from how it looks: one object gives PDF, HTML, JSON and DICOM."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from apnet_desktop.bundle.manifest import BundleStatus, Manifest, Probability
from apnet_desktop.bundle.prediction import Prediction, Route, RouteRisk
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.factor import FactorSchema, KnownAt, Label
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.roi import Confirmation, Roi, RoiOrigin
from apnet_desktop.ct.volume import CtVolume, SeriesDescription
from apnet_desktop.errors import ReportError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Language, Message
from apnet_desktop.report.picture import Picture

__all__ = [
    "DevelopmentDistribution",
    "ReportContent",
    "ReportStatus",
    "Review",
    "ReviewDecision",
    "RoiFacts",
    "ScoreLine",
    "UnknownEffect",
    "ValidationFigure",
    "ValidationSummary",
    "build_content",
    "reviewed",
    "roi_facts",
]


class ReportStatus(StrEnum):
    """Draft until a named person has reviewed it."""

    DRAFT = "draft"
    REVIEWED = "reviewed"


class ReviewDecision(StrEnum):
    """What the reviewer says of the prediction."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    COMMENTED = "commented"


class Review(FrozenModel):
    """A named person's review of one version of a report.

    Attributes:
        person: Name; not empty.
        role: "Gastroenterologist"; may be empty.
        time: When, with time zone.
        decision: What they say of the prediction.
        comment: In their words; may be empty.
    """

    person: str
    role: str = ""
    time: datetime
    decision: ReviewDecision
    comment: str = ""


class RoiFacts(FrozenModel):
    """What the report says of the ROI.

    Attributes:
        volume: mL.
        slices: Axial slices that it touches.
        mean_hounsfield: Mean HU inside.
        origins: How it came to be.
        author: Who drew or imported it.
        confirmation: A person's word that it is the pancreas.
        digest: SHA-256 of grid and mask.
    """

    volume: float
    slices: int
    mean_hounsfield: float
    origins: tuple[RoiOrigin, ...]
    author: str
    confirmation: Confirmation | None
    digest: str


def roi_facts(volume: CtVolume, roi: Roi) -> RoiFacts:
    """The facts of `roi` on `volume`; the ROI must not be empty and lie on the volume's grid."""
    return RoiFacts(
        volume=roi.volume,
        slices=len(roi.slices()),
        mean_hounsfield=float(volume.hounsfield[roi.mask].mean()),
        origins=roi.origins,
        author=roi.author,
        confirmation=roi.confirmation,
        digest=roi.digest(),
    )


class ScoreLine(FrozenModel):
    """One severity score.

    Attributes:
        label: Its name.
        value: Its value as printed ("3").
        maximum: Highest value as printed; empty if there is none.
        unknown: Inputs that are unknown, so that the value is a lower bound.
    """

    label: Label
    value: str
    maximum: str = ""
    unknown: tuple[Label, ...] = ()


class ValidationFigure(FrozenModel):
    """One measure of the validation with its 95 % interval.

    Attributes:
        label: "Area under the ROC curve".
        value: Estimate.
        lower: Lower end; None if there is no interval.
        upper: Upper end.
        decimals: Digits after the point.
        percent: True if a share that is printed in percent.
    """

    label: Label
    value: float
    lower: float | None = None
    upper: float | None = None
    decimals: int = 2
    percent: bool = False


class ValidationSummary(FrozenModel):
    """How the bundle did on patients that it was not developed on, from its `evaluation.json`.

    Attributes:
        description: Which patients.
        patients: Number.
        events: Recurrences within the horizon.
        figures: Measures.
    """

    description: Label
    patients: int
    events: int
    figures: tuple[ValidationFigure, ...]


class DevelopmentDistribution(FrozenModel):
    """Histogram of the fused risk in the development cohort.

    Attributes:
        edges: Edges of the bins, ascending, from 0 to 1.
        shares: Share of the cohort in each bin; one fewer than edges.
    """

    edges: tuple[Probability, ...]
    shares: tuple[Probability, ...]


class UnknownEffect(FrozenModel):
    """What the fused risk would be if an unknown factor were known to be low, or high."""

    factor_id: str
    lowest: Probability
    highest: Probability


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
        horizon_start: The date from which the horizon runs; None if the record does not say.
        record: Clinical factors as entered.
        roi: None only where the clinical route stands alone.
        pictures: ROI and influential slices.
        scores: Severity scores.
        prediction: What APNet says.
        manifest: The bundle's.
        factors: The bundle's factors, then others that the record answers.
        validation: From the bundle; None if it has none.
        distribution: From the bundle; None if it has none.
        unknown_effects: For factors that are unknown.
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
    horizon_start: date | None
    record: ClinicalRecord
    roi: RoiFacts | None
    pictures: tuple[Picture, ...]
    scores: tuple[ScoreLine, ...]
    prediction: Prediction
    manifest: Manifest
    factors: FactorSchema
    validation: ValidationSummary | None
    distribution: DevelopmentDistribution | None
    unknown_effects: tuple[UnknownEffect, ...]
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
    horizon_start: date | None = None,
    scores: tuple[ScoreLine, ...] = (),
    validation: ValidationSummary | None = None,
    distribution: DevelopmentDistribution | None = None,
    unknown_effects: tuple[UnknownEffect, ...] = (),
    interval_level: float | None = None,
    review: Review | None = None,
) -> ReportContent:
    """Puts a report together and refuses what must not be reported.

    Without a `horizon_start`, the record's day of discharge is taken where the prediction is made at discharge.

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
        horizon_start=horizon_start or _horizon_start(manifest, record),
        record=record,
        roi=roi,
        pictures=pictures,
        scores=scores,
        prediction=prediction,
        manifest=manifest,
        factors=_factors(manifest.factors, record),
        validation=validation,
        distribution=distribution,
        unknown_effects=unknown_effects,
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
        ReportError: It has been reviewed before, the reviewer has no name, or the number must not leave as a finding.
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


def _horizon_start(manifest: Manifest, record: ClinicalRecord) -> date | None:
    """The day of discharge, for a model whose prediction is made at discharge."""
    discharged = record.value("discharge_date")
    at_discharge = manifest.outcome.moment is KnownAt.DISCHARGE
    return discharged if at_discharge and isinstance(discharged, date) else None


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
