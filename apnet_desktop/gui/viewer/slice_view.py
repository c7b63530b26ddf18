"""One plane of the volume on the screen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QEnterEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from apnet_desktop.gui.viewer.annotations import TextPlacement, paint_annotations
from apnet_desktop.gui.viewer.assist_session import AssistSession
from apnet_desktop.gui.viewer.overlay import INSIDE_COLOR, OUTSIDE_COLOR, PROPOSAL_COLOR, ROI_COLOR, MaskPicture
from apnet_desktop.gui.viewer.pager import SlicePager
from apnet_desktop.gui.viewer.plane import Index, Plane, PlaneKind
from apnet_desktop.gui.viewer.slice_pixels import slab_of
from apnet_desktop.gui.viewer.tools.base import Pointer, SliceTool, on_slice
from apnet_desktop.gui.viewer.tools.measuring import paint_measurements
from apnet_desktop.gui.viewer.viewer_state import Changed, ViewerState
from apnet_desktop.language import Language, text

__all__ = ["SliceView"]

_CLICK_DISTANCE = 4.0
_ZOOM_A_NOTCH = 1.15
_BRUSH_A_NOTCH = 1.1
_CROSSHAIR = QColor(140, 200, 255, 130)
_CROSSHAIR_GAP = 18

ToolOf = Callable[[Qt.MouseButton], SliceTool]


class SliceView(QWidget):
    """Shows one plane, and hands the mouse to the tools.

    Args:
        kind: Which plane.
        state: What is shown.
        tool_of: The tool that a mouse button works with now.
        language: Of the texts.
        parent: Owner.

    Attributes:
        slice_painted: Plane and slice index, each time that a slice has been painted.
        menu_requested: Where the menu is asked for, in global coordinates.
        maximize_requested: This view shall fill the viewer, or stop doing so.
    """

    slice_painted = Signal(object, int)
    menu_requested = Signal(QPoint)
    maximize_requested = Signal(object)

    def __init__(
        self, kind: PlaneKind, state: ViewerState, tool_of: ToolOf, language: Language, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.kind = kind
        self.state = state
        self.language = language
        self.shows_identity = True
        self.session: AssistSession | None = None
        self.texts: list[TextPlacement] = []
        self._tool_of = tool_of
        self._held: tuple[Qt.MouseButton, SliceTool] | None = None
        self._right_press: QPointF | None = None
        self._hand: QPointF | None = None
        self._wheel = 0.0
        self._image: QImage | None = None
        self._image_key: object = None
        self._pixels: NDArray[np.uint32] | None = None
        self._roi: MaskPicture | None = None
        self._roi_key: object = None
        self._proposal: list[MaskPicture] = []
        self._proposal_key: object = None
        rate = self.screen().refreshRate() or 60.0
        self._pager = SlicePager(self._page, max(4, int(1000 / rate)), self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(text(f"viewer.plane_{kind}", language))
        state.changed.connect(self._state_changed)

    @property
    def plane(self) -> Plane:
        """The plane of the present volume."""
        return self.state.planes[self.kind]

    @property
    def slice_index(self) -> int:
        """Array index of the slice that is shown."""
        return self.state.position[self.plane.slice_axis]

    @property
    def scale(self) -> float:
        """Logical pixels for one mm."""
        plane = self.plane
        return self.state.zoom * min(self.width() / plane.width, self.height() / plane.height)

    def to_screen(self, index: Index) -> QPointF:
        """Where a voxel index (k, j, i) lies in the view, whatever its slice; logical pixels."""
        u, v = self.plane.to_point(index)
        u0, v0 = self.plane.to_point(self.state.center)
        return QPointF(self.width() / 2 + (u - u0) * self.scale, self.height() / 2 + (v - v0) * self.scale)

    def to_index(self, at: QPointF) -> Index:
        """The voxel index (k, j, i) under a point of the view, on the slice that is shown."""
        u0, v0 = self.plane.to_point(self.state.center)
        u = u0 + (at.x() - self.width() / 2) / self.scale
        v = v0 + (at.y() - self.height() / 2) / self.scale
        return self.plane.to_index(u, v, float(self.slice_index))

    def voxel_transform(self) -> QTransform:
        """From columns and rows of the slice (0, 0 at the first voxel's corner) to logical pixels."""
        plane = self.plane
        u0, v0 = plane.to_point(self.state.center)
        return QTransform(
            plane.column_spacing * self.scale,
            0,
            0,
            plane.row_spacing * self.scale,
            self.width() / 2 - u0 * self.scale,
            self.height() / 2 - v0 * self.scale,
        )

    def zoom_about(self, at: QPointF, index: Index, zoom: float) -> None:
        """Sets the zoom so that the voxel `index` lies at the point `at` of the view."""
        self.state.set_view(zoom, self.state.center)
        plane = self.plane
        u, v = plane.to_point(index)
        u0 = u - (at.x() - self.width() / 2) / self.scale
        v0 = v - (at.y() - self.height() / 2) / self.scale
        self.state.set_view(self.state.zoom, plane.to_index(u0, v0, self.state.center[plane.slice_axis]))

    def probe(self) -> tuple[int, tuple[float, float, float]] | None:
        """HU and LPS position in mm under the hand; None if no voxel that has been read is there."""
        volume = self.state.volume
        if volume is None or self._hand is None:
            return None
        index = self.to_index(self._hand)
        voxel = tuple(round(value) for value in index)
        shape = volume.geometry.shape
        if not all(0 <= value < size for value, size in zip(voxel, shape, strict=True)):
            return None
        if self.state.ready is not None and not self.state.ready[voxel[0]]:
            return None
        x, y, z = volume.geometry.to_patient((index[2], index[1], index[0]))
        return int(volume.hounsfield[voxel[0], voxel[1], voxel[2]]), (float(x), float(y), float(z))

    def scroll_slices(self, steps: int) -> None:
        """Pages by `steps` slices to the head, the front or the patient's left; none on the way is left out."""
        if self.state.volume is not None:
            self._pager.request(steps)

    def _page(self, direction: int) -> None:
        if self.state.volume is None:
            self._pager.stop()
            return
        before = self.state.position
        self.state.set_slice(self.plane, self.slice_index + direction * self.plane.forward)
        if self.state.position == before:
            self._pager.stop()
        elif self.isVisible():
            self.repaint()

    def _state_changed(self, changed: Changed) -> None:
        if changed & Changed.VOLUME:
            self._pager.stop()
            self._held = None
            self._roi_key = None
            self._proposal_key = None
        if changed & (Changed.VOLUME | Changed.AVAILABLE):
            self._image_key = None
        if changed & (Changed.VOLUME | Changed.POSITION) and QAccessible.isActive():
            self._describe()
        self.update()

    def _describe(self) -> None:
        """Tells a screen reader which slice is shown."""
        words = ""
        if self.state.volume is not None:
            k, j, i = (float(value) for value in self.state.position)
            x, y, z = self.state.volume.geometry.to_patient((i, j, k))
            position = {PlaneKind.AXIAL: z, PlaneKind.CORONAL: y, PlaneKind.SAGITTAL: x}[self.kind]
            number, count = self.slice_index + 1, self.plane.slices
            words = text("viewer.slice", self.language, number=number, count=count, position=f"{position:.1f}")
        self.setAccessibleDescription(words)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paints slice, ROI, crosshair, what the tool shows, and the texts."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        if self.state.volume is None:
            self._paint_hint(painter, text("viewer.no_volume", self.language))
            painter.end()
            return
        self._paint_slice(painter)
        if self.state.overlay_shown:
            self._paint_roi(painter)
            self._paint_proposal(painter)
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.state.crosshair_shown:
            self._paint_crosshair(painter)
        paint_measurements(painter, self)
        self._tool_of(Qt.MouseButton.LeftButton).paint(painter, self)
        self.texts = paint_annotations(painter, self)
        if self.hasFocus():
            painter.setPen(QPen(QColor(120, 170, 220), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
        self.slice_painted.emit(self.kind, self.slice_index)

    def _paint_slice(self, painter: QPainter) -> None:
        plane, state = self.plane, self.state
        if state.ready is not None and plane.slice_axis == 0 and not state.ready[self.slice_index]:
            self._paint_hint(painter, text("viewer.slice_loading", self.language))
            return
        key = (self.slice_index, state.window, state.slab, state.slab_mode)
        if self._image is None or key != self._image_key:
            self._image = self._render()
            self._image_key = key
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, state.interpolated)
        painter.setTransform(self.voxel_transform())
        painter.drawImage(0, 0, self._image)

    def _render(self) -> QImage:
        state, plane = self.state, self.plane
        assert state.volume is not None  # noqa: S101 - narrows the type; painted only with a volume
        levels = slab_of(state.volume.hounsfield, plane, self.slice_index, state.slab, state.slab_mode)
        pixels = np.take(state.table, np.ascontiguousarray(levels).view(np.uint16), mode="wrap")
        if state.ready is not None:
            missing = np.broadcast_to(~state.ready[:, None, None], plane.shape)
            pixels[plane.cut(missing, self.slice_index, self.slice_index)[0]] = 0xFF000000
        self._pixels = pixels
        height, width = pixels.shape
        return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)

    def _paint_roi(self, painter: QPainter) -> None:
        editor = self.state.editor
        if editor is None or editor.is_empty:
            return
        opacity = self.state.overlay_opacity if self.state.overlay_filled else 0.0
        key = (id(editor), editor.revision, self.slice_index, opacity)
        if key != self._roi_key or self._roi is None:
            mask = self.plane.cut(editor.mask, self.slice_index, self.slice_index)[0]
            self._roi, self._roi_key = MaskPicture.of(mask, ROI_COLOR, opacity), key
        painter.setTransform(self.voxel_transform())
        self._roi.paint(painter)

    def _paint_proposal(self, painter: QPainter) -> None:
        session = self.session
        if session is None or (session.proposal is None and not session.strokes):
            return
        key = (session.revision, self.slice_index)
        if key != self._proposal_key:
            self._proposal, self._proposal_key = self._proposal_pictures(session), key
        painter.setTransform(self.voxel_transform())
        for picture in self._proposal:
            picture.paint(painter)

    def _proposal_pictures(self, session: AssistSession) -> list[MaskPicture]:
        pictures = []
        if session.proposal is not None:
            mask = self.plane.cut(session.proposal, self.slice_index, self.slice_index)[0]
            pictures.append(MaskPicture.of(mask, PROPOSAL_COLOR, 0.35, hatched=True))
        masks = session.masks()
        if masks is not None:
            for strokes, color in zip(masks, (INSIDE_COLOR, OUTSIDE_COLOR), strict=True):
                mask = self.plane.cut(strokes, self.slice_index, self.slice_index)[0]
                pictures.append(MaskPicture.of(mask, color, 0.85, hatched=color is OUTSIDE_COLOR))
        return pictures

    def _paint_crosshair(self, painter: QPainter) -> None:
        k, j, i = self.state.position
        at = self.to_screen((float(k), float(j), float(i)))
        x, y = round(at.x()), round(at.y())
        width, height, gap = self.width(), self.height(), _CROSSHAIR_GAP
        # Filled rectangles: a smooth line across the view costs more than the slice itself.
        for left, top, wide, tall in (
            (0, y, x - gap, 1),
            (x + gap, y, width - x - gap, 1),
            (x, 0, 1, y - gap),
            (x, y + gap, 1, height - y - gap),
        ):
            if wide > 0 and tall > 0:
                painter.fillRect(left, top, wide, tall, _CROSSHAIR)

    def _paint_hint(self, painter: QPainter, hint: str) -> None:
        painter.setPen(QColor(170, 170, 170))
        painter.drawText(
            QRectF(self.rect()).adjusted(16, 16, -16, -16),
            int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap),
            hint,
        )

    def _pointer(self, event: QMouseEvent) -> Pointer:
        return Pointer(self, event.position(), self.to_index(event.position()), event.modifiers())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Starts what the button does; the right one waits until it moves."""
        if self.state.volume is None or self._held is not None:
            return
        self._pager.stop()
        if event.button() == Qt.MouseButton.RightButton:
            self._right_press = event.position()
            return
        tool = self._tool_of(event.button())
        self._held = (event.button(), tool)
        tool.press(self._pointer(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Goes on with what the button does, or shows what lies under the hand."""
        self._hand = event.position()
        if self.state.volume is None:
            return
        if self._right_press is not None and self._held is None:
            moved = event.position() - self._right_press
            if moved.manhattanLength() > _CLICK_DISTANCE:
                tool = self._tool_of(Qt.MouseButton.RightButton)
                self._held = (Qt.MouseButton.RightButton, tool)
                at = self._right_press
                tool.press(Pointer(self, at, self.to_index(at), event.modifiers()))
        if self._held is not None:
            self._held[1].move(self._pointer(event))
        else:
            self._tool_of(Qt.MouseButton.LeftButton).hover(self._pointer(event))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Ends what the button does; the right one, if it has not moved, asks for the menu."""
        if self._held is not None and event.button() == self._held[0]:
            tool, self._held = self._held[1], None
            if self.state.volume is not None:
                tool.release(self._pointer(event))
        elif event.button() == Qt.MouseButton.RightButton and self._right_press is not None:
            self.menu_requested.emit(event.globalPosition().toPoint())
        if event.button() == Qt.MouseButton.RightButton:
            self._right_press = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Lets this view fill the viewer, unless the tool makes use of it."""
        if self.state.volume is None or event.button() != Qt.MouseButton.LeftButton:
            return
        tool = self._tool_of(event.button())
        if tool.double_click(self._pointer(event)):
            return
        if self.state.tool.edits:
            self.mousePressEvent(event)
        else:
            self.maximize_requested.emit(self.kind)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Pages; with Ctrl zooms about the hand, with Shift changes the size of the brush."""
        if self.state.volume is None:
            return
        delta = event.angleDelta()
        turned = delta.y() if delta.y() else delta.x()
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            at = event.position()
            self.zoom_about(at, self.to_index(at), self.state.zoom * _ZOOM_A_NOTCH ** (turned / 120))
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.state.set_brush(radius=self.state.brush_radius * _BRUSH_A_NOTCH ** (turned / 120))
        else:
            self._wheel += turned / 120
            steps = int(self._wheel)
            self._wheel -= steps
            self.scroll_slices(steps)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Does without a mouse what it does: Alt and arrows move the crosshair, Space clicks there, Enter closes."""
        if self.state.volume is None:
            super().keyPressEvent(event)
            return
        tool = self._tool_of(Qt.MouseButton.LeftButton)
        arrows = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        key = Qt.Key(event.key())
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and key in arrows:
            steps = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._move_crosshair(arrows[key][0] * steps, arrows[key][1] * steps)
        elif key == Qt.Key.Key_Space:
            self._click_at_crosshair(tool, event.modifiers())
        elif not (key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and tool.enter()):
            super().keyPressEvent(event)

    def _move_crosshair(self, columns: int, rows: int) -> None:
        k, j, i = self.state.position
        plane = self.plane
        u, v = plane.to_point((float(k), float(j), float(i)))
        moved = plane.to_index(u + columns * plane.column_spacing, v + rows * plane.row_spacing, self.slice_index)
        self.state.set_position(moved)

    def _click_at_crosshair(self, tool: SliceTool, modifiers: Qt.KeyboardModifier) -> None:
        k, j, i = self.state.position
        index = on_slice((float(k), float(j), float(i)), self.plane.slice_axis, self.slice_index)
        pointer = Pointer(self, self.to_screen(index), index, modifiers)
        tool.press(pointer)
        tool.release(pointer)
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Shows the active tool's cursor."""
        self.setCursor(self._tool_of(Qt.MouseButton.LeftButton).cursor)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Nothing lies under the hand any more."""
        self._hand = None
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Nothing pages out of sight."""
        self._pager.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keeps the same part of the plane in the view."""
        self.update()
