"""The one table of what keys and mouse do, and of the window presets. A person can edit it; it is stored as JSON."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, model_validator

from apnet_desktop.frozen import FrozenModel

__all__ = ["Bindings", "Command", "MouseAction", "WindowPreset"]


class Command(StrEnum):
    """Everything that a person can ask of the viewer. Each has a sentence `viewer.command_<value>`."""

    FILE_WINDOW = "file_window"
    SLICE_FORWARD = "slice_forward"
    SLICE_BACKWARD = "slice_backward"
    TEN_FORWARD = "ten_forward"
    TEN_BACKWARD = "ten_backward"
    FIRST_SLICE = "first_slice"
    LAST_SLICE = "last_slice"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    FIT = "fit"
    NEXT_LAYOUT = "next_layout"
    NEXT_PLANE = "next_plane"
    CROSSHAIR = "crosshair"
    ANNOTATIONS = "annotations"
    INTERPOLATION = "interpolation"
    SLAB_THICKER = "slab_thicker"
    SLAB_THINNER = "slab_thinner"
    SLAB_MODE = "slab_mode"
    OVERLAY = "overlay"
    OVERLAY_FILL = "overlay_fill"
    TOOL_WINDOW = "tool_window"
    TOOL_PAN = "tool_pan"
    TOOL_ZOOM = "tool_zoom"
    TOOL_CROSSHAIR = "tool_crosshair"
    TOOL_BRUSH = "tool_brush"
    TOOL_ERASER = "tool_eraser"
    TOOL_THRESHOLD = "tool_threshold"
    TOOL_POLYGON = "tool_polygon"
    TOOL_GROW = "tool_grow"
    TOOL_INSIDE = "tool_inside"
    TOOL_OUTSIDE = "tool_outside"
    TOOL_DISTANCE = "tool_distance"
    TOOL_ANGLE = "tool_angle"
    TOOL_ELLIPSE = "tool_ellipse"
    TOOL_FREEHAND = "tool_freehand"
    BRUSH_SMALLER = "brush_smaller"
    BRUSH_LARGER = "brush_larger"
    BRUSH_BALL = "brush_ball"
    UNDO = "undo"
    REDO = "redo"
    FILL_BETWEEN = "fill_between"
    SMOOTH = "smooth"
    LARGEST_ISLAND = "largest_island"
    MARGIN_GROW = "margin_grow"
    MARGIN_SHRINK = "margin_shrink"
    ERASE_SLICE = "erase_slice"
    ERASE_ALL = "erase_all"
    ACCEPT_PROPOSAL = "accept_proposal"
    DISCARD_PROPOSAL = "discard_proposal"
    CLEAR_MEASUREMENTS = "clear_measurements"
    GO_TO_ROI = "go_to_roi"
    DROP_TOOL = "drop_tool"
    CHEAT_SHEET = "cheat_sheet"
    EDIT_BINDINGS = "edit_bindings"


class MouseAction(StrEnum):
    """What a mouse button does while it is held. Each has a sentence `viewer.mouse_<value>`."""

    ACTIVE_TOOL = "active_tool"
    WINDOW = "window"
    PAN = "pan"
    ZOOM = "zoom"
    CROSSHAIR = "crosshair"


class WindowPreset(FrozenModel):
    """A display window.

    Attributes:
        id: Stable name; the shipped ones have a sentence `viewer.preset_<id>`.
        label: What a person called it; empty for the shipped ones.
        center: HU in the middle of the gray scale.
        width: HU from black to white.
        key: Keyboard shortcut, as Qt writes it.
    """

    id: str
    label: str = ""
    center: float
    width: float = Field(gt=0)
    key: str = ""


# Sources: abdomen 350/40, soft tissue 400/40, liver 150/90, bone 2500/480 are the presets of 3D Slicer, Horos and
# OHIF. A narrow window for the pancreas is customary without one published value. Fat: no viewer publishes a preset;
# the limits of adipose tissue, -190 to -30 HU, give it.
_PRESETS = (
    WindowPreset(id="abdomen", center=40, width=350, key="1"),
    WindowPreset(id="soft_tissue", center=40, width=400, key="2"),
    WindowPreset(id="pancreas", center=50, width=250, key="3"),
    WindowPreset(id="liver", center=90, width=150, key="4"),
    WindowPreset(id="fat", center=-110, width=160, key="5"),
    WindowPreset(id="bone", center=480, width=2500, key="6"),
)

_KEYS: dict[Command, tuple[str, ...]] = {
    Command.FILE_WINDOW: ("0",),
    Command.SLICE_FORWARD: ("Up",),
    Command.SLICE_BACKWARD: ("Down",),
    Command.TEN_FORWARD: ("PgUp", "Shift+Up"),
    Command.TEN_BACKWARD: ("PgDown", "Shift+Down"),
    Command.FIRST_SLICE: ("Home",),
    Command.LAST_SLICE: ("End",),
    Command.ZOOM_IN: ("Ctrl++", "Ctrl+="),
    Command.ZOOM_OUT: ("Ctrl+-",),
    Command.FIT: ("F",),
    Command.NEXT_LAYOUT: ("L",),
    Command.NEXT_PLANE: ("V",),
    Command.CROSSHAIR: ("X",),
    Command.ANNOTATIONS: ("I",),
    Command.INTERPOLATION: ("Shift+I",),
    Command.SLAB_THICKER: ("Shift+T",),
    Command.SLAB_THINNER: ("T",),
    Command.SLAB_MODE: ("Ctrl+T",),
    Command.OVERLAY: ("H",),
    Command.OVERLAY_FILL: ("Shift+H",),
    Command.TOOL_WINDOW: ("W",),
    Command.TOOL_PAN: ("M",),
    Command.TOOL_ZOOM: ("Z",),
    Command.TOOL_CROSSHAIR: ("C",),
    Command.TOOL_BRUSH: ("B",),
    Command.TOOL_ERASER: ("E",),
    Command.TOOL_THRESHOLD: ("Shift+E",),
    Command.TOOL_POLYGON: ("P",),
    Command.TOOL_GROW: ("G",),
    Command.TOOL_INSIDE: ("A",),
    Command.TOOL_OUTSIDE: ("S",),
    Command.TOOL_DISTANCE: ("D",),
    Command.TOOL_ANGLE: ("Shift+A",),
    Command.TOOL_ELLIPSE: ("O",),
    Command.TOOL_FREEHAND: ("Shift+O",),
    Command.BRUSH_SMALLER: ("[",),
    Command.BRUSH_LARGER: ("]",),
    Command.BRUSH_BALL: ("Shift+B",),
    Command.UNDO: ("Ctrl+Z",),
    Command.REDO: ("Ctrl+Y", "Ctrl+Shift+Z"),
    Command.FILL_BETWEEN: ("N",),
    Command.SMOOTH: ("Ctrl+M",),
    Command.LARGEST_ISLAND: ("Ctrl+I",),
    Command.MARGIN_GROW: ("Ctrl+]",),
    Command.MARGIN_SHRINK: ("Ctrl+[",),
    Command.ERASE_SLICE: ("Del",),
    Command.ERASE_ALL: ("Ctrl+Del",),
    Command.ACCEPT_PROPOSAL: ("Shift+Return",),
    Command.DISCARD_PROPOSAL: ("Ctrl+Backspace",),
    Command.CLEAR_MEASUREMENTS: ("Shift+D",),
    Command.GO_TO_ROI: ("R",),
    Command.DROP_TOOL: ("Esc",),
    Command.CHEAT_SHEET: ("?",),  # F1 is the manual
    Command.EDIT_BINDINGS: ("Ctrl+K",),
}


class Bindings(FrozenModel):
    """What keys and mouse do.

    Attributes:
        presets: The window presets, in the order of the menu.
        keys: Shortcuts of each command, as Qt writes them.
        left: What the left button does.
        middle: What the middle button does.
        right: What the right button does when it moves; without moving it opens the menu.
    """

    presets: tuple[WindowPreset, ...] = _PRESETS
    keys: dict[Command, tuple[str, ...]] = _KEYS
    left: MouseAction = MouseAction.ACTIVE_TOOL
    middle: MouseAction = MouseAction.PAN
    right: MouseAction = MouseAction.ZOOM

    @model_validator(mode="after")
    def _no_key_twice(self) -> Bindings:
        seen: dict[str, str] = {}
        used = [(command.value, key) for command, keys in self.keys.items() for key in keys]
        used += [(preset.id, preset.key) for preset in self.presets if preset.key]
        for owner, key in used:
            if key.casefold() in seen:
                raise ValueError(f"key {key} is bound to {seen[key.casefold()]} and to {owner}")
            seen[key.casefold()] = owner
        return self

    def keys_of(self, command: Command) -> tuple[str, ...]:
        """Shortcuts of `command`; the shipped ones where the table does not name it."""
        return self.keys.get(command, _KEYS[command])
