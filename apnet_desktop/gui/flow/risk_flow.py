"""The risk: opens the bundle, warms the worker, predicts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from PySide6.QtCore import QObject, QTimer, Signal

from apnet_desktop.bundle.files import Bundle, open_bundle
from apnet_desktop.bundle.prediction import Compute, EngineFacts, Prediction
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.cases.assessment import Step, StepState
from apnet_desktop.gui.flow.case_flow import CaseFlow
from apnet_desktop.gui.flow.case_keeper import CaseKeeper, site_rate_of
from apnet_desktop.gui.flow.job_runner import JobRunner
from apnet_desktop.gui.flow.later_checks import LaterChecks
from apnet_desktop.gui.flow.open_volume import OpenVolume
from apnet_desktop.gui.flow.what_if_flow import WhatIfFlow
from apnet_desktop.gui.services import Services
from apnet_desktop.language import Message
from apnet_desktop.version import APPLICATION_VERSION
from apnet_desktop.worker.client import ProcessClient
from apnet_desktop.worker.inference_jobs import PredictProgress, Warmed

__all__ = ["RiskFlow"]


# A graph that is still to be made is made when the person has been at work for a while, not while the window opens.
_PREPARE_AFTER = 60_000  # ms


class RiskFlow(CaseFlow):
    """Runs APNet on the open case.

    Attributes:
        checks: The checks that follow a risk.
        what_if: Questions about other factors.

    Signals:
        bundle_opened: The bundle was checked; carries the `Bundle`.
        warmed: The worker is warm; carries the `Warmed`.
        said: A sentence for the person; carries the `Message`.
    """

    bundle_opened = Signal(object)
    warmed = Signal(object)
    said = Signal(object)

    def __init__(
        self,
        services: Services,
        runner: JobRunner,
        keeper: CaseKeeper,
        volume: OpenVolume,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(services, runner, keeper, volume, parent)
        self.compute: Compute | None = None
        self.facts: EngineFacts | None = None
        self._prepares = False
        self.checks = LaterChecks(services, runner, keeper, volume, self)
        self.what_if = WhatIfFlow(services, runner, keeper, volume, self)
        for part in (self.checks, self.what_if):
            part.said.connect(self.said)
        runner.stopped.connect(self._warm_again)

    def open_bundle(self) -> None:
        """Checks every file of the bundle in use, then warms the worker; does not wait."""
        folder = self._services.bundle_folder
        self._runner.jobs.in_background(lambda: open_bundle(folder), self._bundle_is_open)

    def _bundle_is_open(self, bundle: Bundle) -> None:
        self._keeper.set_bundle(bundle)
        self.bundle_opened.emit(bundle)
        if bundle.notice is not None:
            self.said.emit(bundle.notice)
        self.warm()

    def warm(self) -> None:
        """Loads libraries and bundle in the worker, so that the first risk comes quickly."""
        if self._keeper.bundle is not None:
            task = self._inference.warm(self._keeper.bundle.folder, self._keeper.settings.device.value)
            self._runner.jobs.start(task, self._is_warm)

    def _is_warm(self, warmed: Warmed) -> None:
        self.compute, self.facts = warmed.compute, warmed.facts
        self._keeper.set_compute(warmed.compute)
        self.warmed.emit(warmed)
        if warmed.graph_to_make and not self._prepares:
            self._prepares = True
            QTimer.singleShot(_PREPARE_AFTER, self, self._prepare)

    def _prepare(self) -> None:
        """Has the bundle's graph made for the next start; what is calculated until then stays on torch."""
        bundle = self._keeper.bundle
        if bundle is not None and not self._services.closed:
            task = self._services.preparation.prepare(bundle.folder)
            self._runner.jobs.start(task, lambda _: None, on_refused=lambda _: None)

    def _warm_again(self, client: ProcessClient) -> None:
        if client is self._inference.client:
            self.warm()

    def missing(self) -> tuple[Message, ...]:
        """What is still to do before a risk can be calculated; empty if nothing."""
        if self._keeper.bundle is None:
            return (Message.of("gui.bundle_opening"),)
        if self._keeper.case is None:
            return (Message.of("cases.ct_to_do"),)
        return tuple(
            status.message
            for status in self._keeper.case.steps()
            if status.step is not Step.RISK and status.state is not StepState.DONE
        )

    def predict(self) -> None:
        """Calculates the risk of the open case."""
        case, bundle, settings = self._keeper.case, self._keeper.bundle, self._keeper.settings
        if case is None or bundle is None or self.missing():
            return
        self.checks.leave()
        assessment = case.assessment
        roi = self._inference.share_roi(assessment.roi) if assessment.roi else None
        request = PredictionRequest(
            prediction_id=uuid.uuid4().hex,
            time=datetime.now(UTC).replace(microsecond=0),
            application_version=APPLICATION_VERSION,
            site_base_rate=site_rate_of(settings),
            overrides={override.check_id: override.reason for override in assessment.overrides},
        )
        task = self._inference.predict(
            bundle.folder, settings.device.value, self._volume.shared, roi, assessment.record, request
        )

        def progress(value: PredictProgress) -> None:
            self._runner.say_progress(value.stage, value.fraction)

        def predicted(prediction: Prediction) -> None:
            if self._keeper.case is case:
                # After the GPU's memory ended this is the CPU, and the prediction still holds.
                self._keeper.set_compute(prediction.provenance.compute)
                self._keeper.guarded(lambda: case.set_prediction(prediction))

        def cleanup(_: bool) -> None:
            if roi is not None:
                self._services.blocks.release(roi.array.name)

        self._runner.run(task, predicted, progress, cleanup)
        self._runner.say_progress("gui.stage_start", 0.0)
