"""The icons of the ROI tools, drawn in the palette's text colour so that they fit light and dark at any scale."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from apnet_desktop.gui.viewer.bindings import Command

__all__ = ["tool_icon"]

_SIZE = 20.0
_SCALES = (1, 2, 3)


def tool_icon(command: Command, color: QColor, disabled: QColor) -> QIcon:
    """The icon of a command; empty if it has none."""
    icon = QIcon()
    draw = _DRAWINGS.get(command)
    if draw is None:
        return icon
    for mode, ink in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, disabled)):
        for scale in _SCALES:
            pixmap = QPixmap(int(_SIZE * scale), int(_SIZE * scale))
            pixmap.setDevicePixelRatio(scale)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(ink, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            draw(painter, ink)
            painter.end()
            icon.addPixmap(pixmap, mode)
    return icon


def _lines(*points: tuple[float, float]) -> Callable[[QPainter, QColor], None]:
    def draw(painter: QPainter, _: QColor) -> None:
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))

    return draw


def _both(*parts: Callable[[QPainter, QColor], None]) -> Callable[[QPainter, QColor], None]:
    def draw(painter: QPainter, color: QColor) -> None:
        for part in parts:
            part(painter, color)

    return draw


def _circle(x: float, y: float, radius: float, *, filled: bool = False) -> Callable[[QPainter, QColor], None]:
    def draw(painter: QPainter, color: QColor) -> None:
        painter.setBrush(color if filled else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x, y), radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    return draw


def _blob(painter: QPainter, _: QColor) -> None:
    path = QPainterPath(QPointF(4, 11))
    path.cubicTo(QPointF(2, 4), QPointF(12, 2), QPointF(16, 6))
    path.cubicTo(QPointF(19, 11), QPointF(14, 17), QPointF(9, 16))
    path.cubicTo(QPointF(6, 16), QPointF(5, 14), QPointF(4, 11))
    painter.drawPath(path)


def _half_moon(painter: QPainter, color: QColor) -> None:
    painter.drawEllipse(QPointF(10, 10), 7, 7)
    path = QPainterPath(QPointF(10, 3))
    path.arcTo(QRectF(3, 3, 14, 14), 90, -180)
    painter.fillPath(path, color)


_PLUS = _both(_lines((10, 7), (10, 13)), _lines((7, 10), (13, 10)))
_MINUS = _lines((7, 10), (13, 10))

_DRAWINGS: dict[Command, Callable[[QPainter, QColor], None]] = {
    Command.TOOL_WINDOW: _half_moon,
    Command.TOOL_DISTANCE: _both(_lines((3, 15), (17, 5)), _lines((2, 12.5), (4.5, 17)), _lines((15.5, 3), (18, 7.5))),
    Command.TOOL_BRUSH: _both(_lines((16, 3), (9, 11)), _circle(6.5, 13.5, 3.2, filled=True)),
    Command.TOOL_ERASER: _both(
        _lines((8, 16), (3, 11), (11, 3), (17, 9), (10, 16), (8, 16)),
        _lines((7, 7), (13, 13)),
        _lines((8, 17), (17, 17)),
    ),
    Command.TOOL_POLYGON: _both(
        _lines((4, 13), (7, 4), (16, 6), (14, 16), (4, 13)),
        _circle(4, 13, 1.4, filled=True),
        _circle(7, 4, 1.4, filled=True),
        _circle(16, 6, 1.4, filled=True),
        _circle(14, 16, 1.4, filled=True),
    ),
    Command.TOOL_THRESHOLD: _both(
        _lines((3, 16), (6, 16), (8, 5), (12, 5), (14, 16), (17, 16)),
        _lines((3, 10), (5, 10)),
        _lines((15, 10), (17, 10)),
    ),
    Command.TOOL_GROW: _both(
        _circle(10, 10, 2, filled=True),
        _lines((10, 6), (10, 2)),
        _lines((10, 14), (10, 18)),
        _lines((6, 10), (2, 10)),
        _lines((14, 10), (18, 10)),
    ),
    Command.TOOL_INSIDE: _both(_blob, _PLUS),
    Command.TOOL_OUTSIDE: _both(_blob, _MINUS),
    Command.FILL_BETWEEN: _both(
        _lines((3, 4), (17, 4)),
        _lines((3, 16), (17, 16)),
        _lines((10, 7), (10, 13)),
        _lines((8, 8.6), (10, 6.8), (12, 8.6)),
        _lines((8, 11.4), (10, 13.2), (12, 11.4)),
    ),
    Command.SMOOTH: _blob,
    Command.LARGEST_ISLAND: _both(_circle(8, 11, 5, filled=True), _circle(16, 5, 1.6)),
    Command.MARGIN_GROW: _both(_circle(10, 10, 7), _circle(10, 10, 3, filled=True), _lines((10, 3), (10, 1.5))),
    Command.MARGIN_SHRINK: _both(_circle(10, 10, 7), _circle(10, 10, 5, filled=True)),
    Command.ERASE_SLICE: _both(
        _lines((3, 15), (7, 11), (17, 11), (13, 15), (3, 15)), _lines((7, 3), (13, 8)), _lines((13, 3), (7, 8))
    ),
    Command.UNDO: _both(
        _lines((7, 4), (3, 8), (7, 12)), _lines((3, 8), (13, 8), (16, 11), (16, 14), (13, 16), (8, 16))
    ),
    Command.REDO: _both(
        _lines((13, 4), (17, 8), (13, 12)), _lines((17, 8), (7, 8), (4, 11), (4, 14), (7, 16), (12, 16))
    ),
    Command.ACCEPT_PROPOSAL: _lines((3, 10), (8, 15), (17, 5)),
    Command.DISCARD_PROPOSAL: _both(_lines((5, 5), (15, 15)), _lines((15, 5), (5, 15))),
}
