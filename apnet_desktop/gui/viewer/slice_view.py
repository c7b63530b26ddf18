"""One plane of the volume on the screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QEnterEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from apnet_desktop.gui.viewer.annotations import TextPlacement, paint_annotations
from apnet_desktop.gui.viewer.assist_session import AssistSession
from apnet_desktop.gui.viewer.crosshair_keys import press_key
from apnet_desktop.gui.viewer.pager import SlicePager
from apnet_desktop.gui.viewer.plane import PlaneKind
from apnet_desktop.gui.viewer.projected_view import ProjectedView
from apnet_desktop.gui.viewer.slice_layers import SliceLayers
from apnet_desktop.gui.viewer.tools.base import Pointer, SliceTool
from apnet_desktop.gui.viewer.tools.measuring import paint_measurements
from apnet_desktop.gui.viewer.viewer_state import Changed, ViewerState
from apnet_desktop.language import Language, text

__all__ = ["SliceView"]

_CLICK_DISTANCE = 4.0
_ZOOM_A_NOTCH = 1.15
_BRUSH_A_NOTCH = 1.1

ToolOf = Callable[[Qt.MouseButton], SliceTool]


class SliceView(ProjectedView):
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
        super().__init__(kind, state, parent)
        self.language = language
        self.shows_identity = True
        self.session: AssistSession | None = None
        self.texts: list[TextPlacement] = []
        self._tool_of = tool_of
        self._held: tuple[Qt.MouseButton, SliceTool] | None = None
        self._right_press: QPointF | None = None
        self._hand: QPointF | None = None
        self._wheel = 0.0
        self._layers = SliceLayers(self)
        rate = self.screen().refreshRate() or 60.0
        self._pager = SlicePager(self._page, max(4, int(1000 / rate)), self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(text(f"viewer.plane_{kind}", language))
        state.changed.connect(self._state_changed)

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
            self._layers.forget_masks()
        if changed & (Changed.VOLUME | Changed.AVAILABLE):
            self._layers.forget_voxels()
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
        if self.state.volume is None:
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
            self._paint_hint(painter, text("viewer.no_volume", self.language))
            painter.end()
            return
        if self._is_read():
            self._layers.paint_slice(painter)
        else:
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
            self._paint_hint(painter, text("viewer.slice_loading", self.language))
        if self.state.overlay_shown:
            self._layers.paint_roi(painter)
            self._layers.paint_proposal(painter, self.session)
        if self.state.crosshair_shown:
            self._layers.paint_crosshair(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_measurements(painter, self)
        self._tool_of(Qt.MouseButton.LeftButton).paint(painter, self)
        self.texts = paint_annotations(painter, self)
        if self.hasFocus():
            painter.setPen(QPen(QColor(120, 170, 220), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
        self.slice_painted.emit(self.kind, self.slice_index)

    def _is_read(self) -> bool:
        """False for an axial slice that has not been read yet."""
        ready = self.state.ready
        return ready is None or self.plane.slice_axis != 0 or bool(ready[self.slice_index])

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
        if not press_key(self, self._tool_of(Qt.MouseButton.LeftButton), event):
            super().keyPressEvent(event)

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
