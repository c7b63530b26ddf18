"""The step "Pancreas ROI": its tools, what they have made so far, and a person's confirmation."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.gui.steps.roi_files import RoiFilesBox
from apnet_desktop.gui.steps.roi_label import WrappedLabel
from apnet_desktop.gui.steps.roi_tools import AssistedBox, DrawingBox, WholeRoiBox
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.gui.viewer.viewer_state import Changed
from apnet_desktop.language import Language, Message, text

__all__ = ["RoiPanel"]


class RoiPanel(QWidget):
    """Draws, imports and confirms the pancreas ROI of a viewer.

    Args:
        viewer: The viewer whose ROI it is.
        language: Of all sentences.
        parent: Owner.

    Attributes:
        import_requested: The person asks for a file to import the ROI from.
        confirmed: The `Roi` with the person's `Confirmation`.
        files: Where a ROI may come from.
    """

    import_requested = Signal()
    confirmed = Signal(object)

    def __init__(self, viewer: CtViewer, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._language = language
        self._actions = viewer.actions_of
        self._notice = WrappedLabel()
        self._notice.hide()
        content = QWidget()
        column = QVBoxLayout(content)
        column.setSpacing(8)
        for part in (
            self._hint(),
            DrawingBox(viewer, language),
            AssistedBox(viewer, language),
            WholeRoiBox(viewer, language),
            self._bring_in(),
            self._notice,
            self._display(),
        ):
            column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._statistics())
        layout.addWidget(self._confirmation())
        self._scroll, self._content = scroll, content
        self._actions.follow(self)
        viewer.mask_commands.refused.connect(self._show_refusal)
        viewer.state.changed.connect(self._state_changed)
        self._refresh()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Wide enough for every button's words."""
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        return QSize(self._content.minimumSizeHint().width() + bar, 600)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as needed, and low: the tools scroll."""
        return QSize(self.sizeHint().width(), 300)

    def set_person(self, name: str) -> None:
        """Proposes who confirms: the person who signed in or confirmed last."""
        self._person.setText(name)

    def confirm(self) -> bool:
        """Confirms as the named person, as the button does; False where nothing waits for it or nobody is named."""
        if not self._confirm_button.isEnabled():
            return False
        self._confirm()
        return True

    def _text(self, id: str, **values: str | int | float) -> str:
        return text(f"roi.{id}", self._language, **values)

    def _hint(self) -> QWidget:
        return WrappedLabel(self._text("hint"))

    def _bring_in(self) -> RoiFilesBox:
        self.files = RoiFilesBox(self._language)
        self.files.import_requested.connect(self.import_requested)
        self.files.automatic_requested.connect(self._segment)
        return self.files

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
        grid = QGridLayout(box)
        grid.setContentsMargins(8, 4, 8, 4)
        grid.setVerticalSpacing(0)
        self._volume, self._slices, self._mean = QLabel(), QLabel(), QLabel()
        for column, (id, label) in enumerate(
            (("volume", self._volume), ("slices", self._slices), ("mean", self._mean))
        ):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            name = QLabel(self._text(id))
            name.setObjectName("quiet")
            name.setBuddy(label)
            grid.addWidget(name, 0, column)
            grid.addWidget(label, 1, column)
            grid.setColumnStretch(column, 1)
        return box

    def _confirmation(self) -> QWidget:
        box = QFrame()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        self._state = WrappedLabel()
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
        self._confirm_button.setObjectName("primary")
        self._confirm_button.clicked.connect(self._confirm)
        layout.addWidget(self._confirm_button)
        return box

    def _segment(self) -> None:
        self._notice.hide()
        self._viewer.mask_commands.segment()

    def _show_refusal(self, message: Message) -> None:
        self._notice.setText(message.text(self._language))
        self._notice.show()

    def _confirm(self) -> None:
        person = self._person.text().strip()
        if not self._confirm_button.isEnabled() or not person:
            return
        roi = self._viewer.confirm_roi(person, datetime.now(UTC))
        if roi is not None:
            self.confirmed.emit(roi)

    def _state_changed(self, changed: Changed) -> None:
        if changed & (Changed.VOLUME | Changed.AVAILABLE | Changed.ROI | Changed.DISPLAY | Changed.PROGRESS):
            self._refresh()

    def _refresh(self) -> None:
        state = self._viewer.state
        self.files.set_usable(state.can_edit)
        with QSignalBlocker(self._opacity):
            self._opacity.setValue(round(state.overlay_opacity * 100))
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
