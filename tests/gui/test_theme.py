"""Fields can be seen in both themes: their rims stand out from the window (WCAG 2.2, 1.4.11: 3 to 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QCheckBox, QDoubleSpinBox, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from apnet_desktop.gui.theme import apply_theme


@pytest.fixture(autouse=True)
def _as_before(qapp: QApplication) -> Iterator[None]:
    style, palette, sheet, font = qapp.style().objectName(), qapp.palette(), qapp.styleSheet(), qapp.font()
    yield
    qapp.setStyleSheet(sheet)
    qapp.setStyle(style)
    qapp.setPalette(palette)
    qapp.setFont(font)


def _luminance(colour: QColor) -> float:
    values = (colour.redF(), colour.greenF(), colour.blueF())
    parts = [value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4) for value in values]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _contrast(first: QColor, second: QColor) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("kind", [QCheckBox, QLineEdit, QDoubleSpinBox])
def test_a_field_has_a_rim_in_the_dark(qtbot: QtBot, qapp: QApplication, kind: Callable[[], QWidget]) -> None:
    apply_theme(qapp, "dark")
    window = QWidget()
    qtbot.addWidget(window)
    field = kind()
    QVBoxLayout(window).addWidget(field)
    window.resize(160, 60)
    window.show()
    picture = window.grab().toImage()
    background = picture.pixelColor(1, 1)
    # From the window into the field, across its left rim.
    y = field.geometry().center().y()
    across = [picture.pixelColor(x, y) for x in range(field.geometry().left() + 8)]
    assert max(_contrast(colour, background) for colour in across) >= 3.0


def test_the_light_theme_comes_back(qtbot: QtBot, qapp: QApplication) -> None:
    box = QCheckBox()
    qtbot.addWidget(box)
    apply_theme(qapp, "dark")
    apply_theme(qapp, "light")
    assert QApplication.palette(box).window().color().lightness() > 200
    assert QApplication.palette().window().color().lightness() > 200
