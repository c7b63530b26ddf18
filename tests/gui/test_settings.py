"""The settings page: each choice reaches the disk at once, and nothing half-chosen does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from apnet_desktop.cases.open_case import OpenCase
from apnet_desktop.cases.settings import DeviceChoice, Settings, SettingsFile, SiteBaseRate, Theme, UnitSystem
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.gui.settings_page import SettingsPage
from apnet_desktop.language import Language
from tests.cases.samples import CANARY, series


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CaseStore]:
    with CaseStore(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def page(qtbot: QtBot, tmp_path: Path, store: CaseStore) -> SettingsPage:
    file = SettingsFile(tmp_path / "settings.json")
    view = SettingsPage(file, Settings(), store, Language.ENGLISH, tmp_path / "log")
    qtbot.addWidget(view)
    view.resize(900, 800)
    view.show()
    qtbot.waitExposed(view)
    return view


def _kept(tmp_path: Path) -> Settings:
    return SettingsFile(tmp_path / "settings.json").load()


def _choose(box: QComboBox, value: str) -> None:
    """With the keyboard, as a person does."""
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    for _ in range(box.findData(value)):
        QTest.keyClick(box, Qt.Key.Key_Down)


def test_each_choice_is_on_the_disk_at_once(qtbot: QtBot, page: SettingsPage, tmp_path: Path) -> None:
    changed: list[Settings] = []
    page.settings_changed.connect(changed.append)
    _choose(page.language, "zh")
    assert _kept(tmp_path).language is Language.CHINESE
    _choose(page.units, "conventional")
    assert _kept(tmp_path).units is UnitSystem.CONVENTIONAL
    _choose(page.theme, "dark")
    assert _kept(tmp_path).theme is Theme.DARK
    _choose(page.device, "cpu")
    assert _kept(tmp_path).device is DeviceChoice.CPU
    QTest.keyClicks(page.reviewer, "Dr Wang")
    QTest.keyClick(page.reviewer, Qt.Key.Key_Return)
    assert _kept(tmp_path).reviewer == "Dr Wang"
    QTest.mouseClick(page.copy_series, Qt.MouseButton.LeftButton, pos=page.copy_series.rect().center())
    page.copy_series.setChecked(True)
    assert _kept(tmp_path).copy_series
    page.grace_days.setValue(90)
    page.grace_days.editingFinished.emit()
    assert _kept(tmp_path).grace_days == 90
    assert changed[-1] == _kept(tmp_path)


def test_a_base_rate_is_used_only_with_its_source_and_enough_patients(page: SettingsPage, tmp_path: Path) -> None:
    card = page.base_rate
    card.used.setChecked(True)
    assert card.fault.isVisibleTo(card)
    assert not (tmp_path / "settings.json").exists()
    assert card.fault.text() == "Enter the base rate."  # nobody did: there is no default
    card.risk.setValue(21.5)
    card.patients.setValue(99)
    card.patients.editingFinished.emit()
    QTest.keyClicks(card.source, "Audit of 2025")
    QTest.keyClick(card.source, Qt.Key.Key_Return)
    assert not (tmp_path / "settings.json").exists()
    assert "100" in card.fault.text()
    card.patients.setValue(240)
    card.patients.editingFinished.emit()
    assert card.fault.text() == "Counted on: enter the date."
    assert not (tmp_path / "settings.json").exists()
    QTest.keyClicks(card.counted, "2025-01-31")
    QTest.keyClick(card.counted, Qt.Key.Key_Return)
    assert not card.fault.isVisibleTo(card)
    expected = SiteBaseRate(risk=0.215, source="Audit of 2025", counted=date(2025, 1, 31), patients=240)
    assert _kept(tmp_path).base_rate == expected
    card.used.setChecked(False)
    assert _kept(tmp_path).base_rate is None


def test_what_was_kept_is_shown_again(qtbot: QtBot, tmp_path: Path) -> None:
    rate = SiteBaseRate(risk=0.3, source="ward 3", counted=date(2025, 5, 6), patients=120)
    chosen = Settings(language=Language.CHINESE, reviewer="王", base_rate=rate, grace_days=7, theme=Theme.DARK)
    file = SettingsFile(tmp_path / "settings.json")
    file.save(chosen)
    page = SettingsPage(file, file.load(), None, Language.CHINESE, tmp_path)
    qtbot.addWidget(page)
    page.show()
    page.grace_days.editingFinished.emit()
    assert file.load() == chosen
    assert page.base_rate.rate() == rate


def test_a_disk_that_refuses_is_said_and_the_old_value_shown(
    qtbot: QtBot, page: SettingsPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with qtbot.waitSignal(page.refused) as refused:
        _choose(page.theme, "dark")
    assert refused.args is not None
    assert refused.args[0].id == "cases.disk_full"
    assert page.theme.currentData() == "system"


def test_diagnostics_hold_no_patient(qtbot: QtBot, page: SettingsPage, store: CaseStore) -> None:
    OpenCase.new(store).set_series(series())
    page.show_device("CPU: no graphics card was found.", {"Device": "cpu"})
    QTest.mouseClick(page.copy_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.copy_button.isEnabled)
    words = QGuiApplication.clipboard().text()
    assert "SQLite" in words
    assert "Device: cpu" in words
    assert "'active': 1" in words
    for canary in (CANARY.name, CANARY.patient_id, "1961-02-28"):
        assert canary not in words
    assert page.device_found.text() == "CPU: no graphics card was found."


def test_the_log_folder_opens(page: SettingsPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    QTest.mouseClick(page.log_button, Qt.MouseButton.LeftButton)
    assert [url.toLocalFile() for url in opened] == [str(tmp_path / "log")]


def test_a_log_folder_that_does_not_open_is_named(
    qtbot: QtBot, page: SettingsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: False)
    with qtbot.waitSignal(page.refused) as refused:
        page.open_log_folder()
    assert refused.args is not None
    assert "log" in refused.args[0].text()


def test_a_bundle_is_chosen_as_a_folder(page: SettingsPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    QTest.mouseClick(page.bundle_browse, Qt.MouseButton.LeftButton)
    assert _kept(tmp_path).bundle == str(tmp_path)


def test_the_wheel_changes_no_setting_on_its_way(page: SettingsPage) -> None:
    for box in (page.language, page.units, page.theme, page.device, page.grace_days, page.base_rate.risk):
        assert box.focusPolicy() == Qt.FocusPolicy.StrongFocus
