"""Fields under a heading, in one or two columns as the width allows."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from apnet_desktop.clinical.factor import FactorKind
from apnet_desktop.gui.steps.clinical_form.field import FactorField

__all__ = ["FieldGroup"]

_WIDE = 5  # answers from which a choice takes the whole row


class FieldGroup(QFrame):
    """One heading and its fields, on a card."""

    def __init__(self, heading: str, fields: tuple[FactorField, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.fields = fields
        self._columns = 0
        title = QLabel(heading, self)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setBold(True)
        title.setFont(font)
        title.setTextFormat(Qt.TextFormat.PlainText)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(28)
        self._grid.setVerticalSpacing(12)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(10)
        column.addWidget(title)
        column.addLayout(self._grid)
        self.set_columns(2)

    def set_columns(self, columns: int) -> None:
        """Lays the fields out in one column or two; long questions take a whole row."""
        if columns == self._columns:
            return
        self._columns = columns
        for field in self.fields:
            self._grid.removeWidget(field)  # takeAt would leave an item behind that keeps the field's old height
        row, at = 0, 0
        for field in self.fields:
            span = columns if _is_wide(field) else 1
            if at and at + span > columns:
                row, at = row + 1, 0
            self._grid.addWidget(field, row, at, 1, span)
            at += span
            if at >= columns:
                row, at = row + 1, 0
        for place in range(2):
            self._grid.setColumnStretch(place, 1 if place < columns else 0)


def _is_wide(field: FactorField) -> bool:
    choices = field.factor.choices
    letters = sum(len(choice.label.en) for choice in choices)
    return field.factor.kind is FactorKind.MULTI_CHOICE or len(choices) >= _WIDE or letters > 50
