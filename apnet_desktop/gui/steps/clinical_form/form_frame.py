"""The frame of the form: its parts, and how they are arranged for a width, a font and a palette."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.gui.steps.clinical_form.body import FormBody, plain_scroll_area
from apnet_desktop.gui.steps.clinical_form.form_bar import FormBar
from apnet_desktop.gui.steps.clinical_form.notices import DifferenceStrip, ImportStrip
from apnet_desktop.gui.steps.clinical_form.score_panel import ScorePanel
from apnet_desktop.gui.steps.clinical_form.style import form_style
from apnet_desktop.language import Language

__all__ = ["FormFrame"]

_COLUMN = 20  # pairs of digits: narrower, a field with its unit does not read well
_PANEL = 22


class FormFrame(QWidget):
    """Bar, strips, questions and scores; the scores beside the questions or below them."""

    def __init__(self, schema: FactorSchema, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._schema = schema
        self._language = language
        self._style = form_style()
        self.setStyleSheet(self._style)
        self._bar = FormBar(language, self)
        self._difference_strip = DifferenceStrip(language, self)
        self._import_strip = ImportStrip(language, self)
        self._body = FormBody(schema, language, self)
        self._scores = ScorePanel(schema, language, self)
        self._side = QScrollArea(self)
        plain_scroll_area(self._side, self._scores)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._body, 1)
        row.addWidget(self._side)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for widget in (self._bar, self._difference_strip, self._import_strip):
            column.addWidget(widget)
        column.addLayout(row, 1)

    @property
    def schema(self) -> FactorSchema:
        """The factors of the bundle in use."""
        return self._schema

    @property
    def language(self) -> Language:
        """Of the texts."""
        return self._language

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """One column or two, the scores beside or below, as the width allows."""
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Arranges for the width it is shown with."""
        super().showEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """A larger font needs another arrangement, another palette other colours."""
        super().changeEvent(event)
        if not hasattr(self, "_side"):
            return
        if event.type() == QEvent.Type.FontChange:
            self._arrange()
        elif event.type() == QEvent.Type.PaletteChange and self._style != form_style():
            self._style = form_style()
            self.setStyleSheet(self._style)

    def _arrange(self) -> None:
        # In widths, not heights: a Chinese font's lines are taller, its digits are not wider.
        pair = self.fontMetrics().horizontalAdvance("00")
        beside = self.width() >= (_COLUMN + _PANEL) * pair
        for_fields = self.width() - (_PANEL * pair if beside else 0)
        self._body.set_columns(2 if for_fields >= 2 * _COLUMN * pair else 1)
        self._side.setFixedWidth(_PANEL * pair)
        if beside and self._side.widget() is None:
            self._side.setWidget(self._scores)
        elif not beside and self._side.widget() is not None:
            self._side.takeWidget()
            self._body.put_below(self._scores)
        self._scores.show()
        self._side.setVisible(beside)
