"""A case that is open: every change goes to memory, disk and audit trail in one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.prediction import InputDigests, Prediction
from apnet_desktop.cases.assessment import Assessment, Override, ReportVersion, SeriesReference, StepStatus
from apnet_desktop.cases.audit import AuditAction
from apnet_desktop.cases.clock import Clock, SystemClock
from apnet_desktop.cases.steps import step_states
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.roi import Roi
from apnet_desktop.language import Language

__all__ = ["OpenCase", "PredictionContext"]


@dataclass(frozen=True)
class PredictionContext:
    """What a prediction would use now, beside the case itself.

    Attributes:
        schema: The factors that the bundle asks for.
        bundle: SHA-256 of the bundle in use.
        compute: Digest of device, precision and batching; None while they are not chosen yet.
        base_rate: Digest of the base rate; None while it is not chosen yet.
    """

    schema: FactorSchema
    bundle: str
    compute: str | None = None
    base_rate: str | None = None


_ANOTHER = "another than the prediction's"

# More changed slices than this are no stroke: the whole mask goes to a file of its own.
_MOST_JOURNALLED = 32


def _bits(roi: Roi | None) -> NDArray[np.uint8]:
    """A copy of the mask in an eighth of its size, (z, bytes): what was saved, even if the mask is edited in place."""
    if roi is None:
        return np.zeros((0, 0), dtype=np.uint8)
    return np.packbits(roi.mask.reshape(roi.mask.shape[0], -1), axis=1)


class OpenCase:
    """One open case over its store.

    A change is first on the disk, then in `assessment`, then told to the listeners: if the disk refuses (a `CaseError`
    with a sentence), memory still shows the last safe state, and the caller keeps what it holds and tries again.

    Args:
        store: The store, open for writing.
        case_id: The case.
        context: What a prediction would use now; may be set later.
        clock: For time stamps of decisions.

    Raises:
        CaseError: There is no such case, or a part of it is damaged.
    """

    def __init__(
        self,
        store: CaseStore,
        case_id: str,
        context: PredictionContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._store = store
        self._clock = clock or SystemClock()
        self._context = context
        self._listeners: list[Callable[[Assessment], None]] = []
        self._assessment = self._opened(self._load(case_id))
        self._saved_bits = _bits(self._assessment.roi)
        # The last ROI whose digest was computed: on a large grid it takes a while.
        self._hashed: tuple[Geometry, NDArray[np.uint8], str] | None = None

    @classmethod
    def new(cls, store: CaseStore, context: PredictionContext | None = None) -> OpenCase:
        """Makes a new case in the store and opens it."""
        return cls(store, store.create(), context)

    @property
    def assessment(self) -> Assessment:
        """The case as it is now."""
        return self._assessment

    @property
    def case_id(self) -> str:
        """Random name of the case."""
        return self._assessment.case_id

    @property
    def context(self) -> PredictionContext | None:
        """What a prediction would use now, beside the case itself."""
        return self._context

    @context.setter
    def context(self, context: PredictionContext | None) -> None:
        self._context = context
        self._keep(self._assessment)

    def on_change(self, listener: Callable[[Assessment], None]) -> None:
        """Calls `listener` with the case after each change."""
        self._listeners.append(listener)

    def steps(self) -> tuple[StepStatus, ...]:
        """Where each of the four steps stands."""
        schema = self._context.schema if self._context else None
        return step_states(self._assessment, schema, self._inputs(exact=False))

    def current_inputs(self) -> InputDigests | None:
        """What a prediction would use now; device or base rate that are not chosen yet count as unchanged.

        None while there is no `context`.
        """
        return self._inputs(exact=True)

    def _inputs(self, *, exact: bool) -> InputDigests | None:
        used = self._assessment.inputs_used
        context = self._context
        if context is None:
            return None
        compute = context.compute if context.compute is not None else used.compute if used else ""
        base_rate = context.base_rate if context.base_rate is not None else used.base_rate if used else ""
        return self._assessment.current_inputs(context.bundle, compute, base_rate, self._roi_digest(exact=exact))

    def _roi_digest(self, *, exact: bool) -> str:
        """Digest of the ROI; unless `exact`, a ROI other than the prediction's may be called just that."""
        roi = self._assessment.roi
        if roi is None:
            return ""
        used = self._assessment.inputs_used
        if not exact and used is None:
            return _ANOTHER
        if self._hashed is not None:
            geometry, bits, digest = self._hashed
            if geometry == roi.geometry and np.array_equal(bits, self._saved_bits):
                return digest
            if not exact and used is not None and digest == used.roi:
                return _ANOTHER
        digest = roi.digest()
        self._hashed = (roi.geometry, self._saved_bits, digest)
        return digest

    def require_current(self) -> Prediction:
        """The prediction, if it still holds: to be called before anything is reviewed, printed or exported.

        Raises:
            CaseError: There is none, or an input changed since.
        """
        current = self.current_inputs()
        if current is None and (used := self._assessment.inputs_used) is not None:
            roi_digest = self._roi_digest(exact=True)
            current = self._assessment.current_inputs(used.bundle, used.compute, used.base_rate, roi_digest)
        return self._assessment.require_current(current or self._assessment.current_inputs("", "", ""))

    def _load(self, case_id: str) -> Assessment:
        """The case from the store, which remembers that it is open."""
        return self._store.open_case(case_id)

    def _opened(self, assessment: Assessment) -> Assessment:
        """What is shown of the case that was loaded."""
        return assessment

    def _save_roi(self, roi: Roi | None, slices: list[int] | None) -> None:
        self._store.save_roi(self.case_id, roi, slices)

    # Changes

    def set_series(self, series: SeriesReference) -> None:
        """Takes a CT. A ROI of another grid stays, and the ROI step says so.

        Raises:
            CaseError: The store cannot be written.
        """
        self._store.save_series(self.case_id, series)
        self._keep(self._assessment.changed(series=series))

    def set_roi(self, roi: Roi | None) -> None:
        """Takes a ROI, after a stroke, an import or a confirmation. Only the slices that changed go to the disk.

        Raises:
            CaseError: The store cannot be written.
        """
        bits = _bits(roi)
        slices = None
        before = self._assessment.roi
        if roi is not None and before is not None and before.geometry == roi.geometry:
            changed = np.flatnonzero((bits != self._saved_bits).any(axis=1))
            slices = changed.tolist() if len(changed) <= _MOST_JOURNALLED else None
        self._save_roi(roi, slices)
        self._saved_bits = bits
        self._keep(self._assessment.changed(roi=roi))

    def confirm_roi(self, person: str) -> None:
        """Keeps a person's word that the ROI is the pancreas.

        Raises:
            CaseError: The store cannot be written.
            ValueError: There is no ROI: a bug of the caller.
        """
        if self._assessment.roi is None:
            raise ValueError("no ROI to confirm")
        self.set_roi(self._assessment.roi.confirmed(person, self._clock.now()))

    def set_record(self, record: ClinicalRecord) -> None:
        """Takes a whole clinical record.

        Raises:
            CaseError: The store cannot be written.
        """
        if record == self._assessment.record:
            return
        self._store.save_record(self.case_id, record)
        self._keep(self._assessment.changed(record=record))

    def set_value(self, factor_id: str, value: FactorValue, typed: str | None = None) -> None:
        """Takes one value of the clinical record.

        Raises:
            CaseError: The store cannot be written.
        """
        self.set_record(self._assessment.record.with_value(factor_id, value, typed))

    def set_prediction(self, prediction: Prediction) -> None:
        """Takes a prediction.

        Raises:
            CaseError: The store cannot be written.
        """
        self._store.save_prediction(self.case_id, prediction)
        self._keep(self._assessment.changed(prediction=prediction))

    def override(self, check_id: str, reason: str, person: str) -> None:
        """Keeps a person's decision to go on in spite of a refused check.

        Raises:
            CaseError: The store cannot be written.
        """
        override = Override(check_id=check_id, reason=reason, person=person, time=self._clock.now())
        self._store.save_override(self.case_id, override)
        others = tuple(one for one in self._assessment.overrides if one.check_id != check_id)
        self._keep(self._assessment.changed(overrides=(*others, override)))

    def set_note(self, note: str) -> None:
        """Takes a person's own words for the worklist.

        Raises:
            CaseError: The store cannot be written.
        """
        self._store.save_note(self.case_id, note)
        self._keep(self._assessment.changed(note=note))

    def add_report(
        self,
        pdf: bytes,
        *,
        person: str,
        language: Language,
        twin: bytes | None = None,
        html: bytes | None = None,
        reviewed: bool = False,
        report_id: str = "",
        time: datetime | None = None,
    ) -> ReportVersion:
        """Keeps a report of the prediction that still holds; the arguments are those of `ReportStorage.add`.

        Raises:
            CaseError: There is no prediction or it is stale; or the store cannot be written.
        """
        prediction = self.require_current()
        report = self._store.reports.add(
            self.case_id,
            pdf,
            person=person,
            language=language,
            prediction_id=prediction.provenance.prediction_id,
            twin=twin,
            html=html,
            reviewed=reviewed,
            report_id=report_id,
            time=time,
        )
        self._keep(self._assessment.changed(reports=(*self._assessment.reports, report)))
        return report

    def exported(self, what: str, target: Path, sha256: str = "") -> None:
        """Writes to the audit trail that something left the store; the name of the target may hold a patient's name.

        Raises:
            CaseError: The store cannot be written.
        """
        self._store.audit.append(
            AuditAction.EXPORT, self.case_id, {"what": what, "target": str(target), "sha256": sha256}
        )

    def mark_open(self) -> None:
        """Says once more that this case is the open one: another that was open before it is closed by now.

        Raises:
            CaseError: The store cannot be written.
        """
        self._store.interruption.mark(self.case_id)

    def close(self) -> None:
        """Says that the case was closed in good order.

        Raises:
            CaseError: The store cannot be written.
        """
        self._store.close_case(self.case_id)

    def _keep(self, assessment: Assessment) -> None:
        self._assessment = assessment
        self._store.save_steps(self.case_id, self.steps())
        for listener in self._listeners:
            listener(assessment)
