"""CT and ROI: looks through what was opened, reads the series into its case, imports a ROI file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from apnet_desktop.bundle.manifest import ct_requirements
from apnet_desktop.cases.assessment import Assessment, SeriesReference
from apnet_desktop.cases.relocation import is_missing
from apnet_desktop.ct.file_names import readable_name, text_path
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.series import ScanLimits, ScanProgress, ScanResult, SeriesSummary
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.job_runner import JobRunner
from apnet_desktop.gui.flow.open_volume import OpenVolume
from apnet_desktop.gui.flow.series_copies import SeriesCopies
from apnet_desktop.gui.services import Services
from apnet_desktop.language import Message
from apnet_desktop.worker.reader_jobs import (
    DemoCasePaths,
    FindProgress,
    FoundSeries,
    ImportedRoi,
    StageProgress,
    VolumeProgress,
)
from apnet_desktop.worker.shared_memory import SharedVolume

__all__ = ["CtFlow"]


def _nothing() -> None:
    pass


class CtFlow(QObject):
    """Brings files into the open case.

    Signals:
        series_seen: Series found so far; carries a tuple of `SeriesSummary`.
        scanned: The scan is done; carries the `ScanResult`.
        volume_filling: A volume fills up; carries the `CtVolume` and one flag a slice that is ready.
        volume_opened: A volume is complete; carries the `CtVolume`, or None where there is none any more.
        roi_loaded: The case has a ROI on this volume; carries the `Roi`.
        roi_imported: A ROI came from a file; carries the `Roi`.
        regions_found: A ROI file holds several regions; carries its path and the candidates.
        moved: The CT of the open case was found at another place; carries its `Path`.
        said: A sentence for the person; carries the `Message`.
        noted: The same, where nothing is wrong.
        series_taken: A series is read now; carries its `SeriesSummary`.
        consent_wanted: A ROI file lies in another frame of reference: only a person can take it. Carries path, label
            and the `Message`.
        leaving: Another case may take the place of the open one: what is typed for it must be kept now.
        entered: The case that a series belongs to is open; the series is read next.
    """

    series_taken = Signal(object)
    consent_wanted = Signal(object, object, object)
    leaving = Signal()
    entered = Signal()

    series_seen = Signal(object)
    scanned = Signal(object)
    volume_filling = Signal(object, object)
    volume_opened = Signal(object)
    roi_loaded = Signal(object)
    roi_imported = Signal(object)
    regions_found = Signal(object, object)
    moved = Signal(object)
    said = Signal(object)
    noted = Signal(object)

    def __init__(
        self, services: Services, runner: JobRunner, keeper: CaseKeeper, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._reader = services.reader
        self._runner = runner
        self._keeper = keeper
        self.open = OpenVolume(services.blocks)
        self._copies = SeriesCopies(services.store, keeper, self)
        self._copies.said.connect(self.said)

    # -- scan -----------------------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Looks through a folder, file, ZIP or DICOMDIR, and reads the best series."""
        self._scan(path, wanted=None)

    def read_names(self, path: Path, character_set: str) -> None:
        """Looks through `path` again and reads its names in a character set; the open series stays the open one."""
        series = self._keeper.assessment.series if self._keeper.assessment else None
        self._scan(path, series.series.series_uid if series is not None else None, character_set=character_set)

    def open_case(self, case_id: str) -> None:
        """Opens a case of the store; its CT is read again from where it lies."""
        self._open(lambda: self._keeper.open(case_id))

    def open_reading(self, case_id: str, reader: str) -> None:
        """Opens a case of a cohort for a reader to draw in."""
        self._open(lambda: self._keeper.open_reading(case_id, reader))

    def _open(self, open_in_store: Callable[[], bool]) -> None:
        self._runner.stop()
        self.leaving.emit()
        if not open_in_store():
            return
        self.drop()
        assessment = self._keeper.assessment
        if assessment is None or assessment.series is None:
            return
        if is_missing(assessment.series):
            self._find(assessment.series)
        else:
            known = assessment.series.series
            self._scan(text_path(assessment.series.path), known.series_uid, character_set=known.character_set)

    def _find(self, series: SeriesReference) -> None:
        """Looks for the CT of the open case where it may have been moved to."""
        self._runner.say_progress("gui.stage_find", None, count=0)
        case = self._keeper.case

        def progress(value: FindProgress) -> None:
            self._runner.say_progress("gui.stage_find", None, count=value.folders)

        def found(value: FoundSeries) -> None:
            if case is not self._keeper.case:
                return
            name = readable_name(text_path(series.path).name)
            if not value.path:
                self.said.emit(Message.of("gui.ct_not_found", folder=name))
                return
            place = text_path(value.path)
            self.moved.emit(place)
            self.noted.emit(Message.of("gui.ct_moved", folder=name, place=readable_name(str(place))))
            self._scan(place, wanted=series.series.series_uid)

        roots = self._services.store.ct_folders()
        self._runner.run(self._reader.find_series(series, roots), found, progress)

    def open_demo(self, then: Callable[[DemoCasePaths], None]) -> None:
        """Makes the simulated demo case if it is not there yet, opens its CT, and goes on with `then`."""
        self._runner.say_progress("gui.stage_demo", 0.0)

        def progress(value: StageProgress) -> None:
            self._runner.say_progress("gui.stage_demo", value.fraction)

        def made(paths: DemoCasePaths) -> None:
            self._scan(Path(paths.ct), wanted=None, then=lambda: then(paths))

        self._runner.run(self._reader.make_demo_case(self._services.data_folder / "demo-case"), made, progress)

    def _scan(
        self, path: Path, wanted: str | None, then: Callable[[], None] = _nothing, character_set: str = ""
    ) -> None:
        self._runner.say_progress("gui.stage_scan", None, count=0)
        seen: dict[str, SeriesSummary] = {}

        def progress(value: ScanProgress) -> None:
            self._runner.say_progress("gui.stage_scan", value.fraction or None, count=value.files)
            seen.update({summary.key: summary for summary in value.series})
            if value.series:
                self.series_seen.emit(tuple(seen.values()))

        def scanned(result: ScanResult) -> None:
            self.scanned.emit(result)
            chosen = _chosen(result, wanted, self._keeper.assessment)
            if chosen is not None:
                self.choose_series(chosen, path, then)
            elif wanted is None:
                self.said.emit(result.why)
            else:
                self._find_instead(path)

        bundle = self._keeper.bundle
        requirements = ct_requirements(bundle.manifest) if bundle else CtRequirements()
        task = self._reader.scan(path, requirements, ScanLimits(character_set=character_set))
        self._runner.run(task, scanned, progress)

    def _find_instead(self, path: Path) -> None:
        """The folder is there, but the case's series is not in it any more."""
        series = self._keeper.assessment.series if self._keeper.assessment else None
        if series is not None and text_path(series.path) == path:
            self._find(series)
        else:
            self.said.emit(Message.of("gui.series_gone", folder=readable_name(path.name)))

    # -- read -----------------------------------------------------------------------------------------------------

    def choose_series(self, summary: SeriesSummary, path: Path, then: Callable[[], None] = _nothing) -> None:
        """Reads one series of what was opened at `path` into the case that it belongs to."""
        if not summary.readable:
            self.said.emit(summary.sentence)
            return
        self._runner.stop()
        self.leaving.emit()
        if not self._keeper.open_for_series(summary.description.series_uid):
            return
        self.entered.emit()
        self.drop()
        self.series_taken.emit(summary)
        task, block = self._reader.read(summary)
        self.open.begin(block)
        self._runner.say_progress("gui.stage_read", 0.0)

        def progress(value: VolumeProgress) -> None:
            self._runner.say_progress("gui.stage_read", value.fraction)
            if self.open.fill(summary, value):
                self.volume_filling.emit(self.open.volume, self.open.ready)

        def read(shared: SharedVolume) -> None:
            self._take_volume(shared, summary, path)
            then()

        def cleanup(well: bool) -> None:
            if not well:
                self.drop()

        self._runner.run(task, read, progress, cleanup)

    def _take_volume(self, shared: SharedVolume, summary: SeriesSummary, path: Path) -> None:
        volume = self.open.complete(shared)
        case = self._keeper.case
        if case is None:
            return
        earlier = case.assessment.series
        if earlier is not None and earlier.identity.entered_by_hand and not volume.identity.name:
            self.open.set_identity(earlier.identity)
            volume = self.open.volume or volume
        inside = path.is_relative_to(self._services.store.folder / "cases")
        reference = SeriesReference.of(volume, path, copied=inside)
        # The store's own copy stays the case's CT, even where the same one was opened from elsewhere again.
        has_copy = (
            earlier is not None
            and earlier.copied
            and earlier.volume_digest == reference.volume_digest
            and not is_missing(earlier)
        )
        if reference != earlier and not has_copy:
            self._keeper.guarded(lambda: case.set_series(reference))
        self.volume_opened.emit(volume)
        roi = case.assessment.roi
        if roi is not None and roi.geometry.same_grid(volume.geometry):
            self.roi_loaded.emit(roi)
        if self._keeper.settings.copy_series and not inside and not has_copy:
            self._copies.start(case, summary)

    def set_identity(self, identity: PatientIdentity) -> None:
        """Keeps who the patient is, as a person typed it."""
        case = self._keeper.case
        if case is None or case.assessment.series is None:
            return
        self.open.set_identity(identity)
        series = case.assessment.series.model_copy(update={"identity": identity})
        self._keeper.guarded(lambda: case.set_series(series))

    def leave(self) -> None:
        """Closes the open case; the window is empty afterwards."""
        self._runner.stop()
        self._keeper.leave()
        self.drop()

    def close(self) -> None:
        """Ends what is under way and frees the volume."""
        self._copies.close()
        self.drop()

    def drop(self) -> None:
        """Frees the volume on the screen."""
        had_one = self.open.volume is not None
        if had_one:
            self.volume_opened.emit(None)
        self.open.drop()

    # -- ROI ------------------------------------------------------------------------------------------------------

    def import_roi(self, path: Path, label: int | None = None, consent: bool = False) -> None:
        """Imports a ROI file onto the open CT.

        Args:
            path: The file.
            label: Which of its regions; None: the only one.
            consent: True if a person takes it although it lies in another frame of reference.
        """
        shared = self.open.shared
        if shared is None:
            return
        self._runner.say_progress("gui.stage_roi", None)
        author, bundle = self._keeper.settings.reviewer, self._keeper.bundle
        if bundle is not None:
            limits = bundle.manifest.eligibility.roi_volume
            task, block = self._reader.import_roi(path, shared, author, label, limits, consent)
        else:
            task, block = self._reader.import_roi(path, shared, author, label, other_frame_of_reference=consent)

        def imported(value: ImportedRoi) -> None:
            if value.consent is not None:
                self.consent_wanted.emit(path, label, value.consent)
                return
            if value.roi is None:
                self.regions_found.emit(path, value.candidates)
                return
            roi: Roi = self._reader.take_roi(value.roi)
            self.roi_imported.emit(roi)
            for check in value.checks:
                if check.state is not check.state.PASSED:
                    self.said.emit(check.message)
                if consent and check.id == "ct.roi_frame_of_reference":
                    self._keeper.override(check.id, check.message.text(self._services.language))

        def cleanup(well: bool) -> None:
            if not well:
                self._services.blocks.release(block)

        self._runner.run(task, imported, cleanup=cleanup)


def _chosen(result: ScanResult, wanted: str | None, assessment: Assessment | None) -> SeriesSummary | None:
    """The series with the UID `wanted`, else the preselected one. Two phases of one series share a UID."""
    if wanted is None:
        return result.series[result.preselected] if result.preselected is not None else None
    found = [one for one in result.series if one.description.series_uid == wanted]
    kept = assessment.series if assessment is not None else None
    if kept is not None and len(found) > 1:
        found.sort(key=lambda one: (one.geometry != kept.geometry, one.description.phase != kept.series.phase))
    return found[0] if found else None
