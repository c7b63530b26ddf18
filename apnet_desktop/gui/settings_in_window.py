"""The settings page as a page of the window, and what a changed setting means for every other part."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QStackedWidget

from apnet_desktop.cases.settings import Settings, UnitSystem
from apnet_desktop.errors import CaseError
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.risk_flow import RiskFlow
from apnet_desktop.gui.services import Services
from apnet_desktop.gui.theme import apply_theme
from apnet_desktop.gui.viewer.bindings import Bindings
from apnet_desktop.language import Message

if TYPE_CHECKING:
    from apnet_desktop.gui.settings_page import SettingsPage
    from apnet_desktop.gui.steps.clinical_form import SiteUnits
    from apnet_desktop.gui.viewer.ct_viewer import CtViewer

__all__ = ["SettingsInWindow"]


class SettingsInWindow(QObject):
    """Shows the settings, and puts a change to work at once.

    Signals:
        said: A sentence for the person; carries the `Message`.
        noted: The same, where nothing is wrong.
        changed: Settings are in use; carries those before and those now.

    Args:
        services: Store, settings, processes.
        pages: Where the page is shown.
        keeper: The open case.
        risk_flow: Bundle and device.
        leave: Called when a person is done with the page.
        parent: Qt's owner.
    """

    said = Signal(object)
    noted = Signal(object)
    changed = Signal(object, object)

    def __init__(
        self,
        services: Services,
        pages: QStackedWidget,
        keeper: CaseKeeper,
        risk_flow: RiskFlow,
        leave: Callable[[], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._pages = pages
        self._keeper = keeper
        self._risk_flow = risk_flow
        self._leave = leave
        self.page: SettingsPage | None = None

    def follow(self, viewer: CtViewer) -> None:
        """Gives a viewer the person's own keys, mouse buttons and presets, and keeps what they change of them."""
        stored = self._services.settings.viewer_bindings
        if stored:
            try:
                viewer.set_bindings(Bindings.model_validate_json(json.dumps(stored)))
            except ValidationError:
                self.said.emit(Message.of("settings.bindings_unusable"))
        viewer.bindings_changed.connect(self._keep_bindings)

    def _keep_bindings(self, bindings: Bindings) -> None:
        self._keep(viewer_bindings={} if bindings == Bindings() else bindings.model_dump(mode="json"))

    def keep_units(self, units: SiteUnits) -> None:
        """Keeps the units that a person chose in the form, for every case from now on."""
        system = UnitSystem.CONVENTIONAL if units.conventional else UnitSystem.SI
        self._keep(units=system, field_units=units.own)

    def _keep(self, **values: object) -> None:
        """Keeps what a person chose elsewhere than on the page."""
        settings = self._services.settings.model_copy(update=values)
        try:
            self._services.settings_file.save(settings)
        except CaseError as error:
            self.said.emit(error.message)
            return
        self._services.settings = settings
        self._keeper.set_settings(settings)
        if self.page is not None:
            self.page.show_settings(settings)

    def show(self) -> None:
        """Shows the settings page; it is made when it is first asked for."""
        if self.page is None:
            self.page = self._make()
        compute = self._risk_flow.compute
        if compute is not None:
            reason = compute.explanation.text(self._services.language) if compute.explanation else compute.reason
            found = {"device": compute.device_name, "precision": compute.precision.value, "engine": compute.engine}
            facts = self._risk_flow.facts
            if facts is not None:
                built = ", ".join(facts.architectures or ())
                found |= {"torch": f"{facts.torch} {built}".strip() or "-", "openvino": facts.openvino or "-"}
            details = "; ".join(f"{name} {value}" for name, value in found.items() if name != "device")
            self.page.show_device(f"{compute.device_name}. {reason}\n{details}", found)
        self._pages.setCurrentWidget(self.page)

    def _make(self) -> SettingsPage:
        from apnet_desktop.gui.settings_page import SettingsPage

        services = self._services
        page = SettingsPage(
            services.settings_file, services.settings, services.store, services.language, services.log_folder
        )
        page.settings_changed.connect(self._apply)
        page.refused.connect(self.said)
        page.closed.connect(self._leave)
        self._pages.addWidget(page)
        return page

    def _apply(self, settings: Settings) -> None:
        earlier, self._services.settings = self._services.settings, settings
        self._keeper.set_settings(settings)
        self._services.store.audit.person = settings.reviewer
        application = QApplication.instance()
        if settings.theme is not earlier.theme and isinstance(application, QApplication):
            apply_theme(application, settings.theme.value)
        self.changed.emit(earlier, settings)
        if settings.bundle != earlier.bundle:
            self._risk_flow.open_bundle()
        elif settings.device is not earlier.device:
            self._risk_flow.warm()
        if settings.language is not earlier.language:
            self.noted.emit(Message.of("gui.language_later"))
