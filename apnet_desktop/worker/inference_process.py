"""The worker: APNet and the report, in a process of its own. No Qt."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from apnet_desktop.bundle.files import Bundle, open_bundle
from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import PredictionError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.worker.inference_jobs import (
    AskWhatIf,
    FinishChecks,
    LeaveChecks,
    MakeReport,
    Predict,
    PredictProgress,
    ReadImages,
    VerifiedBundle,
    VerifyBundle,
    Warm,
    Warmed,
)
from apnet_desktop.worker.serve import Report, serve
from apnet_desktop.worker.shared_memory import SharedRoi, SharedVolume, attach
from apnet_desktop.worker.task import Nothing

if TYPE_CHECKING:
    from apnet_desktop.model.predict import Predictor

__all__ = ["main"]


def main(connection: Connection) -> None:
    """Runs the worker on its end of the pipe."""
    worker = _Worker()
    serve(
        connection,
        {
            "warm": worker.warm,
            "predict": worker.predict,
            "finish_checks": worker.finish_checks,
            "read_images": worker.read_images,
            "report": worker.report,
            "dicom": worker.dicom,
            "verify": worker.verify,
            "modules": _modules,
        },
        prepare=_prepare,
        quick={"what_if": worker.what_if, "leave_checks": worker.leave_checks},
    )


def _prepare() -> None:
    # Waiting threads give up their core at once: spinning ones starve the window (performance notes: a busy core cuts
    # two-thread inference to a quarter). Set before torch or LightGBM load OpenMP.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if hasattr(os, "nice"):
        os.nice(5)


class _Worker:
    """Keeps the bundle and the loaded network between jobs."""

    def __init__(self) -> None:
        self._bundle: Bundle | None = None
        self._predictor: Predictor | None = None
        self._key: tuple[str, str] | None = None
        self._left = ""

    def warm(self, body: Mapping[str, Any], report: Report) -> FrozenModel:
        """Loads libraries, bundle and network."""
        from apnet_desktop.model.engine_facts import engine_facts
        from apnet_desktop.report.fonts import warm_up

        job = Warm.model_validate(body)
        predictor = self._ready(job.bundle, job.device)
        warm_up()
        facts = engine_facts(predictor.bundle.manifest, job.all_facts)
        return Warmed(compute=predictor.compute, bundle_sha256=predictor.bundle.sha256, facts=facts)

    def predict(self, body: Mapping[str, Any], report: Report) -> FrozenModel:
        """Predicts for one patient."""
        job = Predict.model_validate(body)
        report(PredictProgress(stage="model.stage_load", fraction=0.0))
        predictor = self._ready(job.bundle, job.device)
        with ExitStack() as blocks:
            volume = _attached_volume(job.volume, blocks)
            roi = _attached_roi(job.roi, blocks)
            prediction: Prediction = predictor.predict(
                volume,
                roi,
                job.record,
                job.request,
                lambda stage, fraction: report(PredictProgress(stage=stage, fraction=fraction)),
            )
            del volume, roi
        return prediction

    def finish_checks(self, body: Mapping[str, Any], report: Report) -> FrozenModel:
        """Does the checks that follow a risk."""
        from apnet_desktop.model.repeatability import with_repeatability

        job = FinishChecks.model_validate(body)
        predictor = self._ready(job.bundle, job.device)
        number = job.prediction.provenance.prediction_id

        def tell(stage: str, fraction: float) -> None:
            if self._left == number:
                self._left = ""
                raise PredictionError(Message.of("worker.checks_left"))
            report(PredictProgress(stage=stage, fraction=fraction))

        with ExitStack() as blocks:
            volume, roi = _attached_volume(job.volume, blocks), _attached_roi(job.roi, blocks)
            finished: Prediction = with_repeatability(
                predictor,
                volume,
                roi,
                job.record,
                job.prediction,
                tell,
            )
            del volume, roi
        return finished

    def leave_checks(self, body: Mapping[str, Any], report: Report) -> FrozenModel:
        """Nobody needs the checks in hand any more."""
        self._left = LeaveChecks.model_validate(body).prediction_id
        return Nothing()

    def read_images(self, body: Mapping[str, Any], report: Report) -> FrozenModel:
        """Reads the images of an earlier prediction."""
        job = ReadImages.model_validate(body)
        predictor = self._ready(job.bundle, job.device)
        with ExitStack() as blocks:
            volume, roi = _attached_volume(job.volume, blocks), _attached_roi(job.roi, blocks)
            predictor.read(volume, roi)
            del volume, roi
        return Nothing()

    def what_if(self, body: Mapping[str, Any], report: Report) -> FrozenModel:
        """The risks of the last prediction if factors were others; runs beside a job, so it loads nothing."""
        job = AskWhatIf.model_validate(body)
        predictor, key = self._predictor, self._key
        if predictor is None or key != (self._bundle_sha256(job.bundle), job.device):
            raise PredictionError(Message.of("model.no_features"))
        return predictor.what_if(job.record, job.base_rate, (job.volume, job.roi))

    def report(self, body: Mapping[str, Any], report: Report) -> FrozenModel:
        """Makes a report."""
        from apnet_desktop.worker.report_job import make_report

        job = MakeReport.model_validate(body)
        with ExitStack() as blocks:
            volume = _attached_volume(job.volume, blocks)
            roi = _attached_roi(job.roi, blocks)
            made = make_report(job, self._opened(job.bundle), volume, roi)
            del volume, roi
        return made

    def dicom(self, body: Mapping[str, Any], report: Report) -> FrozenModel:
        """Makes a report's DICOM objects."""
        from apnet_desktop.worker.report_job import export_dicom

        job = MakeReport.model_validate(body)
        with ExitStack() as blocks:
            volume = _attached_volume(job.volume, blocks)
            roi = _attached_roi(job.roi, blocks)
            made = export_dicom(job, self._opened(job.bundle), volume, roi)
            del volume, roi
        return made

    def verify(self, body: Mapping[str, Any], report: Report) -> FrozenModel:
        """Runs a bundle's golden values."""
        from apnet_desktop.model.golden import verify_golden

        job = VerifyBundle.model_validate(body)
        found = verify_golden(open_bundle(Path(job.bundle)))
        return VerifiedBundle(cases=found.cases, largest_difference=found.largest_difference, tolerance=found.tolerance)

    def _bundle_sha256(self, folder: str) -> str:
        bundle = self._bundle
        return bundle.sha256 if bundle is not None and bundle.folder == Path(folder) else ""

    def _opened(self, folder: str) -> Bundle:
        """The bundle, with every file checked when it is first opened; each read checks its file again."""
        if self._bundle is None or self._bundle.folder != Path(folder):
            self._bundle = open_bundle(Path(folder))
            self._predictor = None
        return self._bundle

    def _ready(self, folder: str, device: str) -> Predictor:
        from apnet_desktop.model.compute import choose_compute
        from apnet_desktop.model.predict import Predictor

        bundle = self._opened(folder)
        if self._predictor is None or self._key != (bundle.sha256, device):
            self._predictor = None
            self._predictor = Predictor(bundle, choose_compute(device, bundle.manifest))
            self._key = (bundle.sha256, device)
        return self._predictor


@overload
def _attached_volume(shared: SharedVolume, blocks: ExitStack) -> CtVolume: ...
@overload
def _attached_volume(shared: SharedVolume | None, blocks: ExitStack) -> CtVolume | None: ...
def _attached_volume(shared: SharedVolume | None, blocks: ExitStack) -> CtVolume | None:
    if shared is None:
        return None
    memory, hounsfield = attach(shared.array)
    blocks.callback(memory.close)
    return shared.volume(hounsfield.view(np.int16))


@overload
def _attached_roi(shared: SharedRoi, blocks: ExitStack) -> Roi: ...
@overload
def _attached_roi(shared: SharedRoi | None, blocks: ExitStack) -> Roi | None: ...
def _attached_roi(shared: SharedRoi | None, blocks: ExitStack) -> Roi | None:
    if shared is None:
        return None
    memory, mask = attach(shared.array)
    blocks.callback(memory.close)
    return shared.roi(mask.view(np.bool_))


class Modules(FrozenModel):
    """The modules that this process has imported, so that a test can see what it keeps out."""

    names: tuple[str, ...]


def _modules(body: Mapping[str, Any], report: Report) -> FrozenModel:
    import sys

    return Modules(names=tuple(sorted(sys.modules)))
