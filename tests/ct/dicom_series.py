"""Writes small CT series of a phantom whose value at every place in the patient is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid

Edit = Callable[[Dataset, int], None]


def phantom(places: NDArray[np.float64]) -> NDArray[np.int64]:
    """HU at LPS places (..., 3), different from neighbour to neighbour, so that any shift or flip shows."""
    x, y, z = (np.rint(places[..., axis] * 4.0).astype(np.int64) for axis in range(3))
    return np.asarray((x * 7 + y * 13 + z * 29) % 1900 - 950)


@dataclass
class SeriesRecipe:
    """A CT series to be written.

    Attributes:
        columns: Of each slice.
        rows: Of each slice.
        slices: Number.
        row: Direction of a row in LPS.
        column: Direction of a column.
        origin: Position of the first slice.
        spacing: mm between columns, rows, slices.
        slope: Rescale slope.
        intercept: Rescale intercept.
        step: mm from slice to slice; None goes along the normal by the slice spacing.
        signed: Pixel representation.
        tags: More elements by keyword.
    """

    columns: int = 20
    rows: int = 16
    slices: int = 8
    row: tuple[float, float, float] = (1.0, 0.0, 0.0)
    column: tuple[float, float, float] = (0.0, 1.0, 0.0)
    origin: tuple[float, float, float] = (-30.0, -40.0, 100.0)
    spacing: tuple[float, float, float] = (0.75, 1.25, 2.5)
    slope: float = 1.0
    intercept: float = -1024.0
    step: tuple[float, float, float] | None = None
    signed: bool = False
    tags: dict[str, object] = field(default_factory=dict)

    def positions(self) -> NDArray[np.float64]:
        """Position of the first pixel of each slice."""
        step = np.cross(self.row, self.column) * self.spacing[2] if self.step is None else np.array(self.step)
        return np.asarray(np.array(self.origin) + np.arange(self.slices)[:, None] * step)

    def places(self, position: NDArray[np.float64]) -> NDArray[np.float64]:
        """LPS places (rows, columns, 3) of a slice's pixels."""
        columns = np.arange(self.columns)[None, :, None] * np.array(self.row) * self.spacing[0]
        rows = np.arange(self.rows)[:, None, None] * np.array(self.column) * self.spacing[1]
        return np.asarray(position + columns + rows)

    def dataset(self, index: int, study: str, series: str, frame: str) -> Dataset:
        """One slice."""
        position = self.positions()[index]
        hounsfield = phantom(self.places(position))
        stored = np.rint((hounsfield - self.intercept) / self.slope)
        dataset = Dataset()
        dataset.SOPClassUID = CTImageStorage
        dataset.SOPInstanceUID = f"{series[:58]}.{index + 1}"
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = study, series, frame
        dataset.Modality = "CT"
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.PatientName, dataset.PatientID = "Phantom^L", "P-1"
        dataset.PatientBirthDate, dataset.PatientSex, dataset.StudyDate = "19700102", "F", "20260314"
        dataset.Manufacturer = "Test"
        dataset.SeriesNumber, dataset.InstanceNumber, dataset.AcquisitionNumber = 3, index + 1, 1
        dataset.SeriesDescription, dataset.ConvolutionKernel = "phantom", "B30f"
        dataset.SliceThickness = 2.5
        dataset.ImagePositionPatient = [f"{value:.6f}"[:16] for value in position]
        dataset.ImageOrientationPatient = [f"{value:.9f}" for value in (*self.row, *self.column)]
        dataset.PixelSpacing = [self.spacing[1], self.spacing[0]]
        dataset.Rows, dataset.Columns = self.rows, self.columns
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
        dataset.PixelRepresentation = int(self.signed)
        dataset.RescaleSlope, dataset.RescaleIntercept = self.slope, self.intercept
        for keyword, value in self.tags.items():
            setattr(dataset, keyword, value)
        dataset.PixelData = stored.astype("<i2" if self.signed else "<u2").tobytes()
        return dataset

    def write(self, folder: Path, edit: Edit | None = None, names: list[str] | None = None) -> list[Path]:
        """Writes the series; `edit` changes a slice before it is written."""
        folder.mkdir(parents=True, exist_ok=True)
        study, series, frame = (str(generate_uid()) for _ in range(3))
        paths = []
        for index in range(self.slices):
            dataset = self.dataset(index, study, series, frame)
            if edit is not None:
                edit(dataset, index)
            path = folder / (names[index] if names else f"{index:04d}")
            save(dataset, path)
            paths.append(path)
        return paths


def setting(**values: object) -> Edit:
    """An edit that sets elements of every slice."""

    def edit(dataset: Dataset, index: int) -> None:
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return edit


def save(dataset: Dataset, path: Path, transfer_syntax: str = ExplicitVRLittleEndian) -> None:
    """Writes one object with file meta."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)


def new_array(shape: tuple[int, int, int]) -> NDArray[np.int16]:
    """An array for a volume, full of a value that no phantom has."""
    return np.full(shape, 31_000, np.int16)
