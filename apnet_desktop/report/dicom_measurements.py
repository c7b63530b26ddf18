"""The figures of a report as a TID 1500 measurement report (PS3.16), with highdicom: what other systems can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apnet_desktop.bundle.prediction import Route, RouteRisk
from apnet_desktop.ct.roi import Roi
from apnet_desktop.report.content import ReportContent, ReportStatus
from apnet_desktop.report.dicom_common import (
    CT_IMAGE_STORAGE,
    MANUFACTURER,
    DicomSource,
    as_file,
    object_uid,
    patient_and_study,
    person_name,
    refuse_unless_exportable,
    stamp,
)
from apnet_desktop.report.dicom_segmentation import segmentation_dataset, source_images

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["CODING_SCHEME", "measurement_report"]

CODING_SCHEME = "99APNET"
"""Private coding scheme of concepts that no standard scheme has."""
_SERIES_NUMBER = 9703
_SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4"
_MEANING = {
    Route.FUSED: ("RISK-FUSED", "Calibrated risk, CT and clinical"),
    Route.CLINICAL: ("RISK-CLINICAL", "Calibrated risk, clinical factors"),
    Route.IMAGE: ("RISK-IMAGE", "Calibrated risk, CT image"),
}


def measurement_report(content: ReportContent, roi: Roi, source: DicomSource) -> bytes:
    """A Comprehensive 3D SR with volume and mean HU of the ROI and the calibrated risks with their intervals.

    Args:
        content: The report.
        roi: The ROI; the SR refers to the segment that `segmentation` writes for the same content.
        source: The images.

    Raises:
        ReportError: The number must not leave as a finding.
    """
    return as_file(_dataset(content, roi, source))


def _dataset(content: ReportContent, roi: Roi, source: DicomSource) -> Dataset:
    from highdicom.sr import Comprehensive3DSR, MeasurementReport
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code

    refuse_unless_exportable(content)
    review = content.review
    segments = segmentation_dataset(content, roi, source)
    images = source_images(content, source, roi.geometry)
    report = MeasurementReport(
        observation_context=_context(content),
        procedure_reported=Code("169070004", "SCT", "CT of abdomen"),
        imaging_measurements=[_region(content, segments, source), _risks(content)],
        title=codes.DCM.ImagingMeasurementReport,
    )
    dataset = Comprehensive3DSR(
        evidence=[*images, segments],
        content=report,
        series_instance_uid=object_uid(content, "sr series"),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=object_uid(content, "sr"),
        instance_number=content.version,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=content.status is ReportStatus.REVIEWED,
        is_verified=content.status is ReportStatus.REVIEWED,
        verifying_observer_name=person_name(review.person) if review is not None else None,
        verifying_organization=(review.role or MANUFACTURER) if review is not None else None,
        series_description="APNet measurements",
    )
    patient_and_study(dataset, content, source)
    stamp(dataset, content.time)
    for observer in dataset.get("VerifyingObserverSequence", []):
        if review is not None:
            observer.VerificationDateTime = review.time.strftime("%Y%m%d%H%M%S%z")
    return dataset


def _context(content: ReportContent) -> Any:
    from highdicom.sr import (
        DeviceObserverIdentifyingAttributes,
        ObservationContext,
        ObserverContext,
        PersonObserverIdentifyingAttributes,
    )
    from pydicom.sr.codedict import codes

    roi = content.roi
    person = content.review.person if content.review is not None else (roi.author if roi is not None else "")
    device = DeviceObserverIdentifyingAttributes(
        uid=object_uid(content, "device"),
        name=MANUFACTURER,
        manufacturer_name=MANUFACTURER,
        model_name=f"{content.manifest.name} {content.manifest.version}",
    )
    return ObservationContext(
        observer_person_context=ObserverContext(
            observer_type=codes.DCM.Person,
            observer_identifying_attributes=PersonObserverIdentifyingAttributes(name=person_name(person or "Unknown")),
        ),
        observer_device_context=ObserverContext(observer_type=codes.DCM.Device, observer_identifying_attributes=device),
    )


def _region(content: ReportContent, segments: Dataset, source: DicomSource) -> Any:
    from highdicom.sr import (
        FindingSite,
        Measurement,
        ReferencedSegment,
        SourceImageForSegmentation,
        TrackingIdentifier,
        VolumetricROIMeasurementsAndQualitativeEvaluations,
    )
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code

    if content.roi is None:
        raise ValueError("a measurement report needs a ROI")
    # Not ReferencedSegment.from_segmentation: it fails on a segmentation with one segment (highdicom 0.28.2).
    segment = ReferencedSegment(
        sop_class_uid=_SEGMENTATION_STORAGE,
        sop_instance_uid=segments.SOPInstanceUID,
        segment_number=1,
        source_images=[
            SourceImageForSegmentation(CT_IMAGE_STORAGE, source.instance_uids[index])
            for index in _referenced(segments, source)
        ],
    )
    return VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=object_uid(content, "roi"), identifier="Pancreas"),
        referenced_segment=segment,
        finding_type=codes.SCT.Organ,
        finding_sites=[FindingSite(anatomic_location=codes.SCT.Pancreas)],
        measurements=[
            Measurement(
                name=codes.SCT.Volume, value=round(content.roi.volume, 3), unit=Code("mL", "UCUM", "milliliter")
            ),
            Measurement(
                name=Code("112031", "DCM", "Attenuation Coefficient"),
                value=round(content.roi.mean_hounsfield, 2),
                unit=Code("[hnsf'U]", "UCUM", "Hounsfield unit"),
                derivation=codes.SCT.Mean,
            ),
        ],
    )


def _referenced(segments: Dataset, source: DicomSource) -> list[int]:
    """Indices of the source images that the segmentation was drawn on."""
    named = {
        item.ReferencedSOPInstanceUID
        for series in segments.ReferencedSeriesSequence
        for item in series.ReferencedInstanceSequence
    }
    return [index for index, uid in enumerate(source.instance_uids) if uid in named]


def _risks(content: ReportContent) -> Any:
    from highdicom.sr import MeasurementsAndQualitativeEvaluations, TrackingIdentifier
    from pydicom.sr.coding import Code

    outcome = content.manifest.outcome
    meaning = f"{outcome.label.en}, {outcome.horizon_months} months"[:64]
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=object_uid(content, "risk"), identifier=content.prediction.provenance.prediction_id
        ),
        finding_type=Code("RECURRENCE", CODING_SCHEME, meaning),
        measurements=[_risk(route) for route in content.prediction.routes],
    )


def _risk(risk: RouteRisk) -> Any:
    from highdicom.sr import Measurement, MeasurementProperties
    from pydicom.sr.coding import Code

    value, meaning = _MEANING[risk.route]
    return Measurement(
        name=Code(value, CODING_SCHEME, meaning),
        value=round(risk.risk * 100, 4),
        unit=Code("%", "UCUM", "percent"),
        properties=MeasurementProperties(
            upper_measurement_uncertainty=round((risk.upper - risk.risk) * 100, 4),
            lower_measurement_uncertainty=round((risk.risk - risk.lower) * 100, 4),
        ),
    )
