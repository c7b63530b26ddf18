"""Takes the identity out of a CT: DICOM PS3.15 2024c, Annex E, Basic Application Level Confidentiality Profile.

Stricter than the profile's table E.1-1, and simpler to prove: what is not on a short list of attributes that the
picture needs (`kept_attributes`) is removed, at every depth, private attributes included; UIDs are replaced by
dicognito, the same old one by the same new one; the rest is emptied or filled in anew. Dates and times are removed.
"""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apnet_desktop.cases.files import private_folder, write_file
from apnet_desktop.cases.kept_attributes import EMPTIED, KEPT, NAMING
from apnet_desktop.errors import CaseError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

__all__ = [
    "DEIDENTIFICATION_METHOD",
    "DeidentifiedSeries",
    "Deidentifier",
    "Deidentify",
    "deidentify_series",
    "pseudonym",
]

DEIDENTIFICATION_METHOD = "DICOM PS3.15 2024c Annex E Basic Profile (APNet Desktop)"

_TEXT = frozenset(("CS", "SH", "LO", "DS", "IS", "LT", "ST", "UT", "UC", "UR", "AS", "AE", "UN"))
_SHORTEST_TOKEN = 3
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


class DeidentifiedSeries(FrozenModel):
    """What was written.

    Attributes:
        files: Number of files.
        warnings: What a person has to look at before it leaves the house, such as text burned into the picture.
    """

    files: int
    warnings: tuple[Message, ...]


Deidentify = Callable[[str, Path, Path, str, str], DeidentifiedSeries]
"""Takes series UID, source, new folder, secret and pseudonym, as `deidentify_series` does."""


def pseudonym(secret: str, patient: str) -> str:
    """The name under which a patient leaves the house: always the same one from one store, and not to be turned back.

    Args:
        secret: The store's secret; it never leaves it.
        patient: Patient ID, or the case's id where there is none.
    """
    return "APNET-" + hmac.new(secret.encode(), patient.encode(), hashlib.sha256).hexdigest()[:12].upper()


class Deidentifier:
    """De-identifies data sets so that UIDs of one store stay consistent.

    Args:
        secret: The store's secret: the seed of the UIDs.
        name: The pseudonym, in the place of patient name and ID.
    """

    def __init__(self, secret: str, name: str) -> None:
        from dicognito.anonymizer import Anonymizer

        self._anonymizer = Anonymizer(seed=secret)
        self._name = name

    def apply(self, dataset: FileDataset) -> None:
        """De-identifies a data set in place.

        Raises:
            CaseError: It is no image.
        """
        from pydicom.dataset import Dataset

        if "SOPClassUID" not in dataset or "Rows" not in dataset:
            raise CaseError(Message.of("cases.export_no_image"))
        tokens = _tokens(dataset)
        contrast = bool(dataset.get("ContrastBolusAgent"))
        _keep_only(dataset, tokens)
        self._anonymizer.anonymize(dataset)
        dataset.PatientName = self._name
        dataset.PatientID = self._name
        for keyword in EMPTIED:
            setattr(dataset, keyword, "")
        if contrast:
            dataset.ContrastBolusAgent = "CONTRAST"
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = DEIDENTIFICATION_METHOD
        code = Dataset()
        code.CodeValue, code.CodingSchemeDesignator = "113100", "DCM"
        code.CodeMeaning = "Basic Application Confidentiality Profile"
        dataset.DeidentificationMethodCodeSequence = [code]
        dataset.LongitudinalTemporalInformationModified = "REMOVED"
        _renew_file_meta(dataset)


def deidentify_series(
    series_uid: str,
    source: Path,
    folder: Path,
    secret: str,
    name: str,
    progress: Callable[[float], None] | None = None,
) -> DeidentifiedSeries:
    """Writes one series of `source` without identity to a new folder: `00001.dcm`, `00002.dcm`, ... in stack order.

    Args:
        series_uid: The series; a volume file (NIfTI, NRRD) has only one.
        source: Folder, file or ZIP that holds it.
        folder: Where it goes; made.
        secret: The store's secret.
        name: The pseudonym.
        progress: Called with the fraction that is done; it may raise `Stopped`.

    Raises:
        CtError: The source cannot be read.
        CaseError: The series is not there any more, or the folder cannot be written.
    """
    from apnet_desktop.ct.grid_files import is_grid_file
    from apnet_desktop.ct.scan import scan
    from apnet_desktop.ct.sources import FileBytes, entry_of

    private_folder(folder)
    if is_grid_file(source):
        return _rewrite_volume(source, folder)
    summary = next((one for one in scan(source).series if one.description.series_uid == series_uid), None)
    if summary is None:
        raise CaseError(Message.of("cases.series_gone", path=str(source)))
    deidentifier = Deidentifier(secret, name)
    order = list(dict.fromkeys(slice.file for slice in summary.slices))
    warnings: dict[str, Message] = {}
    with FileBytes() as files:
        for number, index in enumerate(order, start=1):
            if progress is not None:
                progress((number - 1) / len(order))
            dataset = _read(files.read(entry_of(summary.files[index])))
            for message in _burned_in(dataset):
                warnings[message.id] = message
            deidentifier.apply(dataset)
            write_file(folder / f"{number:05d}.dcm", _bytes_of(dataset))
    return DeidentifiedSeries(files=len(order), warnings=tuple(warnings.values()))


def _read(content: bytes) -> FileDataset:
    import pydicom

    try:
        return pydicom.dcmread(io.BytesIO(content), force=False)
    except Exception as error:
        raise CaseError(Message.of("cases.export_unreadable")) from error


def _bytes_of(dataset: FileDataset) -> bytes:
    target = io.BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


def _rewrite_volume(source: Path, folder: Path) -> DeidentifiedSeries:
    """A volume file has texts in its header: only voxels and grid go on."""
    from apnet_desktop.ct.volume_files import read_volume_file, write_volume_file

    write_volume_file(read_volume_file(source), folder / "volume.nii.gz")
    return DeidentifiedSeries(files=1, warnings=())


def _burned_in(dataset: Dataset) -> list[Message]:
    """Signs that text is part of the picture; nothing here removes it."""
    found = []
    if str(dataset.get("BurnedInAnnotation", "")).upper() == "YES":
        found.append(Message.of("cases.burned_in"))
    derived = "SECONDARY" in [str(part).upper() for part in dataset.get("ImageType", [])]
    if str(dataset.get("SOPClassUID", "")).startswith(_SECONDARY_CAPTURE) or (
        derived and "BurnedInAnnotation" not in dataset
    ):
        found.append(Message.of("cases.maybe_burned_in"))
    return found


def _tokens(dataset: Dataset) -> set[str]:
    tokens: set[str] = set()
    for keyword in NAMING:
        for part in str(dataset.get(keyword, "")).replace("^", " ").replace("=", " ").replace("\\", " ").split():
            if len(part) >= _SHORTEST_TOKEN or not part.isascii():
                tokens.add(part.casefold())
    return tokens


def _keep_only(dataset: Dataset, tokens: set[str]) -> None:
    from pydicom.datadict import keyword_for_tag

    for element in list(dataset):
        keyword = keyword_for_tag(element.tag)
        if element.tag.is_private or keyword not in KEPT:
            del dataset[element.tag]
        elif element.VR == "SQ":
            for item in element.value:
                _keep_only(item, tokens)
        elif element.VR in _TEXT and _names_somebody(element.value, tokens):
            # A name typed into a field of the picture's own.
            element.value = "" if keyword != "ImageType" else ["DERIVED", "SECONDARY"]


def _names_somebody(value: Any, tokens: set[str]) -> bool:
    words = str(value).casefold()
    return any(token in words for token in tokens)


def _renew_file_meta(dataset: FileDataset) -> None:
    """The file's own head is made anew: its preamble may hold a program, its elements names of stations."""
    from pydicom.dataset import FileMetaDataset

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    dataset.file_meta = meta
    dataset.preamble = b"\0" * 128
