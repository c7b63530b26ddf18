"""A case as one reader of a cohort sees it: the CT and the reader's own ROI, no other ROI, no result, no outcome."""

from __future__ import annotations

from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.cases.assessment import Assessment, StepStatus
from apnet_desktop.cases.clock import Clock, SystemClock
from apnet_desktop.cases.open_case import OpenCase, PredictionContext
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.roi import Roi
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Message

__all__ = ["OpenReading"]

_NANOSECONDS_A_MINUTE = 60_000_000_000


class OpenReading(OpenCase):
    """An open case in which a reader draws: a drop-in for `OpenCase` where a cohort is read.

    Every stroke is kept as the reader's own draft; confirming the ROI finishes the reading, with the time that it took.
    The case's own ROI, its clinical record, prediction and reports are neither shown nor changed.

    Args:
        store: The store, open for writing.
        case_id: The case.
        reader: Who reads.
        context: As for `OpenCase`.
        clock: For time stamps and the time taken.

    Raises:
        CaseError: There is no such case, or a part of it is damaged.
    """

    def __init__(
        self,
        store: CaseStore,
        case_id: str,
        reader: str,
        context: PredictionContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.reader = reader
        clock = clock or SystemClock()
        self._reading_clock = clock
        self._begun = clock.monotonic()
        self._reading_store = store
        known = store.readings.own(case_id, reader)
        self._started = known.started if known else clock.now()
        self._minutes_before = known.minutes if known else 0.0
        super().__init__(store, case_id, context, clock)

    def steps(self) -> tuple[StepStatus, ...]:
        """CT and ROI: a reader sees and does nothing else."""
        return super().steps()[:2]

    def set_record(self, record: ClinicalRecord) -> None:
        """Refused: the clinical record is the case's own.

        Raises:
            CaseError: Always.
        """
        raise CaseError(Message.of("cases.reading_only_roi"))

    def set_prediction(self, prediction: Prediction) -> None:
        """Refused: whoever draws sees no result.

        Raises:
            CaseError: Always.
        """
        raise CaseError(Message.of("cases.reading_only_roi"))

    def set_note(self, note: str) -> None:
        """Refused: the note is the case's own.

        Raises:
            CaseError: Always.
        """
        raise CaseError(Message.of("cases.reading_only_roi"))

    def mark_open(self) -> None:
        """As `OpenCase`, with the reader.

        Raises:
            CaseError: The store cannot be written.
        """
        self._store.interruption.mark(self.case_id, self.reader)

    def _load(self, case_id: str) -> Assessment:
        return self._store.open_case(case_id, self.reader)

    def _opened(self, assessment: Assessment) -> Assessment:
        known = self._reading_store.readings.own(assessment.case_id, self.reader)
        return Assessment(
            case_id=assessment.case_id,
            series=assessment.series,
            roi=self._reading_store.readings.roi(assessment.case_id, known) if known else None,
            record=ClinicalRecord(identity=assessment.record.identity),
            ct_path=assessment.ct_path,
        )

    def _save_roi(self, roi: Roi | None, slices: list[int] | None) -> None:
        if roi is None:
            self._store.readings.discard(self.case_id, self.reader)
            return
        minutes = (self._reading_clock.monotonic() - self._begun) / _NANOSECONDS_A_MINUTE
        finished = self._reading_clock.now() if roi.confirmation is not None else None
        self._store.readings.save(
            self.case_id, self.reader, roi, self._started, finished, self._minutes_before + minutes
        )

    def _keep(self, assessment: Assessment) -> None:
        """As `OpenCase`, but the worklist goes on to say what the case itself needs."""
        self._assessment = assessment
        for listener in self._listeners:
            listener(assessment)
