"""Every page of the window fits a screen of 1280 × 720 at 100 %, in both languages, with all that it can show."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QPushButton
from pytestqt.qtbot import QtBot

from apnet_desktop.bundle.files import parse_manifest
from apnet_desktop.cases.assessment import Step
from apnet_desktop.cases.settings import Settings, SettingsFile
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.gui.fonts import add_screen_fonts
from apnet_desktop.gui.main_window import MainWindow
from apnet_desktop.gui.services import Services
from apnet_desktop.language import Language


@pytest.mark.parametrize("language", list(Language))
def test_no_page_widens_a_small_window(qtbot: QtBot, tmp_path: Path, shipped_bundle: Path, language: Language) -> None:
    add_screen_fonts(language)
    file, settings = SettingsFile(tmp_path / "settings.json"), Settings(language=language)
    window = MainWindow(Services.start(CaseStore(tmp_path / "store"), file, settings, None))
    qtbot.addWidget(window)
    window.questions.make(parse_manifest((shipped_bundle / "manifest.json").read_bytes()))
    window.resize(1280, 720)
    window.show()
    for step in Step:
        window.show_step(step)
        for part in (window.risk_panel.answer, window.risk_panel.pages):
            part.show()
        for name in ("review", "dicom"):
            button = window.report_view.findChild(QPushButton, f"report_{name}")
            assert isinstance(button, QPushButton)
            button.show()
        versions = window.report_view.findChild(QComboBox, "report_versions")
        assert isinstance(versions, QComboBox)
        versions.show()
        qtbot.wait(20)
        assert (window.width(), window.height()) == (1280, 720), step
    for page in (window.worklist, window.settings):
        page.show()
        qtbot.wait(20)
        assert (window.width(), window.height()) == (1280, 720)
    window.close()
