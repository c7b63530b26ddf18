"""What the linked planes show: one volume, one ROI, one window, one position, one zoom."""

from __future__ import annotations

from enum import Flag, auto

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from apnet_desktop.ct.roi import Roi, RoiOrigin
from apnet_desktop.ct.roi_editing.history import Edit
from apnet_desktop.ct.roi_editing.mask_editor import MaskEditor
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.gui.viewer.measurements import Measurement
from apnet_desktop.gui.viewer.plane import Index, Plane, PlaneKind
from apnet_desktop.gui.viewer.slice_pixels import SlabMode, grayscale_table
from apnet_desktop.gui.viewer.tools.kinds import Tool

__all__ = ["Changed", "ViewerState"]

_ZOOM_LIMITS = (0.5, 40.0)
_BRUSH_LIMITS = (0.5, 60.0)
_WINDOW_WIDTHS = (1.0, 20000.0)
_WINDOW_CENTERS = (-10000.0, 30000.0)
_MAXIMUM_SLAB = 50.0


class Changed(Flag):
    """What of the state has changed."""

    VOLUME = auto()
    AVAILABLE = auto()
    WINDOW = auto()
    POSITION = auto()
    VIEW = auto()
    ROI = auto()
    TOOL = auto()
    DISPLAY = auto()
    PROPOSAL = auto()
    PROGRESS = auto()
    MEASUREMENTS = auto()


class ViewerState(QObject):
    """State shared by the planes, with one signal that says what changed.

    Attributes:
        changed: Carries a `Changed`.
        roi_edited: Carries the `Roi` after each finished edit, undo and redo; None when the first edit is undone.
    """

    changed = Signal(object)
    roi_edited = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.volume: CtVolume | None = None
        self.editor: MaskEditor | None = None
        self.planes: dict[PlaneKind, Plane] = {}
        self.ready: NDArray[np.bool_] | None = None
        self.position: tuple[int, int, int] = (0, 0, 0)
        self.window: tuple[float, float] = (40.0, 350.0)
        self.table = grayscale_table(*self.window)
        self.zoom = 1.0
        self.center: Index = (0.0, 0.0, 0.0)
        self.tool = Tool.WINDOW
        self.brush_radius = 6.0
        self.brush_is_ball = False
        self.crosshair_shown = True
        self.all_annotations = True
        self.interpolated = True
        self.slab = 0.0
        self.slab_mode = SlabMode.MEAN
        self.overlay_shown = True
        self.overlay_filled = True
        self.overlay_opacity = 0.3
        self.threshold = (0.0, 200.0)
        self.grow_reach = 40.0
        self.measurements: list[Measurement] = []
        self.progress: float | None = None
        self._author = ""

    def set_volume(self, volume: CtVolume | None) -> None:
        """Shows another volume, or none: middle slice, everything fitted, no ROI, the window kept."""
        self.volume = volume
        self.ready = None
        self.zoom = 1.0
        self.measurements = []
        if volume is None:
            self.planes, self.editor = {}, None
        else:
            self.planes = {kind: Plane.of(kind, volume.geometry) for kind in PlaneKind}
            shape = volume.geometry.shape
            self.position = (shape[0] // 2, shape[1] // 2, shape[2] // 2)
            self.center = ((shape[0] - 1) / 2, (shape[1] - 1) / 2, (shape[2] - 1) / 2)
            self.editor = MaskEditor(volume.hounsfield, volume.geometry)
            self.editor.author = self._author
        self.changed.emit(Changed.VOLUME)

    def set_ready(self, ready: NDArray[np.bool_] | None) -> None:
        """Which slices k of the volume have been read; None for all. Editing waits until all are there."""
        self.ready = None if ready is None or bool(ready.all()) else ready.astype(np.bool_)
        self.changed.emit(Changed.AVAILABLE)

    @property
    def can_edit(self) -> bool:
        """True if there is a whole volume to draw on, and no operation on the ROI is running."""
        return self.editor is not None and self.ready is None and self.progress is None

    @property
    def author(self) -> str:
        """Who draws."""
        return self._author

    @author.setter
    def author(self, name: str) -> None:
        self._author = name
        if self.editor is not None:
            self.editor.author = name

    def start_roi(self, roi: Roi | None) -> None:
        """Shows a ROI instead of the present one, with a history of its own."""
        if self.volume is None:
            if roi is not None:
                raise ValueError("a ROI without a volume")
            return
        self.editor = MaskEditor(self.volume.hounsfield, self.volume.geometry, roi)
        self.editor.author = self._author
        slices = self.editor.slices()
        if slices.size:
            self.move_to_roi()
        self.changed.emit(Changed.ROI)

    def move_to_roi(self) -> None:
        """Moves to the middle of the ROI: its middle slice, and the middle of its box in the other planes."""
        box = None if self.editor is None else self.editor.box()
        if self.editor is None or box is None:
            return
        slices = self.editor.slices()
        middle = int(slices[slices.size // 2])
        self.set_position((middle, (box[1].start + box[1].stop) // 2, (box[2].start + box[2].stop) // 2))

    def set_position(self, position: Index) -> None:
        """Moves the crosshair, and with it the slices of all planes, to the voxel at or nearest to `position`."""
        if self.volume is None:
            return
        shape = self.volume.geometry.shape
        k, j, i = (min(max(round(value), 0), size - 1) for value, size in zip(position, shape, strict=True))
        if (k, j, i) != self.position:
            self.position = (k, j, i)
            self.changed.emit(Changed.POSITION)

    def set_slice(self, plane: Plane, index: int) -> None:
        """Moves `plane` to its slice `index`, or to its last one if there are fewer."""
        position = list(self.position)
        position[plane.slice_axis] = index
        self.set_position((position[0], position[1], position[2]))

    def set_window(self, center: float, width: float) -> None:
        """Shows HU from black at center − width / 2 to white at center + width / 2."""
        center = min(max(center, _WINDOW_CENTERS[0]), _WINDOW_CENTERS[1])
        width = min(max(width, _WINDOW_WIDTHS[0]), _WINDOW_WIDTHS[1])
        if (center, width) != self.window:
            self.window = (center, width)
            self.table = grayscale_table(center, width)
            self.changed.emit(Changed.WINDOW)

    def set_view(self, zoom: float, center: Index) -> None:
        """Sets the zoom (1 fits the plane into its view) and the voxel index shown in the middle of each view."""
        self.zoom = min(max(zoom, _ZOOM_LIMITS[0]), _ZOOM_LIMITS[1])
        if self.volume is not None:
            shape = self.volume.geometry.shape
            k, j, i = (min(max(value, 0.0), size - 1.0) for value, size in zip(center, shape, strict=True))
            self.center = (k, j, i)
        self.changed.emit(Changed.VIEW)

    def fit(self) -> None:
        """Fits each plane into its view."""
        if self.volume is not None:
            shape = self.volume.geometry.shape
            self.set_view(1.0, ((shape[0] - 1) / 2, (shape[1] - 1) / 2, (shape[2] - 1) / 2))

    def set_tool(self, tool: Tool) -> None:
        """Makes `tool` the active one."""
        if tool is not self.tool:
            self.tool = tool
            self.changed.emit(Changed.TOOL)

    def set_brush(self, radius: float | None = None, ball: bool | None = None) -> None:
        """Sets the brush's radius in mm, and whether it is a ball or a disc."""
        if radius is not None:
            self.brush_radius = min(max(radius, _BRUSH_LIMITS[0]), _BRUSH_LIMITS[1])
        if ball is not None:
            self.brush_is_ball = ball
        self.changed.emit(Changed.TOOL)

    def set_threshold(self, lowest: float, highest: float) -> None:
        """Sets the HU between which the threshold brush paints and the grow tool grows."""
        self.threshold = (min(lowest, highest), max(lowest, highest))
        self.changed.emit(Changed.TOOL)

    def set_grow_reach(self, reach: float) -> None:
        """Sets how far in mm from the clicked voxel the grow tool may go."""
        self.grow_reach = min(max(reach, 1.0), 200.0)
        self.changed.emit(Changed.TOOL)

    def set_progress(self, fraction: float | None) -> None:
        """Says how far an operation on the whole ROI is; None when none runs."""
        self.progress = fraction
        self.changed.emit(Changed.PROGRESS)

    def add_measurement(self, measurement: Measurement) -> None:
        """Keeps a measurement until it is cleared or another volume is shown."""
        self.measurements.append(measurement)
        self.changed.emit(Changed.MEASUREMENTS)

    def clear_measurements(self) -> None:
        """Forgets all measurements."""
        self.measurements = []
        self.changed.emit(Changed.MEASUREMENTS)

    def set_slab(self, thickness: float, mode: SlabMode | None = None) -> None:
        """Shows slabs of `thickness` mm instead of single slices; 0 for single slices."""
        self.slab = min(max(thickness, 0.0), _MAXIMUM_SLAB)
        self.slab_mode = self.slab_mode if mode is None else mode
        self.changed.emit(Changed.DISPLAY)

    def show(
        self,
        *,
        crosshair: bool | None = None,
        annotations: bool | None = None,
        interpolation: bool | None = None,
        overlay: bool | None = None,
        fill: bool | None = None,
        opacity: float | None = None,
    ) -> None:
        """Shows or hides parts of the picture; None leaves a part as it is."""
        self.crosshair_shown = self.crosshair_shown if crosshair is None else crosshair
        self.all_annotations = self.all_annotations if annotations is None else annotations
        self.interpolated = self.interpolated if interpolation is None else interpolation
        self.overlay_shown = self.overlay_shown if overlay is None else overlay
        self.overlay_filled = self.overlay_filled if fill is None else fill
        self.overlay_opacity = self.overlay_opacity if opacity is None else min(max(opacity, 0.0), 1.0)
        self.changed.emit(Changed.DISPLAY)

    def roi_touched(self) -> None:
        """Says that the mask has changed within an edit that goes on."""
        self.changed.emit(Changed.ROI)

    def roi_finished(self) -> None:
        """Says that an edit of the mask is complete: it is shown, and saved by whoever listens."""
        self.changed.emit(Changed.ROI)
        if self.editor is not None:
            self.roi_edited.emit(self.editor.roi())

    def apply_mask(self, mask: NDArray[np.bool_], label: str, origin: RoiOrigin) -> Edit | None:
        """Replaces the mask as one edit that can be undone."""
        if self.editor is None:
            return None
        edit = self.editor.replace(mask, label, origin)
        if edit is not None:
            self.roi_finished()
        return edit

    def undo(self) -> None:
        """Takes back the latest edit, and shows where it was."""
        self._after(None if self.editor is None else self.editor.undo())

    def redo(self) -> None:
        """Does the latest undone edit again, and shows where it was."""
        self._after(None if self.editor is None else self.editor.redo())

    def _after(self, edit: Edit | None) -> None:
        if edit is None:
            self.changed.emit(Changed.ROI)
            return
        slices = edit.box[0]
        if not slices.start <= self.position[0] < slices.stop:
            self.set_position(((slices.start + slices.stop - 1) // 2, self.position[1], self.position[2]))
        self.roi_finished()
