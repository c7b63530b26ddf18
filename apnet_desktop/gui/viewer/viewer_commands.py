"""What each of the viewer's commands does, and when it can."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from apnet_desktop.gui.viewer.bindings import Command
from apnet_desktop.gui.viewer.plane_layout import PlaneLayout
from apnet_desktop.gui.viewer.slice_pixels import SlabMode
from apnet_desktop.gui.viewer.tools.kinds import Tool
from apnet_desktop.gui.viewer.viewer_actions import TOOL_COMMANDS

if TYPE_CHECKING:
    from apnet_desktop.gui.viewer.ct_viewer import CtViewer

__all__ = ["ViewerCommands"]

_SLAB_STEP = 5.0
_ZOOM_STEP = 1.25
_BRUSH_STEP = 1.15


class ViewerCommands:
    """The table from commands to acts and conditions.

    Args:
        viewer: Whose commands they are.
        planes: How its planes are arranged.
    """

    def __init__(self, viewer: CtViewer, planes: PlaneLayout) -> None:
        self._viewer = viewer
        self._state = viewer.state
        self._planes = planes

    def handlers(self) -> dict[Command, Callable[[], None]]:
        """What each command does."""
        state, viewer, masks = self._state, self._viewer, self._viewer.mask_commands
        handlers: dict[Command, Callable[[], None]] = {
            Command.FILE_WINDOW: self._file_window,
            Command.SLICE_FORWARD: lambda: self._planes.active_view().scroll_slices(1),
            Command.SLICE_BACKWARD: lambda: self._planes.active_view().scroll_slices(-1),
            Command.TEN_FORWARD: lambda: self._jump(10),
            Command.TEN_BACKWARD: lambda: self._jump(-10),
            Command.FIRST_SLICE: lambda: self._jump_to_end(forward=False),
            Command.LAST_SLICE: lambda: self._jump_to_end(forward=True),
            Command.ZOOM_IN: lambda: state.set_view(state.zoom * _ZOOM_STEP, state.center),
            Command.ZOOM_OUT: lambda: state.set_view(state.zoom / _ZOOM_STEP, state.center),
            Command.FIT: state.fit,
            Command.NEXT_LAYOUT: self._planes.next_layout,
            Command.NEXT_PLANE: self._planes.next_plane,
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
            Command.FILL_BETWEEN: masks.fill_between,
            Command.SMOOTH: masks.smooth,
            Command.LARGEST_ISLAND: masks.keep_largest,
            Command.MARGIN_GROW: lambda: masks.add_margin(viewer.margin),
            Command.MARGIN_SHRINK: lambda: masks.add_margin(-viewer.margin),
            Command.ERASE_SLICE: masks.erase_slice,
            Command.ERASE_ALL: masks.erase_all,
            Command.ACCEPT_PROPOSAL: self._accept,
            Command.DISCARD_PROPOSAL: viewer.session.discard,
            Command.CLEAR_MEASUREMENTS: state.clear_measurements,
            Command.GO_TO_ROI: state.move_to_roi,
            Command.DROP_TOOL: self._escape,
            Command.CHEAT_SHEET: viewer.show_cheat_sheet,
            Command.EDIT_BINDINGS: viewer.edit_bindings,
        }
        for command, tool in TOOL_COMMANDS.items():
            handlers[command] = partial(viewer.set_tool, tool)
        return handlers

    def conditions(self) -> dict[Command, Callable[[], bool]]:
        """What must hold, beside a volume and the right to edit, for a command to work."""
        state, session = self._state, self._viewer.session

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
            Command.FILL_BETWEEN: lambda: self._viewer.mask_commands.can_fill,
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
        if not self._viewer.tools[self._state.tool].step_back():
            self._state.undo()

    def _accept(self) -> None:
        if self._viewer.session.accept():
            self._state.set_tool(Tool.BRUSH)

    def _file_window(self) -> None:
        if self._state.volume is not None and self._state.volume.series.window is not None:
            self._state.set_window(*self._state.volume.series.window)

    def _jump(self, steps: int) -> None:
        view = self._planes.active_view()
        self._state.set_slice(view.plane, view.slice_index + steps * view.plane.forward)

    def _jump_to_end(self, *, forward: bool) -> None:
        plane = self._planes.active_view().plane
        self._state.set_slice(plane, plane.slices - 1 if forward == (plane.forward > 0) else 0)

    def _next_slab_mode(self) -> None:
        mode = SlabMode.MEAN if self._state.slab_mode is SlabMode.MAXIMUM else SlabMode.MAXIMUM
        self._state.set_slab(self._state.slab, mode)

    def _escape(self) -> None:
        if not self._viewer.tools[self._state.tool].cancel():
            self._state.set_tool(Tool.WINDOW)
