"""After a crash: the case that was open, at the step, slice, zoom and window that a person had before them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from apnet_desktop.cases.assessment import Step
from apnet_desktop.cases.interruption import Interruption, ShownView
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.ct_flow import CtFlow
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.gui.viewer.plane_layout import ViewerLayout
from apnet_desktop.language import Message

__all__ = ["Recovery"]

# A write waits for the disk: once in a while is enough for what can be scrolled to again.
_EVERY = 1000  # ms


class Recovery(QObject):
    """Keeps what is seen of the open case, and shows it again at the start after a crash.

    Args:
        interruption: What the store remembers.
        keeper: The open case.
        flow: Reads its CT.
        viewer: Shows it.
        step: Gives the open step.
        parent: Qt's owner.

    Signals:
        step_wanted: Carries the `Step` that was open.
        noted: Carries the `Message` that a case was restored.
    """

    step_wanted = Signal(object)
    noted = Signal(object)

    def __init__(
        self,
        interruption: Interruption,
        keeper: CaseKeeper,
        flow: CtFlow,
        viewer: CtViewer,
        step: Callable[[], Step],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._interruption = interruption
        self._keeper = keeper
        self._flow = flow
        self._viewer = viewer
        self._step = step
        self._waiting: tuple[str, ShownView] | None = None  # until the CT is there to be shown
        self._kept: tuple[str, ShownView] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_EVERY)
        self._timer.timeout.connect(self._keep)
        viewer.state.changed.connect(self.follow)
        # Queued: the outline is loaded after the CT, and moves to its own middle.
        flow.volume_opened.connect(self._show_again, Qt.ConnectionType.QueuedConnection)

    def follow(self, _: object = None) -> None:
        """Something of the view has changed: it is kept within a second."""
        if not self._timer.isActive():
            self._timer.start()

    def end(self) -> None:
        """The window closes: nothing is kept any more."""
        self._viewer.state.changed.disconnect(self.follow)
        self._timer.stop()

    def pick_up(self, open_case: Callable[[str], object], open_reading: Callable[[str, str], object]) -> bool:
        """Opens what was open when the program ended badly, as it was: a reading stays a reading.

        Returns:
            True if there was something.
        """
        case_id, reader, view = self._interruption.case(), self._interruption.reader(), self._interruption.view()
        if case_id is None:
            return False
        if view is not None:
            self._waiting = (case_id, view)
        if reader:
            open_reading(case_id, reader)
        else:
            open_case(case_id)
        if self._keeper.case is None:
            self._waiting = None
            return True
        if view is not None:
            self.step_wanted.emit(view.step)
        self.noted.emit(Message.of("gui.case_restored"))
        return True

    def _show_again(self, volume: CtVolume | None) -> None:
        if self._waiting is None or volume is None:
            return
        (case_id, view), self._waiting = self._waiting, None
        if self._keeper.case is None or self._keeper.case.case_id != case_id:
            return
        if view.layout in set(ViewerLayout):
            self._viewer.set_layout(ViewerLayout(view.layout))
        self._viewer.set_window(*view.window)
        self._viewer.state.set_view(view.zoom, view.center)
        self._viewer.state.set_position(view.position)

    def _keep(self) -> None:
        state = self._viewer.state
        case = self._keeper.case
        if self._waiting is not None or case is None or self._flow.open.shared is None:
            return
        view = ShownView(
            step=self._step(),
            layout=self._viewer.layout_kind.value,
            position=state.position,
            zoom=state.zoom,
            center=state.center,
            window=state.window,
        )
        if (case.case_id, view) != self._kept:
            self._kept = (case.case_id, view)
            self._keeper.guarded(lambda: self._interruption.keep_view(view))
