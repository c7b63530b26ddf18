"""The commands that change the whole ROI: fill between slices, smooth, largest island, margin, erase, automatic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from apnet_desktop.ct.roi import RoiOrigin
from apnet_desktop.ct.roi_editing.fill_between import fill_between_slices, gaps
from apnet_desktop.ct.roi_editing.mask_operations import largest_island, smoothed, with_margin
from apnet_desktop.ct.roi_editing.progress import Progress
from apnet_desktop.ct.roi_editing.segmenters import available_segmenter
from apnet_desktop.errors import RoiError
from apnet_desktop.gui.viewer.background import BackgroundMask
from apnet_desktop.gui.viewer.viewer_state import Changed, ViewerState
from apnet_desktop.language import Message

__all__ = ["MaskCommands"]

Spacing = tuple[float, float, float]
MaskFunction = Callable[[NDArray[np.int16], NDArray[np.bool_], Spacing, Progress], NDArray[np.bool_]]


class MaskCommands(QObject):
    """Runs whole-ROI operations in the background, one at a time; meanwhile the ROI cannot be edited.

    Args:
        state: The viewer's state.
        parent: Owner.

    Attributes:
        refused: The `Message` of why an operation could not be done.
    """

    refused = Signal(object)

    def __init__(self, state: ViewerState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._job = BackgroundMask(self)
        self._job.progressed.connect(state.set_progress)
        self._job.finished.connect(self._finished)
        self._job.refused.connect(self.refused)
        self._label = ""
        self._origin = RoiOrigin.PAINTED
        state.changed.connect(self._state_changed)

    @property
    def can_fill(self) -> bool:
        """True if an empty slice lies between two outlined ones."""
        editor = self._state.editor
        if editor is None:
            return False
        slices = editor.slices()
        return bool(slices.size > 1 and int(slices[-1]) - int(slices[0]) >= slices.size)

    def fill_between(self) -> None:
        """Fills the slices between those that are outlined."""
        if self._state.editor is not None and gaps(self._state.editor.mask):
            self.run(fill_between_slices, "roi.edit_fill_between", RoiOrigin.ASSISTED)

    def smooth(self) -> None:
        """Takes small notches and spikes away."""
        self.run(lambda _, mask, spacing, __: smoothed(mask, spacing), "roi.edit_smooth", RoiOrigin.PAINTED)

    def keep_largest(self) -> None:
        """Keeps the largest connected part."""
        self.run(lambda _, mask, __, ___: largest_island(mask), "roi.edit_largest", RoiOrigin.PAINTED)

    def add_margin(self, margin: float) -> None:
        """Grows the ROI by `margin` mm, or shrinks it."""
        label = "roi.edit_grown" if margin > 0 else "roi.edit_shrunk"
        self.run(lambda _, mask, spacing, __: with_margin(mask, spacing, margin), label, RoiOrigin.PAINTED)

    def segment(self) -> None:
        """Lets the site's automatic segmenter find the pancreas, in the place of the present ROI."""
        volume = self._state.volume
        if volume is None:
            return

        def segmented(
            _: NDArray[np.int16], __: NDArray[np.bool_], ___: Spacing, progress: Progress
        ) -> NDArray[np.bool_]:
            segmenter = available_segmenter()
            if segmenter is None:
                raise RoiError(Message.of("roi.automatic_absent"))
            return segmenter.segment(volume, progress)

        self.run(segmented, "roi.edit_automatic", RoiOrigin.ASSISTED)

    def erase_slice(self) -> None:
        """Clears the axial slice that is shown."""
        editor = self._state.editor
        if editor is None or not self._state.can_edit:
            return
        k = self._state.position[0]
        shape = editor.geometry.shape
        empty = np.zeros((1, shape[1], shape[2]), dtype=np.bool_)
        if editor.apply((slice(k, k + 1), slice(None), slice(None)), empty, "roi.edit_erase_slice", RoiOrigin.PAINTED):
            self._state.roi_finished()

    def erase_all(self) -> None:
        """Clears the whole ROI; undo brings it back."""
        editor = self._state.editor
        if editor is None or not self._state.can_edit:
            return
        if editor.replace(np.zeros(editor.geometry.shape, dtype=np.bool_), "roi.edit_erase_all", RoiOrigin.PAINTED):
            self._state.roi_finished()

    def run(self, function: MaskFunction, label: str, origin: RoiOrigin) -> None:
        """Computes a new mask from HU, the present mask, the spacing (z, y, x) in mm, and a progress to report to.

        Args:
            function: What computes it; called in another thread.
            label: Catalogue id of what is done, for undo.
            origin: The way the ROI comes to be by it.
        """
        editor = self._state.editor
        if editor is None or not self._state.can_edit:
            return
        roi = editor.roi()
        mask = np.zeros(editor.geometry.shape, dtype=np.bool_) if roi is None else roi.mask
        hounsfield, spacing = editor.hounsfield, editor.spacing
        self._label, self._origin = label, origin
        self._state.set_progress(0.0)
        self._job.start(lambda progress: function(hounsfield, mask, spacing, progress))

    def stop(self) -> None:
        """Stops what runs; the ROI stays as it was."""
        self._job.stop()

    def _finished(self, mask: NDArray[np.bool_] | None) -> None:
        self._state.set_progress(None)
        if mask is not None:
            self._state.apply_mask(mask, self._label, self._origin)

    def _state_changed(self, changed: Changed) -> None:
        if changed & Changed.VOLUME:
            self._job.stop()
