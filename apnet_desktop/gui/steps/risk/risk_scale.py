"""A line from 0 to 100 % with the risk, its interval, the threshold and the base rate."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from apnet_desktop.bundle.prediction import RouteRisk
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, text
from apnet_desktop.report.wording import percent_text

__all__ = ["RiskScale"]

_MARGIN = 14


class RiskScale(QWidget):
    """Draws one or more risks on a common scale from 0 to 100 %.

    Args:
        language: Of the captions.
        large: True for the answer: taller, with captions of threshold and base rate.
        parent: Qt parent.
    """

    def __init__(self, language: Language, large: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._large = large
        self._risk: RouteRisk | None = None
        self._threshold: float | None = None
        self._base_rate: float | None = None
        self._muted = False
        self._base_caption = "gui.scale_base_rate"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Height for the bar, and for the captions where there are any."""
        line = self.fontMetrics().height()
        return QSize(260, 26 + 2 * line if self._large else 18)

    def show_risk(
        self,
        risk: RouteRisk | None,
        threshold: float | None = None,
        base_rate: float | None = None,
        muted: bool = False,
        base_caption: str = "gui.scale_base_rate",
    ) -> None:
        """Shows `risk` with its interval; `muted` draws it in grey because it does not hold.

        Args:
            risk: The risk.
            threshold: Marked above the line.
            base_rate: Marked below the line.
            muted: Grey.
            base_caption: Sentence of the mark below.
        """
        self._base_caption = base_caption
        self._risk, self._threshold, self._base_rate, self._muted = risk, threshold, base_rate, muted
        if risk is not None:
            shown = (percent_text(value, self._language) for value in (risk.risk, risk.lower, risk.upper))
            self.setAccessibleName(" / ".join(shown))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draws the scale."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = colours()
        line = self.fontMetrics().height()
        top = line + 2 if self._large else 3
        height = 12
        track = QRectF(_MARGIN, top, self.width() - 2 * _MARGIN, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(chosen.line)
        painter.drawRoundedRect(track, height / 2, height / 2)
        colour = chosen.quiet if self._muted else chosen.accent
        if self._risk is not None:
            self._draw_risk(painter, track, self._risk, colour)
        if self._large:
            self._draw_captions(painter, track, chosen.quiet)
        painter.end()

    def _draw_risk(self, painter: QPainter, track: QRectF, risk: RouteRisk, colour: QColor) -> None:
        interval = QColor(colour)
        interval.setAlphaF(0.35)
        left, right = _at(track, risk.lower), _at(track, risk.upper)
        painter.setBrush(interval)
        painter.drawRoundedRect(QRectF(left, track.top(), max(right - left, 3.0), track.height()), 5, 5)
        painter.setBrush(colour)
        painter.setPen(QPen(self.palette().window().color(), 2))
        painter.drawEllipse(QPointF(_at(track, risk.risk), track.center().y()), 8, 8)

    def _draw_captions(self, painter: QPainter, track: QRectF, quiet: QColor) -> None:
        line = self.fontMetrics().height()
        painter.setPen(quiet)
        below = QRectF(0, track.bottom() + 3, self.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "0%")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, "100%")
        if self._threshold is not None:
            x = _at(track, self._threshold)
            painter.setPen(QPen(self.palette().windowText().color(), 2))
            painter.drawLine(QPointF(x, track.top() - 3), QPointF(x, track.bottom() + 3))
            shown = text("gui.scale_threshold", self._language, percent=percent_text(self._threshold, self._language))
            self._caption(painter, x, 0, shown)
        if self._base_rate is not None:
            x = _at(track, self._base_rate)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(quiet)
            tip = track.bottom() + 1
            painter.drawPolygon(QPolygonF([QPointF(x, tip), QPointF(x - 5, tip + 7), QPointF(x + 5, tip + 7)]))
            painter.setPen(quiet)
            shown = text(self._base_caption, self._language, percent=percent_text(self._base_rate, self._language))
            self._caption(painter, x, track.bottom() + 8, shown)

    def _caption(self, painter: QPainter, x: float, top: float, words: str) -> None:
        width = self.fontMetrics().horizontalAdvance(words) + 2
        left = min(max(x - width / 2, 0.0), self.width() - width)
        if top > 0:  # beside the 0% and 100% of the same line
            ends = self.fontMetrics().horizontalAdvance("100%") + 6
            left = min(max(left, ends), self.width() - width - ends)
        painter.drawText(QRectF(left, top, width, self.fontMetrics().height()), Qt.AlignmentFlag.AlignCenter, words)


def _at(track: QRectF, share: float) -> float:
    return track.left() + track.width() * min(max(share, 0.0), 1.0)
