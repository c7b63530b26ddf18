"""Draws a row of the worklist: the patient on two lines, the four steps as symbols that differ in shape."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from apnet_desktop.cases.assessment import StepState
from apnet_desktop.gui.theme import colours
from apnet_desktop.gui.worklist_model import WorklistColumn, WorklistModel

__all__ = ["WorklistDelegate"]

_PADDING = 10
_SYMBOL = 15.0
_SYMBOL_GAP = 9.0


class WorklistDelegate(QStyledItemDelegate):
    """Draws the cells of a `WorklistModel`."""

    def sizeHint(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Room for two lines."""
        return QSize(120, 2 * option.fontMetrics.height() + 16)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draws one cell."""
        model = index.model()
        row = model.summary(index) if isinstance(model, WorklistModel) else None
        if row is None or not isinstance(model, WorklistModel):
            super().paint(painter, option, index)
            return
        chosen = colours()
        rect: QRect = option.rect
        palette: QPalette = option.palette
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        if selected and index.column() == WorklistColumn.PATIENT:
            painter.fillRect(QRect(rect.left(), rect.top(), 4, rect.height()), chosen.accent)
        painter.setPen(QPen(chosen.line, 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        ink = palette.color(QPalette.ColorRole.Text)
        area = rect.adjusted(_PADDING, 0, -_PADDING, 0)
        if index.column() == WorklistColumn.PATIENT:
            _draw_patient(painter, area, option, model.first_line(row), model.second_line(row), ink)
        elif index.column() == WorklistColumn.STEPS:
            _draw_steps(painter, area, row.steps)
        else:
            _draw_text(painter, area, option, str(model.data(index) or ""), ink, index.column())
        painter.restore()


def _draw_patient(
    painter: QPainter, area: QRect, option: QStyleOptionViewItem, name: str, second: str, ink: QColor
) -> None:
    font = QFont(option.font)
    font.setBold(True)
    height = option.fontMetrics.height()
    lines = 2 if second else 1
    top = area.top() + (area.height() - lines * (height + 1)) // 2
    painter.setFont(font)
    painter.setPen(ink)
    _line(painter, QRect(area.left(), top, area.width(), height), name)
    painter.setFont(option.font)
    painter.setPen(colours().quiet)
    _line(painter, QRect(area.left(), top + height + 2, area.width(), height), second)


def _draw_text(
    painter: QPainter, area: QRect, option: QStyleOptionViewItem, words: str, ink: QColor, column: int
) -> None:
    font = QFont(option.font)
    quiet = column in (WorklistColumn.STUDY, WorklistColumn.CHANGED)
    if column == WorklistColumn.RISK:
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.2)
    painter.setFont(font)
    painter.setPen(colours().quiet if quiet else ink)
    if column != WorklistColumn.NEXT:
        _line(painter, area, words)
        return
    height = painter.fontMetrics().height()
    wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    needed = painter.fontMetrics().boundingRect(area, int(wrap), words)
    if needed.height() > 2 * height + 4:
        # Two lines fit; what is cut is in the tool tip.
        words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(area.width() * 1.8))
    painter.drawText(area, int(wrap), words)


def _line(painter: QPainter, area: QRect, words: str) -> None:
    shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)


def _draw_steps(painter: QPainter, area: QRect, steps: tuple[StepState, ...]) -> None:
    """A disc with a tick (done), a triangle (look here) or a ring (to do), joined by a line."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    chosen = colours()
    middle = area.center().y() + 0.5
    left = float(area.left())
    stride = _SYMBOL + _SYMBOL_GAP
    painter.setPen(QPen(chosen.line, 2))
    painter.drawLine(QPointF(left + 4, middle), QPointF(left + stride * (len(steps) - 1) + _SYMBOL - 4, middle))
    for number, state in enumerate(steps):
        box = QRectF(left + stride * number, middle - _SYMBOL / 2, _SYMBOL, _SYMBOL)
        _draw_symbol(painter, box, state)


def _draw_symbol(painter: QPainter, box: QRectF, state: StepState) -> None:
    chosen = colours()
    cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    if state is StepState.DONE:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(chosen.done)
        painter.drawEllipse(box)
        painter.setPen(QPen(chosen.on_accent, 1.7, Qt.PenStyle.SolidLine, cap, join))
        points = ((0.28, 0.53), (0.44, 0.68), (0.73, 0.34))
        painter.drawPolyline([QPointF(box.x() + x * _SYMBOL, box.y() + y * _SYMBOL) for x, y in points])
    elif state is StepState.LOOK_HERE:
        painter.setPen(QPen(chosen.look, 1.5, Qt.PenStyle.SolidLine, cap, join))
        painter.setBrush(chosen.look)
        corners = [QPointF(box.center().x(), box.top()), box.bottomRight(), box.bottomLeft()]
        painter.drawPolygon(QPolygonF(corners))
        painter.setPen(QPen(chosen.card, 1.7, Qt.PenStyle.SolidLine, cap))
        painter.drawLine(QPointF(box.center().x(), box.top() + 5), QPointF(box.center().x(), box.top() + 9))
        painter.drawPoint(QPointF(box.center().x(), box.top() + 12.3))
    else:
        painter.setPen(QPen(chosen.quiet, 1.5))
        painter.setBrush(chosen.card)
        painter.drawEllipse(box.adjusted(0.8, 0.8, -0.8, -0.8))
