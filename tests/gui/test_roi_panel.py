"""The step "Pancreas ROI": live figures, confirmation by a named person, and what takes it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from apnet_desktop.ct.roi import Roi, RoiOrigin
from apnet_desktop.ct.roi_editing import segmenters
from apnet_desktop.ct.roi_editing.progress import Progress
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.gui.steps.roi import RoiPanel
from apnet_desktop.gui.viewer.ct_viewer import CtViewer
from apnet_desktop.gui.viewer.tools.kinds import Tool
from apnet_desktop.language import Language, text
from tests.gui.viewer.hand import axial, click, roi_of, shown_viewer
from tests.gui.viewer.pictures import check_words


def _panel(qtbot: QtBot, viewer: CtViewer) -> RoiPanel:
    panel = RoiPanel(viewer, Language.ENGLISH)
    qtbot.addWidget(panel)
    panel.resize(panel.sizeHint().width(), 900)
    panel.show()
    return panel


def _button(panel: RoiPanel, id: str) -> QAbstractButton:
    wanted = text(f"roi.{id}")
    for button in panel.findChildren(QAbstractButton):
        if button.text() == wanted:
            return button
    raise AssertionError(wanted)


def _words(panel: RoiPanel) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel))


def test_the_figures_follow_the_brush(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    panel = _panel(qtbot, viewer)
    _button(panel, "button_tool_brush").click()
    assert viewer.state.tool is Tool.BRUSH
    viewer.go_to_slice(12)
    click(axial(viewer), (12.0, 48.0, 48.0))
    assert viewer.state.editor is not None
    statistics = viewer.state.editor.statistics()
    assert statistics.mean is not None
    words = _words(panel)
    assert f"{statistics.volume:.1f} mL" in words
    assert "1 (13 to 13)" in words
    assert f"{statistics.mean:.0f} HU" in words
    _button(panel, "button_undo").click()
    assert "mL" not in _words(panel)


def test_only_a_named_person_can_confirm_a_roi_and_an_edit_takes_it_back(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    panel = _panel(qtbot, viewer)
    confirm = _button(panel, "confirm")
    assert not confirm.isEnabled()
    viewer.set_tool(Tool.BRUSH)
    viewer.go_to_slice(12)
    click(axial(viewer), (12.0, 48.0, 48.0))
    assert not confirm.isEnabled(), "nobody has said who confirms"
    person = panel.findChildren(QLineEdit)[-1]
    QTest.keyClicks(person, "   ")
    assert not confirm.isEnabled()
    person.clear()
    QTest.keyClicks(person, "Dr. Li")
    person.insert(" 李")
    got: list[Roi] = []
    panel.confirmed.connect(got.append)
    confirm.click()
    assert len(got) == 1
    assert got[0].confirmation is not None
    assert got[0].confirmation.person == "Dr. Li 李"
    assert datetime.now(UTC) - got[0].confirmation.time < timedelta(seconds=20)
    assert viewer.roi is not None
    assert viewer.roi.confirmation == got[0].confirmation
    assert not confirm.isEnabled()
    assert "Dr. Li 李" in _words(panel)
    click(axial(viewer), (12.0, 60.0, 60.0))
    edited = roi_of(viewer)
    assert edited is not None
    assert edited.confirmation is None
    assert confirm.isEnabled()


def test_import_is_asked_for_and_can_be_undone(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    panel = _panel(qtbot, viewer)
    with qtbot.waitSignal(panel.import_requested):
        _button(panel, "import").click()
    mask = np.zeros((24, 96, 96), dtype=np.bool_)
    mask[3:6, 10:20, 10:20] = True
    assert viewer.state.volume is not None
    viewer.import_roi(Roi(mask, viewer.state.volume.geometry, (RoiOrigin.IMPORTED,)))
    assert viewer.roi is not None
    assert viewer.roi.origins == (RoiOrigin.IMPORTED,)
    assert viewer.current_slice == 4
    _button(panel, "button_undo").click()
    assert roi_of(viewer) is None


def test_keys_of_the_viewer_work_while_the_panel_has_the_focus(qtbot: QtBot) -> None:
    viewer = shown_viewer(qtbot)
    panel = _panel(qtbot, viewer)
    panel.activateWindow()
    button = _button(panel, "button_tool_eraser")
    button.setFocus()
    QApplication.processEvents()
    QTest.keyClick(button, Qt.Key.Key_B)
    assert viewer.state.tool is Tool.BRUSH


@pytest.mark.parametrize("language", list(Language))
def test_no_words_of_the_panel_are_clipped(qtbot: QtBot, language: Language) -> None:
    viewer = shown_viewer(qtbot)
    panel = RoiPanel(viewer, language)
    qtbot.addWidget(panel)
    panel.resize(panel.sizeHint().width(), 1100)
    panel.show()
    QApplication.processEvents()
    assert check_words(panel) == []


class _Bright:
    """A site's segmenter: what is brighter than fat."""

    name = "Bright 1.0"

    def segment(self, volume: CtVolume, progress: Progress) -> NDArray[np.bool_]:
        progress(0.5)
        return np.asarray(volume.hounsfield > 30)


def test_the_automatic_button_says_how_to_get_a_segmenter_and_uses_the_site_s(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no TotalSegmentator
    monkeypatch.setattr(segmenters, "entry_points", lambda group: [])
    viewer = shown_viewer(qtbot)
    panel = _panel(qtbot, viewer)
    _button(panel, "automatic").click()
    qtbot.waitUntil(lambda: text("roi.automatic_absent") in _words(panel))
    qtbot.waitUntil(lambda: viewer.state.progress is None)
    assert roi_of(viewer) is None
    entry = EntryPoint("site", f"{__name__}:_Bright", segmenters.GROUP)
    monkeypatch.setattr(segmenters, "entry_points", lambda group: [entry])
    _button(panel, "automatic").click()
    qtbot.waitUntil(lambda: viewer.state.progress is None)
    roi = roi_of(viewer)
    assert roi is not None
    assert viewer.state.volume is not None
    assert np.array_equal(roi.mask, viewer.state.volume.hounsfield > 30)
    assert roi.origins == (RoiOrigin.ASSISTED,)
    assert roi.confirmation is None
    _button(panel, "button_undo").click()
    assert roi_of(viewer) is None
