"""What the worker can be asked, and what it answers."""

from __future__ import annotations

from datetime import datetime

from apnet_desktop.bundle.prediction import BaseRate, Compute, Device, EngineFacts, Prediction
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Language
from apnet_desktop.report.content import Review
from apnet_desktop.worker.shared_memory import SharedRoi, SharedVolume

__all__ = [
    "AskWhatIf",
    "DicomObject",
    "DicomObjects",
    "FinishChecks",
    "LeaveChecks",
    "MadeReport",
    "MakeReport",
    "Predict",
    "PredictProgress",
    "ReadImages",
    "VerifiedBundle",
    "VerifyBundle",
    "Warm",
    "Warmed",
]


class Warm(FrozenModel):
    """Load the libraries and the bundle in `bundle` for `device` (auto, cpu, cuda); answered by `Warmed`.

    Attributes:
        all_facts: True to load torch for its architectures even where another engine runs.
    """

    bundle: str
    device: str = "auto"
    all_facts: bool = False


class Warmed(FrozenModel):
    """The worker is ready.

    Attributes:
        compute: What a prediction will run on, and why.
        bundle_sha256: The bundle that is loaded.
        facts: What else this installation could run it with.
    """

    compute: Compute
    bundle_sha256: str
    facts: EngineFacts

    @property
    def graph_to_make(self) -> bool:
        """True where torch runs on the CPU only because the bundle's graph has not been made yet."""
        on_torch = self.compute.engine == "torch" and self.compute.device is Device.CPU
        return on_torch and bool(self.facts.openvino) and not self.facts.graph


class Predict(FrozenModel):
    """Predict for one patient; answered by a `Prediction`.

    Attributes:
        bundle: Folder of the bundle.
        device: auto, cpu or cuda.
        volume: The CT; None where the clinical route stands alone.
        roi: The pancreas ROI.
        record: Clinical factors.
        request: Ids, times, base rate, overrides.
    """

    bundle: str
    device: str = "auto"
    volume: SharedVolume | None
    roi: SharedRoi | None
    record: ClinicalRecord
    request: PredictionRequest


class PredictProgress(FrozenModel):
    """How far a prediction is.

    Attributes:
        stage: Id of the sentence for the stage.
        fraction: 0 to 1 over all stages.
    """

    stage: str
    fraction: float


class FinishChecks(FrozenModel):
    """Do the checks that follow a risk (several more passes over the images); answered by the `Prediction` with them.

    Attributes:
        bundle: Folder of the bundle.
        device: auto, cpu or cuda.
        volume: The CT of the prediction.
        roi: Its ROI.
        record: Its record.
        prediction: The prediction.
    """

    bundle: str
    device: str = "auto"
    volume: SharedVolume
    roi: SharedRoi
    record: ClinicalRecord
    prediction: Prediction


class LeaveChecks(FrozenModel):
    """Nobody needs the checks of this prediction any more: `FinishChecks` is refused after the pass in hand."""

    prediction_id: str


class ReadImages(FrozenModel):
    """Read the images of a prediction that was made earlier, for `AskWhatIf`; answered by nothing."""

    bundle: str
    device: str = "auto"
    volume: SharedVolume
    roi: SharedRoi


class AskWhatIf(FrozenModel):
    """What would the risk be if factors were others? Answered by a `WhatIf`, beside whatever else the worker does.

    Attributes:
        bundle: Folder of the bundle.
        device: auto, cpu or cuda.
        volume: Digest of the CT that is meant: another one than was read last is refused.
        roi: Digest of the ROI that is meant.
        record: With the changed factors.
        base_rate: The page's.
    """

    bundle: str
    device: str = "auto"
    volume: str
    roi: str
    record: ClinicalRecord
    base_rate: BaseRate


class MakeReport(FrozenModel):
    """Make a report; answered by `MadeReport`.

    Attributes:
        bundle: Folder of the bundle.
        prediction: What to report.
        record: The clinical record that the prediction used.
        volume: The CT that it used.
        roi: The ROI that it used.
        languages: One or two; the first is the document's.
        paper: `a4` or `letter`.
        report_id: Of this version.
        case_id: Of the case; no identity in it.
        version: 1 for the first report of a case.
        supersedes: Id of the version before.
        time: When.
        application_version: Of this application.
        review: None for a draft.
        identity: Whose report, where there is no CT to say so.
        pdf: For DICOM only: the PDF that the store keeps of this version, in base64, carried byte for byte.
        named_files: True if file names may carry the patient's name and ID.
    """

    bundle: str
    prediction: Prediction
    record: ClinicalRecord
    volume: SharedVolume | None
    roi: SharedRoi | None
    languages: tuple[Language, ...] = (Language.ENGLISH,)
    paper: str = "a4"
    report_id: str
    case_id: str = ""
    version: int = 1
    supersedes: str = ""
    time: datetime
    application_version: str
    review: Review | None = None
    identity: PatientIdentity = PatientIdentity()
    pdf: str = ""
    named_files: bool = False


class MadeReport(FrozenModel):
    """A report.

    Attributes:
        pdf: The PDF in base64.
        twin: Its canonical JSON.
        html: Its twin for screen readers.
        file_name: What to call the PDF: without identity, unless the job allows it.
        is_finding: False if the number must not be signed or archived (`ReportContent.is_finding`).
        sha256: Of the PDF.
        twin_sha256: Of the JSON.
    """

    pdf: str
    twin: str
    html: str
    file_name: str = ""
    is_finding: bool
    sha256: str
    twin_sha256: str


class DicomObject(FrozenModel):
    """One DICOM file: its name, which carries no identity, and its bytes in base64."""

    name: str
    content: str


class DicomObjects(FrozenModel):
    """Encapsulated PDF, segmentation and measurement report."""

    files: tuple[DicomObject, ...]


class VerifyBundle(FrozenModel):
    """Run a bundle's golden values; answered by `VerifiedBundle`."""

    bundle: str


class VerifiedBundle(FrozenModel):
    """The golden values hold.

    Attributes:
        cases: How many.
        largest_difference: In risk.
        tolerance: Of the bundle.
    """

    cases: int
    largest_difference: float
    tolerance: float
