"""Answers side by side, all visible: one Tab stop, arrow keys, number keys, mouse."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from apnet_desktop.gui.theme import colours

__all__ = ["ChoiceBar"]

_SPACING = 4
_TICK = "✓ "
_OWN_KEYS = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Space,
    Qt.Key.Key_Delete,
    Qt.Key.Key_Backspace,
    Qt.Key.Key_Question,
)


class ChoiceBar(QWidget):
    """A row of answers, wrapped to the width.

    Keys: Left and Right choose (or, where several may be chosen, walk; Space toggles); the digits pick; Delete takes
    the answer back. All other keys go to the parent.

    Args:
        labels: The answers as shown.
        several: True if more than one may be chosen.
        letters: A key for each answer beside its digit, in lower case ("y", "n"); empty: none.

    Signals:
        chosen_changed: A person changed the answer.
    """

    chosen_changed = Signal()

    def __init__(
        self, labels: tuple[str, ...], several: bool = False, letters: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._labels = labels
        self._several = several
        self._letters = letters
        self._chosen: set[int] = set()
        self._at = 0
        self._faded = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    @property
    def chosen(self) -> tuple[int, ...]:
        """Places of the chosen answers, ascending."""
        return tuple(sorted(self._chosen))

    def choose(self, places: tuple[int, ...]) -> None:
        """Shows an answer without a signal."""
        self._chosen = set(places)
        if places:
            self._at = places[0]
        self._describe()
        self.update()

    def fade(self, faded: bool) -> None:
        """Shows the answers as not meant, for *unknown*."""
        self._faded = faded
        self.update()

    def cell(self, place: int) -> QRect:
        """Where an answer is drawn, in the widget's own pixels."""
        return self._cells(self.width())[place]

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """Height of the wrapped rows."""
        return self._cells(width)[-1].bottom() + 2

    def sizeHint(self) -> QSize:  # noqa: N802
        """All answers in one row."""
        width = sum(self._width(label) + _SPACING for label in self._labels)
        return QSize(width, self._row_height() + 2)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The widest answer."""
        return QSize(min(160, max(self._width(label) for label in self._labels)), self._row_height() + 2)

    def _metrics(self) -> QFontMetrics:
        font = QFont(self.font())
        font.setBold(True)
        return QFontMetrics(font)

    def _row_height(self) -> int:
        return self._metrics().height() + 12

    def _width(self, label: str) -> int:
        return self._metrics().horizontalAdvance(_TICK + label) + 20

    def _cells(self, width: int) -> list[QRect]:
        cells, left, top, height = [], 1, 1, self._row_height()
        for label in self._labels:
            wanted = min(self._width(label), max(width - 2, 60))
            if left > 1 and left + wanted > width:
                left, top = 1, top + height + _SPACING
            cells.append(QRect(QPoint(left, top), QSize(wanted, height)))
            left += wanted + _SPACING
        return cells

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Chosen answers are filled and ticked; the one under the keys is ringed."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = colours()
        palette = self.palette()
        for place, (label, cell) in enumerate(zip(self._labels, self._cells(self.width()), strict=True)):
            selected = place in self._chosen
            ringed = self.hasFocus() and place == self._at
            painter.setPen(QPen(chosen.accent if selected or ringed else chosen.line, 2 if ringed else 1))
            painter.setBrush(chosen.accent if selected else palette.color(QPalette.ColorRole.Base))
            painter.drawRoundedRect(cell, 5, 5)
            if ringed and selected:
                painter.setPen(QPen(chosen.on_accent, 1))
                painter.drawRoundedRect(cell.adjusted(3, 3, -3, -3), 3, 3)
            quiet = chosen.quiet if self._faded else palette.color(QPalette.ColorRole.Text)
            painter.setPen(chosen.on_accent if selected else quiet)
            font = QFont(self.font())
            font.setBold(selected)
            painter.setFont(font)
            shown = _TICK + label if selected else label
            elided = QFontMetrics(font).elidedText(shown, Qt.TextElideMode.ElideRight, cell.width() - 8)
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, elided)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Keeps its keys from the window's shortcuts (the digits choose a window preset elsewhere)."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
            if plain and (event.text().isalnum() or event.key() in _OWN_KEYS):
                event.accept()
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click picks."""
        for place, cell in enumerate(self._cells(self.width())):
            if cell.contains(event.position().toPoint()):
                self._at = place
                self._pick(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """See the class."""
        key, typed = event.key(), event.text().lower()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._walk(1 if key == Qt.Key.Key_Right else -1)
        elif key == Qt.Key.Key_Space:
            self._pick(self._at)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._chosen = set()
            self._told()
        elif typed.isdigit() and 1 <= int(typed) <= len(self._labels):
            self._at = int(typed) - 1
            self._pick(self._at)
        elif typed and typed in self._letters:
            self._at = self._letters.index(typed)
            self._pick(self._at)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Draws the ring."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Takes the ring away."""
        super().focusOutEvent(event)
        self.update()

    def _walk(self, step: int) -> None:
        """The first arrow key on an open question chooses its first answer; nothing is chosen before."""
        if self._several or self._chosen:
            self._at = min(max(self._at + step, 0), len(self._labels) - 1)
        if self._several:
            self.update()
        else:
            self._pick(self._at)

    def _pick(self, place: int) -> None:
        self._chosen = self._chosen ^ {place} if self._several else {place}
        self._told()

    def _told(self) -> None:
        self._describe()
        self.update()
        self.chosen_changed.emit()

    def _describe(self) -> None:
        self.setAccessibleDescription(", ".join(self._labels[place] for place in self.chosen))
