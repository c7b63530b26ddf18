"""The step *CT*: open a folder, choose the series, see what was checked."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.checks import Check
from apnet_desktop.ct.series import ScanResult, SeriesSummary
from apnet_desktop.ct.volume import SeriesDescription
from apnet_desktop.gui.checks_view import ChecksView
from apnet_desktop.gui.steps.name_readings import NameReadings
from apnet_desktop.gui.steps.series_list import SeriesList
from apnet_desktop.gui.steps.series_row import series_title
from apnet_desktop.language import Language, text

__all__ = ["CtPanel"]

_THUMBNAIL = 64


class CtPanel(QWidget):
    """Side panel of the step *CT*.

    Signals:
        folder_wanted: A person wants to choose a folder.
        file_wanted: A person wants to choose a file, a ZIP or a DICOMDIR.
        series_chosen: A person chose a series; carries the `SeriesSummary`.
        identity_wanted: A person wants to type in who the patient is.
        overridden: A person goes on in spite of a check; carries its id and the reason.
        character_set_wanted: A person says in which character set the names are written; carries its name.
    """

    folder_wanted = Signal()
    file_wanted = Signal()
    series_chosen = Signal(object)
    identity_wanted = Signal()
    overridden = Signal(str, str)
    character_set_wanted = Signal(str)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        folder = QPushButton(text("gui.open_folder", language), self)
        folder.setObjectName("primary")
        folder.setToolTip(text("gui.open_folder_help", language))
        folder.clicked.connect(self.folder_wanted)
        file = QPushButton(text("gui.open_file", language), self)
        file.clicked.connect(self.file_wanted)
        buttons = QHBoxLayout()
        buttons.addWidget(folder, 1)
        buttons.addWidget(file)
        self._hint = QLabel(text("gui.drop_hint", language), self)
        self._hint.setObjectName("quiet")
        self._hint.setWordWrap(True)
        self._list = SeriesList(language, self)
        self._list.series_chosen.connect(self.series_chosen)
        self._why = QLabel(self)
        self._why.setWordWrap(True)
        self._why.setTextFormat(Qt.TextFormat.PlainText)
        self._why.hide()
        self._names = NameReadings(language, self)
        self._names.chosen.connect(self.character_set_wanted)
        self._skipped = QLabel(self)
        self._skipped.setObjectName("quiet")
        self._skipped.setWordWrap(True)
        self._skipped.hide()
        self._identity = QPushButton(text("gui.identity_title", language), self)
        self._identity.clicked.connect(self.identity_wanted)
        self._identity.hide()
        self._heading = QLabel(self)
        self._heading.setTextFormat(Qt.TextFormat.PlainText)
        self._heading.setWordWrap(True)
        font = QFont(self.font())
        font.setBold(True)
        self._heading.setFont(font)
        self._heading.hide()
        self._checks = ChecksView(language, self)
        self._checks.overridden.connect(self.overridden)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(buttons)
        column.addWidget(self._hint)
        column.addWidget(self._list, 20)
        column.addWidget(self._why)
        column.addWidget(self._skipped)
        column.addWidget(self._names)
        column.addWidget(self._identity)
        column.addWidget(self._heading)
        column.addWidget(self._checks)
        column.addStretch(1)
        self._list.hide()

    @property
    def series(self) -> tuple[SeriesSummary, ...]:
        """The series in the list, in its order."""
        return self._list.series

    def show_series(self, summaries: tuple[SeriesSummary, ...], chosen: int | None = None) -> None:
        """Fills the list; `chosen` is the row to mark."""
        self._list.show_series(summaries, chosen)
        self._hint.setVisible(not summaries)
        self._list.setVisible(bool(summaries))
        self._why.hide()
        self._names.show_for(summaries[chosen] if chosen is not None else None)

    def mark_open(self, summary: SeriesSummary) -> None:
        """Marks the series that is read now; why another was preselected is of no interest any more."""
        keys = [one.key for one in self._list.series]
        if summary.key not in keys:
            return
        index = keys.index(summary.key)
        if self._list.currentRow() != index:
            self._list.setCurrentRow(index)
            self._why.hide()
        self._names.show_for(summary)

    def show_scan(self, result: ScanResult) -> None:
        """Shows the end of a scan: all series, the preselected one marked and why, and what was skipped."""
        self.show_series(result.series, result.preselected)
        self._why.setVisible(result.preselected is not None and len(result.series) > 1)
        self._why.setText(result.why.text(self._language))
        self._skipped.setVisible(bool(result.skipped))
        if result.skipped:
            count = sum(skipped.count for skipped in result.skipped)
            self._skipped.setText(text("gui.skipped_files", self._language, count=count))
            lines = [
                f"{one.count}: {one.reason.text(self._language)}  {', '.join(one.examples)}" for one in result.skipped
            ]
            self._skipped.setToolTip("\n".join(lines))

    def show_checks(
        self, series: SeriesDescription, checks: tuple[Check, ...], overridable: tuple[str, ...] = ()
    ) -> None:
        """Shows what was checked on the open series, which need not be one of the list."""
        self._heading.setVisible(bool(checks))
        self._heading.setText(text("gui.checks_heading", self._language, series=series_title(series, self._language)))
        self._checks.show_checks(checks, overridable)

    def offer_identity(self, wanted: bool) -> None:
        """Shows the button to type in who the patient is."""
        self._identity.setVisible(wanted)
