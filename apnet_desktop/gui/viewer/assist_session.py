"""Strokes inside and outside of the pancreas, and the proposal that they led to, until it is accepted or discarded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from apnet_desktop.ct.roi import RoiOrigin
from apnet_desktop.ct.roi_editing.assisted import propose
from apnet_desktop.ct.roi_editing.history import Box
from apnet_desktop.ct.roi_editing.progress import Progress
from apnet_desktop.gui.viewer.background import BackgroundMask
from apnet_desktop.gui.viewer.viewer_state import Changed, ViewerState

__all__ = ["AssistSession", "Stroke"]


@dataclass(frozen=True)
class Stroke:
    """One stroke of the hand.

    Attributes:
        inside: True if it marks the organ, False if it marks what is not.
        parts: Boxes and the voxels in them.
    """

    inside: bool
    parts: tuple[tuple[Box, NDArray[np.bool_]], ...]


class AssistSession(QObject):
    """Keeps the strokes and the proposal of the viewer's volume.

    Args:
        state: The viewer's state.
        parent: Owner.

    Attributes:
        changed: Strokes, proposal or progress have changed.
    """

    changed = Signal()

    def __init__(self, state: ViewerState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._job = BackgroundMask(self)
        self._job.finished.connect(self._finished)
        self._job.progressed.connect(self._progressed)
        self.strokes: list[Stroke] = []
        self.proposal: NDArray[np.bool_] | None = None
        self.progress: float | None = None
        self.revision = 0
        self._masks: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None
        state.changed.connect(self._state_changed)

    @property
    def is_running(self) -> bool:
        """True while a proposal is being computed."""
        return self._job.is_running

    def add(self, stroke: Stroke) -> None:
        """Adds a stroke and asks for a new proposal."""
        self.strokes.append(stroke)
        self._masks = None
        self._ask()

    def take_back(self) -> bool:
        """Takes back the latest stroke; False if there is none."""
        if not self.strokes:
            return False
        self.strokes.pop()
        self._masks = None
        self._ask()
        return True

    def masks(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
        """All strokes inside and outside, bool (z, y, x), or None without strokes.

        A later stroke covers an earlier one. The arrays are not changed afterwards: another thread may read them.
        """
        if self._state.volume is None or not self.strokes:
            return None
        if self._masks is not None:
            return self._masks
        inside = np.zeros(self._state.volume.geometry.shape, dtype=np.bool_)
        outside = np.zeros_like(inside)
        for stroke in self.strokes:
            for box, covered in stroke.parts:
                (inside if stroke.inside else outside)[box] |= covered
                (outside if stroke.inside else inside)[box] &= ~covered
        self._masks = (inside, outside)
        return self._masks

    def accept(self) -> bool:
        """Adds the proposal to the ROI, as one edit, and ends the session. False if there is no proposal."""
        editor = self._state.editor
        if self.proposal is None or editor is None or not self.proposal.any():
            return False
        proposal = self.proposal
        self.discard()
        if editor.replace(editor.mask | proposal, "roi.edit_assisted", RoiOrigin.ASSISTED) is not None:
            self._state.roi_finished()
        return True

    def discard(self) -> None:
        """Forgets strokes and proposal."""
        self.strokes.clear()
        self._masks = None
        self.proposal = None
        self.progress = None
        self._job.stop()
        self._tell()

    def _ask(self) -> None:
        masks = self.masks()
        if masks is None or not masks[0].any() or self._state.editor is None:
            self.proposal = None
            self._job.stop()
            self._tell()
            return
        inside, outside = masks
        hounsfield, spacing = self._state.editor.hounsfield, self._state.editor.spacing

        def operation(progress: Progress) -> NDArray[np.bool_]:
            return propose(hounsfield, inside, outside, spacing, progress)

        self.progress = 0.0
        self._job.start(operation)
        self._tell()

    def _progressed(self, fraction: float) -> None:
        self.progress = fraction
        self.changed.emit()

    def _finished(self, mask: NDArray[np.bool_] | None) -> None:
        self.progress = None
        if mask is not None:
            self.proposal = mask
        self._tell()

    def _state_changed(self, changed: Changed) -> None:
        if changed & Changed.VOLUME and (self.strokes or self.proposal is not None or self.is_running):
            self.discard()

    def _tell(self) -> None:
        self.revision += 1
        self.changed.emit()
        self._state.changed.emit(Changed.PROPOSAL)
