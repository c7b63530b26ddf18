"""The step *CT*: open a folder, choose the series, see what was checked."""

from __future__ import annotations

import base64

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.ct.series import ScanResult, SeriesSummary
from apnet_desktop.gui.checks_view import ChecksView
from apnet_desktop.gui.theme import colours
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
    """

    folder_wanted = Signal()
    file_wanted = Signal()
    series_chosen = Signal(object)
    identity_wanted = Signal()
    overridden = Signal(str, str)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._summaries: tuple[SeriesSummary, ...] = ()
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
        self._list = QListWidget(self)
        self._list.setAccessibleName(text("gui.series_list", language))
        self._list.setUniformItemSizes(False)
        self._list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemActivated.connect(self._activated)
        self._list.itemClicked.connect(self._activated)
        self._skipped = QLabel(self)
        self._skipped.setObjectName("quiet")
        self._skipped.setWordWrap(True)
        self._skipped.hide()
        self._identity = QPushButton(text("gui.identity_title", language), self)
        self._identity.clicked.connect(self.identity_wanted)
        self._identity.hide()
        self._heading = QLabel(text("gui.checks_heading", language), self)
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
        column.addWidget(self._skipped)
        column.addWidget(self._identity)
        column.addWidget(self._heading)
        column.addWidget(self._checks)
        column.addStretch(1)
        self._list.hide()

    @property
    def series(self) -> tuple[SeriesSummary, ...]:
        """The series in the list, in its order."""
        return self._summaries

    def show_series(self, summaries: tuple[SeriesSummary, ...], chosen: int | None = None) -> None:
        """Fills the list; `chosen` is the row to mark."""
        self._summaries = summaries
        self._list.clear()
        for summary in summaries:
            row = _SeriesRow(summary, self._language)
            item = QListWidgetItem(self._list)
            item.setSizeHint(QSize(200, row.sizeHint().height()))
            item.setToolTip(summary.sentence.text(self._language))
            if summary.state is CheckState.REFUSED:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsSelectable)
            self._list.setItemWidget(item, row)
        if chosen is not None:
            self._list.setCurrentRow(chosen)
        self._hint.setVisible(not summaries)
        self._list.setVisible(bool(summaries))

    def show_scan(self, result: ScanResult) -> None:
        """Shows the end of a scan: all series, the preselected one marked, and what was skipped."""
        self.show_series(result.series, result.preselected)
        self._skipped.setVisible(bool(result.skipped))
        if result.skipped:
            count = sum(skipped.count for skipped in result.skipped)
            self._skipped.setText(text("gui.skipped_files", self._language, count=count))
            lines = [
                f"{one.count}: {one.reason.text(self._language)}  {', '.join(one.examples)}" for one in result.skipped
            ]
            self._skipped.setToolTip("\n".join(lines))

    def show_checks(self, checks: tuple[Check, ...], overridable: tuple[str, ...] = ()) -> None:
        """Shows what was checked on the open series."""
        self._heading.setVisible(bool(checks))
        self._checks.show_checks(checks, overridable)

    def offer_identity(self, wanted: bool) -> None:
        """Shows the button to type in who the patient is."""
        self._identity.setVisible(wanted)

    def _activated(self, item: QListWidgetItem) -> None:
        self.series_chosen.emit(self._summaries[self._list.row(item)])


class _SeriesRow(QWidget):
    """Thumbnail, what the series is, and in one sentence whether it can be used."""

    def __init__(self, summary: SeriesSummary, language: Language) -> None:
        super().__init__()
        picture = QLabel(self)
        picture.setFixedSize(_THUMBNAIL, _THUMBNAIL)
        picture.setStyleSheet("background: black;")
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        if summary.thumbnail:
            pixmap = QPixmap()
            pixmap.loadFromData(base64.b64decode(summary.thumbnail))
            picture.setPixmap(
                pixmap.scaled(
                    _THUMBNAIL,
                    _THUMBNAIL,
                    Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            )
        title = QLabel(_title(summary, language), self)
        font = QFont(self.font())
        font.setBold(True)
        title.setFont(font)
        facts = QLabel(_facts(summary, language), self)
        facts.setObjectName("quiet")
        chosen = colours()
        colour = {CheckState.PASSED: chosen.done, CheckState.WARNED: chosen.look, CheckState.REFUSED: chosen.refused}
        verdict = QLabel(text(f"gui.series_{summary.state.value}", language), self)
        verdict.setStyleSheet(f"color: {colour[summary.state].name()}; font-weight: 600;")
        words = QVBoxLayout()
        words.setSpacing(1)
        for label in (title, facts, verdict):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            words.addWidget(label)
        if summary.state is not CheckState.PASSED:
            sentence = QLabel(summary.sentence.text(language), self)
            sentence.setTextFormat(Qt.TextFormat.PlainText)
            sentence.setWordWrap(True)
            sentence.setMinimumWidth(200)
            words.addWidget(sentence)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 6, 6, 6)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)


def _title(summary: SeriesSummary, language: Language) -> str:
    series = summary.description
    number = f"{series.number}: " if series.number is not None else ""
    return number + (series.description or text("gui.series_unnamed", language))


def _facts(summary: SeriesSummary, language: Language) -> str:
    series = summary.description
    facts = [text("gui.slice_count", language, count=summary.slice_count)]
    if summary.geometry is not None:
        facts.append(f"{summary.geometry.spacing[2]:g} mm")
    if series.modality != "CT":
        facts.append(series.modality)
    elif series.phase != "unknown":
        facts.append(text(f"gui.phase_{series.phase}", language))
    if series.kernel:
        facts.append(series.kernel)
    return " · ".join(facts)
