"""What the reader can be asked, and what it answers."""

from __future__ import annotations

from apnet_desktop.cases.assessment import SeriesReference
from apnet_desktop.checks import Check
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.roi_files import RoiCandidate
from apnet_desktop.ct.series import ScanLimits, SeriesSummary
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.worker.shared_memory import SharedArray, SharedRoi, SharedVolume

__all__ = [
    "DemoCasePaths",
    "ExportRoi",
    "FindProgress",
    "FindSeries",
    "FoundSeries",
    "ImportRecord",
    "ImportRoi",
    "ImportedRoi",
    "MakeDemoCase",
    "ReadSeries",
    "ScanPath",
    "StageProgress",
    "VolumeProgress",
    "WriteVolume",
    "Written",
]


class ScanPath(FrozenModel):
    """Look through a folder, file, ZIP or DICOMDIR; answered by a `ScanResult`."""

    path: str
    limits: ScanLimits = ScanLimits()
    requirements: CtRequirements = CtRequirements()


class ReadSeries(FrozenModel):
    """Read one series into the block `name`; answered by a `SharedVolume`."""

    summary: SeriesSummary
    name: str


class VolumeProgress(FrozenModel):
    """How far a volume is.

    Attributes:
        fraction: 0 to 1.
        array: Where it will lie; in the first report only.
        geometry: Its grid; in the first report only.
        first: Index of a slice that can be shown before all others, or None.
        ready: Slices 0 to `ready` - 1 can be shown.
    """

    fraction: float
    array: SharedArray | None = None
    geometry: Geometry | None = None
    first: int | None = None
    ready: int = 0


class FindSeries(FrozenModel):
    """Look for a CT whose folder moved; answered by `FoundSeries`.

    Attributes:
        series: The CT as its case remembers it.
        roots: More places to look in, as `ct.file_names.path_text` writes them.
    """

    series: SeriesReference
    roots: tuple[str, ...] = ()


class FoundSeries(FrozenModel):
    """Where a CT lies now, as `ct.file_names.path_text` writes it; empty if it was not found."""

    path: str


class FindProgress(FrozenModel):
    """How many folders were looked into."""

    folders: int


class StageProgress(FrozenModel):
    """How far a job without slices is."""

    fraction: float


class ImportRoi(FrozenModel):
    """Import a ROI file onto a volume's grid into the block `name`; answered by an `ImportedRoi`.

    Attributes:
        path: The file.
        volume: The CT that it belongs to.
        author: Who imports it.
        name: Block for the mask.
        label: Which label of the file; None if there should be only one.
        limits: Plausible volume of the pancreas in mL.
        other_frame_of_reference: True if a person accepts another frame of reference.
    """

    path: str
    volume: SharedVolume
    author: str
    name: str
    label: int | None = None
    limits: tuple[float, float] = (10.0, 400.0)
    other_frame_of_reference: bool = False


class ImportedRoi(FrozenModel):
    """The imported ROI, or the regions to choose from.

    Attributes:
        roi: None if a label must be chosen first.
        checks: What was noticed.
        candidates: Labels of the file.
        consent: Why a person must say that the file may be taken (another frame of reference); then `roi` is None.
    """

    roi: SharedRoi | None
    checks: tuple[Check, ...] = ()
    candidates: tuple[RoiCandidate, ...] = ()
    consent: Message | None = None


class ExportRoi(FrozenModel):
    """Write a ROI to a file, the format by its extension; answered by `Written`."""

    path: str
    volume: SharedVolume
    roi: SharedRoi


class WriteVolume(FrozenModel):
    """Write a volume to a NIfTI or NRRD file; answered by `Written`."""

    path: str
    volume: SharedVolume


class Written(FrozenModel):
    """A file was written."""

    path: str


class MakeDemoCase(FrozenModel):
    """Make the simulated demo case in `folder` unless it is there; answered by `DemoCasePaths`."""

    folder: str


class DemoCasePaths(FrozenModel):
    """Where the parts of the demo case lie."""

    ct: str
    roi: str
    clinical: str


class ImportRecord(FrozenModel):
    """Read a clinical record from a JSON, CSV or FHIR file; answered by an `ImportedRecord`.

    Attributes:
        path: The file.
        factors: The factors of the bundle in use.
        patient_id: Of the CT's patient, for a table of several; empty if not known.
    """

    path: str
    factors: FactorSchema
    patient_id: str = ""
