"""The bar of the job that runs: what it does, how far it is, and a Stop that stops at once."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from apnet_desktop.language import Language, text

__all__ = ["JobBar"]

_STEPS = 1000


class JobBar(QFrame):
    """Shown only while a job runs.

    Signals:
        stopped: A person pressed Stop.
    """

    stopped = Signal()

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._stage = QLabel(self)
        self._stage.setTextFormat(Qt.TextFormat.PlainText)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, _STEPS)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(10)
        self._stop = QPushButton(text("gui.stop", language), self)
        self._stop.setObjectName("stop")
        self._stop.clicked.connect(self.stopped)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(14)
        row.addWidget(self._stage)
        row.addWidget(self._bar, 1)
        row.addWidget(self._stop)
        self.hide()

    def show_progress(self, stage: str, fraction: float | None) -> None:
        """Shows what runs and how far it is.

        Args:
            stage: What the job does now, in the person's language.
            fraction: 0 to 1; None where the end is not known yet.
        """
        self._stage.setText(stage)
        # A bar repaints itself, and whatever else of the window waits to be painted, within each `setValue`; several
        # values that come at once would paint as often. Without updates it waits for the next turn of the event loop.
        self._bar.setUpdatesEnabled(False)
        if fraction is None:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, _STEPS)
            self._bar.setValue(round(_STEPS * fraction))
        self._bar.setUpdatesEnabled(True)
        self.show()

    @property
    def fraction(self) -> float:
        """How far the bar stands, 0 to 1."""
        return self._bar.value() / _STEPS
