"""The checks that follow a risk: run beside whatever the person reads, dropped where the prediction no longer holds."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.gui.flow.case_flow import CaseFlow
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.job_runner import JobRunner
from apnet_desktop.gui.flow.open_volume import OpenVolume
from apnet_desktop.gui.jobs import RunningJob
from apnet_desktop.gui.services import Services
from apnet_desktop.language import Message
from apnet_desktop.worker.inference_jobs import PredictProgress

__all__ = ["LaterChecks"]


class LaterChecks(CaseFlow):
    """Finishes the open case's prediction as soon as the worker is free.

    Signals:
        progressed: How far it is, 0 to 1; None: nothing runs.
        failed: The checks could not be done; a sentence says why.
        said: A sentence for the person; carries the `Message`.
    """

    progressed = Signal(object)
    failed = Signal()
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
        self._job: RunningJob | None = None
        self._prediction_id = ""
        self._failed_id = ""
        self._block = ""
        self._then: Callable[[], None] | None = None
        keeper.changed.connect(self.follow)
        runner.idle.connect(self.follow)

    @property
    def running(self) -> bool:
        """True while checks run."""
        return self._job is not None

    @property
    def report_waits(self) -> bool:
        """True while something was asked for that waits for the checks."""
        return self._then is not None

    def when_done(self, action: Callable[[], None]) -> None:
        """Calls `action` once the checks of the open prediction are done; at once if none are to come."""
        prediction = self._unfinished()
        if prediction is None or prediction.provenance.prediction_id == self._failed_id:
            action()
        else:
            self._then = action
            self.follow()

    def follow(self, _: object = None) -> None:
        """Starts the checks that are to come, and leaves those that nobody needs any more."""
        prediction = self._unfinished()
        wanted = prediction.provenance.prediction_id if prediction is not None else ""
        if self._job is not None and wanted != self._prediction_id:
            self.leave()
        free = self._job is None and not self._runner.busy
        if prediction is not None and free and wanted != self._failed_id:
            self._start(prediction)

    def leave(self) -> None:
        """Leaves the checks in hand: the worker ends them within one pass over the images."""
        if self._job is None:
            return
        self._job.forget()
        self._then = None
        self._end()
        task = self._inference.leave_checks(self._prediction_id)
        self._runner.jobs.start(task, lambda _: None, on_refused=lambda _: None)

    def _unfinished(self) -> Prediction | None:
        """The open case's prediction if it holds and checks of it are to come."""
        case, assessment = self._keeper.case, self._keeper.assessment
        if case is None or assessment is None or assessment.prediction is None or assessment.roi is None:
            return None
        if not assessment.prediction.unfinished or self._volume.shared is None or self._keeper.bundle is None:
            return None
        current = case.current_inputs()
        return None if current is not None and assessment.changed_inputs(current) else assessment.prediction

    def _start(self, prediction: Prediction) -> None:
        case, bundle, volume = self._keeper.case, self._keeper.bundle, self._volume.shared
        if case is None or bundle is None or volume is None or case.assessment.roi is None:
            return
        roi = self._inference.share_roi(case.assessment.roi)
        self._prediction_id, self._block = prediction.provenance.prediction_id, roi.array.name
        task = self._inference.finish_checks(
            bundle.folder, self._keeper.settings.device.value, volume, roi, case.assessment.record, prediction
        )

        def finished(made: Prediction) -> None:
            self._end()
            if self._keeper.case is case:
                self._keeper.guarded(lambda: case.set_prediction(made))
            self._go_on()

        def refused(message: Message) -> None:
            if message.id == "worker.checks_left":
                return  # left once, wanted again: the next try finds the worker willing
            self._failed_id = self._prediction_id
            self.said.emit(message)
            self.failed.emit()
            self._go_on()  # with a draft, which nobody can review

        def progress(value: PredictProgress) -> None:
            self.progressed.emit(value.fraction)

        def ended() -> None:
            if self._job is job:
                # Stopped with the person's job, or refused: begun again where it is still wanted.
                self._end()
                self.follow()

        self._job = job = self._runner.jobs.start(task, finished, progress, ended, refused)
        self.progressed.emit(0.0)

    def _go_on(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()

    def _end(self) -> None:
        if self._job is None:
            return
        self._job = None
        self._services.blocks.release(self._block)
        self.progressed.emit(None)
