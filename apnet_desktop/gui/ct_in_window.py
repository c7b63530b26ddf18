"""CT and outline in the window: what a person opens, chooses or answers, and what the viewer then shows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from apnet_desktop.ct.file_names import text_path
from apnet_desktop.ct.roi_files import RoiCandidate
from apnet_desktop.ct.series import ScanResult, SeriesSummary
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.gui.flow.case_arrival import CaseArrival
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.ct_flow import CtFlow
from apnet_desktop.gui.form_in_window import FormInWindow
from apnet_desktop.gui.identity_dialog import IdentityDialog
from apnet_desktop.gui.pages import ImagePage
from apnet_desktop.gui.questions import ask_consent, ask_ct_file, ask_ct_folder, ask_label, ask_roi_file
from apnet_desktop.gui.services import Services
from apnet_desktop.language import Message
from apnet_desktop.worker.reader_jobs import DemoCasePaths

__all__ = ["CtInWindow"]


class CtInWindow(QObject):
    """Joins the viewer and its panels to what reads files.

    Signals:
        opening: A person opens something else; the last sentence is no longer true.
        ct_opening: A CT is being opened: its step is to be shown.
        case_arrived: An exported case was taken into the store; carries its id.
        said: A sentence for the person; carries the `Message`.

    Args:
        services: Settings and language.
        flow: Reads files into the open case.
        arrival: Takes exported cases in.
        keeper: The open case.
        images: Viewer and panels.
        form: Shows the patient of the CT.
        window: Owner of the dialogs.
    """

    opening = Signal()
    ct_opening = Signal()
    case_arrived = Signal(str)
    said = Signal(object)

    def __init__(
        self,
        services: Services,
        flow: CtFlow,
        arrival: CaseArrival,
        keeper: CaseKeeper,
        images: ImagePage,
        form: FormInWindow,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._services = services
        self._language = services.language
        self._flow = flow
        self._arrival = arrival
        self._keeper = keeper
        self._viewer, self._panel, self._roi_panel = images.viewer, images.ct_panel, images.roi_panel
        self._form = form
        self._window = window
        self.path: Path | None = None
        self._connect()

    def _connect(self) -> None:
        panel, flow, viewer = self._panel, self._flow, self._viewer
        self._arrival.no_case.connect(self.open_ct)
        self._arrival.taken_in.connect(self.case_arrived)
        panel.folder_wanted.connect(self.ask_folder)
        panel.file_wanted.connect(self.ask_file)
        panel.series_chosen.connect(self._choose_series)
        panel.overridden.connect(self._keeper.override)
        panel.identity_wanted.connect(self.ask_identity)
        panel.character_set_wanted.connect(self._read_names)
        flow.moved.connect(self._moved)
        flow.series_seen.connect(panel.show_series)
        flow.scanned.connect(panel.show_scan)
        flow.series_taken.connect(panel.mark_open)
        flow.volume_filling.connect(self._volume_fills)
        flow.volume_opened.connect(self._volume_opened)
        flow.roi_loaded.connect(viewer.set_roi)
        flow.roi_imported.connect(viewer.import_roi)
        flow.regions_found.connect(self._ask_label)
        flow.consent_wanted.connect(self._ask_consent)
        viewer.roi_changed.connect(self._keeper.set_roi)
        self._roi_panel.import_requested.connect(self.ask_roi)
        self._roi_panel.files.found_chosen.connect(self._import_roi)
        flow.scanned.connect(self._offer_found)
        self._roi_panel.confirmed.connect(self._keeper.set_roi)

    def open_path(self, path: Path) -> None:
        """Opens a folder, file, ZIP, DICOMDIR or exported case."""
        self.opening.emit()
        if self._arrival.concerns(path):
            self._arrival.look(path)
        else:
            self.open_ct(path)

    def open_ct(self, path: Path) -> None:
        """Opens a folder, file, ZIP or DICOMDIR."""
        self.path = path
        self.ct_opening.emit()
        self._flow.open_path(path)

    def open_demo(self) -> None:
        """Opens the simulated demo case with its ROI and record."""
        self.opening.emit()
        self.ct_opening.emit()

        def with_parts(paths: DemoCasePaths) -> None:
            self.path = Path(paths.ct)
            self.fill_demo(paths)

        self._flow.open_demo(with_parts)

    def fill_demo(self, paths: DemoCasePaths) -> None:
        """Gives the open demo case its record and outline, unless it has others by now."""
        from apnet_desktop.clinical.record_files import read_record

        assessment, factors = self._keeper.assessment, self._form.factors
        if assessment is None or factors is None:
            return
        if not set(assessment.record.values) - {"age", "sex"}:  # these two come from the CT by themselves
            self._form.take(read_record(Path(paths.clinical), factors))
        if assessment.roi is None:
            self._flow.import_roi(Path(paths.roi))

    def ask_folder(self) -> None:
        """Asks for a CT folder and opens it."""
        chosen = ask_ct_folder(self._window, self._language)
        if chosen is not None:
            self.open_path(chosen)

    def ask_file(self) -> None:
        """Asks for a CT file, ZIP or DICOMDIR and opens it."""
        chosen = ask_ct_file(self._window, self._language)
        if chosen is not None:
            self.open_path(chosen)

    def ask_identity(self) -> None:
        """Asks who the patient is, where the files do not say."""
        volume = self._flow.open.volume
        if volume is None:
            return
        dialog = IdentityDialog(volume.identity, self._language, self._window)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self._flow.set_identity(dialog.identity())
            renamed = self._flow.open.volume
            if renamed is not None:
                self._viewer.set_identity(renamed)
                self._form.show_volume(renamed)

    def ask_roi(self) -> None:
        """Asks for a ROI file and imports it."""
        chosen = ask_roi_file(self._window, self._language)
        if chosen is not None:
            self._import_roi(chosen)

    def _offer_found(self, result: ScanResult) -> None:
        self._roi_panel.files.show_found(tuple(text_path(path) for path in result.roi_files))

    def _import_roi(self, path: Path) -> None:
        self.opening.emit()
        self._flow.import_roi(path)

    def _ask_label(self, path: Path, candidates: tuple[RoiCandidate, ...]) -> None:
        label = ask_label(self._window, self._language, candidates)
        if label is not None:
            self._flow.import_roi(path, label)

    def _ask_consent(self, path: Path, label: int | None, why: Message) -> None:
        if ask_consent(self._window, self._language, why):
            self._flow.import_roi(path, label, consent=True)
        else:
            self.said.emit(why)

    def _choose_series(self, summary: SeriesSummary) -> None:
        if self.path is not None:
            self.opening.emit()
            self._flow.choose_series(summary, self.path)

    def _read_names(self, character_set: str) -> None:
        if self.path is not None:
            self._flow.read_names(self.path, character_set)

    def _moved(self, path: Path) -> None:
        self.path = path

    def _volume_fills(self, volume: CtVolume, ready: object) -> None:
        if self._viewer.state.volume is not volume:
            self._viewer.set_volume(volume)
        self._viewer.set_available_slices(ready)  # type: ignore[arg-type]

    def _volume_opened(self, volume: CtVolume | None) -> None:
        viewer = self._viewer
        if volume is None:
            viewer.set_volume(None)
            return
        kept = viewer.current_slice if viewer.state.volume is not None else None
        viewer.set_volume(volume)
        viewer.set_available_slices(None)
        if kept is not None:
            viewer.go_to_slice(kept)
        self._form.show_volume(volume)
        self.name_person(self._services.settings.reviewer)

    def name_person(self, name: str) -> None:
        """Who draws and confirms."""
        self._roi_panel.set_person(name)
        self._viewer.set_author(name)
