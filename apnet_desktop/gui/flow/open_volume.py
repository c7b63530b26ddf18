"""The volume on the screen: in shared memory, complete or still filling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.worker.reader_jobs import VolumeProgress
from apnet_desktop.worker.shared_memory import SharedBlocks, SharedVolume

__all__ = ["OpenVolume"]


class OpenVolume:
    """Keeps at most one volume and frees the one before.

    Args:
        blocks: The application's list of shared blocks.
    """

    def __init__(self, blocks: SharedBlocks) -> None:
        self._blocks = blocks
        self._block = ""
        self.shared: SharedVolume | None = None
        self.volume: CtVolume | None = None
        self.ready: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)

    def begin(self, block: str) -> None:
        """A volume will be read into this block."""
        self.drop()
        self._block = block

    def fill(self, summary: SeriesSummary, progress: VolumeProgress) -> bool:
        """Takes a progress value; True if another slice can be shown."""
        if progress.array is not None and progress.geometry is not None:
            hounsfield = self._blocks.open(progress.array).view(np.int16)
            self.ready = np.zeros(hounsfield.shape[0], dtype=np.bool_)
            self.volume = CtVolume(hounsfield, progress.geometry, summary.identity, summary.description)
        if self.volume is None or (progress.first is None and not progress.ready):
            return False
        self.ready[: progress.ready] = True
        if progress.first is not None:
            self.ready[progress.first] = True
        return True

    def complete(self, shared: SharedVolume) -> CtVolume:
        """The volume is complete."""
        self.shared = shared
        self.volume = shared.volume(self._blocks.open(shared.array).view(np.int16))
        return self.volume

    def set_identity(self, identity: PatientIdentity) -> None:
        """A person said whose CT it is."""
        if self.shared is not None and self.volume is not None:
            self.shared = self.shared.model_copy(update={"identity": identity})
            self.volume = replace(self.volume, identity=identity)

    def drop(self) -> None:
        """Frees the volume, complete or not."""
        self.volume = self.shared = None
        if self._block:
            self._blocks.release(self._block)
            self._block = ""
