"""The path of one case without the window: the same reader and worker processes, the same jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from apnet_desktop.bundle.manifest import Manifest, ct_requirements
from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.series import ScanResult, SeriesSummary
from apnet_desktop.errors import CtError, RoiError
from apnet_desktop.language import Message, text
from apnet_desktop.locations import models_folder
from apnet_desktop.worker.inference import Inference
from apnet_desktop.worker.inference_jobs import DicomObjects, MadeReport, MakeReport, PredictProgress
from apnet_desktop.worker.reader import Reader
from apnet_desktop.worker.reader_jobs import DemoCasePaths
from apnet_desktop.worker.shared_memory import SharedBlocks, SharedRoi, SharedVolume

__all__ = ["Headless", "OpenCt", "bundle_folder"]

Progress = Callable[[str, float | None], None]


def bundle_folder(chosen: Path | None) -> Path:
    """The bundle that a command uses: the one it was given, else the one that ships."""
    return chosen if chosen is not None else models_folder() / "apnet-demo"


@dataclass(frozen=True)
class OpenCt:
    """A CT that was read.

    Attributes:
        summary: Which series.
        shared: Its volume, in shared memory.
    """

    summary: SeriesSummary
    shared: SharedVolume


class Headless:
    """Reader and worker for one command; a context manager, after which nothing is left.

    Args:
        progress: Told what runs and how far it is.
    """

    def __init__(self, progress: Progress = lambda _words, _fraction: None) -> None:
        self._progress = progress
        self._blocks = SharedBlocks()
        self.reader = Reader(self._blocks)
        self.inference = Inference(self._blocks)

    def __enter__(self) -> Headless:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.reader.close()
        self.inference.close()
        self._blocks.release_all()

    def scan(self, path: Path, manifest: Manifest | None = None) -> ScanResult:
        """Looks through a folder, file, ZIP or DICOMDIR.

        Raises:
            KnownError: It cannot be read.
        """
        task = self.reader.scan(path) if manifest is None else self.reader.scan(path, ct_requirements(manifest))
        return task.run(
            lambda value: self._progress(
                text("commands.stage_scan", count=value.files), min(value.fraction, 0.99) or None
            )
        )

    def open_ct(self, path: Path, series_uid: str | None = None, manifest: Manifest | None = None) -> OpenCt:
        """Reads a series: the one with this UID, else the best.

        Raises:
            CtError: There is no such series, or none that can be read.
        """
        result = self.scan(path, manifest)
        summary = _choose(result, series_uid, path)
        task, _ = self.reader.read(summary)
        shared = task.run(lambda value: self._progress(text("commands.stage_read"), value.fraction))
        return OpenCt(summary, shared)

    def import_roi(
        self, path: Path, ct: OpenCt, author: str, label: int | None = None, other_frame_of_reference: bool = False
    ) -> Roi:
        """Imports a ROI file onto the CT's grid.

        Args:
            path: The file.
            ct: The CT.
            author: Who imports it.
            label: Which of its regions; None: the only one.
            other_frame_of_reference: True if a person takes it although it lies in another frame of reference.

        Raises:
            RoiError: It cannot be used, or holds several regions and none was named.
        """
        task, _ = self.reader.import_roi(
            path, ct.shared, author, label, other_frame_of_reference=other_frame_of_reference
        )
        imported = task.run()
        if imported.consent is not None:
            raise RoiError(imported.consent)
        if imported.roi is None:
            names = ", ".join(f"{one.label} ({one.name}, {one.volume:.1f} mL)" for one in imported.candidates[:12])
            raise RoiError(Message.of("commands.several_regions", file=path.name, regions=names))
        return self.reader.take_roi(imported.roi)

    def share_roi(self, roi: Roi) -> SharedRoi:
        """A copy of a ROI in shared memory."""
        return self.inference.share_roi(roi)

    def predict(
        self,
        bundle: Path,
        device: str,
        ct: OpenCt,
        roi: SharedRoi,
        record: ClinicalRecord,
        request: PredictionRequest,
    ) -> Prediction:
        """Predicts for one patient, with the checks that follow the risk."""
        inference = self.inference

        def tell(value: PredictProgress) -> None:
            self._progress(text(value.stage), value.fraction)

        made = inference.predict(bundle, device, ct.shared, roi, record, request).run(tell)
        if made.unfinished:
            made = inference.finish_checks(bundle, device, ct.shared, roi, record, made).run(tell)
        return made

    def make_report(self, job: MakeReport) -> MadeReport:
        """Makes a report."""
        return self.inference.make_report(job).run()

    def make_dicom(self, job: MakeReport) -> DicomObjects:
        """Makes a report's DICOM objects."""
        return self.inference.make_dicom(job).run()

    def demo_case(self, folder: Path) -> DemoCasePaths:
        """Makes the simulated demo case unless it is there."""
        task = self.reader.make_demo_case(folder)
        return task.run(lambda value: self._progress(text("commands.stage_demo"), value.fraction))


def _choose(result: ScanResult, series_uid: str | None, path: Path) -> SeriesSummary:
    if series_uid is not None:
        for summary in result.series:
            if series_uid in (summary.description.series_uid, summary.key):
                if not summary.readable:
                    raise CtError(summary.sentence)
                return summary
        raise CtError(Message.of("commands.no_such_series", series=series_uid, folder=path.name))
    if result.preselected is None:
        raise CtError(result.why)
    return result.series[result.preselected]
