"""The reader's client: what window and command line ask of files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from apnet_desktop.cases.assessment import SeriesReference
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.importing import ImportedRecord
from apnet_desktop.ct.file_names import path_text
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.series import ScanLimits, ScanProgress, ScanResult, SeriesSummary
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.worker.client import ProcessClient, Timing
from apnet_desktop.worker.reader_jobs import (
    DemoCasePaths,
    ExportRoi,
    FindProgress,
    FindSeries,
    FoundSeries,
    ImportedRoi,
    ImportRecord,
    ImportRoi,
    MakeDemoCase,
    ReadSeries,
    ScanPath,
    StageProgress,
    VolumeProgress,
    WriteVolume,
    Written,
)
from apnet_desktop.worker.reader_process import main
from apnet_desktop.worker.shared_memory import SharedBlocks, SharedRoi, SharedVolume
from apnet_desktop.worker.task import Nothing, Task

__all__ = ["Reader"]

# A job that shows no progress for this long is ended: no file may hang the program (reliability: C-03).
_SILENCE = 10.0
_LIMITS = ScanLimits()
_REQUIREMENTS = CtRequirements()
_ROI_LIMITS = (10.0, 400.0)


class Reader:
    """Asks the reader process. Start it early, so that it is warm when the first folder comes.

    Args:
        blocks: The application's list of shared blocks.
    """

    def __init__(self, blocks: SharedBlocks) -> None:
        self.client = ProcessClient(main, "apnet-reader", Timing(progress=_SILENCE))
        self._blocks = blocks

    def scan(
        self, path: Path, requirements: CtRequirements = _REQUIREMENTS, limits: ScanLimits = _LIMITS
    ) -> Task[ScanProgress, ScanResult]:
        """Looks through a folder, file, ZIP or DICOMDIR, and judges each series by what a bundle asks of a CT."""
        return Task(
            self.client,
            "scan",
            ScanPath(path=path_text(path), limits=limits, requirements=requirements),
            ScanProgress,
            ScanResult,
        )

    def find_series(self, series: SeriesReference, roots: tuple[Path, ...] = ()) -> Task[FindProgress, FoundSeries]:
        """Looks for a CT whose folder moved, near its old place and below `roots`."""
        parameters = FindSeries(series=series, roots=tuple(path_text(root) for root in roots))
        return Task(self.client, "find_series", parameters, FindProgress, FoundSeries)

    def read(self, summary: SeriesSummary) -> tuple[Task[VolumeProgress, SharedVolume], str]:
        """Reads one series into a shared block; also gives the block's name, to release it by."""
        name = self._blocks.new_name()
        parameters = ReadSeries(summary=summary, name=name)
        return Task(self.client, "read", parameters, VolumeProgress, SharedVolume), name

    def import_roi(
        self,
        path: Path,
        volume: SharedVolume,
        author: str,
        label: int | None = None,
        limits: tuple[float, float] = _ROI_LIMITS,
        other_frame_of_reference: bool = False,
    ) -> tuple[Task[Nothing, ImportedRoi], str]:
        """Imports a ROI file onto the grid of `volume`, into a shared block whose name is given too."""
        name = self._blocks.new_name()
        parameters = ImportRoi(
            path=path_text(path),
            volume=volume,
            author=author,
            name=name,
            label=label,
            limits=limits,
            other_frame_of_reference=other_frame_of_reference,
        )
        return Task(self.client, "import_roi", parameters, Nothing, ImportedRoi), name

    def export_roi(self, roi: Roi, volume: SharedVolume, path: Path) -> Task[Nothing, Written]:
        """Writes a ROI as NIfTI, NRRD or DICOM SEG, by the extension of `path`."""
        shared = SharedRoi.of(roi, self._blocks.share(roi.mask))
        return Task(self.client, "export_roi", ExportRoi(path=str(path), volume=volume, roi=shared), Nothing, Written)

    def write_volume(self, volume: SharedVolume, path: Path) -> Task[Nothing, Written]:
        """Writes a volume as NIfTI or NRRD, by the extension of `path`."""
        return Task(self.client, "write_volume", WriteVolume(path=str(path), volume=volume), Nothing, Written)

    def import_record(self, path: Path, factors: FactorSchema, patient_id: str) -> Task[Nothing, ImportedRecord]:
        """Reads a clinical record from a file; of a table of several, the row of this patient."""
        parameters = ImportRecord(path=path_text(path), factors=factors, patient_id=patient_id)
        return Task(self.client, "import_record", parameters, Nothing, ImportedRecord)

    def make_demo_case(self, folder: Path) -> Task[StageProgress, DemoCasePaths]:
        """Makes the simulated demo case in `folder` unless it is there."""
        return Task(self.client, "demo_case", MakeDemoCase(folder=str(folder)), StageProgress, DemoCasePaths)

    def open_volume(self, shared: SharedVolume) -> CtVolume:
        """The volume on the shared block."""
        return shared.volume(self._blocks.open(shared.array).view(np.int16))

    def take_roi(self, shared: SharedRoi) -> Roi:
        """A private copy of an imported ROI; its block is released."""
        mask = self._blocks.open(shared.array).view(np.bool_).copy()
        self._blocks.release(shared.array.name)
        return shared.roi(mask)

    def close(self) -> None:
        """Ends the process."""
        self.client.close()
