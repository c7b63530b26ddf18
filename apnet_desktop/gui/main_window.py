"""The main window: banner on top, the four steps on the left, the open step in the middle."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.bundle.files import Bundle, parse_manifest
from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.cases.assessment import Assessment, Step
from apnet_desktop.cases.settings import UnitSystem
from apnet_desktop.cases.steps import next_step
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.roi_files import RoiCandidate
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import KnownError
from apnet_desktop.gui.banner import PatientBanner
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.ct_flow import CtFlow
from apnet_desktop.gui.flow.job_runner import JobRunner
from apnet_desktop.gui.flow.risk_flow import RiskFlow
from apnet_desktop.gui.job_bar import JobBar
from apnet_desktop.gui.notice import NoticeKind, NoticeStrip
from apnet_desktop.gui.rail import StepRail
from apnet_desktop.gui.report_view import ReportView
from apnet_desktop.gui.services import Services
from apnet_desktop.gui.steps.clinical_form import ClinicalForm
from apnet_desktop.gui.steps.ct import CtPanel
from apnet_desktop.gui.steps.risk.risk_panel import RiskPanel
from apnet_desktop.gui.steps.roi import RoiPanel
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.language import Message, text
from apnet_desktop.version import APPLICATION_VERSION
from apnet_desktop.worker.reader_jobs import DemoCasePaths

__all__ = ["MainWindow"]

_SIDE_WIDTH = 340


class MainWindow(QMainWindow):
    """The application's window.

    Args:
        services: Store, settings, processes.
    """

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._language = services.language
        self.setWindowTitle(text("gui.title", self._language))
        self.setAcceptDrops(True)
        self.resize(1360, 860)
        self.runner = JobRunner(self._language, self)
        self.keeper = CaseKeeper(services.store, services.settings, self)
        self.ct_flow = CtFlow(services, self.runner, self.keeper, self)
        self.risk_flow = RiskFlow(services, self.runner, self.keeper, self.ct_flow.open, self)
        self._step = Step.CT
        self._path: Path | None = None
        self._build()
        self._build_menus()
        self._connect()
        self._show_manifest_mark()
        self._show_case(None)

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
        self.viewer = CtViewer(language, self)
        self.ct_panel = CtPanel(language, self)
        self.roi_panel = RoiPanel(self.viewer, language, self)
        self._side = QStackedWidget(self)
        self._side.addWidget(self.ct_panel)
        self._side.addWidget(self.roi_panel)
        self._side.setMinimumWidth(_SIDE_WIDTH)
        self._side.setMaximumWidth(_SIDE_WIDTH + 120)
        images = QWidget(self)
        row = QHBoxLayout(images)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.viewer, 1)
        row.addWidget(self._side)
        self._form_page = QWidget(self)
        self._form_layout = QVBoxLayout(self._form_page)
        self._form_layout.setContentsMargins(0, 0, 0, 0)
        self.form: ClinicalForm | None = None
        self._factors: FactorSchema | None = None
        self.risk_panel = RiskPanel(language, self)
        self.report_view = ReportView(language, self)
        self._risk_page = QSplitter(Qt.Orientation.Horizontal, self)
        self._risk_page.addWidget(self.risk_panel)
        self._risk_page.addWidget(self.report_view)
        self._risk_page.setSizes([480, 560])
        self._risk_page.setChildrenCollapsible(False)
        self._pages = QStackedWidget(self)
        for page in (images, self._form_page, self._risk_page):
            self._pages.addWidget(page)
        left = QVBoxLayout()
        left.addWidget(self.rail, 1)
        left.addWidget(self.next_button)
        middle = QVBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self._pages, 1)
        middle.addWidget(self.job_bar)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addLayout(left)
        body.addLayout(middle, 1)
        central = QWidget(self)
        column = QVBoxLayout(central)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(8)
        column.addWidget(self.banner)
        column.addWidget(self.notice)
        column.addLayout(body, 1)
        self.setCentralWidget(central)

    def _build_menus(self) -> None:
        language = self._language
        file_menu = self.menuBar().addMenu(text("gui.menu_file", language))
        view_menu = self.menuBar().addMenu(text("gui.menu_view", language))
        help_menu = self.menuBar().addMenu(text("gui.menu_help", language))

        def action(id: str, slot: Callable[[], object], key: str = "", **values: str | int) -> QAction:
            made = QAction(text(id, language, **values), self)
            made.triggered.connect(lambda _checked=False: slot())
            if key:
                made.setShortcut(QKeySequence(key))
            return made

        file_menu.addAction(action("gui.action_open_folder", self.ask_folder, "Ctrl+O"))
        file_menu.addAction(action("gui.action_open_file", self.ask_file, "Ctrl+Shift+O"))
        file_menu.addAction(action("gui.action_demo", self.open_demo, "Ctrl+D"))
        file_menu.addSeparator()
        file_menu.addAction(action("gui.action_quit", self.close, "Ctrl+Q"))
        for number, step in enumerate(Step, start=1):
            name = text(f"gui.step_{step.value}", language)
            view_menu.addAction(
                action(
                    "gui.action_step",
                    partial(self.show_step, step),
                    f"Alt+{number}",
                    number=number,
                    step=name,
                )
            )
        if self._services.log_folder is not None:
            help_menu.addAction(action("gui.action_logs", self._open_logs))
        help_menu.addAction(action("gui.action_about", self._about))

    def _connect(self) -> None:
        for part in (self.runner, self.keeper, self.ct_flow, self.risk_flow):
            part.said.connect(self._say)
        self.runner.progressed.connect(self.job_bar.show_progress)
        self.runner.idle.connect(self._idle)
        self.job_bar.stopped.connect(self.runner.stop)
        self.keeper.changed.connect(self._show_case)
        self.rail.step_chosen.connect(self.show_step)
        self.next_button.clicked.connect(self._go_next)
        self.ct_panel.folder_wanted.connect(self.ask_folder)
        self.ct_panel.file_wanted.connect(self.ask_file)
        self.ct_panel.series_chosen.connect(self._choose_series)
        self.ct_panel.overridden.connect(self.keeper.override)
        self.ct_flow.series_seen.connect(self.ct_panel.show_series)
        self.ct_flow.scanned.connect(self.ct_panel.show_scan)
        self.ct_flow.volume_filling.connect(self._volume_fills)
        self.ct_flow.volume_opened.connect(self._volume_opened)
        self.ct_flow.roi_loaded.connect(self.viewer.set_roi)
        self.ct_flow.roi_imported.connect(self._roi_imported)
        self.ct_flow.regions_found.connect(self._ask_region)
        self.viewer.roi_changed.connect(self._roi_changed)
        self.roi_panel.import_requested.connect(self.ask_roi)
        self.roi_panel.confirmed.connect(self._roi_confirmed)
        self.risk_flow.bundle_opened.connect(self._bundle_opened)
        self.risk_flow.warmed.connect(lambda _: self._show_case(self.keeper.assessment))
        self.risk_flow.report_made.connect(self.report_view.show_pdf)
        self.report_view.failed.connect(self._say)
        self.report_view.saved.connect(self._report_saved)
        self.risk_panel.predict_wanted.connect(self.predict)
        self.risk_panel.report_wanted.connect(self.risk_flow.make_report)
        self.risk_panel.slice_wanted.connect(self._show_slice)
        self.risk_panel.overridden.connect(self.keeper.override)

    # -- start and end --------------------------------------------------------------------------------------------

    def start(self, path: Path | None = None, demo: bool = False) -> None:
        """Starts the processes once the window is on the screen, and opens what it was started with."""
        self._services.reader.client.start()
        self.risk_flow.open_bundle()
        if demo:
            self.open_demo()
        elif path is not None:
            self.open_path(path)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ends jobs and processes; everything is in the store already."""
        self.runner.forget()
        self.keeper.close()
        self.ct_flow.drop()
        self._services.close()
        super().closeEvent(event)

    # -- what is shown --------------------------------------------------------------------------------------------

    def _say(self, message: Message) -> None:
        self.notice.say(message)

    def _idle(self) -> None:
        self.job_bar.hide()
        self._show_case(self.keeper.assessment)

    def _show_manifest_mark(self) -> None:
        """The bundle's status and form stand at once; its files are checked in the background."""
        try:
            path = self._services.bundle_folder / "manifest.json"
            manifest = parse_manifest(path.read_bytes())
        except (KnownError, OSError):
            return  # the check in the background says what is wrong
        self.banner.show_status(manifest.status)
        self._make_form(manifest)

    def _bundle_opened(self, bundle: Bundle) -> None:
        self.banner.show_status(bundle.status)
        if self.form is None:
            self._make_form(bundle.manifest)
        self._show_case(self.keeper.assessment)

    def _make_form(self, manifest: Manifest) -> None:
        self._factors = manifest.factors
        self.form = ClinicalForm(manifest.factors, self._language, self)
        self.form.use_conventional_units(self._services.settings.units is UnitSystem.CONVENTIONAL)
        self.form.record_changed.connect(self._record_changed)
        self._form_layout.addWidget(self.form)

    def _show_case(self, assessment: Assessment | None) -> None:
        if assessment is None or assessment.series is None:
            identity = assessment.identity if assessment and assessment.identity.name else None
            self.banner.show_patient(identity, None)
        else:
            self.banner.show_patient(assessment.identity, assessment.series.series)
        states = self.keeper.case.steps() if self.keeper.case else Assessment(case_id="").step_states()
        self.rail.show_steps({status.step: status for status in states}, self._step)
        following = next_step(states)
        wanted = following if following is not None and following is not self._step else None
        self.next_button.setVisible(wanted is not None)
        if wanted is not None:
            name = text(f"gui.step_{wanted.value}", self._language)
            self.next_button.setText(text("gui.next", self._language, step=name))
        if assessment is not None and assessment.series is not None:
            bundle = self.keeper.bundle
            overridable = bundle.manifest.eligibility.overridable if bundle else ()
            self.ct_panel.show_checks(assessment.with_overrides(assessment.series.checks), overridable)
        self._show_risk(assessment)

    def _show_risk(self, assessment: Assessment | None) -> None:
        prediction = assessment.prediction if assessment else None
        bundle = self.keeper.bundle
        missing = self.risk_flow.missing()
        if assessment is None or prediction is None or bundle is None:
            self.risk_panel.show_nothing(missing)
            return
        case = self.keeper.case
        current = case.current_inputs() if case else None
        changed = assessment.changed_inputs(current) if current else ()
        if not prediction.routes:
            self.risk_panel.show_refused(prediction.checks, bundle.manifest.eligibility.overridable)
            return
        stale = tuple(Message.of(f"cases.stale_{name.value}") for name in changed)
        simulated = bool(assessment.series and assessment.series.series.simulated)
        self.risk_panel.show_prediction(prediction, bundle.manifest, assessment.record, simulated, stale)
        self.risk_panel.predict_button.setEnabled(not missing and not self.runner.busy)
        if stale:
            self.report_view.clear()

    def show_step(self, step: Step) -> None:
        """Opens a step."""
        self._step = step
        self._pages.setCurrentIndex({Step.CT: 0, Step.ROI: 0, Step.CLINICAL: 1, Step.RISK: 2}[step])
        if step in (Step.CT, Step.ROI):
            self._side.setCurrentIndex(0 if step is Step.CT else 1)
            self.viewer.setFocus()
        elif step is Step.CLINICAL and self.form is not None:
            self.form.focus_first_open()
        self._show_case(self.keeper.assessment)

    @property
    def step(self) -> Step:
        """The open step."""
        return self._step

    def _go_next(self) -> None:
        states = self.keeper.case.steps() if self.keeper.case else Assessment(case_id="").step_states()
        following = next_step(states)
        if following is not None:
            self.show_step(following)

    # -- CT -------------------------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Opens a folder, file, ZIP or DICOMDIR."""
        self.notice.clear()
        self._path = path
        self.show_step(Step.CT)
        self.ct_flow.open_path(path)

    def open_demo(self) -> None:
        """Opens the simulated demo case with its ROI and record."""
        self.notice.clear()
        self.show_step(Step.CT)

        def with_parts(paths: DemoCasePaths) -> None:
            self._path = Path(paths.ct)
            self._fill_demo(paths)

        self.ct_flow.open_demo(with_parts)

    def _fill_demo(self, paths: DemoCasePaths) -> None:
        from apnet_desktop.clinical.record_files import read_record

        assessment = self.keeper.assessment
        if assessment is None or self.form is None or self._factors is None:
            return
        if not assessment.record.values:
            record = read_record(Path(paths.clinical), self._factors)
            self.form.set_record(record)
            self.keeper.set_record(record)
        if assessment.roi is None:
            self.ct_flow.import_roi(Path(paths.roi))

    def ask_folder(self) -> None:
        """Asks for a CT folder and opens it."""
        chosen = QFileDialog.getExistingDirectory(self, text("gui.choose_folder", self._language))
        if chosen:
            self.open_path(Path(chosen))

    def ask_file(self) -> None:
        """Asks for a CT file, ZIP or DICOMDIR and opens it."""
        chosen, _ = QFileDialog.getOpenFileName(
            self, text("gui.choose_file", self._language), filter=text("gui.all_files", self._language)
        )
        if chosen:
            self.open_path(Path(chosen))

    def _choose_series(self, summary: SeriesSummary) -> None:
        if self._path is not None:
            self.notice.clear()
            self.ct_flow.choose_series(summary, self._path)

    def _volume_fills(self, volume: CtVolume, ready: object) -> None:
        if self.viewer.state.volume is not volume:
            self.viewer.set_volume(volume)
        self.viewer.set_available_slices(ready)  # type: ignore[arg-type]

    def _volume_opened(self, volume: CtVolume | None) -> None:
        if volume is None:
            self.viewer.set_volume(None)
            return
        kept = self.viewer.current_slice if self.viewer.state.volume is not None else None
        self.viewer.set_volume(volume)
        self.viewer.set_available_slices(None)
        if kept is not None:
            self.viewer.go_to_slice(kept)
        self._fill_form(volume)
        self.roi_panel.set_person(self._services.settings.reviewer)
        self.viewer.set_author(self._services.settings.reviewer)

    def _fill_form(self, volume: CtVolume) -> None:
        assessment = self.keeper.assessment
        if self.form is None or assessment is None:
            return
        self.form.set_record(assessment.record)
        self.form.set_patient(volume.identity, _age(volume))

    # -- ROI ------------------------------------------------------------------------------------------------------

    def ask_roi(self) -> None:
        """Asks for a ROI file and imports it."""
        chosen, _ = QFileDialog.getOpenFileName(
            self, text("gui.choose_roi", self._language), filter=text("gui.roi_files", self._language)
        )
        if chosen:
            self.notice.clear()
            self.ct_flow.import_roi(Path(chosen))

    def _ask_region(self, path: Path, candidates: tuple[RoiCandidate, ...]) -> None:
        names = [f"{candidate.label}  {candidate.name}  ({candidate.volume:.1f} mL)" for candidate in candidates]
        suggested = next((number for number, one in enumerate(candidates) if one.suggested), 0)
        title = text("gui.choose_roi", self._language)
        chosen, accepted = QInputDialog.getItem(
            self, title, text("gui.roi_which", self._language), names, suggested, False
        )
        if accepted:
            self.ct_flow.import_roi(path, candidates[names.index(chosen)].label)

    def _roi_imported(self, roi: Roi) -> None:
        self.viewer.import_roi(roi)

    def _roi_changed(self, roi: Roi) -> None:
        self.keeper.set_roi(roi)

    def _roi_confirmed(self, roi: Roi) -> None:
        self.keeper.set_roi(roi)

    # -- form, risk -----------------------------------------------------------------------------------------------

    def _record_changed(self, record: ClinicalRecord) -> None:
        self.keeper.set_record(record)

    def predict(self) -> None:
        """Calculates the risk from what is in the fields now."""
        if self.form is not None:
            self.form.flush()
        self.notice.clear()
        self.risk_flow.predict()

    def _show_slice(self, k: int) -> None:
        self.show_step(Step.ROI)
        self.viewer.go_to_slice(k)

    def _report_saved(self, path: str) -> None:
        case = self.keeper.case
        if case is not None:
            self.keeper.guarded(lambda: case.exported("report", Path(path)))
        self.notice.say(Message.of("gui.report_saved", path=path), NoticeKind.INFORMATION)

    # -- drag and drop --------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Takes files and folders."""
        if _paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Opens what was dropped."""
        paths = _paths(event.mimeData())
        if len(paths) == 1:
            event.acceptProposedAction()
            # The drag source waits for the end of this event.
            QTimer.singleShot(0, self, lambda: self.open_path(paths[0]))
        elif paths:
            self.notice.say(Message.of("gui.drop_one"), NoticeKind.INFORMATION)

    # -- help -----------------------------------------------------------------------------------------------------

    def _open_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._services.log_folder)))

    def _about(self) -> None:
        QMessageBox.about(
            self,
            text("gui.title", self._language),
            text("gui.about", self._language, version=APPLICATION_VERSION),
        )


def _paths(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def _age(volume: CtVolume) -> int | None:
    """Age in whole years on the day of the CT, if both dates are known."""
    born, day = volume.identity.birth_date, volume.series.study_date
    if born is None or day is None:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
