"""What every field of the form has: a label, *unknown*, where the value comes from, and a line for sentences."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from apnet_desktop.clinical.factor import Factor, Interval, Label
from apnet_desktop.clinical.record import FactorValue, Measurement
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.gui.steps.clinical_form.message_line import LineKind, MessageLine
from apnet_desktop.language import Language, text

__all__ = ["Answer", "FactorField", "in_language"]


class Answer(FrozenModel):
    """What a field says.

    Attributes:
        value: In the factor's own unit; None is *unknown*.
        typed: As typed, in another unit.
        confirmed: True if a person confirmed an unusual value.
        trend: The measurements that the value was chosen from.
    """

    value: FactorValue
    typed: str | None = None
    confirmed: bool = False
    trend: tuple[Measurement, ...] = ()


def in_language(label: Label, language: Language) -> str:
    """A label of the schema in the window's language."""
    return label.zh if language is Language.CHINESE else label.en


class FactorField(QWidget):
    """One factor: at most one Tab stop. Subclasses put their control in with `_place`.

    Keys in every field: U says *unknown*, Shift+F1 shows the help (F1 alone is the manual).

    Signals:
        changed: The answer or the problem changed; read `answer`.
        finished: A person pressed Enter on a good answer and wants to go on.
    """

    changed = Signal()
    finished = Signal()

    def __init__(self, factor: Factor, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.factor = factor
        self.language = language
        self.reference: Interval | None = factor.reference
        self._unknown = False
        self._source_given = False
        name = in_language(factor.label, language)
        self._label = QLabel(name, self)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        self._label.setFont(font)
        self._source = QLabel(self)
        self._source.setObjectName("quiet")
        self._side = QLabel(self)
        self._side.setObjectName("quiet")
        self._question = QToolButton(self)
        self._question.setObjectName("unknown")
        self._question.setText(text("clinical_form.unknown", language))
        self._question.setCheckable(True)
        self._question.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._question.setToolTip(text("clinical_form.unknown_help", language))
        self._question.setAccessibleName(text("clinical_form.unknown_of", language, factor=name))
        self._question.clicked.connect(self._toggle_unknown)
        self.line = MessageLine(self)
        heading = QHBoxLayout()
        heading.setSpacing(8)
        heading.addWidget(self._label, 1)
        heading.addWidget(self._source, 0, Qt.AlignmentFlag.AlignTop)
        heading.addWidget(self._side, 0, Qt.AlignmentFlag.AlignTop)
        self._controls = QHBoxLayout()
        self._controls.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(heading)
        column.addLayout(self._controls)
        column.addWidget(self.line)
        column.addStretch(1)
        if factor.help is not None:
            self._label.setToolTip(in_language(factor.help, language))

    def _place(self, control: QWidget, *beside: QWidget) -> None:
        """Puts the control and what stands beside it into the field; the control is its Tab stop."""
        self._controls.addWidget(control, 1)
        for widget in beside:
            self._controls.addWidget(widget)
        self._controls.addWidget(self._question, 0, Qt.AlignmentFlag.AlignTop)
        self._label.setBuddy(control)
        self.setFocusProxy(control)
        control.setAccessibleName(self._label.text())

    @property
    def answer(self) -> Answer | None:
        """The answer; None while the question is open or what was typed cannot be used."""
        raise NotImplementedError

    @property
    def problem(self) -> str:
        """The sentence that says why what was typed is not used; empty if there is none."""
        return self.line.sentence if self.line.kind in (LineKind.REFUSED, LineKind.QUESTION) else ""

    def show_answer(self, answer: Answer | None) -> None:
        """Shows an answer without a signal; None: open."""
        raise NotImplementedError

    def show_hint(self, sentence: str) -> None:
        """Says what in the record contradicts this answer, which stays; empty: nothing does."""
        if self.problem or (not sentence and self.line.kind is not LineKind.HINT):
            return
        if not sentence:
            self.line.clear()
        elif self.line.sentence != sentence:
            self.line.say(LineKind.HINT, sentence)

    def show_source(self, sentence: str) -> None:
        """Says where the value comes from; empty: a person."""
        self._source_given = bool(sentence)
        self._source.setText(sentence)

    @property
    def source(self) -> str:
        """Where the value comes from, as shown."""
        return self._source.text()

    @property
    def unknown(self) -> bool:
        """True if the answer is *unknown*."""
        return self._unknown

    def set_unknown(self, unknown: bool) -> None:
        """Says *unknown*, or opens the question again."""
        raise NotImplementedError

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Keys that the control leaves over."""
        if event.key() == Qt.Key.Key_F1 and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._show_help()
        elif event.text().lower() in ("u", "?"):
            self._toggle_unknown(not self._unknown)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finished.emit()
        else:
            super().keyPressEvent(event)

    def _show_help(self) -> None:
        if self.line.kind is LineKind.HELP:
            self.line.clear()
        elif self.factor.help is not None and self.line.kind is None:
            self.line.say(LineKind.HELP, in_language(self.factor.help, self.language))

    def _toggle_unknown(self, unknown: bool) -> None:
        self.set_unknown(unknown)
        self.show_source("")
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()
