"""Export without identity: one case as a ZIP, or the cohort as a folder, off the window's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from apnet_desktop.cases.archive import export_case
from apnet_desktop.cases.cohort import export_cohort
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.errors import KnownError, Stopped
from apnet_desktop.language import Message
from apnet_desktop.worker.export import ExportClient

__all__ = ["CaseExporter"]

_LOG = logging.getLogger(__name__)


class CaseExporter(QObject):
    """Exports one thing at a time.

    Signals:
        case_finished: A case was exported; carries the `ExportedCase`.
        cohort_finished: The cohort was exported; carries the `CohortExport`.
        refused: The export failed; carries the Message.
        ended: In every case, last.
    """

    case_finished = Signal(object)
    cohort_finished = Signal(object)
    refused = Signal(object)
    ended = Signal()

    def __init__(self, store: CaseStore, schema: FactorSchema, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._schema = schema
        self._client: ExportClient | None = None
        self.ended.connect(self._rest)

    @property
    def busy(self) -> bool:
        """True while something is on its way."""
        return self._client is not None

    def start_case(self, case_id: str, target: Path) -> None:
        """Exports a case to the ZIP `target`."""
        self._start(
            lambda client: self.case_finished.emit(export_case(self._store, case_id, target, client.deidentify))
        )

    def start_cohort(self, folder: Path) -> None:
        """Exports the cohort to the empty or new `folder`."""
        self._start(
            lambda client: self.cohort_finished.emit(
                export_cohort(self._store, folder, self._schema, client.deidentify)
            )
        )

    def stop(self) -> None:
        """Stops what is on its way; nothing of it stays."""
        if self._client is not None:
            self._client.close()

    def _start(self, export: Callable[[ExportClient], None]) -> None:
        if not self.busy:
            self._client = ExportClient()
            QThreadPool.globalInstance().start(_Run(self, self._client, export))

    def _rest(self) -> None:
        self._client = None


class _Run(QRunnable):
    """The work itself; its outcome comes back as a signal."""

    def __init__(self, exporter: CaseExporter, client: ExportClient, export: Callable[[ExportClient], None]) -> None:
        super().__init__()
        self._exporter = exporter
        self._client = client
        self._export = export

    def run(self) -> None:
        """Exports, on a thread of the pool."""
        try:
            self._export(self._client)
        except KnownError as error:
            self._exporter.refused.emit(error.message)
        except Stopped:
            self._exporter.refused.emit(Message.of("worklist.export_stopped"))
        except Exception as error:  # noqa: BLE001 - on a thread of the pool nobody else would hear of a bug
            _LOG.error("export failed", exc_info=error)
            self._exporter.refused.emit(Message.of("worklist.export_failed"))
        finally:
            self._client.close()
            self._exporter.ended.emit()
