"""What a report says beside the prediction: review, ROI, scores, validation."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from apnet_desktop.bundle.manifest import Probability
from apnet_desktop.clinical.factor import Label
from apnet_desktop.ct.roi import Confirmation, Roi, RoiOrigin
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.frozen import FrozenModel

__all__ = [
    "DevelopmentDistribution",
    "ReportStatus",
    "Review",
    "ReviewDecision",
    "RoiFacts",
    "ScoreLine",
    "ValidationFigure",
    "ValidationSummary",
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
