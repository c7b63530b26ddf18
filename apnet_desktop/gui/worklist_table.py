"""The table of cases: Enter opens, Delete deletes, letters go to the search."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from apnet_desktop.cases.listing import CaseSummary
from apnet_desktop.gui.theme import colours
from apnet_desktop.gui.worklist_delegate import WorklistDelegate
from apnet_desktop.gui.worklist_model import WorklistColumn, WorklistModel

__all__ = ["CaseTable"]

_WIDTHS = {
    WorklistColumn.PATIENT: 250,
    WorklistColumn.STUDY: 104,
    WorklistColumn.STEPS: 124,
    WorklistColumn.RISK: 74,
    WorklistColumn.CHANGED: 132,
}
_TINT = 0.14
_NAME_SHARE = 0.25
_WIDEST_NAME = 420


class CaseTable(QTableView):
    """The rows of a `WorklistModel`.

    Signals:
        asked_open: Enter or a double click.
        asked_delete: The Delete key.
        typed: A letter; the search takes it.
        row_changed: Another row is selected.
    """

    asked_open = Signal()
    asked_delete = Signal()
    typed = Signal(str)
    row_changed = Signal()

    def __init__(self, model: WorklistModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._cases = model
        self._dressing = False
        self.setModel(model)
        self.setItemDelegate(WorklistDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QFrame.Shape.NoFrame)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(WorklistColumn.NEXT, QHeaderView.ResizeMode.Stretch)
        vertical = self.verticalHeader()
        vertical.setDefaultSectionSize(2 * self.fontMetrics().height() + 18)
        vertical.hide()
        self.selectionModel().currentRowChanged.connect(lambda *_: self.row_changed.emit())
        self.doubleClicked.connect(lambda _: self.asked_open.emit())
        self._dress()

    def selected(self) -> CaseSummary | None:
        """The selected case."""
        return self._cases.summary(self.currentIndex())

    def select_row(self, row: int) -> None:
        """Selects a row."""
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self._cases.index(row, 0), flags)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Long names get a share of a wide window."""
        super().resizeEvent(event)
        wanted = round(self.viewport().width() * _NAME_SHARE)
        self.setColumnWidth(WorklistColumn.PATIENT, min(max(wanted, _WIDTHS[WorklistColumn.PATIENT]), _WIDEST_NAME))

    def _dress(self) -> None:
        """Selection as a tint, so that the state colours stay what they are; a header without boxes."""
        self._dressing = True
        chosen = colours()
        palette = self.palette()
        base = palette.color(QPalette.ColorRole.Base)
        palette.setColor(QPalette.ColorRole.Highlight, _mixed(base, chosen.accent, _TINT))
        palette.setColor(QPalette.ColorRole.HighlightedText, palette.color(QPalette.ColorRole.Text))
        self.setPalette(palette)
        self.horizontalHeader().setStyleSheet(
            f"QHeaderView::section {{ background: {base.name()}; color: {chosen.quiet.name()}; border: none;"
            f"border-bottom: 1px solid {chosen.line.name()}; padding: 8px 10px; }}"
        )
        self._dressing = False

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follows a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationPaletteChange and not self._dressing:
            self.setPalette(QPalette())
            self._dress()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter opens, Delete deletes, letters go to the search."""
        key, modifiers = event.key(), event.modifiers()
        plain = modifiers in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.asked_open.emit()
        elif key == Qt.Key.Key_Delete:
            self.asked_delete.emit()
        elif plain and event.text().strip() and event.text().isprintable():
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)


def _mixed(base: QColor, other: QColor, share: float) -> QColor:
    def channel(one: int, two: int) -> int:
        return round((1 - share) * one + share * two)

    return QColor(
        channel(base.red(), other.red()), channel(base.green(), other.green()), channel(base.blue(), other.blue())
    )
