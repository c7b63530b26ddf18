"""What if: asks the worker about a changed record, beside whatever else it does. Nothing of it is kept."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from apnet_desktop.bundle.prediction import WhatIf
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.gui.flow.case_flow import CaseFlow
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.job_runner import JobRunner
from apnet_desktop.gui.flow.open_volume import OpenVolume
from apnet_desktop.gui.services import Services
from apnet_desktop.language import Message

__all__ = ["WhatIfFlow"]


class WhatIfFlow(CaseFlow):
    """One question at a time, the newest next.

    Signals:
        answered: Carries the `WhatIf`.
        reading: The images of the prediction are read again first; some seconds.
        said: A sentence for the person; carries the `Message`.
    """

    answered = Signal(object)
    reading = Signal()
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
        self._next: ClinicalRecord | None = None
        self._busy = self._reading = False
        self._has_read = ""

    def ask(self, record: ClinicalRecord) -> None:
        """Asks what the risk would be; a question that waits is replaced."""
        self._next = record
        if not self._busy:
            self._ask_next()

    def _ask_next(self) -> None:
        record, self._next = self._next, None
        assessment, bundle = self._keeper.assessment, self._keeper.bundle
        if record is None or assessment is None or assessment.prediction is None or bundle is None:
            return
        made = assessment.prediction
        device = self._keeper.settings.device.value
        self._busy = True

        def answered(found: WhatIf) -> None:
            now = self._keeper.assessment
            if now is not None and now.prediction is not None and now.prediction.routes == made.routes:
                self.answered.emit(found)

        def refused(message: Message) -> None:
            if message.id == "model.no_features" and self._read(record, made.provenance.prediction_id):
                return
            self.said.emit(message)

        def ended() -> None:
            self._busy = self._reading
            if not self._busy:
                self._ask_next()

        self._reading = False
        task = self._inference.what_if(bundle.folder, device, made, record)
        self._runner.jobs.start(task, answered, on_end=ended, on_refused=refused)

    def _read(self, record: ClinicalRecord, prediction_id: str) -> bool:
        """Has the images of an earlier prediction read, then asks again; False if that was tried or cannot be."""
        assessment, bundle, volume = self._keeper.assessment, self._keeper.bundle, self._volume.shared
        if assessment is None or assessment.roi is None or bundle is None or volume is None:
            return False
        if self._has_read == prediction_id:
            return False
        roi = self._inference.share_roi(assessment.roi)
        self._reading, self._has_read = True, prediction_id
        self._next = self._next or record
        self.reading.emit()

        def ended() -> None:
            self._services.blocks.release(roi.array.name)
            self._busy = self._reading = False
            self._ask_next()

        task = self._inference.read_images(bundle.folder, self._keeper.settings.device.value, volume, roi)
        self._runner.jobs.start(task, lambda _: None, on_end=ended)
        return True
