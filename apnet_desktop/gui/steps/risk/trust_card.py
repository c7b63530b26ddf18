"""How far to trust it: the named checks, those still running, and what the risk was calculated on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.checks import Check
from apnet_desktop.gui.checks_view import ChecksView
from apnet_desktop.gui.steps.risk.words import line, quiet_line
from apnet_desktop.language import Language, text

__all__ = ["TrustCard"]


class TrustCard(QWidget):
    """The checks of a prediction.

    Signals:
        overridden: A person goes on in spite of a check; carries its id and the reason.
    """

    overridden = Signal(str, str)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self.checks = ChecksView(language, self)
        self.checks.overridden.connect(self.overridden)
        self._checking = line("", self)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(8)
        self._bar.setAccessibleName(text("risk.checking_name", language))
        self._device = quiet_line("", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 6, 0)
        column.setSpacing(8)
        for widget in (self._checking, self._bar, self.checks, self._device):
            column.addWidget(widget)
        column.addStretch(1)
        self.show_checking(None)

    @property
    def checking(self) -> bool:
        """True while it says that checks are running."""
        return not self._checking.isHidden()

    def show_checking(self, fraction: float | None, failed: bool = False) -> None:
        """Says that the checks that follow the risk are running, and how far they are.

        Args:
            fraction: Done, 0 to 1; None: nothing is to come, or it has not begun.
            failed: True where they could not be done: then there is no review.
        """
        shown = fraction is not None or failed
        self._checking.setVisible(shown)
        self._bar.setVisible(fraction is not None)
        self._checking.setText(text("risk.checking_failed" if failed else "risk.checking", self._language))
        if fraction is not None:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(1000 * fraction))

    def show_refused(self, checks: tuple[Check, ...], overridable: tuple[str, ...]) -> None:
        """Shows the checks that stopped a prediction."""
        self._device.clear()
        self.checks.show_checks(checks, overridable)

    def show_prediction(self, prediction: Prediction, overridable: tuple[str, ...]) -> None:
        """Shows a prediction's checks."""
        self.checks.show_checks(prediction.checks, overridable)
        compute = prediction.provenance.compute
        self._device.setText(
            text(
                "gui.device_line",
                self._language,
                device=compute.device_name,
                precision=compute.precision.value,
                engine=compute.engine,
            )
        )
