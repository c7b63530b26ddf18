"""What a scan finds: series, each with its checks and with enough to read it again. Values only, no reading."""

from __future__ import annotations

from apnet_desktop.checks import Check, CheckState, worst
from apnet_desktop.ct.geometry import Geometry, Vector3
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.volume import SeriesDescription
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = [
    "NameReading",
    "PixelFormat",
    "ScanLimits",
    "ScanProgress",
    "ScanResult",
    "SeriesFile",
    "SeriesSlice",
    "SeriesSummary",
    "SkippedFile",
    "Stacking",
]


class PixelFormat(FrozenModel):
    """How the pixels of a file are encoded: DICOM PS3.3 C.7.6.3 and the transfer syntax.

    Attributes:
        transfer_syntax: UID of the encoding; empty if the file does not say.
        rows: (0028,0010).
        columns: (0028,0011).
        bits_allocated: (0028,0100).
        bits_stored: (0028,0101).
        signed: (0028,0103).
        big_endian: Byte order of native pixels.
        photometric: (0028,0004).
        frames: Frames in the file.
        padding: Stored value outside the scan circle, (0028,0120), or None.
    """

    transfer_syntax: str
    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    big_endian: bool = False
    photometric: str = "MONOCHROME2"
    frames: int = 1
    padding: int | None = None


class SeriesFile(FrozenModel):
    """One file of a series, as it was when it was scanned.

    Attributes:
        path: Its path, as `ct.file_names.path_text` writes it.
        member: Index of the member if `path` is a ZIP.
        name: What a person calls it: the path below the scanned folder, or the member's name.
        size: Bytes of the file (of the member, inflated).
        modified: Time of the last change in ns; a file that changed after the scan is not read.
        pixel_offset: Where the pixel values start, in the data set after inflation if that is deflated.
        pixel_length: Their length in bytes; -1 if undefined (encapsulated).
        format: Index into the series' formats.
    """

    path: str
    member: int | None = None
    name: str = ""
    size: int
    modified: int = 0
    pixel_offset: int
    pixel_length: int
    format: int = 0


class SeriesSlice(FrozenModel):
    """One slice: a frame of a file.

    Attributes:
        file: Index into the series' files.
        frame: Frame in that file, from 0.
        position: (0020,0032), LPS mm of the centre of the first voxel.
        uid: SOP instance UID.
        slope: Rescale slope.
        intercept: Rescale intercept.
    """

    file: int
    frame: int = 0
    position: Vector3
    uid: str = ""
    slope: float = 1.0
    intercept: float = 0.0


class Stacking(FrozenModel):
    """How the slices become a volume.

    Attributes:
        row: Direction cosines of a row (towards growing columns), LPS.
        column: Direction cosines of a column (towards growing rows), LPS.
        pixel_spacing: Distance between rows and between columns in mm, (0028,0030).
        resampled: True if positions are not a regular orthogonal grid (tilt, unequal or missing slices), so that
            values are interpolated on one; else voxels are copied.
    """

    row: Vector3
    column: Vector3
    pixel_spacing: tuple[float, float]
    resampled: bool = False


class NameReading(FrozenModel):
    """Another way to read the patient's name, where the files do not say their script.

    Attributes:
        character_set: DICOM or IANA name ("GB18030").
        name: The name read that way.
    """

    character_set: str
    name: str


class SeriesSummary(FrozenModel):
    """One series as the picker shows it.

    Attributes:
        key: Unique in its scan: the series UID, with "#2" for a second stack of the same series.
        description: What it is.
        identity: Whose it is.
        other_names: Other readings of the name, if the files do not say their script.
        state: Usable, usable with a warning, or not usable: the worst of its checks.
        sentence: That in one sentence: the gravest check's, or that it can be used.
        checks: All of them.
        geometry: Grid of the volume; None if it cannot become one.
        slice_count: Slices found.
        stacking: How slices become a volume; None if they cannot.
        formats: Pixel encodings in use.
        files: Its files.
        slices: Its slices, from the first to the last along the stack's normal.
        thumbnail: Small grey PNG of a middle slice in base64, or None.
        volume_file: A NIfTI or NRRD file that is the whole series, as `ct.file_names.path_text` writes it.
        scanning: True while its files are still being found: not judged yet.
        contents: Formats, files and slices as one text, on the way through a process that needs none of them
            (`ct.packing`).
    """

    key: str
    description: SeriesDescription
    identity: PatientIdentity
    other_names: tuple[NameReading, ...] = ()
    state: CheckState = CheckState.PASSED
    sentence: Message = Message(id="ct.series_usable")
    checks: tuple[Check, ...] = ()
    geometry: Geometry | None = None
    slice_count: int
    stacking: Stacking | None = None
    formats: tuple[PixelFormat, ...] = ()
    files: tuple[SeriesFile, ...] = ()
    slices: tuple[SeriesSlice, ...] = ()
    thumbnail: str | None = None
    volume_file: str | None = None
    scanning: bool = False
    contents: str = ""

    @property
    def readable(self) -> bool:
        """True if it can become a volume, usable for prediction or not."""
        return self.geometry is not None

    def with_checks(self, checks: tuple[Check, ...]) -> SeriesSummary:
        """This summary judged by other checks; state and sentence follow from them."""
        state = worst(checks)
        gravest = next((check.message for check in checks if check.state is state), None)
        usable = state is CheckState.PASSED or gravest is None
        sentence = Message.of("ct.series_usable") if usable or gravest is None else gravest
        return self.model_copy(update={"checks": checks, "state": state, "sentence": sentence})


class SkippedFile(FrozenModel):
    """Files that were passed over for one reason.

    Attributes:
        reason: Why.
        count: How many.
        examples: Names of the first few.
    """

    reason: Message
    count: int
    examples: tuple[str, ...] = ()


class ScanLimits(FrozenModel):
    """Bounds that keep a scan of hostile or endless input finite.

    Attributes:
        files: Files looked at.
        depth: Levels of folders.
        header_bytes: Bytes before the pixels; a longer header is refused.
        nesting: Nested sequences; deeper is refused.
        inflated_bytes: Bytes of one inflated data set or ZIP member.
        inflation_ratio: Inflated over stored bytes of a ZIP member or deflated data set.
        voxels: Voxels in one volume.
        rows: Rows or columns of a slice.
        character_set: Read names in this character set, whatever the files say; empty: as they say.
    """

    files: int = 100_000
    depth: int = 64
    header_bytes: int = 64 * 1024 * 1024
    nesting: int = 64
    inflated_bytes: int = 1024 * 1024 * 1024
    inflation_ratio: float = 200.0
    voxels: int = 2048 * 1024 * 1024
    rows: int = 8192
    character_set: str = ""


class ScanProgress(FrozenModel):
    """How far a scan is.

    Attributes:
        fraction: 0 to 1; 0 while the number of files is not known.
        files: Files looked at.
        total: Files found so far.
        series: Series that are complete or were extended since the last report, without slices and files.
    """

    fraction: float
    files: int
    total: int
    series: tuple[SeriesSummary, ...] = ()


class ScanResult(FrozenModel):
    """What a folder, file, ZIP or DICOMDIR holds.

    Attributes:
        series: Best first.
        skipped: What was passed over, by reason.
        preselected: Index of the series to take unless a person says otherwise; None if none is usable.
        why: Why that one; why none, if none.
        roi_files: Segmentations, structure sets and masks found on the way, as `ct.file_names.path_text` writes them.
        files: Files looked at.
    """

    series: tuple[SeriesSummary, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    preselected: int | None = None
    why: Message
    roi_files: tuple[str, ...] = ()
    files: int = 0
