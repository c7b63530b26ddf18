"""Everything of a report that goes to an archive, as files."""

from __future__ import annotations

from typing import NamedTuple

from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.report.content import ReportContent
from apnet_desktop.report.dicom_common import dicom_source, refuse_unless_exportable
from apnet_desktop.report.dicom_measurements import measurement_report
from apnet_desktop.report.dicom_pdf import encapsulated_pdf
from apnet_desktop.report.dicom_segmentation import segmentation
from apnet_desktop.report.file_names import report_file_name

__all__ = ["DicomFile", "dicom_files"]


class DicomFile(NamedTuple):
    """Name and content of one DICOM file."""

    name: str
    content: bytes


def dicom_files(
    content: ReportContent,
    pdf: bytes,
    volume: CtVolume,
    roi: Roi,
    *,
    with_identity: bool = False,
) -> tuple[DicomFile, ...]:
    """Encapsulated PDF, segmentation of the ROI and measurement report.

    Args:
        content: What the PDF says.
        pdf: The PDF.
        volume: The CT that the report rests on, read from DICOM files.
        roi: The ROI on it.
        with_identity: True if the file names may carry the patient's name and ID.

    Raises:
        ReportError: The number must not leave as a finding, or the CT did not come from DICOM files.
    """
    refuse_unless_exportable(content)
    source = dicom_source(volume)
    objects = (
        ("report.dcm", encapsulated_pdf(content, pdf, source)),
        ("segmentation.dcm", segmentation(content, roi, source)),
        ("measurements.dcm", measurement_report(content, roi, source)),
    )
    return tuple(
        DicomFile(report_file_name(content, suffix, with_identity=with_identity), file) for suffix, file in objects
    )
