"""The worker's client: what window and command line ask of APNet."""

from __future__ import annotations

from pathlib import Path

from apnet_desktop.bundle.prediction import Prediction, WhatIf
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.roi import Roi
from apnet_desktop.worker.client import ProcessClient, Timing
from apnet_desktop.worker.inference_jobs import (
    AskWhatIf,
    DicomObjects,
    FinishChecks,
    LeaveChecks,
    MadeReport,
    MakeReport,
    Predict,
    PredictProgress,
    ReadImages,
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

    def warm(self, bundle: Path, device: str, all_facts: bool = False) -> Task[Nothing, Warmed]:
        """Loads libraries and bundle, and chooses the device; `all_facts` loads torch even where it is not needed."""
        parameters = Warm(bundle=str(bundle), device=device, all_facts=all_facts)
        return Task(self.client, "warm", parameters, Nothing, Warmed)

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

    def finish_checks(
        self, bundle: Path, device: str, volume: SharedVolume, roi: SharedRoi, record: ClinicalRecord, made: Prediction
    ) -> Task[PredictProgress, Prediction]:
        """Does the checks that follow a risk."""
        parameters = FinishChecks(
            bundle=str(bundle), device=device, volume=volume, roi=roi, record=record, prediction=made
        )
        return Task(self.client, "finish_checks", parameters, PredictProgress, Prediction)

    def leave_checks(self, prediction_id: str) -> Task[Nothing, Nothing]:
        """Makes the `finish_checks` of a prediction end after the pass in hand: the next job need not wait for it."""
        return Task(self.client, "leave_checks", LeaveChecks(prediction_id=prediction_id), Nothing, Nothing, quick=True)

    def read_images(self, bundle: Path, device: str, volume: SharedVolume, roi: SharedRoi) -> Task[Nothing, Nothing]:
        """Reads the images of an earlier prediction, so that `what_if` can be asked about it."""
        parameters = ReadImages(bundle=str(bundle), device=device, volume=volume, roi=roi)
        return Task(self.client, "read_images", parameters, Nothing, Nothing)

    def what_if(self, bundle: Path, device: str, made: Prediction, record: ClinicalRecord) -> Task[Nothing, WhatIf]:
        """The risks of the prediction `made` if the record were this one; beside whatever else the worker does."""
        parameters = AskWhatIf(
            bundle=str(bundle),
            device=device,
            volume=made.provenance.inputs.volume,
            roi=made.provenance.inputs.roi,
            record=record,
            base_rate=made.base_rate,
        )
        return Task(self.client, "what_if", parameters, Nothing, WhatIf, quick=True)

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
