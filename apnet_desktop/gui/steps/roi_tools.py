"""The tool boxes of the step "Pancreas ROI": drawing, between slices, assisted."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.gui.steps.roi_icons import tool_icon
from apnet_desktop.gui.steps.roi_label import WrappedLabel
from apnet_desktop.gui.viewer.bindings import Command
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.gui.viewer.tools.kinds import Tool
from apnet_desktop.gui.viewer.viewer_state import Changed
from apnet_desktop.language import Language, text

__all__ = ["AssistedBox", "CommandButton", "DrawingBox", "WholeRoiBox"]


_NARROWEST = 220
"""Logical pixels that a row of buttons is wide at least."""

_CHECKED = (
    "QToolButton:checked { border: 2px solid palette(highlight); border-radius: 4px; background: palette(base); }"
)


class CommandButton(QToolButton):
    """A button for one of the viewer's commands: icon, short name; its keys in the tool tip.

    Args:
        viewer: Whose command it is.
        command: Which.
        language: Of the name.
    """

    def __init__(self, viewer: CtViewer, command: Command, language: Language) -> None:
        super().__init__()
        self._command = command
        self._action = viewer.actions_of.by_command[command]
        self._name = text(f"roi.button_{command}", language)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(20, 20))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setText(self._name)
        self.setStyleSheet(_CHECKED)
        self.setCheckable(self._action.isCheckable())
        self.setAccessibleName(self._action.text())
        self.clicked.connect(self._action.trigger)
        self._action.changed.connect(self._follow)
        self._follow()

    @property
    def action_of(self) -> QAction:
        """The viewer's action that it triggers."""
        return self._action

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setChecked(self._action.isChecked())
        self.setToolTip(self._action.toolTip())
        if self.icon().isNull():
            self._draw()

    def _draw(self) -> None:
        palette = self.palette()
        ink = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.ButtonText)
        faint = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
        self.setIcon(tool_icon(self._command, ink, faint))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draws the icon anew when light turns to dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()


class _Box(QGroupBox):
    def __init__(self, title: str, viewer: CtViewer, language: Language) -> None:
        super().__init__(text(f"roi.{title}", language))
        self.viewer, self.language = viewer, language
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(8, 6, 8, 8)
        self.column.setSpacing(6)

    def words(self, id: str) -> str:
        """A sentence of the panel."""
        return text(f"roi.{id}", self.language)

    def add_buttons(self, *commands: Command, columns: int = 2) -> QGridLayout:
        """Adds a grid of buttons, and returns it."""
        grid = QGridLayout()
        grid.setSpacing(4)
        for column in range(columns):
            grid.setColumnStretch(column, 1)
            grid.setColumnMinimumWidth(column, _NARROWEST // columns)
        for place, command in enumerate(commands):
            button = CommandButton(self.viewer, command, self.language)
            grid.addWidget(button, place // columns, place % columns)
        self.column.addLayout(grid)
        return grid

    def millimetres(self, name: str, lowest: float, highest: float) -> QDoubleSpinBox:
        """A field for a length."""
        field = QDoubleSpinBox()
        field.setRange(lowest, highest)
        field.setDecimals(1)
        field.setSuffix(self.words("millimetres_suffix"))
        field.setAccessibleName(self.words(name))
        field.setKeyboardTracking(False)
        return field


class DrawingBox(_Box):
    """Brush, eraser, polygon, threshold brush, grow; and what the tool in hand can be set to."""

    def __init__(self, viewer: CtViewer, language: Language) -> None:
        super().__init__("tools", viewer, language)
        self.add_buttons(
            Command.TOOL_BRUSH,
            Command.TOOL_ERASER,
            Command.TOOL_POLYGON,
            Command.TOOL_THRESHOLD,
            Command.TOOL_GROW,
            Command.TOOL_WINDOW,
            Command.UNDO,
            Command.REDO,
        )
        state = viewer.state
        form = QFormLayout()
        form.setSpacing(4)
        self.diameter = self.millimetres("brush_diameter", 1.0, 120.0)
        self.diameter.valueChanged.connect(lambda value: state.set_brush(radius=value / 2))
        form.addRow(self.words("brush_diameter"), self.diameter)
        self.ball = QCheckBox(self.words("brush_ball"))
        self.ball.toggled.connect(lambda on: state.set_brush(ball=on))
        form.addRow("", self.ball)
        self.lowest, self.highest = QSpinBox(), QSpinBox()
        row = QHBoxLayout()
        row.setSpacing(4)
        for field, name in ((self.lowest, "lowest"), (self.highest, "highest")):
            field.setRange(-1024, 3071)
            field.setAccessibleName(self.words(name))
            field.setKeyboardTracking(False)
            field.valueChanged.connect(self._set_threshold)
            row.addWidget(field)
        self._range = QWidget()
        self._range.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        form.addRow(self.words("range"), self._range)
        self.reach = self.millimetres("reach", 1.0, 200.0)
        self.reach.valueChanged.connect(state.set_grow_reach)
        form.addRow(self.words("reach"), self.reach)
        self.form = form
        self.column.addLayout(form)
        state.changed.connect(self._state_changed)
        self._refresh()

    def _set_threshold(self) -> None:
        self.viewer.state.set_threshold(self.lowest.value(), self.highest.value())

    def _state_changed(self, changed: Changed) -> None:
        if changed & (Changed.TOOL | Changed.VOLUME | Changed.AVAILABLE | Changed.PROGRESS):
            self._refresh()

    def _refresh(self) -> None:
        state = self.viewer.state
        fields = (self.diameter, self.ball, self.lowest, self.highest, self.reach)
        blockers = [QSignalBlocker(field) for field in fields]
        self.diameter.setValue(state.brush_radius * 2)
        self.ball.setChecked(state.brush_is_ball)
        self.lowest.setValue(round(state.threshold[0]))
        self.highest.setValue(round(state.threshold[1]))
        self.reach.setValue(state.grow_reach)
        del blockers
        for field in fields:
            field.setEnabled(state.can_edit)
        self.form.setRowVisible(self._range, state.tool in (Tool.THRESHOLD, Tool.GROW))
        self.form.setRowVisible(self.reach, state.tool is Tool.GROW)


class WholeRoiBox(_Box):
    """Fill between slices, smooth, largest island, margin, erase; with progress and Stop while one of them runs."""

    def __init__(self, viewer: CtViewer, language: Language) -> None:
        super().__init__("whole", viewer, language)
        self.add_buttons(Command.FILL_BETWEEN, columns=1)
        grid = self.add_buttons(Command.MARGIN_GROW, Command.MARGIN_SHRINK, columns=3)
        self.margin = self.millimetres("margin", 0.5, 30.0)
        self.margin.setValue(viewer.margin)
        self.margin.setToolTip(self.words("margin"))
        self.margin.valueChanged.connect(self._set_margin)
        grid.addWidget(self.margin, 0, 2)
        self.add_buttons(Command.SMOOTH, Command.LARGEST_ISLAND, Command.ERASE_SLICE, Command.ERASE_ALL)
        self._progress = QProgressBar()
        self._progress.setRange(0, 100)
        self._progress.setTextVisible(False)
        self.stop = QPushButton(self.words("stop"))
        self.stop.clicked.connect(viewer.mask_commands.stop)
        row = QHBoxLayout()
        row.addWidget(self._progress)
        row.addWidget(self.stop)
        self._running = QWidget()
        row.setContentsMargins(0, 0, 0, 0)
        self._running.setLayout(row)
        self.column.addWidget(self._running)
        viewer.state.changed.connect(self._state_changed)
        self._state_changed(Changed.PROGRESS)

    def _set_margin(self, margin: float) -> None:
        self.viewer.margin = margin

    def _state_changed(self, changed: Changed) -> None:
        if changed & Changed.PROGRESS:
            fraction = self.viewer.state.progress
            self._running.setVisible(fraction is not None)
            self._progress.setValue(round(100 * (fraction or 0.0)))


class AssistedBox(_Box):
    """Strokes inside and outside, and what to do with the proposal."""

    def __init__(self, viewer: CtViewer, language: Language) -> None:
        super().__init__("assisted", viewer, language)
        self.hint = WrappedLabel()
        self.column.addWidget(self.hint)
        self.add_buttons(Command.TOOL_INSIDE, Command.TOOL_OUTSIDE, Command.ACCEPT_PROPOSAL, Command.DISCARD_PROPOSAL)
        viewer.session.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        session = self.viewer.session
        if session.is_running:
            sentence = self.words("assist_running")
        elif session.proposal is not None:
            sentence = self.words("assist_ready")
        elif session.strokes:
            sentence = self.words("assist_needs_inside")
        else:
            sentence = self.words("assist_hint")
        self.hint.setText(sentence)
