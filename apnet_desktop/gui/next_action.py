"""One key for whatever is left to do: confirm, go on, calculate, report, review, in this order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QPushButton

from apnet_desktop.cases.assessment import Step
from apnet_desktop.cases.steps import next_step
from apnet_desktop.gui.case_display import steps_of
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.pages import ImagePage, RiskPage

__all__ = ["NEXT_KEYS", "NextAction"]

NEXT_KEYS = "Ctrl+Return"


@dataclass(frozen=True)
class NextAction:
    """Does what a person would press next, as far as its button allows it.

    Attributes:
        keeper: The open case.
        images: CT and ROI.
        risk: Risk and report.
        step: Gives the step that is shown.
        show_step: Shows a step.
        keep: Hands on what is being typed, so that it counts.
    """

    keeper: CaseKeeper
    images: ImagePage
    risk: RiskPage
    step: Callable[[], Step]
    show_step: Callable[[Step], object]
    keep: Callable[[], object]

    def run(self) -> None:
        """Presses the button of the step that is shown; where nothing is left in it, goes on to the step that waits."""
        self.keep()
        shown = self.step()
        if shown is Step.ROI and self.images.roi_panel.confirm():
            return
        if shown is Step.RISK and self._in_risk():
            return
        following = next_step(steps_of(self.keeper))
        if following is not None and following is not shown:
            self.show_step(following)

    def _in_risk(self) -> bool:
        """Calculates where no risk holds, else makes the report, else asks for the review."""
        status = next((one for one in steps_of(self.keeper) if one.step is Step.RISK), None)
        if status is None:
            return False
        button: object = None  # reviewed, or without a score: nothing that a key could do
        if status.message.id == "cases.risk_draft":
            button = self.risk.report.findChild(QPushButton, "report_review")
        elif status.message.id == "cases.risk_no_report":
            button = self.risk.panel.report_button
        elif status.message.id == "cases.risk_to_do" or status.message.id.startswith("cases.stale_"):
            button = self.risk.panel.predict_button
        if not isinstance(button, QPushButton) or not button.isEnabled():
            return False
        button.click()
        return True
