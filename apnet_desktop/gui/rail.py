"""The rail of four steps: what is done, what to look at, and the one thing to do next."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from apnet_desktop.cases.assessment import Step, StepState, StepStatus
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, text

__all__ = ["StepCard", "StepRail"]


class _StateIcon(QWidget):
    """A ring (to do), a disc with a tick (done) or a triangle with a mark (look here): told apart without colour."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(24, 24)
        self.state = StepState.TO_DO
        self.number = 0

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draws the state."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = colours()
        area = QRectF(2, 2, 20, 20)
        if self.state is StepState.DONE:
            _draw_done(painter, area, chosen.done, chosen.on_accent)
        elif self.state is StepState.LOOK_HERE:
            _draw_look(painter, chosen.look, chosen.card)
        else:
            painter.setPen(QPen(chosen.quiet, 1.5))
            painter.drawEllipse(area)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self.number))
        painter.end()


def _draw_done(painter: QPainter, area: QRectF, fill: QColor, tick: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawEllipse(area)
    painter.setPen(QPen(tick, 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPolyline([QPointF(7.5, 12.5), QPointF(10.8, 15.8), QPointF(16.8, 8.8)])


def _draw_look(painter: QPainter, fill: QColor, mark: QColor) -> None:
    painter.setPen(QPen(fill, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(fill)
    painter.drawPolygon(QPolygonF([QPointF(12, 3), QPointF(22, 20.5), QPointF(2, 20.5)]))
    painter.setPen(QPen(mark, 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(12, 9), QPointF(12, 14))
    painter.drawPoint(QPointF(12, 17.6))


class StepCard(QFrame):
    """One step: its state, its name and one sentence. Click, Enter or Space opens it.

    Signals:
        chosen: A person opened this step.
    """

    chosen = Signal()

    def __init__(self, step: Step, number: int, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("step")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._language = language
        self._step = step
        self._current = False
        self._icon = _StateIcon(self)
        self._icon.number = number
        self._title = QLabel(text(f"gui.step_{step.value}", language), self)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setBold(True)
        self._title.setFont(font)
        self._sentence = QLabel(self)
        self._sentence.setObjectName("quiet")
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.MinimumExpanding)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._sentence)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 9, 8, 9)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    @property
    def sentence(self) -> str:
        """The sentence shown."""
        return self._sentence.text()

    @property
    def state(self) -> StepState:
        """The state shown."""
        return self._icon.state

    def show_status(self, status: StepStatus, current: bool) -> None:
        """Shows the step's state and sentence, and whether it is the open one."""
        self._icon.state = status.state
        self._icon.update()
        self._sentence.setText(status.message.text(self._language))
        state = text(f"gui.state_{status.state.value}", self._language)
        self.setAccessibleName(f"{self._title.text()}: {state}. {self._sentence.text()}")
        self._current = current
        self._dress()

    def _dress(self) -> None:
        chosen = colours()
        border = chosen.accent.name() if self._current else chosen.line.name()
        width = 2 if self._current else 1
        focus = f"QFrame#step:focus {{ border: 2px solid {chosen.accent.name()}; }}"
        self.setStyleSheet(
            f"QFrame#step {{ background: {chosen.card.name()}; border: {width}px solid {border};"
            f"border-radius: 6px; }} {focus}"
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Opens the step."""
        self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter and Space open the step."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)


class StepRail(QWidget):
    """The four steps, top to bottom.

    Signals:
        step_chosen: A person chose a step; carries the `Step`.
    """

    step_chosen = Signal(object)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(236)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.cards: dict[Step, StepCard] = {}
        for number, step in enumerate(Step, start=1):
            card = StepCard(step, number, language, self)
            card.chosen.connect(lambda step=step: self.step_chosen.emit(step))
            column.addWidget(card)
            self.cards[step] = card
        column.addStretch(1)

    def show_steps(self, statuses: dict[Step, StepStatus], current: Step) -> None:
        """Shows the state and sentence of every step; one without a status is not for whoever sits here."""
        for step, card in self.cards.items():
            card.setVisible(step in statuses)
            if step in statuses:
                card.show_status(statuses[step], step is current)
