"""Offers other readings of the patient's name, where the files do not say in which script it is written."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.language import Language, text

__all__ = ["NameReadings"]


class NameReadings(QWidget):
    """The name as it was read, and a button for each other reading.

    Signals:
        chosen: A person chose a reading; carries its character set.
    """

    chosen = Signal(str)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._question = QLabel(self)
        self._question.setWordWrap(True)
        self._buttons = QHBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._question)
        column.addLayout(self._buttons)
        self.hide()

    def show_for(self, summary: SeriesSummary | None) -> None:
        """Offers the other readings of a series' name; hides if there are none."""
        while (item := self._buttons.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        readings = summary.other_names if summary is not None else ()
        self.setVisible(bool(readings))
        if summary is None or not readings:
            return
        self._question.setText(text("gui.name_question", self._language, name=summary.identity.name))
        for reading in readings:
            # An ampersand in a name is no keyboard shortcut.
            button = QPushButton(f"{reading.name} ({reading.character_set})".replace("&", "&&"), self)
            button.clicked.connect(lambda _checked=False, wanted=reading.character_set: self.chosen.emit(wanted))
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
