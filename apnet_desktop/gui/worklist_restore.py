"""Where the case store is damaged: offers its back-ups, and puts the chosen one in its place."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from apnet_desktop.cases.backup import list_backups, restore_backup
from apnet_desktop.errors import CaseError
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, Message, text

__all__ = ["RestoreDialog"]


class RestoreDialog(QDialog):
    """Shows why the store does not open and its back-ups; accepted once one of them is in place.

    Args:
        folder: The store's folder.
        reason: Why it does not open.
        language: Of every text.
        parent: Qt's owner.

    Raises:
        CaseError: The folder cannot be read.
    """

    def __init__(self, folder: Path, reason: Message, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._language = language
        self.setWindowTitle(text("worklist.restore_title", language))
        self.setMinimumWidth(560)
        why = QLabel(reason.text(language), self)
        why.setWordWrap(True)
        why.setTextFormat(Qt.TextFormat.PlainText)
        hint = QLabel(text("worklist.restore_hint", language), self)
        hint.setObjectName("quiet")
        hint.setWordWrap(True)
        self.list = QListWidget(self)
        for backup in list_backups(folder):
            changed = datetime.fromtimestamp(backup.stat().st_mtime).astimezone()
            words = text("worklist.restore_entry", language, day=f"{changed:%Y-%m-%d}", time=f"{changed:%H:%M}")
            item = QListWidgetItem(words, self.list)
            item.setData(Qt.ItemDataRole.UserRole, str(backup))
        self.list.setCurrentRow(0)
        self.fault = QLabel(self)
        self.fault.setWordWrap(True)
        self.fault.setStyleSheet(f"color: {colours().refused.name()};")
        if not self.list.count():
            self.fault.setText(text("worklist.restore_none", language))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.restore_button = buttons.addButton(
            text("worklist.restore_do", language), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.restore_button.setEnabled(self.list.count() > 0)
        buttons.accepted.connect(self.put_back)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(10)
        for widget in (why, hint, self.list, self.fault, buttons):
            column.addWidget(widget)

    def put_back(self) -> None:
        """Puts the chosen back-up in place; the damaged database is kept beside it."""
        item = self.list.currentItem()
        try:
            restore_backup(self._folder, Path(item.data(Qt.ItemDataRole.UserRole)))
        except CaseError as error:
            self.fault.setText(error.message.text(self._language))
            return
        self.accept()
