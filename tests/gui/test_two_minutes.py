"""A prepared case is finished by the keyboard alone, and the time that a doctor needs for it is added up.

CT and outline are another person's work; the doctor opens the case, looks at the outline, fills in the form, calculates
and reads the risk, makes the report and reviews it. Every key goes to the widget that has the focus.

The time is estimated with the keystroke-level model (Card, Moran, Newell: The keystroke-level model for user
performance time with interactive systems. Commun ACM 1980;23:396-410): 0.28 s a key for an average typist, 1.35 s of
thought before each value or decision, and what the program itself takes, measured. Reading the answer is added as
reading time: 238 words a minute (Brysbaert, J Mem Lang 2019;109:104047).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.cases.assessment import ReportVersion, SeriesReference, Step, StepState
from apnet_desktop.cases.open_case import OpenCase
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.factor import FactorKind
from apnet_desktop.ct.grid_files import read_grid
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.scan import scan
from apnet_desktop.gui.main_window import MainWindow
from apnet_desktop.gui.report_review import ReviewDialog
from apnet_desktop.simulation.demo_case import DemoCase
from tests.gui import window_driver as driver

_KEY = 0.28
_THOUGHT = 1.35
_WORDS_A_SECOND = 238 / 60
_LIMIT = 120.0
_PATIENCE = 120_000  # ms: under load the checks that follow a risk take their time
# What a doctor types for a patient with a severe attack, in the units that the form shows.
_VALUES = {
    "body_mass_index": "27.4", "triglycerides": "2.1", "hdl_cholesterol": "1.1", "calcium": "2.05",
    "c_reactive_protein": "143", "white_cell_count": "13.2", "creatinine": "88", "albumin": "34", "glucose": "7.8",
    "length_of_stay": "16",
}  # fmt: skip
# The digits of the choices: an attack that is not mild, or there would be no score. Else the first answer.
_ANSWERS = {"atlanta_grade": "3", "organ_failure": "3"}


@dataclass
class Keyboard:
    """Presses keys and counts them, and the thoughts before them."""

    keys: int = 0
    thoughts: int = 0

    def target(self) -> QWidget:
        """Where a key goes."""
        modal = QApplication.activeModalWidget()
        widget = modal.focusWidget() if modal is not None else QApplication.focusWidget()
        assert widget is not None, "nothing has the focus: a keyboard would write into nothing"
        return widget

    def press(
        self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, *, thought: bool = False
    ) -> None:
        """One key, with its modifier."""
        self.keys += 1 if modifier is Qt.KeyboardModifier.NoModifier else 2
        self.thoughts += thought
        QTest.keyClick(self.target(), key, modifier)

    def type(self, words: str, *, thought: bool = True) -> None:
        """A word or number."""
        self.keys += len(words)
        self.thoughts += thought
        QTest.keyClicks(self.target(), words)

    def next(self) -> None:
        """The key for what is left to do."""
        self.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier, thought=True)


def _prepare(folder: Path, demo: DemoCase) -> None:
    """What the radiographer did: CT and outline of this patient, and three other cases in the list."""
    volume = read_series(scan(demo.ct_folder).series[0], lambda shape: np.empty(shape, dtype=np.int16))
    grid = read_grid(demo.roi_file)
    with CaseStore(folder, person="Radiographer") as store:
        for number in range(3):
            store.save_note(store.create(), f"somebody else {number}")
        case = OpenCase.new(store)
        case.set_series(SeriesReference.of(volume, demo.ct_folder))
        case.set_roi(Roi(grid.values > 0, grid.geometry, author="Radiographer"))
        case.close()
        store.save_note(store.create(), "the last one")


def test_a_doctor_finishes_a_prepared_case_in_two_minutes(
    qtbot: QtBot, tmp_path: Path, demo_case: DemoCase, shipped_bundle: Path
) -> None:
    _prepare(tmp_path / "store", demo_case)
    window = driver.open_window(qtbot, tmp_path / "store", shipped_bundle)
    window.activateWindow()
    driver.wait_for(qtbot, lambda: window.risk_flow.compute is not None)
    board, waited = Keyboard(), 0.0
    window.setFocus()
    board.press(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier, thought=True)
    board.type("demo")
    board.press(Qt.Key.Key_Return)
    waited += _until(qtbot, lambda: window.viewer.roi is not None and not window.runner.busy)
    assert _step(window) is Step.ROI
    for _ in range(4):  # a look through the outline
        board.press(Qt.Key.Key_Down, thought=True)
    board.next()
    assert _state(window, Step.ROI) is StepState.DONE
    board.next()
    assert _step(window) is Step.CLINICAL
    _fill_in(window, board)
    assert window.form is not None
    assert window.form.problems == {}
    board.next()
    assert _state(window, Step.CLINICAL) is StepState.DONE
    assert _step(window) is Step.RISK
    board.next()
    waited += _until(qtbot, lambda: _risk(window) is not None and not window.runner.busy)
    risk = _risk(window)
    assert risk is not None
    assert risk.fused is not None, [check.id for check in risk.checks if check.blocks]
    board.next()
    review = window.report_view.findChild(QPushButton, "report_review")
    assert isinstance(review, QPushButton)
    waited += _until(qtbot, lambda: len(_reports(window)) == 1 and review.isEnabled() and not window.runner.busy)
    _review(qtbot, window, board)
    waited += _until(qtbot, lambda: len(_reports(window)) == 2)
    assert _reports(window)[-1].reviewed_by == "Dr Test"
    assert all(_state(window, step) is StepState.DONE for step in Step)
    reading = _words_to_read(window) / _WORDS_A_SECOND
    typing, thinking = board.keys * _KEY, board.thoughts * _THOUGHT
    total = typing + thinking + reading
    sys.stdout.write(
        f"\n{board.keys} keys {typing:.0f} s, {board.thoughts} thoughts {thinking:.0f} s, reading {reading:.0f} s: "
        f"{total:.0f} s; the program took {waited:.1f} s here beside it\n"
    )
    # The program's own part is held by the benchmarks, on a machine that does nothing else.
    assert total <= _LIMIT


def _until(qtbot: QtBot, condition: Callable[[], bool]) -> float:
    began = time.perf_counter()
    qtbot.waitUntil(condition, timeout=_PATIENCE)
    return time.perf_counter() - began


def _step(window: MainWindow) -> Step:
    return window.step


def _state(window: MainWindow, step: Step) -> StepState:
    return window.rail.cards[step].state


def _risk(window: MainWindow) -> Prediction | None:
    return window.keeper.assessment.prediction if window.keeper.assessment else None


def _reports(window: MainWindow) -> tuple[ReportVersion, ...]:
    assert window.keeper.assessment is not None
    return window.keeper.assessment.reports


def _fill_in(window: MainWindow, board: Keyboard) -> None:
    """From the first open field on: a value or the first answer, and Tab. Age and sex are the CT's."""
    form = window.form
    assert form is not None
    schema = {factor.id: factor for factor in form._schema.factors}
    for _ in range(200):
        if form.state().answered == form.state().total:
            return
        widget = board.target()
        id = next((one for one in schema if form.field(one).isAncestorOf(widget)), None)
        if id is not None and not form.record.answered(id):
            if isinstance(widget, QLineEdit) and schema[id].kind is FactorKind.NUMBER:
                board.type(_VALUES[id])
            else:
                board.type(_ANSWERS.get(id, "1"))
        board.press(Qt.Key.Key_Tab)
    pytest.fail(f"still open: {[id for id in schema if not form.record.answered(id)]}")


def _review(qtbot: QtBot, window: MainWindow, board: Keyboard) -> None:
    """Asks for the review and answers its dialog by keys."""

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, ReviewDialog) or not dialog.isVisible():
            QTimer.singleShot(100, window, answer)
            return
        name = dialog.findChild(QLineEdit, "review_name")
        assert name is not None
        if not name.text():
            board.type("Dr Test")
        board.press(Qt.Key.Key_Tab)
        board.press(Qt.Key.Key_Tab)
        board.press(Qt.Key.Key_Space, thought=True)
        board.press(Qt.Key.Key_Return)
        if dialog.isVisible():
            dialog.reject()
            pytest.fail("the dialog did not take the keys")

    QTimer.singleShot(100, window, answer)
    board.next()


def _words_to_read(window: MainWindow) -> int:
    """Words of the answer and of the checks that did not pass."""
    cards = (window.risk_panel.answer,)
    labels = [label for card in cards for label in card.findChildren(QLabel) if label.isVisibleTo(card)]
    return sum(len(label.text().split()) for label in labels)
