"""How fast the viewer scrolls and paints, beside pyqtgraph's ImageView and napari, and whether a slice is left out."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.ratio import Ratio

if TYPE_CHECKING:
    from apnet_desktop.gui.viewer.ct_viewer import CtViewer

_SIZE = (1200, 900)
_FRAMES = 60
_WARMING = 5


@dataclass
class _Frames:
    """Frames of one run.

    Attributes:
        wall: ms until each was on the screen.
        work: ms of them in which the window's thread worked: on a machine that does other things too, only this is the
            viewer's own doing.
    """

    wall: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Measures one frame."""
        wall, work = time.perf_counter(), time.thread_time()
        yield
        self.wall.append(1000 * (time.perf_counter() - wall))
        self.work.append(1000 * (time.thread_time() - work))

    def share(self, part: float) -> float:
        """The time that this part of the frames does not exceed; the first five warm up."""
        return float(np.quantile(self.wall[_WARMING:], part))

    def work_share(self, part: float) -> float:
        """The same of the work."""
        return float(np.quantile(self.work[_WARMING:], part))


def measure() -> list[Ratio]:
    """Frame times, with their growth with matrix and slices, and the brush."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    single, three = _our_frames(512, 100, single=True), _our_frames(512, 100, single=False)
    paging, brush = _paging_frames(), _brush_frames()
    rows = [
        _row("scroll 512², overlay, median frame", single, 0.5, 5.0),
        _row("scroll 512², overlay, p95 frame", single, 0.95, 8.0),
        _row("three linked planes, every one cut anew, p95 frame", three, 0.95, 16.7),
        _row("three linked planes, paging one of them, p95 frame", paging, 0.95, 16.7),
        _row("brush stroke to screen, p95", brush, 0.95, 30.0, note="three planes, 512² × 100"),
    ]
    peers = {"pyqtgraph ImageView": _image_view_frames(512, 100)}
    napari = _napari_frames(512, 100)
    if napari is not None:
        peers["napari"] = napari
    for name, frames in peers.items():
        note = f"p95 {single.share(0.95):.1f} and {frames.share(0.95):.1f} ms"
        rows.append(Ratio(f"scroll 512², median, beside {name}", single.share(0.5), frames.share(0.5), 1.0, "ms", note))
    for matrix, slices in ((1024, 100), (512, 1000)):
        alone, planes = _our_frames(matrix, slices, single=True), _our_frames(matrix, slices, single=False)
        for what, frames, part, base in (("scroll", alone, 0.5, single), ("three planes", planes, 0.95, three)):
            share = "median" if part == 0.5 else "p95"
            note = (
                f"growth from 512² × 100, no goal; work {frames.work_share(part):.1f}, {base.work_share(part):.1f} ms"
            )
            rows.append(
                Ratio(f"{what} {matrix}² × {slices}, {share}", frames.share(part), base.share(part), None, "ms", note)
            )
    longest = max(max(frames.work) for frames in (single, three, paging, brush))
    rows.append(Ratio("longest work of the window's thread at one event", longest, 50.0, 1.0, "ms"))
    rows.append(_lost_slices())
    application.processEvents()
    return rows


def _row(what: str, frames: _Frames, part: float, limit: float, note: str = "") -> Ratio:
    said = "; ".join(part for part in (note, f"work {frames.work_share(part):.1f} ms") if part)
    return Ratio(what, frames.share(part), limit, 1.0, "ms", said)


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


def _our_frames(matrix: int, slices: int, *, single: bool) -> _Frames:
    """Frames of one plane, or of all three at once, each on another slice than the frame before."""
    from PySide6.QtWidgets import QApplication

    from apnet_desktop.gui.viewer.plane import PlaneKind

    viewer = _viewer(matrix, slices, single=single)
    frames = _Frames()
    for step in range(_FRAMES):
        with frames.one():
            if single:
                viewer.go_to_slice(step % slices)
            else:
                viewer.state.set_position((step % slices, matrix // 3 + step, matrix // 3 + step))
            viewer.views[PlaneKind.AXIAL].repaint()
            QApplication.processEvents()
    viewer.close()
    viewer.deleteLater()
    return frames


def _paging_frames() -> _Frames:
    """Frames of three planes while a person pages in one of them: in the others only the crosshair moves."""
    from PySide6.QtWidgets import QApplication

    from apnet_desktop.gui.viewer.plane import PlaneKind

    viewer = _viewer(512, 100, single=False)
    frames = _Frames()
    for step in range(_FRAMES):
        with frames.one():
            viewer.go_to_slice(step)
            viewer.views[PlaneKind.AXIAL].repaint()
            QApplication.processEvents()
    viewer.close()
    viewer.deleteLater()
    return frames


def _image_view_frames(matrix: int, slices: int) -> _Frames:
    import pyqtgraph
    from PySide6.QtWidgets import QApplication

    pyqtgraph.setConfigOption("imageAxisOrder", "row-major")
    peer = pyqtgraph.ImageView()
    peer.resize(*_SIZE)
    peer.show()
    peer.setImage(_hounsfield(matrix, slices), levels=(-135.0, 215.0))
    QApplication.processEvents()
    frames = _Frames()
    for step in range(_FRAMES):
        with frames.one():
            peer.setCurrentIndex(step % slices)
            peer.ui.graphicsView.viewport().repaint()
            QApplication.processEvents()
    peer.close()
    return frames


def _napari_frames(matrix: int, slices: int) -> _Frames | None:
    """napari on the same volume with a labels layer; None where it is not installed, or has no OpenGL to draw with."""
    from PySide6.QtWidgets import QApplication

    try:
        import napari  # type: ignore[import-not-found]
    except ImportError:
        return None
    try:
        viewer = napari.Viewer(show=False)
        window = viewer.window._qt_window
        window.resize(*_SIZE)
        window.show()
        viewer.add_image(_hounsfield(matrix, slices), contrast_limits=(-135.0, 215.0))
        viewer.add_labels(np.zeros((slices, matrix, matrix), dtype=np.uint8))
    except (RuntimeError, OSError):
        return None
    canvas = viewer.window._qt_viewer.canvas.native
    QApplication.processEvents()
    frames = _Frames()
    for step in range(_FRAMES):
        with frames.one():
            viewer.dims.set_current_step(0, step % slices)
            canvas.repaint()
            QApplication.processEvents()
    viewer.close()
    return frames


def _brush_frames() -> _Frames:
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

    frames = _Frames()
    send(QEvent.Type.MouseButtonPress, QPointF(150, 200))
    QApplication.processEvents()
    for step in range(_FRAMES):
        with frames.one():
            send(QEvent.Type.MouseMove, QPointF(150 + 5 * step, 200 + 3 * (step % 20)))
            QApplication.processEvents()
    with frames.one():
        send(QEvent.Type.MouseButtonRelease, QPointF(400, 300))
        QApplication.processEvents()
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
