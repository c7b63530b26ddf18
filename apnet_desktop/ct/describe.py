"""What a series is and whose, from its headers."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from apnet_desktop.ct.character_sets import header_name, header_text, written_name
from apnet_desktop.ct.frames import Frame
from apnet_desktop.ct.header import Header
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.volume import SeriesDescription

__all__ = ["SIMULATOR", "acquired_at", "describe", "identify"]

# Manufacturer (0008,0070) of CT series that our simulator writes.
SIMULATOR = "APNet Desktop simulator"


def parse_date(text: str) -> date | None:
    """A DICOM date (20261124, or 2026.11.24 of old files); None if it is none."""
    digits = text.replace(".", "").replace("-", "").strip()
    if len(digits) != 8 or not digits.isdigit():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def acquired_at(header: Header) -> datetime | None:
    """When the CT was made, as far as the files say; without a time zone, as hospitals write it."""
    stamp = header.ascii("AcquisitionDateTime")
    day = stamp[:8] or header.ascii("AcquisitionDate") or header.ascii("ContentDate") or header.ascii("StudyDate")
    when = parse_date(day)
    if when is None:
        return None
    clock = stamp[8:14] or header.ascii("AcquisitionTime")[:6] or header.ascii("StudyTime")[:6]
    if len(clock) == 6 and clock.isdigit() and int(clock[:2]) < 24 and int(clock[2:4]) < 60:
        return datetime(when.year, when.month, when.day, int(clock[:2]), int(clock[2:4]))  # noqa: DTZ001
    return datetime(when.year, when.month, when.day)  # noqa: DTZ001


def identify(header: Header, character_set: str = "") -> PatientIdentity:
    """The patient's identity as the files say."""
    sex = header.ascii("PatientSex").upper()[:1]
    return PatientIdentity(
        name=header_name(header, character_set),
        patient_id=header_text(header, "PatientID", character_set),
        birth_date=parse_date(header.ascii("PatientBirthDate")),
        sex=sex if sex in ("M", "F", "O") else "",
        dicom_name=written_name(header, character_set),
    )


def describe(frames: list[Frame], phase: str, character_set: str = "") -> SeriesDescription:
    """The description of a series from its first frame's header."""
    header = frames[0].header
    number = header.ascii("SeriesNumber")
    manufacturer = header_text(header, "Manufacturer", character_set)
    model = header_text(header, "ManufacturerModelName", character_set)
    window = _window(header)
    return SeriesDescription(
        series_uid=header.ascii("SeriesInstanceUID") or _made_up_uid(frames),
        study_uid=header.ascii("StudyInstanceUID"),
        frame_of_reference_uid=header.ascii("FrameOfReferenceUID"),
        study_date=parse_date(header.ascii("StudyDate")),
        acquired=acquired_at(header),
        accession_number=header_text(header, "AccessionNumber", character_set),
        number=int(number) if number.lstrip("-").isdigit() and len(number) < 12 else None,
        description=header_text(header, "SeriesDescription", character_set),
        modality=header.ascii("Modality") or "CT",
        manufacturer=f"{manufacturer} {model}".strip(),
        kernel=header_text(header, "ConvolutionKernel", character_set).replace("\\", " "),
        slice_thickness=frames[0].thickness,
        window=window,
        phase=phase,
        simulated=manufacturer == SIMULATOR,
        character_set=character_set,
    )


def _window(header: Header) -> tuple[float, float] | None:
    centre, width = header.numbers("WindowCenter"), header.numbers("WindowWidth")
    if not centre or not width or width[0] < 1.0:
        return None
    return centre[0], width[0]


def _made_up_uid(frames: list[Frame]) -> str:
    """A UID (2.25, PS3.5 B.2) for a series without one: the same wherever its files lie."""
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(repr((frame.position, frame.row, frame.column, frame.pixel_spacing)).encode())
        digest.update(frame.header.raw("SOPInstanceUID"))
    return f"2.25.{int.from_bytes(digest.digest()[:16], 'big')}"
