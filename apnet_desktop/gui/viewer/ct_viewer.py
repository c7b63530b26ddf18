"""The viewer: three linked planes of one CT, its keys and its menu, and the ROI that is drawn on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from apnet_desktop.ct.roi import Confirmation, Roi, RoiOrigin
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.gui.viewer.assist_session import AssistSession
from apnet_desktop.gui.viewer.bindings import Bindings, Command, MouseAction
from apnet_desktop.gui.viewer.bindings_editor import BindingsEditor
from apnet_desktop.gui.viewer.cheat_sheet import CheatSheet
from apnet_desktop.gui.viewer.mask_commands import MaskCommands
from apnet_desktop.gui.viewer.measurements import MeasurementKind
from apnet_desktop.gui.viewer.plane import PlaneKind
from apnet_desktop.gui.viewer.slice_pixels import SlabMode
from apnet_desktop.gui.viewer.slice_view import SliceView
from apnet_desktop.gui.viewer.tools.base import SliceTool
from apnet_desktop.gui.viewer.tools.measuring import MeasuringTool
from apnet_desktop.gui.viewer.tools.navigation import CrosshairTool, PanTool, WindowTool, ZoomTool
from apnet_desktop.gui.viewer.tools.outlining import GrowTool, PolygonTool, StrokeTool
from apnet_desktop.gui.viewer.tools.painting import BrushTool
from apnet_desktop.gui.viewer.viewer_actions import TOOL_COMMANDS, ViewerActions
from apnet_desktop.gui.viewer.viewer_state import Changed, Tool, ViewerState
from apnet_desktop.language import Language

__all__ = ["CtViewer", "ViewerLayout"]

_SLAB_STEP = 5.0
_ZOOM_STEP = 1.25
_BRUSH_STEP = 1.15


class ViewerLayout(StrEnum):
    """How the planes share the viewer."""

    AXIAL_LARGE = "axial_large"
    SINGLE = "single"
    EQUAL = "equal"


class CtViewer(QWidget):
    """Shows a CT in three linked planes, and lets a person draw the pancreas ROI.

    Args:
        language: Of all sentences.
        parent: Owner.

    Attributes:
        slice_changed: Axial array index k, when another axial slice is shown.
        roi_changed: The `Roi` after each finished stroke, undo, redo or other edit; what autosave listens to. After
            an undo of the first edit there is none, and it carries None.
        bindings_changed: The `Bindings` that the person has edited, to be stored.
    """

    slice_changed = Signal(int)
    roi_changed = Signal(object)
    bindings_changed = Signal(object)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.language = language
        self.state = ViewerState(self)
        self.session = AssistSession(self.state, self)
        self.mask_commands = MaskCommands(self.state, self)
        self.tools: dict[Tool, SliceTool] = {
            Tool.WINDOW: WindowTool(self.state),
            Tool.PAN: PanTool(self.state),
            Tool.ZOOM: ZoomTool(self.state),
            Tool.CROSSHAIR: CrosshairTool(self.state),
            Tool.BRUSH: BrushTool(self.state),
            Tool.ERASER: BrushTool(self.state, erases=True),
            Tool.THRESHOLD: BrushTool(self.state, limited=True),
            Tool.POLYGON: PolygonTool(self.state),
            Tool.GROW: GrowTool(self.state, self.mask_commands),
            Tool.INSIDE: StrokeTool(self.state, self.session, inside=True),
            Tool.OUTSIDE: StrokeTool(self.state, self.session, inside=False),
            **{Tool(kind.value): MeasuringTool(self.state, kind) for kind in MeasurementKind},
        }
        self._bindings = Bindings()
        self._layout_kind = ViewerLayout.AXIAL_LARGE
        self._single = PlaneKind.AXIAL
        self.margin = 2.0
        self._shown_slice = -1
        self._shown_tool = self.state.tool
        self.views = {kind: SliceView(kind, self.state, self._tool_of, language, self) for kind in PlaneKind}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        for view in self.views.values():
            view.session = self.session
            view.menu_requested.connect(self._open_menu)
            view.maximize_requested.connect(self._maximize)
        self.actions_of = ViewerActions(self.state, self._conditions(), self._handlers(), language, self)
        self.actions_of.set_bindings(self._bindings)
        self.set_layout(ViewerLayout.AXIAL_LARGE)
        self.setFocusProxy(self.views[PlaneKind.AXIAL])
        self.setAutoFillBackground(True)
        self.state.changed.connect(self._state_changed)
        self.state.roi_edited.connect(self.roi_changed)

    # What the window asks of it

    def set_volume(self, volume: CtVolume | None) -> None:
        """Shows another CT from its middle slice, without a ROI; None shows none."""
        self._drop_tool()
        self.state.set_volume(volume)

    def set_identity(self, volume: CtVolume) -> None:
        """Takes over the identity of `volume`, which is otherwise the one shown: a person typed who it is."""
        self.state.volume = volume
        self.state.changed.emit(Changed.VIEW)

    def set_available_slices(self, ready: NDArray[np.bool_] | None) -> None:
        """Says which slices have been read, while a volume is still filling in shared memory.

        Args:
            ready: One flag a slice k; None if all are there. Until then, the others are shown as not read yet, and
                the ROI cannot be drawn.
        """
        self.state.set_ready(ready)

    def set_roi(self, roi: Roi | None) -> None:
        """Shows a stored ROI, with nothing to undo, and goes to its middle slice; None shows none."""
        self._drop_tool()
        self.mask_commands.stop()
        self.session.discard()
        self.state.start_roi(roi)

    def import_roi(self, roi: Roi) -> None:
        """Puts an imported ROI in the place of the present one, as an edit that can be undone."""
        self._drop_tool()
        if self.state.apply_mask(roi.mask, "roi.edit_import", RoiOrigin.IMPORTED) is not None:
            self.state.move_to_roi()

    @property
    def roi(self) -> Roi | None:
        """The ROI as it stands; None if nothing has been drawn."""
        return None if self.state.editor is None else self.state.editor.roi()

    def confirm_roi(self, person: str, time: datetime) -> Roi | None:
        """Records a person's word that the ROI is the pancreas, and returns it; None if there is no ROI."""
        editor = self.state.editor
        if editor is None or editor.is_empty:
            return None
        self._drop_tool()
        editor.confirm(Confirmation(person=person, time=time))
        self.state.roi_touched()
        return editor.roi()

    def set_author(self, name: str) -> None:
        """Says who draws."""
        self.state.author = name

    @property
    def current_slice(self) -> int:
        """Axial array index k that is shown."""
        return self.views[PlaneKind.AXIAL].slice_index if self.state.volume is not None else 0

    def go_to_slice(self, k: int) -> None:
        """Shows the axial slice with array index `k`; the nearest there is."""
        if self.state.volume is not None:
            self.state.set_slice(self.state.planes[PlaneKind.AXIAL], k)

    def set_window(self, center: float, width: float) -> None:
        """Sets the window in HU."""
        self.state.set_window(center, width)

    def set_tool(self, tool: Tool) -> None:
        """Makes `tool` what the left button does; what edits the ROI waits until the volume is read."""
        if tool.edits and not self.state.can_edit:
            return
        self.state.set_tool(tool)

    def set_bindings(self, bindings: Bindings) -> None:
        """Uses a person's own keys, mouse buttons and presets."""
        self._bindings = bindings
        self.actions_of.set_bindings(bindings)

    @property
    def bindings(self) -> Bindings:
        """Keys, mouse buttons and presets in use."""
        return self._bindings

    def set_layout(self, layout: ViewerLayout) -> None:
        """Arranges the planes."""
        self._layout_kind = layout
        axial, coronal, sagittal = (self.views[kind] for kind in PlaneKind)
        for view in self.views.values():
            self._grid.removeWidget(view)
        for column in range(3):
            self._grid.setColumnStretch(column, 0)
        for row in range(2):
            self._grid.setRowStretch(row, 0)
        shown = list(PlaneKind)
        if layout is ViewerLayout.SINGLE:
            shown = [self._single]
            self._grid.addWidget(self.views[self._single], 0, 0)
        elif layout is ViewerLayout.EQUAL:
            for column, view in enumerate((axial, coronal, sagittal)):
                self._grid.addWidget(view, 0, column)
                self._grid.setColumnStretch(column, 1)
        else:
            self._grid.addWidget(axial, 0, 0, 2, 1)
            self._grid.addWidget(coronal, 0, 1)
            self._grid.addWidget(sagittal, 1, 1)
            self._grid.setColumnStretch(0, 5)
            self._grid.setColumnStretch(1, 3)
            self._grid.setRowStretch(0, 1)
            self._grid.setRowStretch(1, 1)
        for kind, view in self.views.items():
            view.setVisible(kind in shown)
            view.shows_identity = kind is shown[0]
            view.update()
        self.setFocusProxy(self.views[shown[0]])

    @property
    def layout_kind(self) -> ViewerLayout:
        """How the planes are arranged."""
        return self._layout_kind

    # What keys and mouse ask of it

    def _tool_of(self, button: Qt.MouseButton) -> SliceTool:
        actions = {
            Qt.MouseButton.LeftButton: self._bindings.left,
            Qt.MouseButton.MiddleButton: self._bindings.middle,
            Qt.MouseButton.RightButton: self._bindings.right,
        }
        action = actions.get(button, MouseAction.PAN)
        tool = self.state.tool if action is MouseAction.ACTIVE_TOOL else Tool(action.value)
        return self.tools[tool]

    def _active_view(self) -> SliceView:
        for view in self.views.values():
            if view.isVisible() and view.hasFocus():
                return view
        return next((view for view in self.views.values() if view.isVisible()), self.views[PlaneKind.AXIAL])

    def _handlers(self) -> dict[Command, Callable[[], None]]:
        state = self.state
        handlers: dict[Command, Callable[[], None]] = {
            Command.FILE_WINDOW: self._file_window,
            Command.SLICE_FORWARD: lambda: self._active_view().scroll_slices(1),
            Command.SLICE_BACKWARD: lambda: self._active_view().scroll_slices(-1),
            Command.TEN_FORWARD: lambda: self._jump(10),
            Command.TEN_BACKWARD: lambda: self._jump(-10),
            Command.FIRST_SLICE: lambda: self._jump_to_end(forward=False),
            Command.LAST_SLICE: lambda: self._jump_to_end(forward=True),
            Command.ZOOM_IN: lambda: state.set_view(state.zoom * _ZOOM_STEP, state.center),
            Command.ZOOM_OUT: lambda: state.set_view(state.zoom / _ZOOM_STEP, state.center),
            Command.FIT: state.fit,
            Command.NEXT_LAYOUT: self._next_layout,
            Command.NEXT_PLANE: self._next_plane,
            Command.CROSSHAIR: lambda: state.show(crosshair=not state.crosshair_shown),
            Command.ANNOTATIONS: lambda: state.show(annotations=not state.all_annotations),
            Command.INTERPOLATION: lambda: state.show(interpolation=not state.interpolated),
            Command.SLAB_THICKER: lambda: state.set_slab(state.slab + _SLAB_STEP),
            Command.SLAB_THINNER: lambda: state.set_slab(state.slab - _SLAB_STEP),
            Command.SLAB_MODE: self._next_slab_mode,
            Command.OVERLAY: lambda: state.show(overlay=not state.overlay_shown),
            Command.OVERLAY_FILL: lambda: state.show(fill=not state.overlay_filled),
            Command.BRUSH_SMALLER: lambda: state.set_brush(radius=state.brush_radius / _BRUSH_STEP),
            Command.BRUSH_LARGER: lambda: state.set_brush(radius=state.brush_radius * _BRUSH_STEP),
            Command.BRUSH_BALL: lambda: state.set_brush(ball=not state.brush_is_ball),
            Command.UNDO: self._undo,
            Command.REDO: state.redo,
            Command.FILL_BETWEEN: self.mask_commands.fill_between,
            Command.SMOOTH: self.mask_commands.smooth,
            Command.LARGEST_ISLAND: self.mask_commands.keep_largest,
            Command.MARGIN_GROW: lambda: self.mask_commands.add_margin(self.margin),
            Command.MARGIN_SHRINK: lambda: self.mask_commands.add_margin(-self.margin),
            Command.ERASE_SLICE: self.mask_commands.erase_slice,
            Command.ERASE_ALL: self.mask_commands.erase_all,
            Command.ACCEPT_PROPOSAL: self._accept,
            Command.DISCARD_PROPOSAL: self.session.discard,
            Command.CLEAR_MEASUREMENTS: state.clear_measurements,
            Command.GO_TO_ROI: state.move_to_roi,
            Command.DROP_TOOL: self._escape,
            Command.CHEAT_SHEET: self.show_cheat_sheet,
            Command.EDIT_BINDINGS: self.edit_bindings,
        }
        for command, tool in TOOL_COMMANDS.items():
            handlers[command] = partial(self.set_tool, tool)
        return handlers

    def _conditions(self) -> dict[Command, Callable[[], bool]]:
        state, session = self.state, self.session

        def has_roi() -> bool:
            return state.editor is not None and not state.editor.is_empty

        def can_undo() -> bool:
            return state.editor is not None and (
                state.editor.history.undo_label is not None or bool(session.strokes) or state.tool is Tool.POLYGON
            )

        return {
            Command.FILE_WINDOW: lambda: state.volume is not None and state.volume.series.window is not None,
            Command.UNDO: can_undo,
            Command.REDO: lambda: state.editor is not None and state.editor.history.redo_label is not None,
            Command.FILL_BETWEEN: lambda: self.mask_commands.can_fill,
            Command.ACCEPT_PROPOSAL: lambda: session.proposal is not None and not session.is_running,
            Command.DISCARD_PROPOSAL: lambda: bool(session.strokes),
            Command.CLEAR_MEASUREMENTS: lambda: bool(state.measurements),
            Command.SLAB_THINNER: lambda: state.slab > 0.0,
            **dict.fromkeys(
                (
                    Command.SMOOTH,
                    Command.LARGEST_ISLAND,
                    Command.MARGIN_GROW,
                    Command.MARGIN_SHRINK,
                    Command.ERASE_SLICE,
                    Command.ERASE_ALL,
                    Command.GO_TO_ROI,
                ),
                has_roi,
            ),
        }

    def _undo(self) -> None:
        if not self.tools[self.state.tool].step_back():
            self.state.undo()

    def _accept(self) -> None:
        if self.session.accept():
            self.state.set_tool(Tool.BRUSH)

    def show_cheat_sheet(self) -> None:
        """Shows what every key and mouse button does."""
        sheet = CheatSheet(self._bindings, self.language, self)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.show()

    def edit_bindings(self) -> None:
        """Lets the person edit presets, keys and mouse buttons; `bindings_changed` tells who stores them."""
        editor = BindingsEditor(self._bindings, self.language, self)
        editor.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        editor.changed.connect(self._use_edited)
        editor.open()

    def _use_edited(self, bindings: Bindings) -> None:
        self.set_bindings(bindings)
        self.bindings_changed.emit(bindings)

    def _file_window(self) -> None:
        if self.state.volume is not None and self.state.volume.series.window is not None:
            self.state.set_window(*self.state.volume.series.window)

    def _jump(self, steps: int) -> None:
        view = self._active_view()
        self.state.set_slice(view.plane, view.slice_index + steps * view.plane.forward)

    def _jump_to_end(self, *, forward: bool) -> None:
        plane = self._active_view().plane
        self.state.set_slice(plane, plane.slices - 1 if forward == (plane.forward > 0) else 0)

    def _next_layout(self) -> None:
        order = list(ViewerLayout)
        self._single = PlaneKind.AXIAL
        self.set_layout(order[(order.index(self._layout_kind) + 1) % len(order)])

    def _next_plane(self) -> None:
        order = list(PlaneKind)
        following = order[(order.index(self._active_view().kind) + 1) % len(order)]
        if self._layout_kind is ViewerLayout.SINGLE:
            self._single = following
            self.set_layout(ViewerLayout.SINGLE)
        self.views[following].setFocus()

    def _maximize(self, kind: PlaneKind) -> None:
        if self._layout_kind is ViewerLayout.SINGLE:
            self.set_layout(ViewerLayout.AXIAL_LARGE)
        else:
            self._single = kind
            self.set_layout(ViewerLayout.SINGLE)
        self.views[kind].setFocus()

    def _next_slab_mode(self) -> None:
        mode = SlabMode.MEAN if self.state.slab_mode is SlabMode.MAXIMUM else SlabMode.MAXIMUM
        self.state.set_slab(self.state.slab, mode)

    def _escape(self) -> None:
        if not self.tools[self.state.tool].cancel():
            self.state.set_tool(Tool.WINDOW)

    def _drop_tool(self) -> None:
        for tool in self.tools.values():
            tool.cancel()

    def _open_menu(self, at: QPoint) -> None:
        menu = self.actions_of.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def _state_changed(self, changed: Changed) -> None:
        if changed & Changed.TOOL and self.state.tool is not self._shown_tool:
            self.tools[self._shown_tool].cancel()
            self._shown_tool = self.state.tool
            for view in self.views.values():
                view.setCursor(self.tools[self.state.tool].cursor)
        if not changed & (Changed.VOLUME | Changed.POSITION) or self.state.volume is None:
            return
        if changed & Changed.VOLUME or self.current_slice != self._shown_slice:
            self._shown_slice = self.current_slice
            self.slice_changed.emit(self._shown_slice)
