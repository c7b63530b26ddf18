"""The severity scores beside the form: computed while typing, each with its lines' points and what is missing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from apnet_desktop.clinical.factor import FactorSchema, Label
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.scores import Score, all_scores
from apnet_desktop.gui.steps.clinical_form.field import in_language
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, text

__all__ = ["ScorePanel", "points_text"]


def points_text(score: Score, language: Language) -> str:
    """The points as far as they are settled: "3", or "2 to 5" while inputs are missing."""
    if score.id == "atlanta":
        return score.grade.text(language) if score.grade is not None else text("clinical_form.score_open", language)
    if score.points is not None:
        return str(score.points)
    return text("clinical_form.score_range", language, lower=score.lower, upper=score.upper)


class ScorePanel(QFrame):
    """All scores of a record.

    Signals:
        factor_wanted: A person wants to fill in a missing factor; carries its id.
    """

    factor_wanted = Signal(str)

    def __init__(self, schema: FactorSchema, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._language = language
        title = QLabel(text("clinical_form.scores", language), self)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setBold(True)
        title.setFont(font)
        note = QLabel(text("clinical_form.scores_note", language), self)
        note.setObjectName("quiet")
        note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(6)
        column.addWidget(title)
        column.addWidget(note)
        self._cards = {score.id: _ScoreCard(score, schema, language, self) for score in all_scores(ClinicalRecord())}
        for card in self._cards.values():
            card.factor_wanted.connect(self.factor_wanted)
            column.addWidget(card)
        column.addStretch(1)
        self.scores: tuple[Score, ...] = ()

    def show_record(self, record: ClinicalRecord) -> None:
        """Computes all scores anew."""
        self.scores = all_scores(record)
        for score in self.scores:
            self._cards[score.id].show_score(score)

    def open(self, score_id: str) -> None:
        """Shows the lines of one score."""
        self._cards[score_id].open(True)

    def shown(self, score_id: str) -> str:
        """What the panel says of one score: name, points, grade and what is missing."""
        return self._cards[score_id].sentence


class _ScoreCard(QWidget):
    """One score: a heading that opens its lines."""

    factor_wanted = Signal(str)

    def __init__(self, score: Score, schema: FactorSchema, language: Language, parent: QWidget) -> None:
        super().__init__(parent)
        self._schema = schema
        self._language = language
        self._score = score
        self._name = text(f"clinical.score.{score.id}", language)
        self._opener = QPushButton(self)
        self._opener.setObjectName("opener")
        self._opener.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._opener.setCursor(Qt.CursorShape.PointingHandCursor)
        self._opener.setToolTip(text("clinical_form.open_score", language, score=self._name))
        self._opener.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._opener.clicked.connect(self._turn)
        self._points = QLabel(self)
        bold = QFont(self.font())
        bold.setBold(True)
        self._points.setFont(bold)
        self._grade = QLabel(self)
        self._grade.setWordWrap(True)
        self._missing = QLabel(self)
        self._missing.setObjectName("quiet")
        self._missing.setWordWrap(True)
        self._missing.setTextFormat(Qt.TextFormat.RichText)
        self._missing.linkActivated.connect(self.factor_wanted)
        self._lines = QWidget(self)
        self._lines_column = QVBoxLayout(self._lines)
        self._lines_column.setContentsMargins(22, 2, 0, 4)
        self._lines_column.setSpacing(2)
        heading = QHBoxLayout()
        heading.setSpacing(4)
        heading.addWidget(self._opener, 1)
        heading.addWidget(self._points)
        below = QVBoxLayout()
        below.setContentsMargins(26, 0, 0, 0)
        below.setSpacing(1)
        below.addWidget(self._grade)
        below.addWidget(self._missing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(1)
        column.addLayout(heading)
        column.addLayout(below)
        column.addWidget(self._lines)
        self.open(False)

    @property
    def sentence(self) -> str:
        """All that the card says, as text."""
        parts = [self._name, self._points.text(), self._grade.text()]
        if not self._missing.isHidden():
            parts.append(text("clinical_form.missing", self._language, names=self._joined(self._missing_names())))
        return " · ".join(part for part in parts if part)

    def show_score(self, score: Score) -> None:
        """Shows the score as it stands."""
        if score == self._score and self._points.text():
            return
        self._score = score
        self._points.setText(points_text(score, self._language))
        grade = "" if score.grade is None or score.id == "atlanta" else score.grade.text(self._language)
        self._grade.setText(grade)
        self._grade.setVisible(bool(grade))
        open_ = score.points is None
        self._missing.setVisible(open_)
        if open_:
            self._missing.setText(self._missing_text())
        self.setAccessibleName(self.sentence)
        if not self._lines.isHidden():
            self._fill()

    def _missing_names(self) -> list[str]:
        source = default_schema()
        return [in_language(_label(id, self._schema, source), self._language) for id in self._score.missing]

    def _joined(self, names: list[str]) -> str:
        return ("、" if self._language is Language.CHINESE else ", ").join(names)

    def _missing_text(self) -> str:
        names = self._missing_names()
        links = [
            f'<a href="{id}" style="color: {colours().accent.name()}; text-decoration: none;">{_escaped(name)}</a>'
            for id, name in zip(self._score.missing, names, strict=True)
        ]
        shown, more = links[:4], len(links) - 4
        joined = self._joined(shown)
        if more > 0:
            joined += text("clinical_form.and_more", self._language, count=more)
        return text("clinical_form.missing", self._language, names=joined)

    def _turn(self) -> None:
        self.open(self._lines.isHidden())

    def open(self, opened: bool) -> None:
        """Shows the lines, or folds them."""
        self._opener.setText(("▾ " if opened else "▸ ") + self._name)
        if opened:
            self._fill()
        self._lines.setVisible(opened)

    def _fill(self) -> None:
        while (item := self._lines_column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for line in self._score.items:
            points = text("clinical_form.line_open", self._language) if line.points is None else str(line.points)
            self._lines_column.addWidget(_line(text(f"clinical.item.{line.id}", self._language), points, self))
            if line.note is not None:
                self._lines_column.addWidget(_quiet(line.note.text(self._language), self))
        for notice in self._score.notices:
            self._lines_column.addWidget(_quiet(notice.text(self._language), self))


def _label(id: str, schema: FactorSchema, source: FactorSchema) -> Label:
    return (schema if schema.has(id) else source).factor(id).label


def _escaped(name: str) -> str:
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(name: str, points: str, parent: QWidget) -> QWidget:
    row = QWidget(parent)
    words = QLabel(name, row)
    words.setWordWrap(True)
    number = QLabel(points, row)
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(words, 1)
    layout.addWidget(number, 0, Qt.AlignmentFlag.AlignTop)
    return row


def _quiet(sentence: str, parent: QWidget) -> QLabel:
    label = QLabel(sentence, parent)
    label.setObjectName("quiet")
    label.setWordWrap(True)
    return label
