"""Signed bars: what each factor adds to the clinical model's log-odds, or what CT and form add to the answer's."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from apnet_desktop.gui.theme import colours
from apnet_desktop.report.wording import log_odds_text

__all__ = ["ContributionBars"]


class ContributionBars(QWidget):
    """One row a contribution: name with value on the left, a bar to the right (raises) or left (lowers) of zero.

    Direction is told by side and sign, not by colour alone.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[str, float], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def rows(self) -> tuple[tuple[str, float], ...]:
        """What is drawn: name and log-odds."""
        return self._rows

    def show_rows(self, rows: tuple[tuple[str, float], ...]) -> None:
        """Shows `rows` (name, log-odds) from top to bottom."""
        self._rows = rows
        self.setAccessibleName("; ".join(f"{name} {log_odds_text(value)}" for name, value in rows))
        self.updateGeometry()
        self.update()

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 6

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """One line a row."""
        return QSize(280, self._row_height() * len(self._rows))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As tall as all rows."""
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draws the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = colours()
        metrics = self.fontMetrics()
        names = round(self.width() * 0.46)
        figures = metrics.horizontalAdvance("+0.000")
        room = (self.width() - names - 2 * figures) / 2
        zero = names + figures + room
        largest = max((abs(value) for _, value in self._rows), default=1.0) or 1.0
        for number, (name, value) in enumerate(self._rows):
            top, height = number * self._row_height(), self._row_height()
            painter.setPen(self.palette().windowText().color())
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, names - 8)
            painter.drawText(QRectF(0, top, names - 8, height), Qt.AlignmentFlag.AlignVCenter, shown)
            length = abs(value) / largest * room
            raises = value >= 0
            bar = QRectF(zero if raises else zero - length, top + 4, length, height - 8)
            painter.setPen(chosen.look if raises else chosen.accent)
            style = Qt.BrushStyle.SolidPattern if raises else Qt.BrushStyle.Dense4Pattern
            painter.setBrush(QBrush(chosen.look if raises else chosen.accent, style))
            painter.drawRect(bar)
            painter.setPen(self.palette().windowText().color())
            side = (
                QRectF(bar.right() + 4, top, figures, height)
                if raises
                else QRectF(bar.left() - 4 - figures, top, figures, height)
            )
            align = Qt.AlignmentFlag.AlignLeft if raises else Qt.AlignmentFlag.AlignRight
            painter.drawText(side, align | Qt.AlignmentFlag.AlignVCenter, log_odds_text(value))
        painter.setPen(chosen.quiet)
        painter.drawLine(round(zero), 0, round(zero), self.height())
        painter.end()
