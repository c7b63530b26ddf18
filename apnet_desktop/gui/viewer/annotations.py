"""The texts over a slice: who, where, how it is shown, what lies under the hand; the letters and the scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.gui.viewer.plane import PlaneKind
from apnet_desktop.gui.viewer.slice_pixels import SlabMode
from apnet_desktop.language import Language, text

if TYPE_CHECKING:
    from apnet_desktop.gui.viewer.slice_view import SliceView

__all__ = ["TextPlacement", "identity_line", "paint_annotations", "series_lines"]

_TEXT = QColor(236, 236, 236)
_SHADOW = QColor(0, 0, 0, 220)
_WARNING = QColor(255, 203, 92)
_MARGIN = 8.0
_SMALL_VIEW = 330.0
"""Below this width in logical pixels, the texts that another view also carries are left out."""

TextPlacement = tuple[str, QRectF]
"""A text and the rectangle that it fills."""


def identity_line(identity: PatientIdentity, language: Language) -> str:
    """Who the patient is, in one line; says so where the files do not say."""
    if not identity.name and not identity.patient_id:
        return text("viewer.identity_missing", language)
    parts = [identity.name or text("viewer.name_missing", language), identity.patient_id]
    if identity.birth_date is not None:
        parts.append(identity.birth_date.isoformat())
    parts.append(identity.sex)
    return " · ".join(part for part in parts if part)


def series_lines(volume: CtVolume, language: Language) -> list[str]:
    """Which series is shown."""
    series = volume.series
    lines = [] if series.study_date is None else [series.study_date.isoformat()]
    number = "" if series.number is None else text("viewer.series_number", language, number=series.number)
    lines.append(" ".join(part for part in (number, series.description) if part))
    if series.phase not in ("", "unknown"):
        lines.append(text(f"viewer.phase_{series.phase}", language))
    return [line for line in lines if line]


def paint_annotations(painter: QPainter, view: SliceView) -> list[TextPlacement]:
    """Paints all texts of a view; returns where each one lies, so that a test can see that none is clipped."""
    volume = view.state.volume
    if volume is None:
        return []
    painting = _Painting(painter, view, volume)
    painting.corners()
    painting.letters()
    if view.state.all_annotations:
        painting.scale()
    return painting.placed


class _Painting:
    def __init__(self, painter: QPainter, view: SliceView, volume: CtVolume) -> None:
        self.painter, self.view, self.volume = painter, view, volume
        self.language = view.language
        self.placed: list[TextPlacement] = []
        self.font = QFont(view.font())
        self.small = view.width() < _SMALL_VIEW
        if self.small:
            self.font.setPointSizeF(max(7.0, self.font.pointSizeF() * 0.9))
        self.metrics = QFontMetricsF(self.font)
        painter.setFont(self.font)

    def corners(self) -> None:
        """The four corners: patient, study, slice and window, value under the hand."""
        full = self.view.state.all_annotations
        left, right = self._top_left(), self._top_right() if full and not self.small else []
        self._column(left, Qt.AlignmentFlag.AlignLeft, top=True)
        self._column(right, Qt.AlignmentFlag.AlignRight, top=True)
        self._column(self._bottom_left() if full else self._bottom_left()[:1], Qt.AlignmentFlag.AlignLeft, top=False)
        if full:
            self._column(self._bottom_right(), Qt.AlignmentFlag.AlignRight, top=False)

    def _top_left(self) -> list[tuple[str, QColor]]:
        lines = []
        if self.view.shows_identity:
            lines.append((identity_line(self.volume.identity, self.language), _TEXT))
            if self.volume.series.simulated:
                lines.append((text("viewer.simulated", self.language), _WARNING))
        if self.view.state.all_annotations:
            lines.append((text(f"viewer.plane_{self.view.plane.kind}", self.language), _TEXT))
        return lines

    def _top_right(self) -> list[tuple[str, QColor]]:
        if not self.view.shows_identity:
            return []
        return [(line, _TEXT) for line in series_lines(self.volume, self.language)]

    def _bottom_left(self) -> list[tuple[str, QColor]]:
        view, state, plane = self.view, self.view.state, self.view.plane
        position = self.volume.geometry.to_patient(
            (float(state.position[2]), float(state.position[1]), float(state.position[0]))
        )
        axis = {PlaneKind.AXIAL: 2, PlaneKind.CORONAL: 1, PlaneKind.SAGITTAL: 0}[plane.kind]
        lines = [
            text(
                "viewer.slice",
                self.language,
                number=view.slice_index + 1,
                count=plane.slices,
                position=_signed(float(position[axis])),
            )
        ]
        if state.slab > plane.slice_spacing:
            mode = "viewer.slab_maximum" if state.slab_mode is SlabMode.MAXIMUM else "viewer.slab_mean"
            lines.append(text(mode, self.language, thickness=f"{state.slab:g}"))
        if view.shows_identity:
            center, width = state.window
            lines.append(
                text(
                    "viewer.window_and_zoom",
                    self.language,
                    center=_signed(center, 0),
                    width=f"{width:.0f}",
                    zoom=round(100 * state.zoom),
                )
            )
        return [(line, _TEXT) for line in lines]

    def _bottom_right(self) -> list[tuple[str, QColor]]:
        probe = self.view.probe()
        if probe is None:
            return []
        value, (x, y, z) = probe
        return [
            (text("viewer.hounsfield", self.language, value=_signed(value, 0)), _TEXT),
            (text("viewer.position", self.language, x=_signed(x), y=_signed(y), z=_signed(z)), _TEXT),
        ]

    def _column(self, lines: list[tuple[str, QColor]], side: Qt.AlignmentFlag, *, top: bool) -> None:
        height = self.metrics.height()
        y = _MARGIN if top else self.view.height() - _MARGIN - height * len(lines)
        room = self.view.width() - 2 * _MARGIN
        for line, color in lines:
            shown = self.metrics.elidedText(line, Qt.TextElideMode.ElideRight, room)
            width = self.metrics.horizontalAdvance(shown)
            x = _MARGIN if side is Qt.AlignmentFlag.AlignLeft else self.view.width() - _MARGIN - width
            self._write(shown, QRectF(x, y, width, height), color)
            y += height

    def letters(self) -> None:
        """The patient's sides at the middle of the four edges."""
        bold = QFont(self.font)
        bold.setBold(True)
        bold.setPointSizeF(self.font.pointSizeF() * 1.25)
        metrics = QFontMetricsF(bold)
        self.painter.setFont(bold)
        width, height = float(self.view.width()), float(self.view.height())
        left, top, right, bottom = self.view.plane.letters
        tall = metrics.height()
        top_x = (width - metrics.horizontalAdvance(top)) / 2
        bottom_x = (width - metrics.horizontalAdvance(bottom)) / 2
        top_y = self._free_from_above(top_x - 10.0, top_x + metrics.horizontalAdvance(top) + 10.0)
        bottom_y = self._free_from_below(bottom_x - 10.0, bottom_x + metrics.horizontalAdvance(bottom) + 10.0)
        for letters, x, y in (
            (left, _MARGIN, (height - tall) / 2),
            (right, width - _MARGIN - metrics.horizontalAdvance(right), (height - tall) / 2),
            (top, top_x, top_y),
            (bottom, bottom_x, bottom_y - tall),
        ):
            self._write(letters, QRectF(x, y, metrics.horizontalAdvance(letters), tall), _TEXT)
        self.painter.setFont(self.font)

    def scale(self) -> None:
        """A ruler of round millimetres, with a mark at each centimetre."""
        wide = self.view.width() * 0.22
        lengths = [length for length in (200, 100, 50, 20, 10, 5, 2, 1) if length * self.view.scale <= wide]
        if not lengths:
            return
        length = lengths[0]
        long = length * self.view.scale
        label = text("viewer.millimetres", self.language, length=length)
        wide = self.metrics.horizontalAdvance(label)
        x = (self.view.width() - long) / 2
        y = self._free_from_below(x - 4.0, x + long + wide + 10.0) - 8.0
        marks = max(1, length // 10)
        lines = [QLineF(x, y, x + long, y)]
        for mark in range(marks + 1):
            at = x + long * mark / marks
            lines.append(QLineF(at, y - (6.0 if mark in (0, marks) else 3.0), at, y))
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        for color, width in ((_SHADOW, 3.0), (_TEXT, 1.0)):
            self.painter.setPen(QPen(color, width))
            self.painter.drawLines(lines)
        self._write(label, QRectF(x + long + 6, y - self.metrics.height() * 0.75, wide, self.metrics.height()), _TEXT)

    def _free_from_above(self, left: float, right: float) -> float:
        """The highest y below which nothing is written yet between two x, in the upper half of the view."""
        half = self.view.height() / 2
        return max([_MARGIN, *(room.bottom() for room in self._between(left, right) if room.bottom() < half)])

    def _free_from_below(self, left: float, right: float) -> float:
        """The lowest y above which nothing is written yet between two x, in the lower half of the view."""
        height = float(self.view.height())
        return min([height - _MARGIN, *(room.top() for room in self._between(left, right) if room.top() > height / 2)])

    def _between(self, left: float, right: float) -> list[QRectF]:
        return [room for _, room in self.placed if room.left() < right and room.right() > left]

    def _write(self, line: str, room: QRectF, color: QColor) -> None:
        base = QPointF(room.x(), room.y() + QFontMetricsF(self.painter.font()).ascent())
        self.painter.setPen(_SHADOW)
        for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            self.painter.drawText(base + QPointF(x, y), line)
        self.painter.setPen(color)
        self.painter.drawText(base, line)
        self.placed.append((line, room))


def _signed(value: float, digits: int = 1) -> str:
    """A number with a true minus sign, and no minus before a rounded zero."""
    rounded = f"{value:.{digits}f}"
    if float(rounded) == 0.0:
        rounded = rounded.lstrip("-")
    return rounded.replace("-", "−")
