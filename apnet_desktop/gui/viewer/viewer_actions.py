"""The viewer's commands as Qt actions: one for each, with its keys, its sentence, and enabled only where it works."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from apnet_desktop.gui.viewer.bindings import Bindings, Command, WindowPreset
from apnet_desktop.gui.viewer.slice_pixels import SlabMode
from apnet_desktop.gui.viewer.tools.kinds import Tool
from apnet_desktop.gui.viewer.viewer_state import Changed, ViewerState
from apnet_desktop.language import Language, text

__all__ = ["ViewerActions", "preset_label"]

TOOL_COMMANDS: dict[Command, Tool] = {Command(f"tool_{tool}"): tool for tool in Tool}

_CHECKABLE = {
    Command.CROSSHAIR,
    Command.ANNOTATIONS,
    Command.INTERPOLATION,
    Command.SLAB_MODE,
    Command.OVERLAY,
    Command.OVERLAY_FILL,
    Command.BRUSH_BALL,
    *TOOL_COMMANDS,
}
_ALWAYS = {Command.CHEAT_SHEET, Command.EDIT_BINDINGS}
_EDITING = {
    Command.UNDO,
    Command.REDO,
    Command.FILL_BETWEEN,
    Command.SMOOTH,
    Command.LARGEST_ISLAND,
    Command.MARGIN_GROW,
    Command.MARGIN_SHRINK,
    Command.ERASE_SLICE,
    Command.ERASE_ALL,
    Command.ACCEPT_PROPOSAL,
    Command.BRUSH_BALL,
    Command.BRUSH_LARGER,
    Command.BRUSH_SMALLER,
    *(command for command, tool in TOOL_COMMANDS.items() if tool.edits),
}

_MENU: tuple[tuple[str, tuple[Command, ...]], ...] = (
    ("viewer.menu_tools", (Command.TOOL_WINDOW, Command.TOOL_PAN, Command.TOOL_ZOOM, Command.TOOL_CROSSHAIR)),
    (
        "viewer.menu_measure",
        (
            Command.TOOL_DISTANCE,
            Command.TOOL_ANGLE,
            Command.TOOL_ELLIPSE,
            Command.TOOL_FREEHAND,
            Command.CLEAR_MEASUREMENTS,
        ),
    ),
    (
        "viewer.menu_outline",
        (
            Command.TOOL_BRUSH,
            Command.TOOL_ERASER,
            Command.TOOL_POLYGON,
            Command.TOOL_THRESHOLD,
            Command.TOOL_GROW,
            Command.TOOL_INSIDE,
            Command.TOOL_OUTSIDE,
            Command.FILL_BETWEEN,
        ),
    ),
    (
        "viewer.menu_view",
        (
            Command.FIT,
            Command.ZOOM_IN,
            Command.ZOOM_OUT,
            Command.NEXT_LAYOUT,
            Command.CROSSHAIR,
            Command.ANNOTATIONS,
            Command.INTERPOLATION,
        ),
    ),
    ("viewer.menu_slab", (Command.SLAB_THICKER, Command.SLAB_THINNER, Command.SLAB_MODE)),
    ("viewer.menu_overlay", (Command.OVERLAY, Command.OVERLAY_FILL)),
)


def preset_label(preset: WindowPreset, language: Language) -> str:
    """What a preset is called, with its values."""
    name = preset.label or text(f"viewer.preset_{preset.id}", language)
    return text("viewer.preset_label", language, name=name, width=f"{preset.width:g}", center=f"{preset.center:g}")


class ViewerActions(QObject):
    """Makes and keeps the actions.

    Args:
        state: What tells whether an action works now.
        conditions: What else must hold for a command to work.
        handlers: What each command does.
        language: Of the sentences.
        owner: Widget in which the shortcuts work.
    """

    def __init__(
        self,
        state: ViewerState,
        conditions: dict[Command, Callable[[], bool]],
        handlers: dict[Command, Callable[[], None]],
        language: Language,
        owner: QWidget,
    ) -> None:
        super().__init__(owner)
        self._state = state
        self._conditions = conditions
        self._language = language
        self._owner = owner
        self._followers: list[QWidget] = []
        self.by_command: dict[Command, QAction] = {}
        self.presets: list[QAction] = []
        tools = QActionGroup(self)
        for command in Command:
            action = QAction(text(f"viewer.command_{command}", language), self)
            action.setCheckable(command in _CHECKABLE)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(lambda _=False, handle=handlers[command]: handle())
            if command in TOOL_COMMANDS:
                tools.addAction(action)
            self.by_command[command] = action
            owner.addAction(action)
        state.changed.connect(self._state_changed)

    def set_bindings(self, bindings: Bindings) -> None:
        """Gives the actions the keys of the table, and makes the presets anew."""
        for command, action in self.by_command.items():
            action.setShortcuts([QKeySequence(key) for key in bindings.keys_of(command)])
            keys = ", ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts())
            action.setToolTip(f"{action.text()} ({keys})" if keys else action.text())
        for old in self.presets:
            for widget in (self._owner, *self._followers):
                widget.removeAction(old)
            old.deleteLater()
        self.presets = []
        for preset in bindings.presets:
            action = QAction(preset_label(preset, self._language), self)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setShortcut(QKeySequence(preset.key))
            action.setCheckable(True)
            action.setData((preset.center, preset.width))
            action.triggered.connect(lambda _=False, chosen=preset: self._state.set_window(chosen.center, chosen.width))
            self.presets.append(action)
            for widget in (self._owner, *self._followers):
                widget.addAction(action)
        self.refresh()

    def follow(self, widget: QWidget) -> None:
        """Lets the shortcuts work while `widget` has the focus, too."""
        self._followers.append(widget)
        widget.addActions([*self.by_command.values(), *self.presets])

    def _state_changed(self, changed: Changed) -> None:
        # Nothing here depends on the position or the zoom, which change with every slice.
        if changed & ~(Changed.POSITION | Changed.VIEW):
            self.refresh()

    def refresh(self) -> None:
        """Enables what works now, and checks what is on."""
        state = self._state
        present = state.volume is not None
        for command, action in self.by_command.items():
            works = command in _ALWAYS or (present and (state.can_edit or command not in _EDITING))
            condition = self._conditions.get(command)
            action.setEnabled(works and (condition is None or condition()))
        history = None if state.editor is None else state.editor.history
        self._name_history(Command.UNDO, None if history is None else history.undo_label)
        self._name_history(Command.REDO, None if history is None else history.redo_label)
        for command, on in (
            (Command.CROSSHAIR, state.crosshair_shown),
            (Command.ANNOTATIONS, state.all_annotations),
            (Command.INTERPOLATION, state.interpolated),
            (Command.SLAB_MODE, state.slab_mode is SlabMode.MAXIMUM),
            (Command.OVERLAY, state.overlay_shown),
            (Command.OVERLAY_FILL, state.overlay_filled),
            (Command.BRUSH_BALL, state.brush_is_ball),
            *((command, state.tool is tool) for command, tool in TOOL_COMMANDS.items()),
        ):
            self.by_command[command].setChecked(on)
        for action in self.presets:
            action.setEnabled(present)
            action.setChecked(action.data() == state.window)

    def _name_history(self, command: Command, label: str | None) -> None:
        action = self.by_command[command]
        name = text(f"viewer.command_{command}", self._language)
        if label is not None and self._state.can_edit:
            name = text(f"viewer.{command}_of", self._language, what=text(label, self._language))
        if action.text() != name:
            action.setText(name)

    def menu(self, parent: QWidget) -> QMenu:
        """The menu of the right button."""
        menu = QMenu(parent)
        presets = menu.addMenu(text("viewer.menu_presets", self._language))
        presets.addActions(self.presets)
        presets.addAction(self.by_command[Command.FILE_WINDOW])
        for title, commands in _MENU:
            part = menu.addMenu(text(title, self._language))
            part.addActions([self.by_command[command] for command in commands])
        menu.addSeparator()
        menu.addAction(self.by_command[Command.GO_TO_ROI])
        menu.addActions([self.by_command[Command.UNDO], self.by_command[Command.REDO]])
        menu.addActions([self.by_command[Command.CHEAT_SHEET], self.by_command[Command.EDIT_BINDINGS]])
        return menu
