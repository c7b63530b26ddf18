"""One series in the picker: picture, what it is, and in one sentence whether it can be used."""

from __future__ import annotations

import base64

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.ct.volume import SeriesDescription
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, text

__all__ = ["SeriesRow", "series_facts", "series_title", "series_verdict"]

_THUMBNAIL = 64
_MARGIN = 6


class SeriesRow(QWidget):
    """Shows one series."""

    def __init__(self, summary: SeriesSummary, language: Language) -> None:
        super().__init__()
        words = QVBoxLayout()
        words.setSpacing(1)
        title = self._label(series_title(summary.description, language))
        font = QFont(self.font())
        font.setBold(True)
        title.setFont(font)
        words.addWidget(title)
        facts = self._label(series_facts(summary, language))
        facts.setObjectName("quiet")
        words.addWidget(facts)
        verdict = self._label(series_verdict(summary, language))
        if summary.scanning:
            verdict.setObjectName("quiet")
        else:
            chosen = colours()
            colour = {
                CheckState.PASSED: chosen.done,
                CheckState.WARNED: chosen.look,
                CheckState.REFUSED: chosen.refused,
            }[summary.state]
            verdict.setStyleSheet(f"color: {colour.name()}; font-weight: 600;")
        words.addWidget(verdict)
        if summary.state is not CheckState.PASSED and not summary.scanning:
            words.addWidget(self._label(summary.sentence.text(language)))
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        row.addWidget(self._picture(summary), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def height_for(self, width: int) -> int:
        """Height in which every line is seen at a width in pixels."""
        self.ensurePolished()
        for label in self.findChildren(QLabel):
            label.ensurePolished()
        layout = self.layout()
        assert layout is not None  # noqa: S101 - made above
        return max(layout.heightForWidth(width), _THUMBNAIL + 2 * _MARGIN)

    def _label(self, words: str) -> QLabel:
        label = QLabel(words, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label

    def _picture(self, summary: SeriesSummary) -> QLabel:
        picture = QLabel(self)
        picture.setFixedSize(_THUMBNAIL, _THUMBNAIL)
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        if summary.thumbnail:
            picture.setStyleSheet("background: black;")
            pixmap = QPixmap()
            pixmap.loadFromData(base64.b64decode(summary.thumbnail))
            smooth = Qt.TransformationMode.SmoothTransformation
            side = round(_THUMBNAIL * self.devicePixelRatioF())
            pixmap = pixmap.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, smooth)
            pixmap.setDevicePixelRatio(self.devicePixelRatioF())
            picture.setPixmap(pixmap)
        return picture


def series_title(series: SeriesDescription, language: Language) -> str:
    """Number and name of a series."""
    number = f"{series.number}: " if series.number is not None else ""
    return number + (series.description or text("gui.series_unnamed", language))


def series_verdict(summary: SeriesSummary, language: Language) -> str:
    """Usable, usable with a warning, not usable; or that its files are still being found."""
    if summary.scanning:
        return summary.sentence.text(language)
    return text(f"gui.series_{summary.state.value}", language)


def _slices(count: int, language: Language) -> str:
    return text("gui.one_slice", language) if count == 1 else text("gui.slice_count", language, count=count)


def series_facts(summary: SeriesSummary, language: Language) -> str:
    """Slices, their thickness and true distance, contrast phase, kernel."""
    series = summary.description
    facts = [_slices(summary.slice_count, language)]
    thickness = series.slice_thickness
    if summary.geometry is not None and summary.slice_count > 1:  # one slice lies apart from nothing
        spacing = f"{summary.geometry.spacing[2]:.3g}"
        if thickness is not None:
            facts.append(text("gui.thick_and_apart", language, thickness=f"{thickness:.3g}", spacing=spacing))
        else:
            facts.append(text("gui.apart", language, spacing=spacing))
    elif thickness is not None:
        facts.append(text("gui.thick", language, thickness=f"{thickness:.3g}"))
    if series.modality != "CT":
        facts.append(series.modality)
    elif series.phase != "unknown":
        facts.append(text(f"gui.phase_{series.phase}", language))
    if series.kernel:
        facts.append(series.kernel)
    return " · ".join(facts)
