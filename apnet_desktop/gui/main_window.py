"""The main window: banner on top, the four steps on the left, the open step in the middle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.bundle.files import Bundle, parse_manifest
from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.cases.assessment import Assessment, Step
from apnet_desktop.cases.settings import Settings
from apnet_desktop.cases.steps import next_step
from apnet_desktop.ct.file_names import text_path
from apnet_desktop.errors import KnownError
from apnet_desktop.gui.banner import PatientBanner
from apnet_desktop.gui.case_display import CaseDisplay, steps_of
from apnet_desktop.gui.ct_in_window import CtInWindow
from apnet_desktop.gui.drops import DropWindow
from apnet_desktop.gui.flow.case_arrival import CaseArrival
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.ct_flow import CtFlow
from apnet_desktop.gui.flow.job_runner import JobRunner
from apnet_desktop.gui.flow.report_flow import ReportFlow
from apnet_desktop.gui.flow.risk_flow import RiskFlow
from apnet_desktop.gui.form_in_window import FormInWindow
from apnet_desktop.gui.help_in_window import HelpInWindow
from apnet_desktop.gui.job_bar import JobBar
from apnet_desktop.gui.manual.pages import Screen
from apnet_desktop.gui.menus import Command, build_menus, step_commands
from apnet_desktop.gui.next_action import NEXT_KEYS, NextAction
from apnet_desktop.gui.notice import NoticeKind, NoticeStrip
from apnet_desktop.gui.pages import FormPage, ImagePage, RiskPage
from apnet_desktop.gui.rail import StepRail
from apnet_desktop.gui.recovery import Recovery
from apnet_desktop.gui.report_in_window import ReportInWindow
from apnet_desktop.gui.risk_in_window import RiskInWindow
from apnet_desktop.gui.services import Services
from apnet_desktop.gui.settings_in_window import SettingsInWindow
from apnet_desktop.gui.worklist_in_window import WorklistInWindow
from apnet_desktop.language import Message, text

if TYPE_CHECKING:
    from apnet_desktop.gui.steps.clinical_form import ClinicalForm

__all__ = ["MainWindow"]


class MainWindow(DropWindow):
    """The application's window.

    Args:
        services: Store, settings, processes.
    """

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._language = services.language
        self.setWindowTitle(text("gui.title", self._language))
        self.resize(1360, 860)
        self.runner = JobRunner(self._language, self)
        self.keeper = CaseKeeper(services.store, services.settings, self)
        self.arrival = CaseArrival(services.store, self.runner.jobs, self)
        self.ct_flow = CtFlow(services, self.runner, self.keeper, self)
        self.risk_flow = RiskFlow(services, self.runner, self.keeper, self.ct_flow.open, self)
        self.report_flow = ReportFlow(services, self.runner, self.keeper, self.ct_flow.open, self)
        self._step = Step.CT
        self._closed = False
        self._manifest: Manifest | None = None
        self._build()
        self._build_menus()
        self._connect()
        self._show_manifest_mark()
        self._show_case()

    # -- building -------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        language = self._language
        self.banner = PatientBanner(language, self)
        self.notice = NoticeStrip(language, self)
        self.rail = StepRail(language, self)
        self.next_button = QPushButton(self)
        self.next_button.setObjectName("primary")
        self.next_button.setMinimumHeight(38)
        self.job_bar = JobBar(language, self)
        images, risk = ImagePage(language, self), RiskPage(language, self)
        self.viewer, self.ct_panel, self.roi_panel = images.viewer, images.ct_panel, images.roi_panel
        self.risk_panel, self.report_view = risk.panel, risk.report
        self.report = ReportInWindow(risk.report, self.report_flow, self.keeper, self.runner, language)
        self.risk = RiskInWindow(risk.panel, self.risk_flow, self.report_flow)
        self._images, self._risk_page = images, risk
        self._display = CaseDisplay(
            self.keeper, self.risk_flow, self.banner, self.rail, self.next_button, images, risk, language
        )
        form_page = FormPage(self)
        self._pages = QStackedWidget(self)
        for page in (images, form_page, risk):
            self._pages.addWidget(page)
        services, keeper = self._services, self.keeper
        self.questions = FormInWindow(services, form_page, keeper, self.runner, self)
        self.ct = CtInWindow(services, self.ct_flow, self.arrival, keeper, images, self.questions, self)
        self.worklist = WorklistInWindow(
            services, self._pages, keeper, self.ct_flow, lambda: self.questions.factors, self
        )
        self.settings = SettingsInWindow(
            services, self._pages, keeper, self.risk_flow, lambda: self.show_step(self._step), self
        )
        self.help = HelpInWindow(language, self._screen, services.log_folder, self)
        self.recovery = Recovery(
            services.store.interruption, keeper, self.ct_flow, self.viewer, lambda: self._step, self
        )
        self._left = QWidget(self)
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.addWidget(self.rail, 1)
        left.addWidget(self.next_button)
        middle = QVBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self._pages, 1)
        middle.addWidget(self.job_bar)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(self._left)
        body.addLayout(middle, 1)
        central = QWidget(self)
        column = QVBoxLayout(central)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(8)
        column.addWidget(self.banner)
        column.addWidget(self.notice)
        column.addWidget(self.worklist.bar)
        column.addLayout(body, 1)
        self.setCentralWidget(central)

    def _build_menus(self) -> None:
        language = self._language
        file_menu: list[Command | None] = [
            Command(text("gui.action_open_folder", language), self.ct.ask_folder, "Ctrl+O"),
            Command(text("gui.action_open_file", language), self.ct.ask_file, "Ctrl+Shift+O"),
            Command(text("gui.action_demo", language), self.open_demo, "Ctrl+Shift+D"),
            None,
            Command(text("gui.action_worklist", language), self.worklist.show, "Ctrl+L"),
            Command(text("gui.action_close_case", language), self.close_case, "Ctrl+W"),
            Command(text("gui.action_settings", language), self.settings.show, "Ctrl+,"),
            None,
            Command(text("gui.action_quit", language), self.close, "Ctrl+Q"),
        ]
        action = NextAction(
            self.keeper, self._images, self._risk_page, lambda: self._step, self.show_step, self.questions.keep
        )
        following = Command(text("gui.action_next", language), action.run, NEXT_KEYS)
        build_menus(
            self,
            language,
            {
                "gui.menu_file": file_menu,
                "gui.menu_view": [*step_commands(language, self.show_step), None, following],
                "gui.menu_help": self.help.commands(),
            },
        )

    def _connect(self) -> None:
        parts = (self.runner, self.keeper, self.ct_flow, self.ct, self.risk_flow, self.report, self.worklist)
        for part in (*parts, self.settings):
            part.said.connect(self.notice.say)
        for part in (self.ct_flow, self.report, self.settings):
            part.noted.connect(self._note)
        self.path_dropped.connect(self.open_path)
        self.ct.opening.connect(self.notice.clear)
        self.ct.ct_opening.connect(lambda: self.show_step(Step.CT))
        self.ct.case_arrived.connect(self._case_taken_in)
        self.several_dropped.connect(lambda: self._note(Message.of("gui.drop_one")))
        self._pages.currentChanged.connect(self._page_shown)
        self.worklist.case_chosen.connect(self.open_case)
        self.worklist.back_wanted.connect(lambda: self.show_step(self._step))
        self.worklist.new_case_wanted.connect(self.ct.ask_folder)
        self.worklist.reading_opened.connect(self._case_opened)
        self.settings.changed.connect(self._settings_changed)
        self.settings.follow(self.viewer)
        self.questions.units_chosen.connect(self.settings.keep_units)
        self.recovery.noted.connect(self._note)
        self.recovery.step_wanted.connect(self.show_step)
        self.runner.progressed.connect(self.job_bar.show_progress)
        self.runner.idle.connect(self._idle)
        self.job_bar.stopped.connect(self.runner.stop)
        self.keeper.changed.connect(self._show_case)
        self.rail.step_chosen.connect(self.show_step)
        self.next_button.clicked.connect(self._go_next)
        self.ct_flow.leaving.connect(self.questions.keep)
        # Queued: the form's fields take a while, and the reader can begin meanwhile.
        self.ct_flow.entered.connect(self.questions.show_record, Qt.ConnectionType.QueuedConnection)
        self.risk_flow.bundle_opened.connect(self._bundle_opened)
        self.risk_flow.warmed.connect(self._show_case)
        self.risk_panel.predict_wanted.connect(self.predict)
        self.risk_panel.slice_wanted.connect(self._show_slice)
        self.risk_panel.overridden.connect(self.keeper.override)

    # -- start and end --------------------------------------------------------------------------------------------

    def start(self, path: Path | None = None, demo: bool = False) -> None:
        """Starts the processes once the window is on the screen, and opens what it was started with."""
        if self._closed:
            return  # a person closed the window before it was painted
        self._services.reader.client.start()
        if self._manifest is not None:
            self.questions.make(self._manifest)
        self.risk_flow.open_bundle()
        if demo:
            self.open_demo()
        elif path is not None:
            self.open_path(path)
        else:
            self.recovery.pick_up(self.open_case, self.worklist.open_reading)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ends jobs and processes; everything is in the store already."""
        if self._closed:
            super().closeEvent(event)
            return
        self._closed = True
        self.questions.end()
        self.recovery.end()
        self.help.manual.close()
        self.runner.forget()
        self.runner.jobs.close()
        self.keeper.close()
        self.ct_flow.close()
        self._services.close()
        super().closeEvent(event)

    # -- what is shown --------------------------------------------------------------------------------------------

    def _page_shown(self, page: int) -> None:
        """The rail speaks of one case; the worklist speaks of all and needs the room."""
        self._left.setVisible(self._pages.widget(page) is not self.worklist.view)

    def _note(self, message: Message) -> None:
        """Says something that is no refusal."""
        self.notice.say(message, NoticeKind.INFORMATION)

    def _idle(self) -> None:
        self.job_bar.hide()
        self._show_case()

    def _show_manifest_mark(self) -> None:
        """The bundle's status stands at once; its form comes after the first paint, its files are checked beside it."""
        try:
            path = self._services.bundle_folder / "manifest.json"
            manifest = parse_manifest(path.read_bytes())
        except (KnownError, OSError):
            return  # the check in the background says what is wrong
        self.banner.show_status(manifest.status)
        self._manifest = manifest

    def _bundle_opened(self, bundle: Bundle) -> None:
        self.banner.show_status(bundle.status)
        self.questions.make(bundle.manifest)
        self._show_case()

    def _show_case(self, _assessment: Assessment | None = None) -> None:
        self._display.show(self._step, self.runner.busy)

    def show_step(self, step: Step) -> None:
        """Opens a step; whoever draws for a cohort has only the first two."""
        if step not in {status.step for status in steps_of(self.keeper)}:
            self._note(Message.of("cases.reading_only_roi"))
            return
        self._step = step
        self._pages.setCurrentIndex({Step.CT: 0, Step.ROI: 0, Step.CLINICAL: 1, Step.RISK: 2}[step])
        if step in (Step.CT, Step.ROI):
            self._images.show_step(step)
        elif step is Step.CLINICAL:
            self.questions.focus()
        self.recovery.follow()
        self._show_case()

    @property
    def form(self) -> ClinicalForm | None:
        """The form of the bundle in use; None until one is known."""
        return self.questions.form

    @property
    def step(self) -> Step:
        """The open step."""
        return self._step

    def _go_next(self) -> None:
        following = next_step(steps_of(self.keeper))
        if following is not None:
            self.show_step(following)

    # -- what is opened -------------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Opens a folder, file, ZIP, DICOMDIR or exported case."""
        self.ct.open_path(path)

    def open_demo(self) -> None:
        """Opens the simulated demo case with its ROI and record."""
        self.ct.open_demo()

    def _case_taken_in(self, case_id: str) -> None:
        self.open_case(case_id)
        self._note(Message.of("gui.case_taken_in"))

    # -- form, risk -----------------------------------------------------------------------------------------------

    def predict(self) -> None:
        """Calculates the risk from what is in the fields now."""
        self.questions.keep()
        self.notice.clear()
        self.risk_flow.predict()

    def _show_slice(self, k: int) -> None:
        self.show_step(Step.ROI)
        self.viewer.go_to_slice(k)

    # -- cases and settings ---------------------------------------------------------------------------------------

    def open_case(self, case_id: str) -> None:
        """Opens a case of the store as it was left."""
        self.notice.clear()
        self.report.refresh()
        self.ct_flow.open_case(case_id)
        self._case_opened()

    def _case_opened(self) -> None:
        assessment = self.keeper.assessment
        if assessment is None:
            return
        self.report.refresh()
        if assessment.series is not None:
            self.ct.path = text_path(assessment.series.path)
        elif assessment.ct_path:
            self.ct.open_ct(text_path(assessment.ct_path))
        self.questions.show_record()
        self.show_step(next_step(steps_of(self.keeper)) or steps_of(self.keeper)[-1].step)

    def close_case(self) -> None:
        """Closes the open case and shows the worklist."""
        self.questions.keep()
        self.notice.clear()
        self.report.refresh()
        self.worklist.leave()

    def _settings_changed(self, earlier: Settings, settings: Settings) -> None:
        self.ct.name_person(settings.reviewer)
        self.questions.follow(earlier, settings)
        if settings.theme is not earlier.theme:
            self._show_case()

    def _screen(self) -> Screen:
        shown = self._pages.currentWidget()
        if shown is self.worklist.view:
            return Screen.WORKLIST
        return Screen.SETTINGS if shown is self.settings.page else Screen(self._step.value)
