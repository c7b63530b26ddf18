"""Puts a report together in the worker: content from the prediction and the bundle, then PDF and twin."""

from __future__ import annotations

import base64
import hashlib

import numpy as np

from apnet_desktop.bundle.calibration import parse_calibration
from apnet_desktop.bundle.files import Bundle
from apnet_desktop.clinical.factor import Label
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.scores import all_scores
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume, SeriesDescription
from apnet_desktop.errors import ReportError
from apnet_desktop.language import Language, Message, text
from apnet_desktop.report.content import (
    DevelopmentDistribution,
    ReportContent,
    ScoreLine,
    build_content,
    roi_facts,
)
from apnet_desktop.report.file_names import report_file_name
from apnet_desktop.report.html_twin import render_html
from apnet_desktop.report.json_twin import json_twin, twin_digest
from apnet_desktop.report.pdf import render_pdf
from apnet_desktop.report.picture import Picture
from apnet_desktop.report.sheet import Paper
from apnet_desktop.report.thumbnails import influential_pictures, roi_thumbnails
from apnet_desktop.report.validation_summary import validation_summary
from apnet_desktop.worker.inference_jobs import DicomObject, DicomObjects, MadeReport, MakeReport

__all__ = ["export_dicom", "make_report", "report_content"]

_SHOWN_SLICES = 3
_BINS = 20


def report_content(job: MakeReport, bundle: Bundle, volume: CtVolume | None, roi: Roi | None) -> ReportContent:
    """Everything that the report says.

    Raises:
        ReportError: The prediction or the ROI must not be reported.
    """
    pictures: tuple[Picture, ...] = ()
    facts = None
    if volume is not None and roi is not None:
        facts = roi_facts(volume, roi)
        slices = tuple((one.slice, one.log_odds) for one in job.prediction.influential[:_SHOWN_SLICES])
        pictures = (*roi_thumbnails(volume, roi), *influential_pictures(volume, roi, slices))
    identity = volume.identity if volume is not None else PatientIdentity()
    if not (identity.name or identity.patient_id):
        identity = job.record.identity or job.identity
    series = volume.series if volume is not None else SeriesDescription(series_uid="")
    return build_content(
        prediction=job.prediction,
        manifest=bundle.manifest,
        identity=identity,
        series=series,
        record=job.record,
        roi=facts,
        report_id=job.report_id,
        time=job.time,
        application_version=job.application_version,
        pictures=pictures,
        case_id=job.case_id,
        version=job.version,
        supersedes=job.supersedes,
        languages=job.languages,
        scores=_score_lines(job.record),
        validation=validation_summary(bundle.read("evaluation.json")) if bundle.has("evaluation.json") else None,
        distribution=_distribution(bundle),
        interval_level=parse_calibration(bundle.read("calibration.json")).level,
        review=job.review,
    )


def make_report(job: MakeReport, bundle: Bundle, volume: CtVolume | None, roi: Roi | None) -> MadeReport:
    """The report as PDF and as its machine-readable twin.

    Raises:
        ReportError: The prediction or the ROI must not be reported.
    """
    content = report_content(job, bundle, volume, roi)
    pdf = render_pdf(content, Paper(job.paper))
    return MadeReport(
        file_name=report_file_name(content, "pdf", with_identity=job.named_files),
        pdf=base64.b64encode(pdf).decode(),
        twin=json_twin(content).decode(),
        html=render_html(content).decode(),
        is_finding=content.is_finding,
        sha256=hashlib.sha256(pdf).hexdigest(),
        twin_sha256=twin_digest(content),
    )


def export_dicom(job: MakeReport, bundle: Bundle, volume: CtVolume | None, roi: Roi | None) -> DicomObjects:
    """The report as DICOM objects: Encapsulated PDF, SEG of the ROI and TID 1500 measurement report.

    The PDF is the one that the store keeps of this version, where the job carries it.

    Raises:
        ReportError: The number must not leave as a finding, or there is no CT from DICOM files.
    """
    from apnet_desktop.report.dicom_export import dicom_files

    content = report_content(job, bundle, volume, roi)
    if volume is None or roi is None:
        raise ReportError(Message.of("report.no_dicom_source"))
    pdf = base64.b64decode(job.pdf) if job.pdf else render_pdf(content, Paper(job.paper))
    files = dicom_files(content, pdf, volume, roi, with_identity=job.named_files)
    return DicomObjects(
        files=tuple(DicomObject(name=file.name, content=base64.b64encode(file.content).decode()) for file in files)
    )


def _score_lines(record: ClinicalRecord) -> tuple[ScoreLine, ...]:
    """Scores of which at least one input is known."""
    lines = []
    for score in all_scores(record):
        if all(item.points is None for item in score.items):
            continue
        value = str(score.lower) if score.lower == score.upper else f"{score.lower}–{score.upper}"
        lines.append(ScoreLine(label=_both(f"clinical.score.{score.id}"), value=value, maximum=str(score.maximum)))
    return tuple(lines)


def _both(id: str) -> Label:
    return Label(en=text(id, Language.ENGLISH), zh=text(id, Language.CHINESE))


def _distribution(bundle: Bundle) -> DevelopmentDistribution | None:
    """Histogram of the fused risk in the development cohort, from its stored quantiles."""
    from apnet_desktop.model.reference import read_reference

    if not bundle.has("reference.npz"):
        return None
    quantiles = read_reference(bundle).risk_quantiles
    levels = np.linspace(0.0, 1.0, len(quantiles))
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    below = np.interp(edges, quantiles, levels, left=0.0, right=1.0)
    shares = np.clip(np.diff(below), 0.0, 1.0)
    return DevelopmentDistribution(edges=tuple(edges.tolist()), shares=tuple(shares.tolist()))
