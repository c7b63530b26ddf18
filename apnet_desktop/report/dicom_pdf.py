"""The report as DICOM Encapsulated PDF (PS3.3 A.45.1), for the archive where the CT lies."""

from __future__ import annotations

from apnet_desktop.report.content import ReportContent, ReportStatus
from apnet_desktop.report.dicom_common import (
    CT_IMAGE_STORAGE,
    MANUFACTURER,
    DicomSource,
    as_file,
    object_uid,
    patient_and_study,
    refuse_unless_exportable,
    stamp,
)
from apnet_desktop.report.pdf import document_title

__all__ = ["encapsulated_pdf"]

_ENCAPSULATED_PDF_STORAGE = "1.2.840.10008.5.1.4.1.1.104.1"
_SERIES_NUMBER = 9701


def encapsulated_pdf(content: ReportContent, pdf: bytes, source: DicomSource) -> bytes:
    """A DICOM file that carries the PDF.

    UNVERIFIED until a named person has reviewed the report; its title comes from the bundle's outcome; it refers to
    the images that the report rests on.

    Args:
        content: What the PDF says.
        pdf: The PDF, carried byte for byte; its length stands in (0042,0015), because DICOM pads to even length.
        source: The images.

    Raises:
        ReportError: The number must not leave as a finding.
    """
    from pydicom import Dataset

    refuse_unless_exportable(content)
    dataset = Dataset()
    dataset.SOPClassUID = _ENCAPSULATED_PDF_STORAGE
    dataset.SOPInstanceUID = object_uid(content, "pdf")
    patient_and_study(dataset, content, source)
    stamp(dataset, content.time)
    dataset.AcquisitionDateTime = ""
    dataset.Modality = "DOC"
    dataset.SeriesInstanceUID = object_uid(content, "pdf series")
    dataset.SeriesNumber = _SERIES_NUMBER
    dataset.SeriesDescription = "APNet report"
    dataset.InstanceNumber = content.version
    dataset.Manufacturer = MANUFACTURER
    dataset.ManufacturerModelName = f"{content.manifest.name} {content.manifest.version}"[:64]
    dataset.SoftwareVersions = content.application_version
    # Workstation: made by software, not scanned from paper (PS3.3 C.8.6.1).
    dataset.ConversionType = "WSD"
    dataset.BurnedInAnnotation = "YES"
    dataset.DocumentTitle = document_title(content, content.languages[0])
    dataset.ConceptNameCodeSequence = []
    dataset.VerificationFlag = "VERIFIED" if content.status is ReportStatus.REVIEWED else "UNVERIFIED"
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocument = pdf if len(pdf) % 2 == 0 else pdf + b"\0"
    dataset.EncapsulatedDocumentLength = len(pdf)
    dataset.SourceInstanceSequence = [_reference(uid) for uid in source.instance_uids]
    return as_file(dataset)


def _reference(uid: str) -> object:
    from pydicom import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID = CT_IMAGE_STORAGE
    item.ReferencedSOPInstanceUID = uid
    return item
