"""The table of presets, keys and mouse buttons, for a person to edit."""

from __future__ import annotations

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.gui.viewer.bindings import Bindings, Command, MouseAction, WindowPreset
from apnet_desktop.language import Language, text

__all__ = ["BindingsEditor"]

_BUTTONS = ("left", "middle", "right")


class BindingsEditor(QDialog):
    """Edits a table of bindings; a table in which one key does two things is refused with the key's name.

    Args:
        bindings: The table in use.
        language: Of all sentences.
        parent: Owner.

    Attributes:
        changed: The new `Bindings`, when the person accepts them.
    """

    changed = Signal(object)

    def __init__(self, bindings: Bindings, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self.setWindowTitle(text("viewer.edit_title", language))
        self.resize(640, 560)
        self.presets = QTableWidget(0, 4)
        self.keys = QTableWidget(len(Command), 2)
        self._mouse: dict[str, QComboBox] = {}
        tabs = QTabWidget()
        tabs.addTab(self._presets_page(), text("viewer.edit_presets", language))
        tabs.addTab(self.keys, text("viewer.edit_keys", language))
        tabs.addTab(self._mouse_page(), text("viewer.edit_mouse", language))
        self.fault = QLabel()
        self.fault.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(tabs)
        layout.addWidget(self.fault)
        layout.addWidget(self._buttons())
        self.show_bindings(bindings)

    def _words(self, id: str) -> str:
        return text(f"viewer.{id}", self._language)

    def _presets_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        headers = [self._words(f"edit_{name}") for name in ("name", "center", "width", "key")]
        self.presets.setHorizontalHeaderLabels(headers)
        self.presets.horizontalHeader().setStretchLastSection(True)
        layout.addWidget(self.presets)
        row = QHBoxLayout()
        for name, act in (("edit_add", self._add_preset), ("edit_remove", self._remove_preset)):
            button = QPushButton(self._words(name))
            button.setAutoDefault(False)
            button.clicked.connect(act)
            row.addWidget(button)
        row.addStretch(1)
        layout.addLayout(row)
        return page

    def _mouse_page(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        for button in _BUTTONS:
            choice = QComboBox()
            for action in MouseAction:
                choice.addItem(self._words(f"mouse_{action}"), action.value)
            choice.setAccessibleName(self._words(f"button_{button}"))
            self._mouse[button] = choice
            form.addRow(self._words(f"button_{button}"), choice)
        return page

    def _buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel | kinds.RestoreDefaults)
        for kind, name in (
            (kinds.Ok, "edit_ok"),
            (kinds.Cancel, "edit_cancel"),
            (kinds.RestoreDefaults, "edit_shipped"),
        ):
            buttons.button(kind).setText(self._words(name))
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        buttons.button(kinds.RestoreDefaults).clicked.connect(lambda: self.show_bindings(Bindings()))
        return buttons

    def show_bindings(self, bindings: Bindings) -> None:
        """Fills the tables."""
        self.presets.setRowCount(0)
        for preset in bindings.presets:
            self._put_preset(preset)
        self.keys.setHorizontalHeaderLabels([self._words("edit_command"), self._words("edit_key")])
        self.keys.horizontalHeader().setStretchLastSection(True)
        self.keys.setColumnWidth(0, 380)
        for row, command in enumerate(Command):
            name = QTableWidgetItem(self._words(f"command_{command}"))
            name.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.keys.setItem(row, 0, name)
            self.keys.setItem(row, 1, QTableWidgetItem("  ".join(bindings.keys_of(command))))
        for button, choice in self._mouse.items():
            choice.setCurrentIndex(choice.findData(getattr(bindings, button).value))

    def bindings(self) -> Bindings:
        """The table as it stands.

        Raises:
            ValidationError: A number is missing or not positive, or a key is bound twice; a ValueError.
        """
        presets = []
        for row in range(self.presets.rowCount()):
            name, center, width, key = (self._cell(self.presets, row, column) for column in range(4))
            item = self.presets.item(row, 0)
            id = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
            shipped = id is not None and name == self._words(f"preset_{id}")
            presets.append(
                WindowPreset.model_validate(
                    {
                        "id": id or f"own_{row}",
                        "label": "" if shipped else name,
                        "center": center,
                        "width": width,
                        "key": _portable(key),
                    }
                )
            )
        keys = {
            command: tuple(_portable(key) for key in self._cell(self.keys, row, 1).split())
            for row, command in enumerate(Command)
        }
        mouse = {button: MouseAction(choice.currentData()) for button, choice in self._mouse.items()}
        return Bindings(presets=tuple(presets), keys=keys, **mouse)

    def _cell(self, table: QTableWidget, row: int, column: int) -> str:
        item = table.item(row, column)
        return "" if item is None else item.text().strip()

    def _put_preset(self, preset: WindowPreset) -> None:
        row = self.presets.rowCount()
        self.presets.insertRow(row)
        name = QTableWidgetItem(preset.label or self._words(f"preset_{preset.id}"))
        name.setData(Qt.ItemDataRole.UserRole, None if preset.label else preset.id)
        self.presets.setItem(row, 0, name)
        for column, value in enumerate((f"{preset.center:g}", f"{preset.width:g}", preset.key), start=1):
            self.presets.setItem(row, column, QTableWidgetItem(value))

    def _add_preset(self) -> None:
        self._put_preset(WindowPreset(id="own", label=self._words("edit_new"), center=40, width=400))
        self.presets.setCurrentCell(self.presets.rowCount() - 1, 0)

    def _remove_preset(self) -> None:
        if self.presets.currentRow() >= 0:
            self.presets.removeRow(self.presets.currentRow())

    def _accept(self) -> None:
        try:
            bindings = self.bindings()
        except ValidationError as error:
            reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
            self.fault.setText(text("viewer.edit_fault", self._language, reason=reason))
            return
        self.changed.emit(bindings)
        self.accept()


def _portable(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)
