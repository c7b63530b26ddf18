"""The readings of the cohort: how many are drawn, which share is drawn twice, and how well two readers agree."""

from __future__ import annotations

import logging
from statistics import mean

from PySide6.QtCore import Qt, QThreadPool, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.cases.readings import Agreement
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Language, text

__all__ = ["ReadingsDialog"]

_LOG = logging.getLogger(__name__)
_COLUMNS = ("patient", "first_reader", "second_reader", "dice", "volumes")


class ReadingsDialog(QDialog):
    """Shows how far the cohort's readings are; the share that a second reader draws is chosen here.

    Args:
        store: The case store.
        language: Of every text.
        parent: Qt's owner.

    Raises:
        CaseError: The store cannot be read.
    """

    _compared = Signal(object)

    def __init__(self, store: CaseStore, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._language = language
        self.setWindowTitle(text("worklist.readings_title", language))
        self.setMinimumSize(640, 420)
        self.progress = QLabel(self)
        self.progress.setWordWrap(True)
        self.share = QSpinBox(self)
        self.share.setRange(0, 100)
        self.share.setSuffix(" %")
        self.share.setSingleStep(5)
        self.share.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        label = QLabel(text("worklist.readings_share", language), self)
        label.setBuddy(self.share)
        self.choose_button = QPushButton(text("worklist.readings_choose", language), self)
        self.choose_button.setAutoDefault(False)
        self.choose_button.clicked.connect(self.choose)
        row = QHBoxLayout()
        for widget in (label, self.share, self.choose_button):
            row.addWidget(widget)
        row.addStretch(1)
        self.summary = QLabel(text("worklist.readings_comparing", language), self)
        self.summary.setWordWrap(True)
        self.table = self._make_table()
        self.fault = QLabel(self)
        self.fault.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(10)
        column.addWidget(self.progress)
        column.addLayout(row)
        column.addWidget(self.summary)
        column.addWidget(self.table, 1)
        column.addWidget(self.fault)
        column.addWidget(buttons)
        self._show_progress()
        self._compared.connect(self._show_agreement)
        QThreadPool.globalInstance().start(self._compare)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(_COLUMNS), self)
        table.setHorizontalHeaderLabels([text(f"worklist.readings_{name}", self._language) for name in _COLUMNS])
        table.verticalHeader().hide()
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        return table

    def choose(self) -> None:
        """Chooses by lot which cases a second reader draws too; the same share gives the same cases again."""
        try:
            self._store.readings.choose_second_readings(self.share.value() / 100)
            self._show_progress()
        except CaseError as error:
            self.fault.setText(error.message.text(self._language))

    def _show_progress(self) -> None:
        counted = self._store.readings.progress()
        self.share.setValue(round(100 * counted.wanted_twice / counted.cases) if counted.cases else 0)
        self.progress.setText(
            text(
                "worklist.readings_progress",
                self._language,
                once=counted.drawn_once,
                cases=counted.cases,
                twice=counted.drawn_twice,
                wanted=counted.wanted_twice,
            )
        )

    def _compare(self) -> None:
        """On a thread of the pool: each pair of masks is read from the disk."""
        try:
            found: list[Agreement] | str = self._store.readings.agreement()
        except CaseError as error:
            found = error.message.text(self._language)
        except Exception as error:  # noqa: BLE001 - on a thread of the pool nobody else would hear of a bug
            _LOG.error("readings could not be compared", exc_info=error)
            found = text("worklist.readings_failed", self._language)
        self._compared.emit(found)

    def _show_agreement(self, found: list[Agreement] | str) -> None:
        if isinstance(found, str):
            self.summary.setText(found)
            return
        if not found:
            self.summary.setText(text("worklist.readings_no_pairs", self._language))
            return
        values = [one.dice for one in found]
        self.summary.setText(
            text(
                "worklist.readings_dice_summary",
                self._language,
                pairs=len(found),
                mean=f"{mean(values):.2f}",
                lowest=f"{min(values):.2f}",
            )
        )
        self.table.setRowCount(len(found))
        for row, one in enumerate(found):
            volumes = f"{one.first_volume:.1f} / {one.second_volume:.1f}"
            for column, words in enumerate((one.patient, one.first, one.second, f"{one.dice:.3f}", volumes)):
                self.table.setItem(row, column, QTableWidgetItem(words))
