"""What every flow of the open case works with."""

from __future__ import annotations

from PySide6.QtCore import QObject

from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.job_runner import JobRunner
from apnet_desktop.gui.flow.open_volume import OpenVolume
from apnet_desktop.gui.services import Services

__all__ = ["CaseFlow"]


class CaseFlow(QObject):
    """A part of the case's way that asks the worker; without widgets.

    Args:
        services: Store, settings, processes.
        runner: The job that the person waits for.
        keeper: The open case.
        volume: Its CT in shared memory.
        parent: Qt's owner.
    """

    def __init__(
        self,
        services: Services,
        runner: JobRunner,
        keeper: CaseKeeper,
        volume: OpenVolume,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._inference = services.inference
        self._runner = runner
        self._keeper = keeper
        self._volume = volume
