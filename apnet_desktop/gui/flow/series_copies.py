"""Copies a CT into the case store beside the person's work, where the settings ask for it."""

from __future__ import annotations

import logging
import threading

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from apnet_desktop.cases.assessment import SeriesReference
from apnet_desktop.cases.open_case import OpenCase
from apnet_desktop.cases.relocation import copy_series
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.errors import KnownError, Stopped
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.language import Message

__all__ = ["SeriesCopies"]

_LOG = logging.getLogger(__name__)


class SeriesCopies(QObject):
    """Copies one CT at a time on a thread of its own; only bytes are moved, nothing is parsed.

    The case remembers the copy once all of it is on the disk; until then, and where the copy fails, it remembers where
    the CT came from.

    Signals:
        said: A sentence for the person; carries the `Message`.

    Args:
        store: The case store.
        keeper: The open case.
        parent: Qt's owner.
    """

    said = Signal(object)
    _copied = Signal(object, object)

    def __init__(self, store: CaseStore, keeper: CaseKeeper, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._keeper = keeper
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._ended = threading.Event()
        self._copied.connect(self._keep)

    def start(self, case: OpenCase, summary: SeriesSummary) -> None:
        """Begins to copy the CT of a case."""
        series = case.assessment.series
        if series is not None:
            self._pool.start(_Copy(self, case, series, summary))

    def close(self) -> None:
        """Stops the copy under way after the file in hand; nothing of it stays."""
        self._ended.set()
        self._pool.waitForDone()

    def _keep(self, case: OpenCase, copied: SeriesReference) -> None:
        if self._keeper.case is case:
            now = case.assessment.series
            if now is not None and now.volume_digest == copied.volume_digest:
                self._keeper.guarded(
                    lambda: case.set_series(now.model_copy(update={"path": copied.path, "copied": True}))
                )
        elif not self._ended.is_set():
            self._keeper.guarded(lambda: self._store.save_series(case.case_id, copied))


class _Copy(QRunnable):
    """The work itself; its outcome comes back as a signal."""

    def __init__(self, copies: SeriesCopies, case: OpenCase, series: SeriesReference, summary: SeriesSummary) -> None:
        super().__init__()
        self._copies = copies
        self._case = case
        self._series = series
        self._summary = summary
        self._folder = copies._store.case_folder(case.case_id)

    def run(self) -> None:
        """Copies, on a thread of the pool."""
        try:
            copied = copy_series(self._folder, self._series, self._summary, self._go_on)
        except Stopped:
            return
        except KnownError as error:
            self._copies.said.emit(error.message)
        except Exception as error:  # noqa: BLE001 - on a thread of the pool nobody else would hear of a bug
            _LOG.error("copy of a series failed", exc_info=error)
            self._copies.said.emit(Message.of("gui.copy_failed"))
        else:
            self._copies._copied.emit(self._case, copied)

    def _go_on(self, _fraction: float) -> None:
        if self._copies._ended.is_set():
            raise Stopped
