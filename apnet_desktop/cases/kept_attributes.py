"""The attributes that a de-identified CT keeps: what the pixels are, where they lie and how the picture was taken.

None of them is in table E.1-1 of DICOM PS3.15, but for UIDs and the contrast agent, which are replaced.
"""

from __future__ import annotations

__all__ = ["EMPTIED", "KEPT", "NAMING"]

_WHAT = (
    "SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "Modality", "Manufacturer",
    "ManufacturerModelName", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber",
    "AcquisitionNumber", "FrameOfReferenceUID", "BodyPartExamined", "BurnedInAnnotation",
)  # fmt: skip
_WHERE = (
    "PatientPosition", "ImagePositionPatient", "ImageOrientationPatient", "SliceLocation", "SliceThickness",
    "SpacingBetweenSlices", "PixelSpacing", "GantryDetectorTilt", "DataCollectionDiameter", "ReconstructionDiameter",
)  # fmt: skip
_HOW = (
    "KVP", "XRayTubeCurrent", "Exposure", "ExposureTime", "ConvolutionKernel", "FilterType", "ContrastBolusAgent",
)  # fmt: skip
_PIXELS = (
    "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "PlanarConfiguration", "NumberOfFrames", "PixelPaddingValue", "PixelPaddingRangeLimit",
    "RescaleIntercept", "RescaleSlope", "RescaleType", "WindowCenter", "WindowWidth", "LossyImageCompression",
    "LossyImageCompressionRatio", "LossyImageCompressionMethod", "PixelData",
)  # fmt: skip
_FRAMES = (
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "PixelMeasuresSequence",
    "PlanePositionSequence", "PlaneOrientationSequence", "PixelValueTransformationSequence", "FrameVOILUTSequence",
    "FrameContentSequence", "StackID", "InStackPositionNumber", "DimensionIndexValues", "TemporalPositionIndex",
    "FrameAcquisitionNumber", "CTImageFrameTypeSequence", "FrameType", "CTReconstructionSequence",
    "CTPositionSequence",
)  # fmt: skip

KEPT = frozenset((*_WHAT, *_WHERE, *_HOW, *_PIXELS, *_FRAMES))

EMPTIED = (
    "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID", "PatientBirthDate", "PatientSex",
    "PositionReferenceIndicator",
)  # fmt: skip
"""Attributes that a CT image must have and that may be empty (type 2)."""

NAMING = (
    "PatientName", "PatientID", "OtherPatientIDs", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName",
    "PatientBirthDate", "AccessionNumber", "ReferringPhysicianName", "InstitutionName", "StudyID",
)  # fmt: skip
"""Attributes whose values, typed into a field that is kept, would name somebody."""
