"""The ROI as DICOM Segmentation (PS3.3 A.51), with highdicom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.roi import Roi, RoiOrigin
from apnet_desktop.report.content import ReportContent
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

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["segmentation", "source_images"]

_SERIES_NUMBER = 9702


def source_images(content: ReportContent, source: DicomSource, geometry: Geometry) -> list[Dataset]:
    """The CT slices as far as an object that refers to them needs to know, slice k at index k.

    Rows and columns follow the volume's own grid, which may be the files' grid flipped: what is drawn on it is
    placed by position and orientation, not by row number.
    """
    from pydicom import Dataset
    from pydicom.valuerep import DSfloat

    columns, rows, _ = geometry.size
    datasets = []
    for index, uid in enumerate(source.instance_uids):
        dataset = Dataset()
        patient_and_study(dataset, content, source)
        # highdicom warns of names of one component; the objects get the name as the files carry it, afterwards.
        dataset.PatientName = f"{dataset.PatientName}^"
        dataset.Manufacturer = content.series.manufacturer
        dataset.SOPClassUID = CT_IMAGE_STORAGE
        dataset.SOPInstanceUID = uid
        dataset.SeriesInstanceUID = source.series_uid
        dataset.SeriesNumber = content.series.number
        dataset.InstanceNumber = index + 1
        dataset.Modality = "CT"
        dataset.FrameOfReferenceUID = content.series.frame_of_reference_uid
        dataset.PositionReferenceIndicator = ""
        dataset.Rows, dataset.Columns = rows, columns
        dataset.PixelSpacing = [DSfloat(geometry.spacing[1], True), DSfloat(geometry.spacing[0], True)]
        dataset.SliceThickness = DSfloat(geometry.spacing[2], True)
        position = geometry.to_patient((0.0, 0.0, float(index)))
        dataset.ImagePositionPatient = [DSfloat(float(value), True) for value in position]
        cosines = (*geometry.direction[0], *geometry.direction[1])
        dataset.ImageOrientationPatient = [DSfloat(value, True) for value in cosines]
        datasets.append(dataset)
    return datasets


def segmentation(content: ReportContent, roi: Roi, source: DicomSource) -> bytes:
    """A DICOM SEG of the ROI: one binary segment, *pancreas*.

    Args:
        content: The report that the ROI belongs to.
        roi: On the grid of the volume that `source` names, one instance per slice.
        source: The images.

    Raises:
        ReportError: The number must not leave as a finding.
    """
    return as_file(segmentation_dataset(content, roi, source))


def segmentation_dataset(content: ReportContent, roi: Roi, source: DicomSource) -> Dataset:
    """The data set of `segmentation`."""
    import highdicom
    from pydicom.sr.codedict import codes

    refuse_unless_exportable(content)
    drawn = roi.origins == (RoiOrigin.PAINTED,)
    kinds = highdicom.seg.SegmentAlgorithmTypeValues
    description = highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label="Pancreas",
        segmented_property_category=codes.SCT.Organ,
        segmented_property_type=codes.SCT.Pancreas,
        algorithm_type=kinds.MANUAL if drawn else kinds.SEMIAUTOMATIC,
        algorithm_identification=None
        if drawn
        else highdicom.AlgorithmIdentificationSequence(
            name=MANUFACTURER, version=content.application_version, family=codes.cid7162.ArtificialIntelligence
        ),
        tracking_uid=object_uid(content, "roi"),
        tracking_id="Pancreas",
    )
    slices = roi.slices()
    images = source_images(content, source, roi.geometry)
    dataset = highdicom.seg.Segmentation(
        source_images=[images[index] for index in slices],
        pixel_array=np.ascontiguousarray(roi.mask[slices]).astype(np.uint8),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[description],
        series_instance_uid=object_uid(content, "seg series"),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=object_uid(content, "seg"),
        instance_number=content.version,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=content.manifest.name[:64],
        software_versions=content.application_version,
        device_serial_number=content.manifest.version,
        content_label="PANCREAS",
        content_description="Pancreas region of interest",
        content_creator_name=None,
        series_description="APNet ROI",
    )
    patient_and_study(dataset, content, source)
    # Laterality is required unless the body part is known not to be paired (PS3.3 C.7.3.1).
    dataset.BodyPartExamined = "ABDOMEN"
    stamp(dataset, content.time)
    organisation = object_uid(content, "seg dimensions")
    for item in (*dataset.DimensionOrganizationSequence, *dataset.DimensionIndexSequence):
        item.DimensionOrganizationUID = organisation
    return dataset
