"""The Qt binding does not corrupt the interpreter: references to None, True and False do not drift (C-61)."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, QPoint, QRect, QSettings, QTimer
from PySide6.QtGui import QAction, QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QProgressBar, QPushButton, QSlider, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

_CALLS = 1000


def _common_calls(parent: QWidget) -> list[tuple[str, Callable[[], object]]]:
    label, edit, button, box = QLabel(parent), QLineEdit(parent), QPushButton(parent), QCheckBox(parent)
    slider, spin, progress = QSlider(parent), QSpinBox(parent), QProgressBar(parent)
    action, timer, image = QAction(parent), QTimer(parent), QImage(8, 8, QImage.Format.Format_RGB32)

    def paint() -> None:
        painter = QPainter(image)
        painter.setPen(QPen(QColor(1, 2, 3)))
        painter.drawLine(QPoint(0, 0), QPoint(5, 5))
        painter.end()

    return [
        ("QLabel.setText", lambda: label.setText("a")),
        ("QLabel.setToolTip", lambda: label.setToolTip("a")),
        ("QLabel.setVisible", lambda: label.setVisible(False)),
        ("QLabel.isVisible", label.isVisible),
        ("QLineEdit.setText", lambda: edit.setText("b")),
        ("QLineEdit.isReadOnly", edit.isReadOnly),
        ("QPushButton.setEnabled", lambda: button.setEnabled(True)),
        ("QPushButton.isEnabled", button.isEnabled),
        ("QCheckBox.setChecked", lambda: box.setChecked(True)),
        ("QCheckBox.isChecked", box.isChecked),
        ("QSlider.setValue", lambda: slider.setValue(3)),
        ("QSpinBox.setRange", lambda: spin.setRange(0, 9)),
        ("QProgressBar.setValue", lambda: progress.setValue(2)),
        ("QWidget.update", parent.update),
        ("QWidget.setGeometry", lambda: parent.setGeometry(QRect(0, 0, 50, 50))),
        ("QWidget.parentWidget", parent.parentWidget),
        ("QAction.setEnabled", lambda: action.setEnabled(False)),
        ("QObject.blockSignals", lambda: parent.blockSignals(False)),
        ("QTimer.isActive", timer.isActive),
        ("QImage.isNull", image.isNull),
        ("QPainter", paint),
        ("QObject.setObjectName", lambda: QObject.setObjectName(parent, "x")),
        ("QSettings.contains", lambda: QSettings().contains("nothing")),
    ]


@pytest.mark.parametrize("value", [None, True, False], ids=str)
def test_common_calls_do_not_lose_references(qtbot: QtBot, value: object) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    drifts = {}
    for name, call in _common_calls(parent):
        call()
        gc.collect()
        before = sys.getrefcount(value)
        for _ in range(_CALLS):
            call()
        drifts[name] = abs(sys.getrefcount(value) - before)
    # Below one reference for a thousand calls there is no drift: the few that come and go belong to the interpreter.
    assert {name: drift for name, drift in drifts.items() if drift > 50} == {}
