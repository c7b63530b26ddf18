"""The viewer: three linked planes of one CT, its keys and its menu, and the ROI that is drawn on it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from apnet_desktop.ct.roi import Confirmation, Roi, RoiOrigin
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.gui.viewer.assist_session import AssistSession
from apnet_desktop.gui.viewer.bindings import Bindings, MouseAction
from apnet_desktop.gui.viewer.bindings_editor import BindingsEditor
from apnet_desktop.gui.viewer.cheat_sheet import CheatSheet
from apnet_desktop.gui.viewer.mask_commands import MaskCommands
from apnet_desktop.gui.viewer.measurements import MeasurementKind
from apnet_desktop.gui.viewer.plane import PlaneKind
from apnet_desktop.gui.viewer.plane_layout import PlaneLayout, ViewerLayout
from apnet_desktop.gui.viewer.slice_view import SliceView
from apnet_desktop.gui.viewer.tools.base import SliceTool
from apnet_desktop.gui.viewer.tools.kinds import Tool
from apnet_desktop.gui.viewer.tools.measuring import MeasuringTool
from apnet_desktop.gui.viewer.tools.navigation import CrosshairTool, PanTool, WindowTool, ZoomTool
from apnet_desktop.gui.viewer.tools.outlining import GrowTool, PolygonTool, StrokeTool
from apnet_desktop.gui.viewer.tools.painting import BrushTool
from apnet_desktop.gui.viewer.viewer_actions import ViewerActions
from apnet_desktop.gui.viewer.viewer_commands import ViewerCommands
from apnet_desktop.gui.viewer.viewer_state import Changed, ViewerState
from apnet_desktop.language import Language

__all__ = ["CtViewer"]


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
        self.margin = 2.0
        self._shown_slice = -1
        self._shown_tool = self.state.tool
        self.views = {kind: SliceView(kind, self.state, self._tool_of, language, self) for kind in PlaneKind}
        self._planes = PlaneLayout(self, self.views)
        for view in self.views.values():
            view.session = self.session
            view.menu_requested.connect(self._open_menu)
            view.maximize_requested.connect(self._planes.maximize)
        commands = ViewerCommands(self, self._planes)
        self.actions_of = ViewerActions(self.state, commands.conditions(), commands.handlers(), language, self)
        self.actions_of.set_bindings(self._bindings)
        self.set_layout(ViewerLayout.AXIAL_LARGE)
        # Dark between the planes in the light theme too: a bright line beside an image dazzles.
        dark = QPalette()
        dark.setColor(QPalette.ColorRole.Window, QColor(48, 48, 48))
        self.setPalette(dark)
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
        self._planes.arrange(layout)

    @property
    def layout_kind(self) -> ViewerLayout:
        """How the planes are arranged."""
        return self._planes.layout_kind

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
