"""The manifest of a model bundle: everything that a prediction depends on, and what the bundle is for."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from apnet_desktop.clinical.factor import FactorSchema, KnownAt, Label
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.frozen import FrozenModel

__all__ = [
    "Approval",
    "Backbone",
    "BundleFile",
    "BundleStatus",
    "CtRecipe",
    "Eligibility",
    "FieldOfView",
    "Fusion",
    "Manifest",
    "Outcome",
    "RiskGroup",
    "Threshold",
    "TrainingCohort",
    "ct_requirements",
]

Probability = Annotated[float, Field(ge=0, le=1)]


class BundleStatus(StrEnum):
    """What a bundle may be used for; shown everywhere its numbers are."""

    DEMONSTRATION = "demonstration"
    RESEARCH = "research"
    CLINICAL = "clinical"


class Outcome(FrozenModel):
    """What is predicted.

    Attributes:
        label: Name ("recurrence of acute pancreatitis").
        definition: The definition in words.
        horizon_months: Months from the start of the horizon.
        starts: The date from which the horizon runs, in words ("discharge from the index admission").
        moment: When the prediction is made; factors known later are refused.
    """

    label: Label
    definition: Label
    horizon_months: int
    starts: Label
    moment: KnownAt = KnownAt.DISCHARGE


class Eligibility(FrozenModel):
    """Whom the model is for; outside it there is no score.

    Attributes:
        minimum_age: Years.
        severities: Accepted values of the factor `atlanta_grade`.
        requires_contrast: True if a CT without contrast is refused.
        maximum_slice_thickness: mm; thicker is refused.
        warn_slice_thickness: mm; thicker is warned.
        overridable: Check ids that a person may override with a reason.
        clinical_only_allowed: True if the clinical route may stand alone where there is no usable CT.
        roi_volume: Plausible volume of the pancreas ROI in mL (lower, upper).
    """

    minimum_age: int = 18
    severities: tuple[str, ...] = ("moderately_severe", "severe")
    requires_contrast: bool = False
    maximum_slice_thickness: float = 5.0
    warn_slice_thickness: float = 3.0
    overridable: tuple[str, ...] = ()
    clinical_only_allowed: bool = False
    roi_volume: tuple[float, float] = (10.0, 400.0)


class FieldOfView(FrozenModel):
    """One view of the CT that the network sees.

    Attributes:
        name: `pancreas` or `surroundings`.
        width: Side of the square in mm, centred on the ROI's bounding box; None fits the bounding box plus `margin`.
        margin: mm around the ROI's bounding box.
        extent: mm above and below the ROI that the slices of this view cover as well.
    """

    name: str
    width: float | None = None
    margin: float = 0.0
    extent: float = 0.0


class CtRecipe(FrozenModel):
    """How a CT and a ROI become the network's input.

    Attributes:
        phase: Contrast phase that the model was trained on.
        slices: Axial positions through the ROI, evenly spread along z, the same number in each view.
        slab: mm along z that are averaged into one image, so that thin and thick series show like noise.
        pixels: Side of the square input image.
        views: Fields of view, each a set of images.
        windows: Channels: (centre, width) in HU, each scaled to 0...1.
        peripancreatic_margin: mm: width of the rim around the ROI that is pooled apart.
    """

    phase: str = "portal_venous"
    slices: int
    slab: float = 3.0
    pixels: int = 224
    views: tuple[FieldOfView, ...]
    windows: tuple[tuple[float, float], ...]
    peripancreatic_margin: float = 15.0


class Backbone(FrozenModel):
    """A timm backbone and the depths at which its features are taken."""

    timm_name: str
    depths: tuple[int, ...]


class Fusion(FrozenModel):
    """Settings of the multiscale fusion head.

    Attributes:
        embedding: Channels that each scale's projection keeps.
        findings: The findings that each scale's token reads, in their order in the weights.
        folds: Heads of the cross-validation folds that are averaged.
        settings: What else the head needs to be built again; plain values.
    """

    embedding: int
    findings: tuple[str, ...]
    folds: int
    settings: dict[str, str | int | float | bool] = {}


class Threshold(FrozenModel):
    """The operating threshold and how it was chosen.

    Attributes:
        risk: Calibrated risk.
        rule: The rule in words.
        sensitivity: At the threshold, out of fold.
        specificity: At the threshold, out of fold.
    """

    risk: Probability
    rule: Label
    sensitivity: Probability
    specificity: Probability


class RiskGroup(FrozenModel):
    """A named range of risk, only if the bundle defines groups."""

    label: Label
    upper: Probability


class TrainingCohort(FrozenModel):
    """The patients that the bundle was developed on.

    Attributes:
        description: In words.
        simulated: True if they are simulated patients.
        patients: Number.
        events: Recurrences within the horizon.
        prevalence: Base rate of the outcome within the horizon.
    """

    description: Label
    simulated: bool
    patients: int
    events: int
    prevalence: Probability


class Approval(FrozenModel):
    """Approval as a medical device, filled by whoever holds it."""

    authority: str
    number: str
    date: date
    intended_use: str


class BundleFile(FrozenModel):
    """Size and hash of one file of the bundle."""

    name: str
    size: int
    sha256: str


class Manifest(FrozenModel):
    """`manifest.json`.

    `files` lists every file of the bundle but the manifest and its signature; the types say the rest.
    """

    format: Literal["apnet-bundle"] = "apnet-bundle"
    format_version: Literal[1] = 1
    name: str
    version: str
    status: BundleStatus
    created: date
    outcome: Outcome
    eligibility: Eligibility
    factors: FactorSchema
    ct: CtRecipe
    backbones: tuple[Backbone, ...]
    fusion: Fusion
    threshold: Threshold
    risk_groups: tuple[RiskGroup, ...] = ()
    cohort: TrainingCohort
    bfloat16_allowed: bool = False
    approval: Approval | None = None
    files: tuple[BundleFile, ...]


def ct_requirements(manifest: Manifest) -> CtRequirements:
    """What the bundle asks of a CT, for the checks of a series."""
    return CtRequirements(
        phase=manifest.ct.phase,
        requires_contrast=manifest.eligibility.requires_contrast,
        maximum_slice_thickness=manifest.eligibility.maximum_slice_thickness,
        warn_slice_thickness=manifest.eligibility.warn_slice_thickness,
    )
