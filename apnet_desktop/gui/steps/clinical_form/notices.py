"""The strip above the form: another patient's values side by side, or what an import has to say."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from apnet_desktop.clinical.identity import Difference
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, text

__all__ = ["DifferenceStrip", "ImportStrip", "side_by_side"]


def _shown(field: str, value: str, language: Language) -> str:
    """A value of an identity as a person reads it: the DICOM code of the sex in words."""
    if field == "sex" and value in ("M", "F", "O"):
        return text(f"clinical_form.sex_{value.lower()}", language)
    return value


def side_by_side(difference: Difference, language: Language) -> str:
    """One difference as a line of text."""
    return text(
        "clinical_form.side_by_side",
        language,
        field=text(f"clinical_form.field_{difference.field}", language),
        first=_shown(difference.field, difference.first, language),
        second=_shown(difference.field, difference.second, language),
    )


_Action = tuple[str, Callable[[], None]]


class _Strip(QFrame):
    """A card with a coloured left edge and a symbol."""

    def __init__(self, symbol: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self._symbol = QLabel(symbol, self)
        self._heading = QLabel(self)
        self._heading.setWordWrap(True)
        self._heading.setTextFormat(Qt.TextFormat.PlainText)
        self._body = QVBoxLayout()
        self._buttons = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(6)
        words.addWidget(self._heading)
        words.addLayout(self._body)
        words.addLayout(self._buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(10)
        row.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.hide()

    def _colour(self, colour: str) -> None:
        card = colours().card.name()
        self._symbol.setStyleSheet(f"color: {colour}; font-weight: 700;")
        self._heading.setStyleSheet("font-weight: 600;")
        self.setStyleSheet(
            f"QFrame#strip {{ background: {card}; border: 1px solid {colour}; border-left: 5px solid {colour};"
            " border-radius: 5px; }"
        )

    def _act(self, actions: tuple[_Action, ...]) -> None:
        while (item := self._buttons.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for label, action in actions:
            button = QPushButton(label, self)
            button.clicked.connect(action)
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)

    def _replace(self, content: QWidget) -> None:
        while (item := self._body.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._body.addWidget(content)


class DifferenceStrip(_Strip):
    """Stops: the record speaks of another patient than the CT, each field with both values side by side."""

    def __init__(self, language: Language, parent: QWidget) -> None:
        super().__init__("✕", parent)
        self._language = language
        self.differences: tuple[Difference, ...] = ()

    def show_differences(self, differences: tuple[Difference, ...], actions: tuple[_Action, ...]) -> None:
        """Shows them, or hides if there are none."""
        if differences == self.differences:
            return
        self.differences = differences
        self.setVisible(bool(differences))
        if not differences:
            return
        self._colour(colours().refused.name())
        self._heading.setText(text("clinical_form.other_patient", self._language))
        table = QWidget(self)
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(24)
        cells = [("", text("clinical_form.in_ct", self._language), text("clinical_form.in_record", self._language))]
        cells += [
            (
                text(f"clinical_form.field_{difference.field}", self._language),
                _shown(difference.field, difference.first, self._language),
                _shown(difference.field, difference.second, self._language),
            )
            for difference in differences
        ]
        for row, line in enumerate(cells):
            for column, cell in enumerate(line):
                label = QLabel(cell, table)
                label.setTextFormat(Qt.TextFormat.PlainText)
                if row == 0 or column == 0:
                    label.setObjectName("quiet")
                grid.addWidget(label, row, column)
        grid.setColumnStretch(3, 1)
        self._replace(table)
        self._act(actions)


class ImportStrip(_Strip):
    """What an import or a paste has to say, with a way back."""

    def __init__(self, language: Language, parent: QWidget) -> None:
        super().__init__("ⓘ", parent)
        self._language = language
        self.sentences: tuple[str, ...] = ()

    def say(self, heading: str, sentences: tuple[str, ...], refused: bool, actions: tuple[_Action, ...] = ()) -> None:
        """Shows a heading and sentences until they are closed."""
        self.sentences = (heading, *sentences)
        self._symbol.setText("✕" if refused else "ⓘ")
        self._colour((colours().refused if refused else colours().accent).name())
        self._heading.setText(heading)
        body = QLabel("\n".join(f"• {sentence}" for sentence in sentences[:12]), self)
        body.setTextFormat(Qt.TextFormat.PlainText)
        body.setWordWrap(True)
        body.setVisible(bool(sentences))
        self._replace(body)
        self._act((*actions, (text("clinical_form.close", self._language), self.clear)))
        self.show()

    def clear(self) -> None:
        """Hides it."""
        self.sentences = ()
        self.hide()
