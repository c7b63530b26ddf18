"""The step "Pancreas ROI": its tools, what they have made so far, and a person's confirmation."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.gui.viewer.bindings import Command
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.gui.viewer.viewer_state import Changed
from apnet_desktop.language import Language, text

__all__ = ["RoiPanel"]

_DRAWING = (Command.TOOL_BRUSH, Command.TOOL_ERASER)


class RoiPanel(QWidget):
    """Draws, imports and confirms the pancreas ROI of a viewer.

    Args:
        viewer: The viewer whose ROI it is.
        language: Of all sentences.
        parent: Owner.

    Attributes:
        import_requested: The person asks for a file to import the ROI from.
        confirmed: The `Roi` with the person's `Confirmation`.
    """

    import_requested = Signal()
    confirmed = Signal(object)

    def __init__(self, viewer: CtViewer, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._language = language
        self._actions = viewer.actions_of
        layout = QVBoxLayout(self)
        layout.addWidget(self._hint())
        layout.addWidget(self._tools())
        layout.addWidget(self._brush())
        layout.addWidget(self._display())
        layout.addWidget(self._statistics())
        layout.addStretch(1)
        layout.addWidget(self._confirmation())
        self._actions.follow(self)
        viewer.state.changed.connect(self._state_changed)
        self._refresh()

    def set_person(self, name: str) -> None:
        """Proposes who confirms: the person who signed in or confirmed last."""
        self._person.setText(name)

    def _text(self, id: str, **values: str | int | float) -> str:
        return text(f"roi.{id}", self._language, **values)

    def _hint(self) -> QWidget:
        hint = QLabel(self._text("hint"))
        hint.setWordWrap(True)
        return hint

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setSizePolicy(button.sizePolicy().Policy.Expanding, button.sizePolicy().Policy.Fixed)
        return button

    def _tools(self) -> QWidget:
        box = QGroupBox(self._text("tools"))
        grid = QGridLayout(box)
        buttons = [self._button(self._actions.by_command[command]) for command in _DRAWING]
        for place, button in enumerate(buttons):
            grid.addWidget(button, place // 2, place % 2)
        row = (len(buttons) + 1) // 2
        grid.addWidget(self._button(self._actions.by_command[Command.UNDO]), row, 0)
        grid.addWidget(self._button(self._actions.by_command[Command.REDO]), row, 1)
        self._import = QPushButton(self._text("import"))
        self._import.clicked.connect(self.import_requested)
        grid.addWidget(self._import, row + 1, 0, 1, 2)
        return box

    def _brush(self) -> QWidget:
        box = QGroupBox(self._text("brush"))
        form = QFormLayout(box)
        self._radius = QDoubleSpinBox()
        self._radius.setRange(1.0, 120.0)
        self._radius.setDecimals(1)
        self._radius.setSuffix(self._text("millimetres_suffix"))
        self._radius.setAccessibleName(self._text("brush_diameter"))
        self._radius.valueChanged.connect(lambda value: self._viewer.state.set_brush(radius=value / 2))
        form.addRow(self._text("brush_diameter"), self._radius)
        self._ball = QCheckBox(self._text("brush_ball"))
        self._ball.toggled.connect(lambda on: self._viewer.state.set_brush(ball=on))
        form.addRow(self._ball)
        return box

    def _display(self) -> QWidget:
        box = QGroupBox(self._text("display"))
        form = QFormLayout(box)
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(0, 100)
        self._opacity.setAccessibleName(self._text("opacity"))
        self._opacity.valueChanged.connect(lambda value: self._viewer.state.show(opacity=value / 100))
        form.addRow(self._text("opacity"), self._opacity)
        return box

    def _statistics(self) -> QWidget:
        box = QGroupBox(self._text("so_far"))
        form = QFormLayout(box)
        self._volume, self._slices, self._mean = QLabel(), QLabel(), QLabel()
        for id, label in (("volume", self._volume), ("slices", self._slices), ("mean", self._mean)):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(self._text(id), label)
        return box

    def _confirmation(self) -> QWidget:
        box = QFrame()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        self._state = QLabel()
        self._state.setWordWrap(True)
        layout.addWidget(self._state)
        row = QHBoxLayout()
        row.addWidget(QLabel(self._text("person")))
        self._person = QLineEdit()
        self._person.setMaxLength(120)
        self._person.setAccessibleName(self._text("person"))
        self._person.setPlaceholderText(self._text("person_hint"))
        self._person.textChanged.connect(self._refresh)
        self._person.returnPressed.connect(self._confirm)
        row.addWidget(self._person)
        layout.addLayout(row)
        self._confirm_button = QPushButton(self._text("confirm"))
        self._confirm_button.clicked.connect(self._confirm)
        layout.addWidget(self._confirm_button)
        return box

    def _confirm(self) -> None:
        person = self._person.text().strip()
        if not self._confirm_button.isEnabled() or not person:
            return
        roi = self._viewer.confirm_roi(person, datetime.now(UTC))
        if roi is not None:
            self.confirmed.emit(roi)

    def _state_changed(self, changed: Changed) -> None:
        if changed & (Changed.VOLUME | Changed.AVAILABLE | Changed.ROI | Changed.TOOL | Changed.DISPLAY):
            self._refresh()

    def _refresh(self) -> None:
        state = self._viewer.state
        self._import.setEnabled(state.can_edit)
        with QSignalBlocker(self._radius), QSignalBlocker(self._opacity), QSignalBlocker(self._ball):
            self._radius.setValue(state.brush_radius * 2)
            self._opacity.setValue(round(state.overlay_opacity * 100))
            self._ball.setChecked(state.brush_is_ball)
        self._radius.setEnabled(state.can_edit)
        self._ball.setEnabled(state.can_edit)
        self._show_statistics()
        self._show_confirmation()

    def _show_statistics(self) -> None:
        editor = self._viewer.state.editor
        statistics = None if editor is None else editor.statistics()
        if statistics is None or statistics.mean is None:
            for label in (self._volume, self._slices, self._mean):
                label.setText(self._text("none"))
            return
        self._volume.setText(self._text("volume_value", volume=f"{statistics.volume:.1f}"))
        first, last = statistics.first_slice or 0, statistics.last_slice or 0
        self._slices.setText(self._text("slices_value", count=statistics.slices, first=first + 1, last=last + 1))
        self._mean.setText(self._text("mean_value", mean=f"{statistics.mean:.0f}".replace("-", "−")))

    def _show_confirmation(self) -> None:
        editor = self._viewer.state.editor
        empty = editor is None or editor.is_empty or not self._viewer.state.can_edit
        confirmation = None if editor is None else editor.confirmation
        if empty:
            sentence = self._text("state_empty")
        elif confirmation is None:
            sentence = self._text("state_unconfirmed")
        else:
            when = confirmation.time.astimezone().strftime("%Y-%m-%d %H:%M")
            sentence = self._text("state_confirmed", person=confirmation.person, time=when)
        self._state.setText(sentence)
        self._confirm_button.setEnabled(not empty and confirmation is None and bool(self._person.text().strip()))
