"""The pages in the middle of the window: images with their side panel, and risk beside report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from apnet_desktop.cases.assessment import Step
from apnet_desktop.gui.report_view import ReportView
from apnet_desktop.gui.steps.ct import CtPanel
from apnet_desktop.gui.steps.risk.risk_panel import RiskPanel
from apnet_desktop.gui.steps.roi import RoiPanel
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.language import Language

if TYPE_CHECKING:
    from apnet_desktop.gui.steps.clinical_form import ClinicalForm

__all__ = ["FormPage", "ImagePage", "RiskPage"]

_SIDE_WIDTH = 340
_SIDE_MORE = 120


class ImagePage(QWidget):
    """The viewer, with the panel of the step *CT* or *Pancreas ROI* beside it."""

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewer = CtViewer(language, self)
        self.ct_panel = CtPanel(language, self)
        self.roi_panel = RoiPanel(self.viewer, language, self)
        self._side = QStackedWidget(self)
        self._side.addWidget(self.ct_panel)
        self._side.addWidget(self.roi_panel)
        self._side.setMinimumWidth(_SIDE_WIDTH)
        self._side.setMaximumWidth(_SIDE_WIDTH + _SIDE_MORE)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.viewer, 1)
        row.addWidget(self._side)

    def show_step(self, step: Step) -> None:
        """Shows the panel of a step."""
        self._side.setCurrentWidget(self.ct_panel if step is Step.CT else self.roi_panel)
        self.viewer.setFocus()


class FormPage(QWidget):
    """Room for the form, which comes with the bundle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._form: ClinicalForm | None = None

    def show_form(self, form: ClinicalForm) -> None:
        """Shows another form in place of the last one."""
        if self._form is not None:
            self._column.removeWidget(self._form)
            self._form.deleteLater()
        self._form = form
        self._column.addWidget(form)


class RiskPage(QSplitter):
    """The risk on the left, the report on the right."""

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.panel = RiskPanel(language, self)
        self.report = ReportView(language, self)
        self.addWidget(self.panel)
        self.addWidget(self.report)
        self.panel.setMinimumWidth(410)
        self.setStretchFactor(0, 2)
        self.setStretchFactor(1, 3)
        self.setChildrenCollapsible(False)
