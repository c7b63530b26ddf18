"""How fast the viewer scrolls and paints, beside pyqtgraph's ImageView, and whether a slice is ever left out."""

from __future__ import annotations

import os
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.ratio import Ratio

if TYPE_CHECKING:
    from apnet_desktop.gui.viewer.ct_viewer import CtViewer

_SIZE = (1200, 900)
_FRAMES = 60


def measure() -> list[Ratio]:
    """Frame times, with their growth with matrix and slices, and the brush."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    rows = []
    ours, three = _our_frames(512, 100, single=True), _our_frames(512, 100, single=False)
    peer = _image_view_frames(512, 100)
    rows.append(_row("scroll 512², overlay, median frame", ours, 0.5, 5.0, f"ImageView {_share(peer, 0.5):.1f} ms"))
    rows.append(_row("scroll 512², overlay, p95 frame", ours, 0.95, 8.0, f"ImageView {_share(peer, 0.95):.1f} ms"))
    rows.append(_row("three linked planes, p95 frame", three, 0.95, 16.7, "every plane cut anew"))
    rows.append(
        Ratio("scroll 512², median, beside pyqtgraph ImageView", _share(ours, 0.5), _share(peer, 0.5), 1.0, "ms")
    )
    for matrix, slices in ((1024, 100), (512, 1000)):
        frames = _our_frames(matrix, slices, single=True)
        planes = _our_frames(matrix, slices, single=False)
        rows.append(_row(f"scroll {matrix}² × {slices}, median frame", frames, 0.5, 5.0, "growth, no goal", goal=None))
        rows.append(_row(f"three planes {matrix}² × {slices}, p95", planes, 0.95, 16.7, "growth, no goal", goal=None))
    rows.append(_row("brush stroke to screen, p95", _brush_frames(), 0.95, 30.0, "512², 100 slices"))
    rows.append(_lost_slices())
    application.processEvents()
    return rows


def _share(values: list[float], part: float) -> float:
    return float(np.quantile(values, part))


def _row(what: str, frames: list[float], part: float, limit: float, note: str, goal: float | None = 1.0) -> Ratio:
    return Ratio(what, _share(frames, part), limit, goal, "ms", note)


def _hounsfield(matrix: int, slices: int) -> NDArray[np.int16]:
    """Noise, not a constant: nothing is faster than on a real CT."""
    plane = np.random.default_rng(0).normal(40, 120, (8, matrix, matrix)).astype(np.int16)
    return np.concatenate([plane] * -(-slices // 8))[:slices]


def _viewer(matrix: int, slices: int, *, single: bool) -> CtViewer:
    from PySide6.QtWidgets import QApplication

    from apnet_desktop.ct.geometry import Geometry
    from apnet_desktop.ct.identity import PatientIdentity
    from apnet_desktop.ct.roi import Roi
    from apnet_desktop.ct.volume import CtVolume, SeriesDescription
    from apnet_desktop.gui.viewer.ct_viewer import CtViewer
    from apnet_desktop.gui.viewer.plane_layout import ViewerLayout
    from apnet_desktop.language import Language

    spacing = 400.0 / matrix
    geometry = Geometry(size=(matrix, matrix, slices), origin=(0, 0, 0), spacing=(spacing, spacing, 300.0 / slices))
    identity = PatientIdentity(name="Simulated", patient_id="1")
    volume = CtVolume(_hounsfield(matrix, slices), geometry, identity, SeriesDescription(series_uid="1"))
    mask = np.zeros(geometry.shape, dtype=np.bool_)
    j, i = np.ogrid[:matrix, :matrix]
    wave = matrix / 2 + matrix / 16 * np.sin(i / matrix * 20)
    mask[:] = (np.abs(j - wave) < matrix / 24) & (np.abs(i - matrix / 2) < matrix / 5)
    viewer = CtViewer(Language.ENGLISH)
    viewer.resize(*_SIZE)
    viewer.set_layout(ViewerLayout.SINGLE if single else ViewerLayout.AXIAL_LARGE)
    viewer.show()
    viewer.set_volume(volume)
    viewer.set_roi(Roi(mask, geometry))
    QApplication.processEvents()
    return viewer


def _our_frames(matrix: int, slices: int, *, single: bool) -> list[float]:
    """Times of frames; a repaint of one plane paints the others that have changed with it."""
    from PySide6.QtWidgets import QApplication

    from apnet_desktop.gui.viewer.plane import PlaneKind

    viewer = _viewer(matrix, slices, single=single)
    frames = []
    for step in range(_FRAMES):
        start = time.perf_counter()
        if single:
            viewer.go_to_slice(step % slices)
        else:
            viewer.state.set_position((step % slices, matrix // 3 + step, matrix // 3 + step))
        viewer.views[PlaneKind.AXIAL].repaint()
        QApplication.processEvents()
        frames.append(1000 * (time.perf_counter() - start))
    viewer.close()
    viewer.deleteLater()
    return frames[5:]


def _image_view_frames(matrix: int, slices: int) -> list[float]:
    import pyqtgraph
    from PySide6.QtWidgets import QApplication

    pyqtgraph.setConfigOption("imageAxisOrder", "row-major")
    peer = pyqtgraph.ImageView()
    peer.resize(*_SIZE)
    peer.show()
    peer.setImage(_hounsfield(matrix, slices), levels=(-135.0, 215.0))
    QApplication.processEvents()
    frames = []
    for step in range(_FRAMES):
        start = time.perf_counter()
        peer.setCurrentIndex(step % slices)
        peer.ui.graphicsView.viewport().repaint()
        QApplication.processEvents()
        frames.append(1000 * (time.perf_counter() - start))
    peer.close()
    return frames[5:]


def _brush_frames() -> list[float]:
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    from apnet_desktop.gui.viewer.plane import PlaneKind
    from apnet_desktop.gui.viewer.tools.kinds import Tool

    viewer = _viewer(512, 100, single=False)
    view = viewer.views[PlaneKind.AXIAL]
    viewer.set_tool(Tool.BRUSH)
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

    def send(kind: QEvent.Type, at: QPointF) -> None:
        QApplication.sendEvent(view, QMouseEvent(kind, at, QPointF(view.mapToGlobal(at)), left, left, none))

    frames = []
    send(QEvent.Type.MouseButtonPress, QPointF(150, 200))
    for step in range(_FRAMES):
        start = time.perf_counter()
        send(QEvent.Type.MouseMove, QPointF(150 + 5 * step, 200 + 3 * (step % 20)))
        QApplication.processEvents()
        frames.append(1000 * (time.perf_counter() - start))
    start = time.perf_counter()
    send(QEvent.Type.MouseButtonRelease, QPointF(400, 300))
    QApplication.processEvents()
    frames.append(1000 * (time.perf_counter() - start))
    viewer.close()
    viewer.deleteLater()
    return frames


def _lost_slices() -> Ratio:
    """Turns the wheel by one notch at each refresh of a 60 Hz display, and counts slices that were not painted."""
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    from apnet_desktop.gui.viewer.plane import PlaneKind

    viewer = _viewer(512, 100, single=False)
    view = viewer.views[PlaneKind.AXIAL]
    viewer.go_to_slice(0)
    QApplication.processEvents()
    painted: list[int] = []
    view.slice_painted.connect(lambda _, k: painted.append(k))
    following = time.perf_counter()
    late = []
    for _ in range(90):
        following += 1 / 60
        while time.perf_counter() < following:
            QApplication.processEvents()
        asked = time.perf_counter()
        at = QPointF(view.rect().center())
        QApplication.sendEvent(
            view,
            QWheelEvent(
                at,
                QPointF(view.mapToGlobal(at.toPoint())),
                QPoint(),
                QPoint(0, 120),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            ),
        )
        late.append(1000 * (time.perf_counter() - asked))
    deadline = time.perf_counter() + 2
    while time.perf_counter() < deadline:
        QApplication.processEvents()
    seen = set(painted)
    lost = sum(k not in seen for k in range(1, viewer.current_slice + 1))
    viewer.close()
    viewer.deleteLater()
    note = f"reached slice {viewer.current_slice} of 90 asked for; median {statistics.median(late):.1f} ms in the event"
    return Ratio("slices left out while paging at 60 Hz", float(lost), 1.0, 0.0, "", note)
