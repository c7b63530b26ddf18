"""The worker's client: what window and command line ask of APNet."""

from __future__ import annotations

from pathlib import Path

from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.roi import Roi
from apnet_desktop.worker.client import ProcessClient, Timing
from apnet_desktop.worker.inference_jobs import (
    DicomObjects,
    MadeReport,
    MakeReport,
    Predict,
    PredictProgress,
    VerifiedBundle,
    VerifyBundle,
    Warm,
    Warmed,
)
from apnet_desktop.worker.inference_process import main
from apnet_desktop.worker.shared_memory import SharedBlocks, SharedRoi, SharedVolume
from apnet_desktop.worker.task import Nothing, Task

__all__ = ["Inference"]


class Inference:
    """Asks the worker process. Start and warm it early: torch takes seconds to load.

    Args:
        blocks: The application's list of shared blocks.
    """

    def __init__(self, blocks: SharedBlocks) -> None:
        # Importing torch holds Python's lock for whole seconds on a busy machine, so a heartbeat may be late.
        self.client = ProcessClient(main, "apnet-worker", Timing(start=120.0, beat=60.0))
        self._blocks = blocks

    def warm(self, bundle: Path, device: str) -> Task[Nothing, Warmed]:
        """Loads libraries and bundle, and chooses the device."""
        return Task(self.client, "warm", Warm(bundle=str(bundle), device=device), Nothing, Warmed)

    def share_roi(self, roi: Roi) -> SharedRoi:
        """A copy of a ROI in shared memory; release its block when the job is done."""
        return SharedRoi.of(roi, self._blocks.share(roi.mask))

    def predict(
        self,
        bundle: Path,
        device: str,
        volume: SharedVolume | None,
        roi: SharedRoi | None,
        record: ClinicalRecord,
        request: PredictionRequest,
    ) -> Task[PredictProgress, Prediction]:
        """Predicts for one patient."""
        parameters = Predict(bundle=str(bundle), device=device, volume=volume, roi=roi, record=record, request=request)
        return Task(self.client, "predict", parameters, PredictProgress, Prediction)

    def make_report(self, job: MakeReport) -> Task[Nothing, MadeReport]:
        """Makes a report."""
        return Task(self.client, "report", job, Nothing, MadeReport)

    def make_dicom(self, job: MakeReport) -> Task[Nothing, DicomObjects]:
        """Makes a report's DICOM objects."""
        return Task(self.client, "dicom", job, Nothing, DicomObjects)

    def verify(self, bundle: Path) -> Task[Nothing, VerifiedBundle]:
        """Runs the golden values of a bundle."""
        return Task(self.client, "verify", VerifyBundle(bundle=str(bundle)), Nothing, VerifiedBundle)

    def close(self) -> None:
        """Ends the process."""
        self.client.close()
