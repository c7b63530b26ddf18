"""What can be changed in this patient, with the evidence for it: the literature's advice, never the model's."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from apnet_desktop.clinical.modifiable import Consideration, considerations
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.gui.steps.risk.words import line, quiet_line
from apnet_desktop.language import Language, text

__all__ = ["ConsiderCard"]


class ConsiderCard(QWidget):
    """The modifiable factors that the record speaks of."""

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self.shown: tuple[Consideration, ...] = ()
        self._note = quiet_line(text("risk.consider_note", language), self)
        self._none = line(text("risk.consider_none", language), self)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 6, 0)
        column.setSpacing(8)
        column.addWidget(self._note)
        column.addWidget(self._none)
        column.addLayout(self._rows)
        column.addStretch(1)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What it says."""
        return tuple(one.message.text(self._language) for one in self.shown)

    def show_record(self, record: ClinicalRecord) -> None:
        """Shows what applies to this record; nothing is said of what is unknown."""
        found = considerations(record)
        if found == self.shown and self._rows.count():
            return
        self.shown = found
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for one in found:
            self._rows.addWidget(line("•  " + one.message.text(self._language), self))
        self._none.setVisible(not found)
