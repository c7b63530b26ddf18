"""A ZIP that somebody opens: an exported case goes into the store, anything else is looked through for a CT."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from apnet_desktop.cases.archive import import_case, is_case_archive
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.gui.jobs import Jobs

__all__ = ["CaseArrival"]


class CaseArrival(QObject):
    """Tells exported cases from other ZIPs, off the window's thread.

    Signals:
        taken_in: An exported case is in the store; carries its id.
        no_case: It is another file; carries its `Path`.
    """

    taken_in = Signal(str)
    no_case = Signal(object)

    def __init__(self, store: CaseStore, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        self._jobs = jobs

    @staticmethod
    def concerns(path: Path) -> bool:
        """True if the file has to be looked into before it is known what it is."""
        return path.suffix.lower() == ".zip"

    def look(self, path: Path) -> None:
        """Looks into a ZIP, and takes it in if it is an exported case; what is wrong with it `jobs` says."""
        self._jobs.in_background(lambda: is_case_archive(path), lambda found: self._known(path, is_case=found))

    def _known(self, path: Path, *, is_case: bool) -> None:
        if is_case:
            self._jobs.in_background(lambda: import_case(self._store, path), self.taken_in.emit)
        else:
            self.no_case.emit(path)
