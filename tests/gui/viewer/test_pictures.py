"""Texts over the slices are never clipped and never cover one another."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apnet_desktop.gui.viewer.plane_layout import ViewerLayout
from apnet_desktop.language import Language
from tests.gui.viewer.hand import shown_viewer
from tests.gui.viewer.pictures import SCALES, SCENES, THEMES, check_texts, make_all


@pytest.mark.parametrize("layout", list(ViewerLayout))
@pytest.mark.parametrize("language", list(Language))
def test_texts_fit_at_every_size(qtbot: QtBot, language: Language, layout: ViewerLayout) -> None:
    viewer = shown_viewer(qtbot)
    viewer.state.set_slab(9.0)
    viewer.set_layout(layout)
    for view in viewer.views.values():
        view.language = language
    for size in ((1400, 900), (900, 640), (640, 480)):
        viewer.resize(*size)
        QApplication.processEvents()
        assert check_texts(viewer) == [], size


@pytest.mark.soak
def test_pictures_of_every_tool_at_every_scale(tmp_path: Path) -> None:
    make_all(tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == SCENES * len(SCALES) * len(THEMES)
