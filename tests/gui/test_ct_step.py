"""The step *CT* in the real window: whose CT it is, what the picker says, and that the window stays awake."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from apnet_desktop.gui.main_window import MainWindow
from tests.ct.dicom_series import SeriesRecipe, setting
from tests.gui import window_driver as driver

RECIPE = SeriesRecipe(columns=64, rows=48, slices=12)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, shipped_bundle: Path) -> MainWindow:
    return driver.open_window(qtbot, tmp_path / "store", shipped_bundle)


def test_nothing_of_one_patient_goes_over_to_the_next(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    RECIPE.write(tmp_path / "named")
    RECIPE.write(tmp_path / "unnamed", setting(PatientName="", PatientID="", PatientBirthDate="", PatientSex=""))
    driver.open_ct(qtbot, window, tmp_path / "named")
    driver.type_value(window, "body_mass_index", "27.4")
    first = window.keeper.case
    driver.open_ct(qtbot, window, tmp_path / "unnamed")
    assert window.form is not None
    window.form.flush()
    second = window.keeper.case
    assert first is not None
    assert second is not None
    assert second is not first
    assert second.assessment.identity.name == second.assessment.identity.patient_id == ""
    assert second.assessment.record.values == {}
    assert second.assessment.record.identity is None
    assert first.assessment.record.number("body_mass_index") == 27.4
    window.open_case(first.case_id)
    driver.wait_for(qtbot, lambda: window.ct_flow.open.shared is not None and not window.runner.busy)
    window.form.flush()
    assert window.keeper.assessment is not None
    assert window.keeper.assessment.record.value("sex") == "F"
    window.open_case(second.case_id)
    driver.wait_for(qtbot, lambda: window.ct_flow.open.shared is not None and not window.runner.busy)
    window.form.flush()
    assert window.keeper.assessment.record.values == {}
