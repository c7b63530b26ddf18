"""The list of series: fills while a folder is looked through, a few rows at a time so that the window stays awake."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.gui.steps.series_row import SeriesRow, series_facts, series_title, series_verdict
from apnet_desktop.gui.theme import LIST_RIM
from apnet_desktop.language import Language, text

__all__ = ["SeriesList"]

# A row takes a millisecond or two: this many keep the window responsive.
_ROWS_AT_ONCE = 6


class SeriesList(QListWidget):
    """Series, each a row.

    Signals:
        series_chosen: A person chose a series; carries the `SeriesSummary`.
    """

    series_chosen = Signal(object)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self.series: tuple[SeriesSummary, ...] = ()
        self._shown: list[SeriesSummary | None] = []
        self.setAccessibleName(text("gui.series_list", language))
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemActivated.connect(self._activated)
        self.itemClicked.connect(self._activated)
        self._filling = QTimer(self)
        self._filling.setInterval(0)
        self._filling.timeout.connect(self._fill)

    def show_series(self, series: tuple[SeriesSummary, ...], chosen: int | None = None) -> None:
        """Shows these series in this order; only rows that changed are made anew. `chosen` is the row to mark."""
        self.series = series
        while self.count() > len(series):
            self.takeItem(self.count() - 1)
            self._shown.pop()
        for index, summary in enumerate(series):
            if index == self.count():
                self.addItem(QListWidgetItem())
                self._shown.append(None)
            item = self.item(index)
            words = (
                series_title(summary.description, self._language),
                series_facts(summary, self._language),
                series_verdict(summary, self._language),
                summary.sentence.text(self._language),
            )
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ". ".join(words))
            item.setToolTip(words[-1])
            selectable = summary.state is not CheckState.REFUSED
            flags = item.flags() | Qt.ItemFlag.ItemIsSelectable
            item.setFlags(flags if selectable else flags & ~Qt.ItemFlag.ItemIsSelectable)
        if chosen is not None:
            self.setCurrentRow(chosen)
        self._fill()

    def _fill(self) -> None:
        """Makes the next few rows that are not shown as they are now."""
        waiting = [index for index, summary in enumerate(self.series) if self._shown[index] != summary]
        for index in waiting[:_ROWS_AT_ONCE]:
            summary = self.series[index]
            row = SeriesRow(summary, self._language)
            item = self.item(index)
            self.setItemWidget(item, row)
            self._shown[index] = summary
        self._fit()
        if len(waiting) > _ROWS_AT_ONCE:
            self._filling.start()
        else:
            self._filling.stop()

    def _fit(self) -> None:
        """Gives each row the height that its words need."""
        # The style draws a rim around an item: its widget is that much smaller.
        width = self.viewport().width() - 2 * LIST_RIM
        for index in range(self.count()):
            item = self.item(index)
            row = self.itemWidget(item)
            if isinstance(row, SeriesRow):
                item.setSizeHint(QSize(0, row.height_for(width) + 2 * LIST_RIM))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fits the rows to the new width."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Fits the rows once their fonts are those of the style."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._fit)

    def _activated(self, item: QListWidgetItem) -> None:
        self.series_chosen.emit(self.series[self.row(item)])
