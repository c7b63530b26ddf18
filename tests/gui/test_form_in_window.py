"""The form in the window: the units that a person chose are there at the next start."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from apnet_desktop.bundle.files import parse_manifest
from apnet_desktop.cases.settings import Settings, SettingsFile, UnitSystem
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.gui.main_window import MainWindow
from apnet_desktop.gui.services import Services
from apnet_desktop.gui.steps.clinical_form import ClinicalForm
from apnet_desktop.gui.steps.clinical_form.text_field import TextField


@pytest.fixture
def settings_file(tmp_path: Path, shipped_bundle: Path) -> SettingsFile:
    file = SettingsFile(tmp_path / "settings.json")
    file.save(Settings(bundle=str(shipped_bundle)))
    return file


def _window(qtbot: QtBot, file: SettingsFile) -> tuple[MainWindow, ClinicalForm]:
    """A window with its form on kept settings; none of its processes is started."""
    settings = file.load()
    window = MainWindow(Services.start(CaseStore(file.path.parent, person="Dr Test"), file, settings, None))
    qtbot.addWidget(window)
    window.questions.make(parse_manifest((Path(settings.bundle) / "manifest.json").read_bytes()))
    assert window.form is not None
    return window, window.form


def _next_unit(form: ClinicalForm, factor: str) -> None:
    field = form.field(factor)
    assert isinstance(field, TextField)
    QTest.keyClick(field.edit, Qt.Key.Key_U, Qt.KeyboardModifier.AltModifier)


def test_a_fields_own_unit_is_there_at_the_next_start(qtbot: QtBot, settings_file: SettingsFile) -> None:
    window, form = _window(qtbot, settings_file)
    _next_unit(form, "creatinine")
    assert form.units.shown["creatinine"] == "mg/dL"
    window.close()
    window, form = _window(qtbot, settings_file)
    assert form.units.shown["creatinine"] == "mg/dL"
    assert form.units.shown["glucose"] == "mmol/L"
    # Another setting, changed on its page, leaves the field's unit; another system for all ends it.
    window.settings.show()
    page = window.settings.page
    assert page is not None
    page.copy_series.click()
    assert settings_file.load().field_units == {"creatinine": "mg/dL"}
    page.units.setCurrentIndex(page.units.findData(UnitSystem.CONVENTIONAL.value))
    page.units.setCurrentIndex(page.units.findData(UnitSystem.SI.value))
    assert settings_file.load().field_units == {}
    assert form.units.shown["creatinine"] == "umol/L"
    window.close()


def test_the_forms_switch_of_all_units_is_the_setting(qtbot: QtBot, settings_file: SettingsFile) -> None:
    window, form = _window(qtbot, settings_file)
    _next_unit(form, "creatinine")
    switch = next(one for one in form.findChildren(QPushButton) if one.text() == "Units: SI")
    switch.click()
    assert form.units.shown["glucose"] == "mg/dL"
    kept = settings_file.load()
    assert (kept.units, kept.field_units) == (UnitSystem.CONVENTIONAL, {})
    window.close()
    window, form = _window(qtbot, settings_file)
    assert form.units.shown["glucose"] == "mg/dL"
    window.close()
