"""Tools that measure: distance, angle, ellipse and freehand HU statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from apnet_desktop.gui.viewer.measurements import Measurement, MeasurementKind
from apnet_desktop.gui.viewer.plane import Index
from apnet_desktop.gui.viewer.tools.base import Pointer, SliceTool
from apnet_desktop.gui.viewer.viewer_state import ViewerState
from apnet_desktop.language import text

if TYPE_CHECKING:
    from apnet_desktop.gui.viewer.slice_view import SliceView

__all__ = ["MeasuringTool", "paint_measurements"]

_COLOR = QColor(240, 228, 66)
_LABEL_BACKGROUND = QColor(0, 0, 0, 170)
"""Behind a measurement's words: they lie on bright tissue and on the ROI's tint."""

_NEEDED = {MeasurementKind.DISTANCE: 2, MeasurementKind.ANGLE: 3, MeasurementKind.ELLIPSE: 2}


class MeasuringTool(SliceTool):
    """Draws one kind of measurement: by dragging, the angle by dragging one leg and clicking the other's end.

    Args:
        state: The state that keeps the measurements.
        kind: What it measures.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, state: ViewerState, kind: MeasurementKind) -> None:
        super().__init__(state)
        self._kind = kind
        self._points: list[Index] = []
        self._where: tuple[SliceView, int] | None = None

    def press(self, pointer: Pointer) -> None:
        """Sets the first point, or the angle's last."""
        view = pointer.view
        if self._kind is MeasurementKind.ANGLE and len(self._points) == 3 and self._where == (view, view.slice_index):
            self._points[2] = pointer.index
            return
        self._where = (view, view.slice_index)
        self._points = [pointer.index, pointer.index]

    def move(self, pointer: Pointer) -> None:
        """Moves the point in hand."""
        if not self._points:
            return
        if self._kind is MeasurementKind.FREEHAND:
            self._points.append(pointer.index)
        else:
            self._points[-1] = pointer.index

    def hover(self, pointer: Pointer) -> None:
        """Moves the angle's third point."""
        if self._kind is MeasurementKind.ANGLE and len(self._points) == 3:
            self._points[2] = pointer.index
            pointer.view.update()

    def release(self, pointer: Pointer) -> None:
        """Ends the measurement; an angle waits for its third point."""
        if not self._points:
            return
        if self._kind is MeasurementKind.ANGLE and len(self._points) == 2:
            if self._points[0] == self._points[1]:
                self.cancel()
                return
            self._points.append(pointer.index)
            return
        done = self._measurement()
        self._points, self._where = [], None
        if done is not None and done.points[0] != done.points[-1]:
            self.state.add_measurement(done)

    def cancel(self) -> bool:
        """Gives up the measurement in hand."""
        given_up = bool(self._points)
        self._points, self._where = [], None
        return given_up

    def paint(self, painter: QPainter, view: SliceView) -> None:
        """Paints the measurement in hand."""
        measurement = self._measurement()
        if measurement is not None and self._where == (view, view.slice_index):
            _paint(painter, view, measurement)

    def _measurement(self) -> Measurement | None:
        if self._where is None or len(self._points) < 2:
            return None
        view, slice_index = self._where
        kind = self._kind
        if kind is MeasurementKind.ANGLE and len(self._points) == 2:
            kind = MeasurementKind.DISTANCE
        needed = _NEEDED.get(kind, len(self._points))
        return Measurement(kind, view.kind, slice_index, tuple(self._points[:needed]))


def paint_measurements(painter: QPainter, view: SliceView) -> None:
    """Paints the measurements of the slice that a view shows."""
    for measurement in view.state.measurements:
        if measurement.plane is view.kind and measurement.slice_index == view.slice_index:
            _paint(painter, view, measurement)


def _paint(painter: QPainter, view: SliceView, measurement: Measurement) -> None:
    volume = view.state.volume
    if volume is None:
        return
    corners = _corners(view, measurement)
    closed = measurement.kind in (MeasurementKind.ELLIPSE, MeasurementKind.FREEHAND)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((QColor(0, 0, 0, 170), 3.2), (_COLOR, 1.4)):
        painter.setPen(QPen(color, width))
        if closed:
            painter.drawPolygon(QPolygonF(corners))
        else:
            painter.drawPolyline(QPolygonF(corners))
            for corner in corners:
                painter.drawEllipse(corner, 2.5, 2.5)
    _paint_label(painter, view, corners, _lines(view, measurement))


def _corners(view: SliceView, measurement: Measurement) -> list[QPointF]:
    if measurement.kind in (MeasurementKind.DISTANCE, MeasurementKind.ANGLE):
        return [view.to_screen(index) for index in measurement.points]
    to_view = view.voxel_transform()
    return [to_view.map(QPointF(x + 0.5, y + 0.5)) for x, y in measurement.outline(view.plane).tolist()]


def _lines(view: SliceView, measurement: Measurement) -> list[str]:
    volume, language = view.state.volume, view.language
    if volume is None:
        return []
    if measurement.kind is MeasurementKind.DISTANCE:
        return [text("viewer.measured_distance", language, length=f"{measurement.distance(volume):.1f}")]
    if measurement.kind is MeasurementKind.ANGLE:
        return [text("viewer.measured_angle", language, angle=f"{measurement.angle(volume):.1f}")]
    found = measurement.statistics(volume, view.plane)
    if found is None:
        return [text("viewer.measured_nothing", language)]
    return [
        text("viewer.measured_mean", language, mean=_number(found.mean), deviation=f"{found.deviation:.1f}"),
        text("viewer.measured_range", language, lowest=_number(found.lowest, 0), highest=_number(found.highest, 0)),
        text("viewer.measured_area", language, area=f"{found.area:.0f}", pixels=found.pixels),
    ]


def _paint_label(painter: QPainter, view: SliceView, corners: list[QPointF], lines: list[str]) -> None:
    painter.setFont(view.font())
    metrics = QFontMetricsF(view.font())
    wide = max((metrics.horizontalAdvance(line) for line in lines), default=0.0)
    tall = metrics.height() * len(lines)
    right = max(corner.x() for corner in corners)
    middle = sum(corner.y() for corner in corners) / len(corners)
    x = min(right + 8.0, view.width() - wide - 6.0)
    y = min(max(middle - tall / 2, 4.0), view.height() - tall - 4.0)
    painter.fillRect(QRectF(x - 3.0, y - 1.0, wide + 6.0, tall + 2.0), _LABEL_BACKGROUND)
    painter.setPen(_COLOR)
    for line in lines:
        painter.drawText(QPointF(x, y + metrics.ascent()), line)
        y += metrics.height()


def _number(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}f}".replace("-", "−")
