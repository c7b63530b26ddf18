"""Joins the report's pages in the window to what keeps and makes them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from apnet_desktop.cases.assessment import Assessment, ReportVersion
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.job_runner import JobRunner
from apnet_desktop.gui.flow.report_flow import KeptReport, ReportFlow, ReportOptions
from apnet_desktop.gui.questions import ask_folder_for_dicom
from apnet_desktop.gui.report_view import ReportView
from apnet_desktop.language import Language, Message, text

__all__ = ["ReportInWindow"]


class ReportInWindow(QObject):
    """Shows the last report while it holds, an earlier version only where a person asks for it.

    Args:
        view: The pages.
        flow: Makes and keeps reports.
        keeper: The open case.
        runner: The job in hand: nothing is asked of the worker beside it.
        language: Of the window.

    Signals:
        said: A refusal for the person; carries the `Message`.
        noted: Something that went well; carries the `Message`.
    """

    said = Signal(object)
    noted = Signal(object)

    def __init__(
        self,
        view: ReportView,
        flow: ReportFlow,
        keeper: CaseKeeper,
        runner: JobRunner,
        language: Language,
    ) -> None:
        super().__init__(view)
        self._view, self._flow, self._keeper, self._runner = view, flow, keeper, runner
        self._language = language
        self._shown: KeptReport | None = None
        self._asked_for = False
        flow.options = view.options.options()
        view.failed.connect(self.said)
        view.saved.connect(self._saved)
        view.printed.connect(self._printed)
        view.reviewed.connect(flow.make)
        view.dicom_requested.connect(self.ask_dicom_folder)
        view.version_chosen.connect(self._choose)
        view.options.chosen.connect(self._take_options)
        flow.shown.connect(self._show)
        flow.exported.connect(self._exported)
        keeper.changed.connect(self.refresh)
        runner.progressed.connect(lambda *_: self._offer())
        runner.idle.connect(self.refresh)

    def refresh(self, _assessment: Assessment | None = None) -> None:
        """Shows what holds now: the last report of the open case, or none where its inputs have changed."""
        assessment = self._keeper.assessment
        reports = assessment.reports if assessment is not None else ()
        case_id = assessment.case_id if assessment is not None else ""
        if self._shown is not None and self._shown.case_id != case_id:
            self._forget()
        current = reports[-1] if reports and self._flow.is_current(reports[-1]) else None
        if self._shown is not None and not self._asked_for and current is None:
            self._forget()
        if self._shown is None and current is not None and not self._runner.busy:
            self._flow.show(current)
        self._list(reports)
        self._offer()

    def ask_dicom_folder(self) -> None:
        """Asks where the shown report's DICOM objects go, and writes them."""
        folder = ask_folder_for_dicom(self._view, self._language)
        if folder is not None and self._shown is not None:
            self._flow.export_dicom(self._shown, folder)

    def _forget(self) -> None:
        self._shown, self._asked_for = None, False
        self._view.clear()

    def _choose(self, index: int) -> None:
        assessment = self._keeper.assessment
        if assessment is not None and index < len(assessment.reports):
            self._flow.show(assessment.reports[index])

    def _show(self, kept: KeptReport) -> None:
        current = self._flow.is_current(kept.version)
        self._shown, self._asked_for = kept, not current
        note = "" if current else text("report_view.earlier_version", self._language)
        self._view.show_pdf(kept.pdf, self._flow.file_name(kept), kept.twins, note)
        assessment = self._keeper.assessment
        self._list(assessment.reports if assessment is not None else ())
        self._offer()

    def _list(self, reports: tuple[ReportVersion, ...]) -> None:
        shown = self._shown.version.version if self._shown is not None else 0
        chosen = next((index for index, one in enumerate(reports) if one.version == shown), -1)
        self._view.show_versions([self._words(one) for one in reports], chosen)

    def _words(self, version: ReportVersion) -> str:
        time = version.time.astimezone().strftime("%Y-%m-%d %H:%M")
        if version.reviewed_by:
            return text(
                "report_view.version_reviewed",
                self._language,
                version=version.version,
                time=time,
                person=version.reviewed_by,
            )
        return text("report_view.version_draft", self._language, version=version.version, time=time)

    def _offer(self) -> None:
        """A number that is no finding gets neither review nor DICOM, an earlier version neither."""
        kept = self._shown
        allowed = (
            kept is not None
            and kept.is_finding
            and not self._asked_for
            and not self._runner.busy
            and self._flow.is_current(kept.version)
        )
        self._view.allow(
            review=allowed and kept is not None and not kept.version.reviewed_by and self._flow.checks_done,
            dicom=allowed,
        )

    def _take_options(self, options: ReportOptions) -> None:
        self._flow.options = options
        if self._shown is not None:
            self._view.suggest(self._flow.file_name(self._shown))

    def _saved(self, path: str) -> None:
        case = self._keeper.case
        if case is not None:
            self._keeper.guarded(lambda: case.exported("report", Path(path)))
        self.noted.emit(Message.of("gui.report_saved", path=path))

    def _printed(self, pages: int) -> None:
        case = self._keeper.case
        if case is not None:
            self._keeper.guarded(lambda: case.exported("print", Path()))
        self.noted.emit(Message.of("report_view.printed", pages=pages))

    def _exported(self, folder: str) -> None:
        self.noted.emit(Message.of("gui.dicom_exported", folder=folder))
