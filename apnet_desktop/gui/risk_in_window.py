"""Joins the result's cards in the window to what calculates, checks and questions it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from apnet_desktop.gui.flow.report_flow import ReportFlow
from apnet_desktop.gui.flow.risk_flow import RiskFlow
from apnet_desktop.gui.steps.risk.risk_panel import RiskPanel

__all__ = ["RiskInWindow"]


class RiskInWindow(QObject):
    """Shows the checks that follow a risk while they run, and answers *What if*.

    Args:
        panel: The cards.
        flow: Calculates and questions.
        report: Makes reports: once the checks are done, which a report prints.
    """

    def __init__(self, panel: RiskPanel, flow: RiskFlow, report: ReportFlow) -> None:
        super().__init__(panel)
        self._panel, self._flow, self._report = panel, flow, report
        panel.report_wanted.connect(self.make_report)
        panel.what_if_asked.connect(flow.what_if.ask)
        flow.what_if.answered.connect(panel.what_if.show_answer)
        flow.what_if.reading.connect(panel.what_if.show_waiting)
        flow.checks.progressed.connect(panel.show_checking)
        flow.checks.failed.connect(lambda: panel.trust.show_checking(None, failed=True))

    def make_report(self) -> None:
        """Makes the report, as soon as the checks are done."""
        self._flow.checks.when_done(self._report.make)
        self._panel.show_report_waits(self._flow.checks.report_waits)
