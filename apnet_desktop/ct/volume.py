"""A CT volume: Hounsfield units on a grid in the patient frame, with where it came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.checks import Check
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.frozen import FrozenModel

__all__ = ["CtVolume", "SeriesDescription"]


class SeriesDescription(FrozenModel):
    """What a person and a report need to know of a series.

    Attributes:
        series_uid: (0020,000E); for a NIfTI volume a name made from its digest.
        study_uid: (0020,000D).
        frame_of_reference_uid: (0020,0052).
        study_date: (0008,0020).
        acquired: When the CT was made, in local time as the files say; None if they do not.
        accession_number: (0008,0050).
        number: (0020,0011).
        description: (0008,103E).
        modality: (0008,0060).
        manufacturer: (0008,0070) and model.
        kernel: Convolution kernel, (0018,1210).
        slice_thickness: (0018,0050) in mm; None if the files do not say.
        window: The file's own window (centre, width) in HU; None if there is none.
        phase: Contrast phase as judged from tags and HU: "none", "arterial", "portal_venous", "delayed", "enhanced"
            (enhanced, phase unclear) or "unknown".
        simulated: True if our simulator wrote it.
        character_set: In which a person had the names read, whatever the files say; empty: as they say.
    """

    series_uid: str
    study_uid: str = ""
    frame_of_reference_uid: str = ""
    study_date: date | None = None
    acquired: datetime | None = None
    accession_number: str = ""
    number: int | None = None
    description: str = ""
    modality: str = "CT"
    manufacturer: str = ""
    kernel: str = ""
    slice_thickness: float | None = None
    window: tuple[float, float] | None = None
    phase: str = "unknown"
    simulated: bool = False
    character_set: str = ""


@dataclass(frozen=True)
class CtVolume:
    """Hounsfield units on a grid.

    Axis order is brought to one frame on reading, by flips and axis swaps only (no value changes): i grows as close
    to the patient's left as the acquisition allows, j to the back, k to the head. So `hounsfield[k]` drawn with row 0
    on top is an axial slice in the radiological view.

    Attributes:
        hounsfield: int16 HU, shape (z, y, x). May lie in shared memory: treat it as read-only.
        geometry: Its grid.
        identity: Whose CT it is.
        series: Which series it is.
        checks: What was checked when it was read.
        source_uids: SOP instance UID of slice k at index k; empty strings for volumes that are not DICOM.
        known_digest: Its digest, where the process that read it has computed it already; else empty.
    """

    hounsfield: NDArray[np.int16]
    geometry: Geometry
    identity: PatientIdentity
    series: SeriesDescription
    checks: tuple[Check, ...] = ()
    source_uids: tuple[str, ...] = ()
    known_digest: str = ""

    def __post_init__(self) -> None:
        if self.hounsfield.shape != self.geometry.shape or self.hounsfield.dtype != np.int16:
            raise ValueError(f"volume {self.hounsfield.dtype}{self.hounsfield.shape} on a grid {self.geometry.shape}")

    @property
    def age_at_study(self) -> int | None:
        """The patient's age in full years at the CT, if its files say birth and study date."""
        return self.identity.age_on(self.series.study_date)

    def digest(self) -> str:
        """SHA-256 of grid and voxels, in hexadecimal: equal for equal volumes on any machine."""
        if self.known_digest:
            return self.known_digest
        digest = hashlib.sha256(self.geometry.model_dump_json().encode())
        digest.update(np.ascontiguousarray(self.hounsfield).data)
        return digest.hexdigest()
