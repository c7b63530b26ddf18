"""`apnet predict` and `apnet report`: APNet and its report without the window, from the same functions."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.bundle.request import PredictionRequest, SiteBaseRate
from apnet_desktop.cases.files import write_file
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.record_files import read_record
from apnet_desktop.commands.headless import Headless, OpenCt, bundle_folder
from apnet_desktop.commands.output import Output
from apnet_desktop.ct.roi import Roi
from apnet_desktop.errors import PredictionError
from apnet_desktop.language import Language, text
from apnet_desktop.report.wording import ROUTE, interval_text, percent_text
from apnet_desktop.version import APPLICATION_VERSION
from apnet_desktop.worker.inference_jobs import DicomObject, MakeReport

__all__ = ["PatientFiles", "ReportOptions", "Wishes", "predict", "report"]


@dataclass(frozen=True)
class PatientFiles:
    """What a prediction is made from.

    Attributes:
        ct: Folder, file, ZIP or DICOMDIR.
        roi: ROI file.
        clinical: Clinical record.
        series: Series UID; None takes the best.
        label: Label in the ROI file, if it holds several.
        patient_id: Row of the clinical file, if it holds several patients.
    """

    ct: Path
    roi: Path
    clinical: Path
    series: str | None = None
    label: int | None = None
    patient_id: str | None = None


@dataclass(frozen=True)
class Wishes:
    """How a prediction is made; ids and time are inputs, so that a second run gives the same bytes.

    Attributes:
        bundle: Folder of the bundle; None takes the one that ships.
        device: auto, cpu or cuda.
        prediction_id: None makes a random one.
        time: None takes now.
        site_base_rate: The site's own base rate.
        overrides: Reason by id of a refused check.
    """

    bundle: Path | None = None
    device: str = "auto"
    prediction_id: str | None = None
    time: datetime | None = None
    site_base_rate: SiteBaseRate | None = None
    overrides: dict[str, str] = field(default_factory=dict)

    def request(self) -> PredictionRequest:
        """The request for the worker."""
        return PredictionRequest(
            prediction_id=self.prediction_id or uuid.uuid4().hex,
            time=self.time or datetime.now(UTC).replace(microsecond=0),
            application_version=APPLICATION_VERSION,
            site_base_rate=self.site_base_rate,
            overrides=self.overrides,
        )


@dataclass(frozen=True)
class ReportOptions:
    """How a report is made.

    Attributes:
        out: The PDF.
        languages: One or two.
        paper: a4 or letter.
        confirmed_by: Who confirms that the ROI is the pancreas.
        report_id: None makes a random one.
        case_id: Printed where the report belongs to a case.
        html: True writes the twin for screen readers beside the PDF.
        dicom: Folder for Encapsulated PDF, segmentation and measurement report; None writes none.
    """

    out: Path
    languages: tuple[Language, ...] = (Language.ENGLISH,)
    paper: str = "a4"
    confirmed_by: str = ""
    report_id: str | None = None
    case_id: str = ""
    html: bool = False
    dicom: Path | None = None


@dataclass(frozen=True)
class _Predicted:
    manifest: Manifest
    record: ClinicalRecord
    ct: OpenCt
    roi: Roi
    prediction: Prediction


def predict(files: PatientFiles, wishes: Wishes, output: Output) -> Prediction:
    """Predicts and prints the risk.

    Raises:
        KnownError: An input cannot be used.
    """
    with Headless(output.progress) as headless:
        done = _predict(headless, files, wishes, confirmed_by="", output=output)
    output.value(done.prediction.model_dump(mode="json"))
    _print(done, output)
    return done.prediction


def report(files: PatientFiles, wishes: Wishes, options: ReportOptions, output: Output) -> Prediction:
    """Predicts, writes the report beside its machine-readable twin, and prints risk and path.

    Raises:
        KnownError: An input cannot be used, or the file cannot be written.
    """
    with Headless(output.progress) as headless:
        done = _predict(headless, files, wishes, options.confirmed_by, output)
        job = MakeReport(
            bundle=str(bundle_folder(wishes.bundle)),
            prediction=done.prediction,
            record=done.record,
            volume=done.ct.shared,
            roi=headless.share_roi(done.roi),
            languages=options.languages,
            paper=options.paper,
            report_id=options.report_id or uuid.uuid4().hex,
            case_id=options.case_id,
            time=done.prediction.provenance.time,
            application_version=APPLICATION_VERSION,
        )
        made = headless.make_report(job)
        objects: tuple[DicomObject, ...] = ()
        if options.dicom is not None:
            objects = headless.make_dicom(job.model_copy(update={"pdf": made.pdf})).files
    out = options.out.absolute()
    write_file(out, base64.b64decode(made.pdf))
    write_file(out.with_suffix(".json"), made.twin.encode())
    if options.html:
        write_file(out.with_suffix(".html"), made.html.encode())
    written = [(options.dicom or out.parent).absolute() / file.name for file in objects]
    for path, file in zip(written, objects, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, base64.b64decode(file.content))
    output.value(
        {
            "pdf": str(out),
            "sha256": made.sha256,
            "twin": str(out.with_suffix(".json")),
            "twin_sha256": made.twin_sha256,
            "dicom": [str(path) for path in written],
            "prediction": done.prediction.model_dump(mode="json"),
        }
    )
    _print(done, output)
    for path in (out, *written):
        output.line("commands.report_written", file=str(path))
    return done.prediction


def _predict(headless: Headless, files: PatientFiles, wishes: Wishes, confirmed_by: str, output: Output) -> _Predicted:
    folder = bundle_folder(wishes.bundle)
    headless.inference.client.start()  # torch loads while the CT is read
    bundle = open_bundle(folder)
    record = read_record(files.clinical, bundle.manifest.factors, files.patient_id)
    ct = headless.open_ct(files.ct, files.series, bundle.manifest)
    roi = headless.import_roi(files.roi, ct, confirmed_by, files.label)
    request = wishes.request()
    if confirmed_by:
        roi = roi.confirmed(confirmed_by, request.time)
    prediction = headless.predict(folder, wishes.device, ct, headless.share_roi(roi), record, request)
    refused = next((check for check in prediction.checks if check.blocks), None)
    if refused is not None:
        raise PredictionError(refused.message)
    return _Predicted(bundle.manifest, record, ct, roi, prediction)


def _print(done: _Predicted, output: Output) -> None:
    language = output.language
    answer = done.prediction.fused or done.prediction.routes[0]
    label = done.manifest.outcome.label
    output.line(
        "commands.risk",
        outcome=label.zh if language is Language.CHINESE else label.en,
        months=done.manifest.outcome.horizon_months,
        risk=percent_text(answer.risk, language),
        interval=interval_text(answer.lower, answer.upper, language),
    )
    output.line(f"commands.status_{done.manifest.status.value}")
    for route in done.prediction.routes[1:]:
        output.raw(f"  {text(ROUTE[route.route], language)}: {percent_text(route.risk, language)}")
    for check in done.prediction.checks:
        if check.state is not check.state.PASSED:
            output.raw(f"  {check.state.value}: {check.message.text(language)}")
    compute = done.prediction.provenance.compute
    reason = compute.explanation.text(language) if compute.explanation else compute.reason
    output.line("commands.device", device=compute.device_name, precision=compute.precision.value, reason=reason)
