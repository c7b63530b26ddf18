"""What the worklist shows: a search, five lists and the step at which a case waits."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetrics, QHideEvent, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLineEdit, QPushButton, QWidget

from apnet_desktop.cases.assessment import Step
from apnet_desktop.cases.listing import CaseQuery, CaseState
from apnet_desktop.language import Language, text

__all__ = ["WorklistFilters", "WorklistTab"]

# A query costs some ten milliseconds on 10,000 cases; waiting for a pause in typing keeps every key stroke light.
_TYPING_PAUSE_MS = 120


class WorklistTab(StrEnum):
    """The five lists."""

    WAITING = "waiting"
    FINISHED = "finished"
    ALL = "all"
    ARCHIVED = "archived"
    DELETED = "deleted"


_STATES = {WorklistTab.ARCHIVED: CaseState.ARCHIVED, WorklistTab.DELETED: CaseState.DELETED}
_FINISHED = {WorklistTab.WAITING: False, WorklistTab.FINISHED: True}


class WorklistFilters(QWidget):
    """The row of controls above the table.

    Signals:
        changed: Another query is asked for.
        went_down: Arrow down in the search: on to the table.
        accepted: Enter in the search: open the first case.
    """

    changed = Signal()
    went_down = Signal()
    accepted = Signal()

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_TYPING_PAUSE_MS)
        self._pause.timeout.connect(self.changed)
        self.search = _SearchField(self)
        self.search.setPlaceholderText(text("worklist.search", language))
        self.search.setAccessibleName(text("worklist.search", language))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(220)
        self.search.setStyleSheet("QLineEdit { padding: 5px 8px; }")
        self.search.textChanged.connect(lambda _: self._pause.start())
        self.search.went_down.connect(self.went_down)
        self.search.returnPressed.connect(self.accepted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.search, 1)
        row.addSpacing(8)
        self.tabs = QButtonGroup(self)
        for number, tab in enumerate(WorklistTab):
            button = QPushButton(text(f"worklist.tab_{tab.value}", language), self)
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setChecked(tab is WorklistTab.WAITING)
            _hold_bold(button)
            self.tabs.addButton(button, number)
            row.addWidget(button)
        self.tabs.idClicked.connect(lambda _: self.changed.emit())
        self.step = QComboBox(self)
        self.step.addItem(text("worklist.any_step", language), None)
        for step in Step:
            self.step.addItem(text(f"worklist.step_{step.value}", language), step.value)
        self.step.setAccessibleName(text("worklist.step_filter", language))
        self.step.setToolTip(text("worklist.step_filter", language))
        self.step.currentIndexChanged.connect(lambda _: self.changed.emit())
        row.addWidget(self.step)

    @property
    def tab(self) -> WorklistTab:
        """Which of the lists is shown."""
        return list(WorklistTab)[self.tabs.checkedId()]

    @property
    def pending(self) -> bool:
        """True while a person types and the query is not asked yet."""
        return self._pause.isActive()

    @property
    def narrowed(self) -> bool:
        """True if a search or a step leaves cases of the list out."""
        return bool(self.search.text().strip()) or self.step.currentData() is not None

    def settle(self) -> None:
        """Takes what was typed as asked for."""
        self._pause.stop()

    def show_tab(self, tab: WorklistTab) -> None:
        """Chooses one of the lists."""
        self.tabs.button(list(WorklistTab).index(tab)).setChecked(True)
        self.changed.emit()

    def type(self, letters: str) -> None:
        """Goes on with a search that began in the table."""
        self.search.setFocus()
        self.search.insert(letters)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Nobody waits for the answer any more; the worklist asks anew when it comes up."""
        self._pause.stop()
        super().hideEvent(event)

    def query(self) -> CaseQuery:
        """What the controls ask for."""
        step = self.step.currentData()
        return CaseQuery(
            text=self.search.text(),
            state=_STATES.get(self.tab, CaseState.ACTIVE),
            finished=_FINISHED.get(self.tab),
            next_step=Step(step) if step is not None else None,
        )


def _hold_bold(button: QPushButton) -> None:
    """Room for the bold words of the list that is shown: the style's own size is that of plain ones."""
    button.ensurePolished()
    font = QFont(button.font())
    plain = QFontMetrics(font).horizontalAdvance(button.text())
    font.setBold(True)
    bold = QFontMetrics(font).horizontalAdvance(button.text())
    button.setMinimumWidth(button.sizeHint().width() + bold - plain + 4)


class _SearchField(QLineEdit):
    """Arrow down goes on to the table, Escape clears."""

    went_down = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Down:
            self.went_down.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)
