"""The clinical form as a page of the window: made from the bundle, filled from the open case, kept in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.cases.settings import Settings, UnitSystem
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.job_runner import JobRunner
from apnet_desktop.gui.flow.record_reading import RecordReading
from apnet_desktop.gui.pages import FormPage
from apnet_desktop.gui.services import Services

if TYPE_CHECKING:
    from apnet_desktop.gui.steps.clinical_form import ClinicalForm

__all__ = ["FormInWindow"]


class FormInWindow(QObject):
    """Joins the form to the open case.

    Args:
        services: Settings, and the reader that imports records.
        page: Where the form is shown.
        keeper: The open case.
        runner: Runs the import of a record.
        window: Owner of the form.

    Signals:
        units_chosen: A person switched the unit of a field, or of all; carries the form's `SiteUnits`.
    """

    units_chosen = Signal(object)

    def __init__(
        self, services: Services, page: FormPage, keeper: CaseKeeper, runner: JobRunner, window: QWidget
    ) -> None:
        super().__init__(window)
        self._services = services
        self._page = page
        self._keeper = keeper
        self._runner = runner
        self._window = window
        self.form: ClinicalForm | None = None
        self.factors: FactorSchema | None = None

    def make(self, manifest: Manifest) -> None:
        """Makes the form of a bundle, unless it is there."""
        if manifest.factors == self.factors:
            return
        from apnet_desktop.gui.steps.clinical_form import ClinicalForm

        self.factors = manifest.factors
        reading = RecordReading(self._services.reader, self._runner.jobs)
        self.form = ClinicalForm(manifest.factors, self._services.language, self._window, reading.read)
        self._show_units()
        self.form.units.chosen.connect(self.units_chosen)
        self.form.record_changed.connect(self._keeper.set_record)
        self._page.show_form(self.form)
        self.show_record()

    def keep(self) -> None:
        """What is typed belongs to the case that is still open."""
        if self.form is not None:
            self.form.flush()

    def end(self) -> None:
        """Keeps what is typed; fields that lose the focus afterwards have nothing new to say."""
        if self.form is not None:
            self.form.flush()
            self.form.blockSignals(True)

    def show_record(self) -> None:
        """Shows the open case's record and nothing of the case before."""
        assessment = self._keeper.assessment
        if self.form is None or assessment is None:
            return
        series = assessment.series
        identity = series.identity if series is not None else PatientIdentity()
        age = identity.age_on(series.series.study_date) if series is not None else None
        self.form.set_case(assessment.record, identity, age)

    def show_volume(self, volume: CtVolume) -> None:
        """Shows the open case's record beside its CT, which says who the patient is."""
        assessment = self._keeper.assessment
        if self.form is not None and assessment is not None:
            self.form.set_case(assessment.record, volume.identity, volume.age_at_study)

    def take(self, record: ClinicalRecord) -> None:
        """Takes a whole record into form and case."""
        if self.form is not None:
            self.form.set_record(record)
            self._keeper.set_record(record)

    def focus(self) -> None:
        """Puts the keys into the first question that is open."""
        if self.form is not None:
            self.form.focus_first_open()

    def follow(self, earlier: Settings, settings: Settings) -> None:
        """The settings changed."""
        if (settings.units, settings.field_units) != (earlier.units, earlier.field_units):
            self._show_units()

    def _show_units(self) -> None:
        from apnet_desktop.gui.steps.clinical_form import SiteUnits

        settings = self._services.settings
        if self.form is not None:
            self.form.units.use(SiteUnits(settings.units is UnitSystem.CONVENTIONAL, settings.field_units))
