"""The worklist as a page of the window, and the ways from it into a case, a reading, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget

from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.ct_flow import CtFlow
from apnet_desktop.gui.reading_bar import ReadingBar
from apnet_desktop.gui.services import Services

if TYPE_CHECKING:
    from apnet_desktop.gui.worklist import WorklistView

__all__ = ["WorklistInWindow"]


class WorklistInWindow(QObject):
    """Shows the worklist and keeps the reading bar.

    Signals:
        case_chosen: A person opened a case; carries its id.
        back_wanted: A person wants to go back to the open case.
        new_case_wanted: A person wants to begin a new case.
        reading_opened: A case of the cohort is open for its reader.
        said: A sentence for the person; carries the `Message`.

    Args:
        services: Store, settings, processes.
        pages: Where the page is shown.
        keeper: The open case.
        ct_flow: Brings the CT of a case.
        schema: Gives the factors of the bundle in use, None while there is none.
        parent: Qt's owner.
    """

    case_chosen = Signal(str)
    back_wanted = Signal()
    new_case_wanted = Signal()
    reading_opened = Signal()
    said = Signal(object)

    def __init__(
        self,
        services: Services,
        pages: QStackedWidget,
        keeper: CaseKeeper,
        ct_flow: CtFlow,
        schema: Callable[[], FactorSchema | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._pages = pages
        self._keeper = keeper
        self._ct_flow = ct_flow
        self._schema = schema
        self.view: WorklistView | None = None
        self.bar = ReadingBar(services.language)
        self.bar.next_wanted.connect(self.next_reading)
        self.bar.left.connect(self.leave)
        keeper.changed.connect(lambda _: self._show_bar())

    def show(self) -> None:
        """Shows the worklist; it is made when it is first asked for."""
        view = self._made()
        view.refresh()
        view.offer_back(self._keeper.case is not None)
        self._pages.setCurrentWidget(view)
        view.table.setFocus()

    def _made(self) -> WorklistView:
        from apnet_desktop.gui.worklist import WorklistView

        if self.view is None:
            self.view = WorklistView(self._services.store, self._services.language, None, self._schema())
            self.view.case_opened.connect(self.case_chosen)
            self.view.new_case_requested.connect(self.new_case_wanted)
            self.view.back_requested.connect(self.back_wanted)
            self.view.reading_requested.connect(lambda case_id: self.open_reading(case_id, self._reader))
            self.view.refused.connect(self.said)
            self._pages.addWidget(self.view)
        return self.view

    @property
    def _reader(self) -> str:
        return self._services.store.audit.person

    def open_reading(self, case_id: str, reader: str) -> None:
        """Opens a case of the cohort for a reader to draw in: CT and own outline, and nothing else of it."""
        self._ct_flow.open_reading(case_id, reader)
        if self._keeper.reader:
            self.reading_opened.emit()

    def next_reading(self) -> None:
        """Goes on to the reader's next case; where there is none, back to the worklist, which says so."""
        view = self._made()
        if not view.read_next():
            self.show()

    def leave(self) -> None:
        """Closes the open case and shows the worklist."""
        self._ct_flow.leave()
        self.show()

    def _show_bar(self) -> None:
        reader, assessment = self._keeper.reader, self._keeper.assessment
        if not reader or assessment is None:
            self.bar.hide()
            return
        finished = assessment.roi is not None and assessment.roi.confirmation is not None
        known = self._services.store.readings.own(assessment.case_id, reader) if finished else None
        self.bar.show_reading(reader, known.minutes if known else None)
