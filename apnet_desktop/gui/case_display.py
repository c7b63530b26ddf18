"""Shows the open case everywhere at once: banner, rail, what to do next, checks, risk."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QPushButton

from apnet_desktop.cases.assessment import Assessment, Step, StepStatus
from apnet_desktop.cases.steps import next_step, step_states
from apnet_desktop.gui.banner import PatientBanner
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.risk_flow import RiskFlow
from apnet_desktop.gui.pages import ImagePage, RiskPage
from apnet_desktop.gui.rail import StepRail
from apnet_desktop.language import Language, Message, text

__all__ = ["CaseDisplay", "steps_of"]


def steps_of(keeper: CaseKeeper) -> tuple[StepStatus, ...]:
    """Where each step of the open case stands; all to do where none is open."""
    return keeper.case.steps() if keeper.case else step_states(Assessment(case_id=""))


@dataclass(frozen=True)
class CaseDisplay:
    """The parts of the window that show the case.

    Attributes:
        keeper: The open case.
        flow: What a risk still needs.
        banner: Whose case.
        rail: The steps.
        next_button: The one thing to do next.
        images: CT and ROI.
        risk: Risk and report.
        language: Of the texts.
    """

    keeper: CaseKeeper
    flow: RiskFlow
    banner: PatientBanner
    rail: StepRail
    next_button: QPushButton
    images: ImagePage
    risk: RiskPage
    language: Language

    def show(self, step: Step, busy: bool) -> None:
        """Shows the case as it is now.

        Args:
            step: The step that is open.
            busy: True while a job runs.
        """
        assessment = self.keeper.assessment
        self._show_patient(assessment)
        self._show_steps(step)
        if assessment is not None and assessment.series is not None:
            bundle = self.keeper.bundle
            overridable = bundle.manifest.eligibility.overridable if bundle else ()
            checks = assessment.with_overrides(assessment.series.checks)
            self.images.ct_panel.show_checks(assessment.series.series, checks, overridable)
        self._show_risk(assessment, busy)

    def _show_patient(self, assessment: Assessment | None) -> None:
        series = assessment.series if assessment else None
        identity = assessment.identity if assessment else None
        if series is None and identity is not None and not identity.name:
            identity = None
        self.banner.show_patient(identity, series.series if series else None)
        unnamed = identity is not None and (identity.entered_by_hand or not (identity.name and identity.patient_id))
        self.images.ct_panel.offer_identity(series is not None and unnamed)

    def _show_steps(self, step: Step) -> None:
        states = steps_of(self.keeper)
        self.rail.show_steps({status.step: status for status in states}, step)
        following = next_step(states)
        wanted = following if following is not step else None
        self.next_button.setVisible(wanted is not None)
        if wanted is not None:
            name = text(f"gui.step_{wanted.value}", self.language)
            self.next_button.setText(text("gui.next", self.language, step=name))

    def _show_risk(self, assessment: Assessment | None, busy: bool) -> None:
        panel, bundle, case = self.risk.panel, self.keeper.bundle, self.keeper.case
        # The risk has the page to itself until there is a report.
        self.risk.report.setVisible(assessment is not None and bool(assessment.reports))
        missing = self.flow.missing()
        prediction = assessment.prediction if assessment else None
        if assessment is None or prediction is None or bundle is None or case is None:
            panel.show_nothing(missing)
            return
        manifest = bundle.manifest
        if not prediction.routes:
            panel.show_refused(prediction.checks, manifest.eligibility.overridable)
            panel.show_missing(missing)
            return
        current = case.current_inputs()
        changed = assessment.changed_inputs(current) if current else ()
        stale = tuple(Message.of(f"cases.stale_{name.value}") for name in changed)
        simulated = bool(assessment.series and assessment.series.series.simulated)
        panel.show_prediction(prediction, manifest, assessment.record, simulated, stale)
        panel.predict_button.setEnabled(not missing and not busy)
