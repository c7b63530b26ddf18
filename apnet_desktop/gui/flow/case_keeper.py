"""The open case in the store, and what a prediction of it would use now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import Compute, digest_of
from apnet_desktop.bundle.request import PredictionRequest, SiteBaseRate, base_rate_of
from apnet_desktop.cases.assessment import Assessment
from apnet_desktop.cases.open_case import OpenCase, PredictionContext
from apnet_desktop.cases.open_reading import OpenReading
from apnet_desktop.cases.settings import Settings
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.roi import Roi
from apnet_desktop.errors import KnownError

__all__ = ["CaseKeeper", "site_rate_of"]


def site_rate_of(settings: Settings) -> SiteBaseRate | None:
    """The site's own base rate for a prediction, where the settings have one."""
    site = settings.base_rate
    if site is None:
        return None
    return SiteBaseRate(rate=site.risk, source=site.source, date=site.counted.isoformat(), patients=site.patients)


def _request_of(settings: Settings) -> PredictionRequest:
    """A request as far as the settings go: the base rate depends on nothing else of it."""
    return PredictionRequest(
        prediction_id="", time=datetime.fromtimestamp(0, UTC), site_base_rate=site_rate_of(settings)
    )


class CaseKeeper(QObject):
    """Keeps every change of the open case at once; what the store refuses becomes a sentence.

    Signals:
        changed: The open case changed; carries its `Assessment`, None where no case is open any more.
        said: A sentence for the person; carries the `Message`.
    """

    changed = Signal(object)
    said = Signal(object)

    def __init__(self, store: CaseStore, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.settings = settings
        self.case: OpenCase | None = None
        self.bundle: Bundle | None = None
        self._compute: Compute | None = None

    @property
    def assessment(self) -> Assessment | None:
        """The open case."""
        return self.case.assessment if self.case else None

    def guarded(self, action: Callable[[], object]) -> bool:
        """Runs an action of the store; a refusal is said. True if it went well."""
        try:
            action()
        except KnownError as error:
            self.said.emit(error.message)
            return False
        return True

    def open(self, case_id: str) -> bool:
        """Opens a case of the store in place of the open one; True if it went well."""
        return self.guarded(lambda: self._take(OpenCase(self._store, case_id)))

    def open_reading(self, case_id: str, reader: str) -> bool:
        """Opens a case of a cohort for a reader to draw in; True if it went well."""
        return self.guarded(lambda: self._take(OpenReading(self._store, case_id, reader)))

    @property
    def reader(self) -> str:
        """Who draws in the open case for a cohort; empty where the case itself is open."""
        return self.case.reader if isinstance(self.case, OpenReading) else ""

    def open_for_series(self, series_uid: str) -> bool:
        """Opens the case of a series: the open one if it is its own, the one it had before, or a new one."""
        current = self.assessment
        if current is not None and self._belongs(series_uid, current):
            return True
        known = self._store.find_series(series_uid)
        if current is not None and current.series is None and known is None:
            return True
        if known:
            return self.open(known)
        return self.guarded(lambda: self._take(OpenCase.new(self._store)))

    def _belongs(self, series_uid: str, current: Assessment) -> bool:
        """True if the series is the open case's own, whatever other cases (a duplicate, a cohort's) share it."""
        if current.series is not None:
            return current.series.series.series_uid == series_uid
        # A list named where the CT of this very case lies; or a reader was given this case to draw in.
        return bool(current.ct_path or self.reader)

    def ensure(self) -> bool:
        """Opens a new case if none is open; True if one is."""
        return self.case is not None or self.guarded(lambda: self._take(OpenCase.new(self._store)))

    def _take(self, case: OpenCase) -> None:
        if self.case is not None:
            self.close()
            case.mark_open()
        self.case = case
        self._update_context()
        case.on_change(self.changed.emit)
        self.changed.emit(case.assessment)

    def set_record(self, record: ClinicalRecord) -> None:
        """Keeps the clinical record; a reader of a cohort has none to keep."""
        if not self.reader and self.ensure() and self.case is not None:
            case = self.case
            self.guarded(lambda: case.set_record(record))

    def set_roi(self, roi: Roi | None) -> None:
        """Keeps the ROI after a stroke, an import or a confirmation."""
        if self.case is not None:
            case = self.case
            self.guarded(lambda: case.set_roi(roi))

    def override(self, check_id: str, reason: str) -> None:
        """Keeps a person's decision to go on in spite of a check."""
        if self.case is not None:
            case, person = self.case, self.settings.reviewer
            self.guarded(lambda: case.override(check_id, reason, person))

    def set_bundle(self, bundle: Bundle) -> None:
        """A bundle is in use."""
        self.bundle = bundle
        self._update_context()

    def set_compute(self, compute: Compute | None) -> None:
        """Device, precision and batching of the next prediction; None while they are not chosen."""
        self._compute = compute
        self._update_context()

    def set_settings(self, settings: Settings) -> None:
        """The settings changed."""
        self.settings = settings
        self._update_context()

    def _update_context(self) -> None:
        if self.case is None or self.bundle is None:
            return
        context = PredictionContext(
            schema=self.bundle.manifest.factors,
            bundle=self.bundle.sha256,
            compute=digest_of(self._compute) if self._compute else None,
            base_rate=digest_of(base_rate_of(_request_of(self.settings), self.bundle.manifest)),
        )
        if context != self.case.context:
            case = self.case
            self.guarded(lambda: setattr(case, "context", context))

    def leave(self) -> None:
        """Closes the open case; no other is opened."""
        self.close()
        self.changed.emit(None)

    def close(self) -> None:
        """Closes the open case in good order."""
        case, self.case = self.case, None
        if case is not None:
            self.guarded(case.close)
