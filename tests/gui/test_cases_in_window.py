"""Cases of the store in the real window: moved, copied in, duplicated, drawn for a cohort, and after a kill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from apnet_desktop.cases.assessment import SeriesReference, Step, StepState
from apnet_desktop.cases.follow_up import FollowUp, FollowUpEnd
from apnet_desktop.cases.open_case import OpenCase
from apnet_desktop.cases.settings import SettingsFile
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.scan import scan
from apnet_desktop.gui.flow.risk_flow import RiskFlow
from apnet_desktop.gui.main_window import MainWindow
from apnet_desktop.gui.viewer.plane_layout import ViewerLayout
from tests.cases.dicom_files import read_pixels, write_ct
from tests.cases.samples import CANARY
from tests.gui import window_driver as driver

OpenWindow = Callable[..., MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path, shipped_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> OpenWindow:
    """Opens the window on the store in `tmp_path`; APNet's own process is not needed here and stays cold."""
    monkeypatch.setattr(RiskFlow, "warm", lambda _: None)
    return lambda **settings: driver.open_window(qtbot, tmp_path / "store", shipped_bundle, **settings)


def _prepared(tmp_path: Path, source: Path, *, drawn: bool = True) -> str:
    """A case of the store with CT and, if `drawn`, an outline."""
    volume = read_series(scan(source).series[0], lambda shape: np.empty(shape, dtype=np.int16))
    with CaseStore(tmp_path / "store") as store:
        case = OpenCase.new(store)
        case.set_series(SeriesReference.of(volume, source))
        if drawn:
            mask = np.zeros(volume.geometry.shape, dtype=np.bool_)
            mask[3:8, 8:20, 6:25] = True
            case.set_roi(Roi(mask, volume.geometry, author="Dr Other"))
        case.set_record(ClinicalRecord(values={"age": 64.0}))
        case.close()
        return case.case_id


def _opened(qtbot: QtBot, window: MainWindow, case_id: str) -> None:
    window.open_case(case_id)
    _settled(qtbot, window)


def _settled(qtbot: QtBot, window: MainWindow) -> None:
    driver.wait_for(qtbot, lambda: window.ct_flow.open.shared is not None and not window.runner.busy)


def test_a_ct_that_moved_is_found_and_said(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    source = write_ct(tmp_path / "ward" / "patient")
    case_id = _prepared(tmp_path, source)
    (tmp_path / "ward" / "archive").mkdir()
    source.rename(tmp_path / "ward" / "archive" / "patient")
    window = open_window()
    _opened(qtbot, window, case_id)
    assert window.notice.message is not None
    assert window.notice.message.id == "gui.ct_moved"
    assert window.viewer.roi is not None
    assert window.keeper.assessment is not None
    assert window.keeper.assessment.series is not None
    assert window.keeper.assessment.series.path == str(tmp_path / "ward" / "archive" / "patient")


def test_a_ct_that_is_gone_costs_nothing_else(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    source = write_ct(tmp_path / "ward" / "patient")
    case_id = _prepared(tmp_path, source)
    aside = tmp_path.parent / f"{tmp_path.name}-aside"
    source.rename(aside)
    window = open_window()
    window.open_case(case_id)
    driver.wait_for(qtbot, lambda: window.notice.message is not None and not window.runner.busy)
    assert window.notice.message is not None
    assert window.notice.message.id == "gui.ct_not_found"
    kept = window.keeper.assessment
    assert kept is not None
    assert kept.roi is not None
    # The person points to it, and the case takes it: no second case of the same CT.
    driver.open_ct(qtbot, window, aside)
    assert window.keeper.assessment is not None
    assert window.keeper.assessment.case_id == case_id
    assert window.viewer.roi is not None


def test_a_ct_is_copied_in_where_the_settings_say_so(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    source = write_ct(tmp_path / "Zyxwv Qanary")
    pixels = read_pixels(source)
    window = open_window(copy_series=True)
    driver.open_ct(qtbot, window, source)

    def copied() -> bool:
        series = window.keeper.assessment.series if window.keeper.assessment else None
        return series is not None and series.copied

    driver.wait_for(qtbot, copied)
    assert window.keeper.assessment is not None
    assert window.keeper.assessment.series is not None
    place = Path(window.keeper.assessment.series.path)
    assert place.is_relative_to(tmp_path / "store" / "cases")
    assert read_pixels(place) == pixels
    case_id = window.keeper.assessment.case_id
    window.close_case()
    assert window.keeper.case is None
    source.rename(tmp_path / "elsewhere")
    _opened(qtbot, window, case_id)
    assert window.viewer.state.volume is not None
    assert window.keeper.assessment.series.copied
    # The same CT opened from where it came from leaves the copy the case's own.
    driver.open_ct(qtbot, window, tmp_path / "elsewhere")
    assert window.keeper.assessment.series.path == str(place)


def test_a_duplicate_stays_the_case_that_was_opened(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    case_id = _prepared(tmp_path, write_ct(tmp_path / "ct"))
    with CaseStore(tmp_path / "store") as store:
        twin = store.lifecycle.duplicate(case_id)
        store.save_note(twin, "changed last")
    window = open_window()
    for wanted in (case_id, twin, case_id):
        _opened(qtbot, window, wanted)
        assert window.keeper.assessment is not None
        assert window.keeper.assessment.case_id == wanted


def test_a_reader_draws_with_everything_else_hidden(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    case_id = _prepared(tmp_path, write_ct(tmp_path / "ct"))
    with CaseStore(tmp_path / "store") as store:
        store.cohort.add(case_id, "P-1")
        outcome = FollowUp(discharge=date(2024, 1, 1), end=FollowUpEnd.RECURRENCE, end_date=date(2024, 6, 1))
        store.follow_ups.save(case_id, outcome)
        before = store.load(case_id)
    window = open_window()
    window.worklist.show()
    view = window.worklist.view
    assert view is not None
    driver.press(window, view.reading_button)
    _settled(qtbot, window)
    assert window.viewer.roi is None or not window.viewer.roi.mask.any()
    assert [step for step, card in window.rail.cards.items() if card.isVisibleTo(window.rail)] == [Step.CT, Step.ROI]
    assert "Dr Test" in window.worklist.bar.sentence.text()
    for key in (Qt.Key.Key_3, Qt.Key.Key_4):
        QTest.keyClick(window, key, Qt.KeyboardModifier.AltModifier)
        assert window.step in (Step.CT, Step.ROI)
    window.show_step(Step.ROI)
    driver.paint_square(window, 5, (15.0, 15.0), 5.0)
    driver.confirm_roi(window, "Dr Test")
    assert window.worklist.bar.next_button.isVisible()
    driver.press(window, window.worklist.bar.next_button)
    # Nothing is left for this reader: the worklist says so.
    assert "Dr Test" in view.undo.sentence.text()
    store = window._services.store
    (reading,) = store.readings.of_case(case_id)
    assert reading.reader == "Dr Test"
    assert reading.minutes > 0
    assert store.readings.roi(case_id, reading).mask.any()
    after = store.load(case_id)
    assert after.record == before.record
    assert after.roi is not None
    assert before.roi is not None
    assert after.roi.digest() == before.roi.digest()
    _opened(qtbot, window, case_id)
    assert not window.worklist.bar.isVisible()
    assert all(card.isVisibleTo(window.rail) for card in window.rail.cards.values())


_KILLED = """
import json, os, sys
from pathlib import Path
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from apnet_desktop.cases.assessment import Step
from apnet_desktop.gui.flow.risk_flow import RiskFlow
from apnet_desktop.gui.viewer.plane import PlaneKind
from apnet_desktop.gui.viewer.plane_layout import ViewerLayout
from tests.gui import window_driver as driver

RiskFlow.warm = lambda _: None
application = QApplication([])

class Waiter:
    addWidget = staticmethod(lambda widget: None)
    def waitExposed(self, widget):
        self.waitUntil(widget.isVisible)
    def waitUntil(self, condition, timeout=60_000):
        while not condition():
            application.processEvents()

store, bundle, *scans = (Path(word) for word in sys.argv[1:])
wait = Waiter()
window = driver.open_window(wait, store, bundle)
for scan in scans:
    driver.open_ct(wait, window, scan)
window.show_step(Step.ROI)
driver.paint_square(window, 5, (15.0, 15.0), 4.0)
driver.paint_square(window, 6, (12.0, 14.0), 3.0)
driver.confirm_roi(window, "Dr Test")
window.show_step(Step.CLINICAL)
driver.type_value(window, "body_mass_index", "27.4")
window.settings.show()
page = window.settings.page
page.units.setCurrentIndex(1)
window.show_step(Step.ROI)
axial = window.viewer.views[PlaneKind.AXIAL]
for _ in range(2):
    QTest.keyClick(axial, Qt.Key.Key_Down)
QTest.keyClick(axial, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
window.viewer.set_window(63.0, 412.0)
window.viewer.set_layout(ViewerLayout.EQUAL)
state, interruption = window.viewer.state, window.keeper._store.interruption
wait.waitUntil(lambda: (view := interruption.view()) is not None and view.window == state.window)
assessment = window.keeper.assessment
shown = [state.position, state.zoom, state.center, state.window]
print(json.dumps([assessment.case_id, assessment.roi.digest(), assessment.record.model_dump_json(), shown]), flush=True)
while True:
    application.processEvents()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal, which Windows has not")
def test_after_a_kill_the_window_offers_the_case_as_it_was(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, shipped_bundle: Path
) -> None:
    earlier, source = write_ct(tmp_path / "earlier"), write_ct(tmp_path / "ct")
    for path in earlier.iterdir():
        _renamed(path, "Another^Patient", "1.2.3.4")
    words = [sys.executable, "-c", _KILLED, str(tmp_path / "store"), str(shipped_bundle), str(earlier), str(source)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:  # noqa: S603
        assert child.stdout is not None
        line = child.stdout.readline()
        if not line:
            assert child.stderr is not None
            pytest.fail(child.stderr.read()[-3000:])
        child.send_signal(signal.SIGKILL)
    case_id, digest, record, shown = json.loads(line)
    settings = SettingsFile(tmp_path / "store" / "settings.json").load()
    assert settings.units.value == "conventional"
    window = open_window(units=settings.units.value)
    _settled(qtbot, window)
    kept = window.keeper.assessment
    assert kept is not None
    # The second of the two cases that were open one after the other, with every stroke, word and value.
    assert kept.case_id == case_id
    assert window.viewer.roi is not None
    assert window.viewer.roi.digest() == digest
    assert window.viewer.roi.confirmation is not None
    assert kept.record == ClinicalRecord.model_validate_json(record)
    assert kept.record.number("body_mass_index") == 27.4
    assert kept.identity.patient_id == CANARY.patient_id
    assert "Another" not in kept.record.model_dump_json()
    assert window.form is not None
    assert window.form.record.number("body_mass_index") == 27.4
    assert window.rail.cards[Step.ROI].state is StepState.DONE
    assert window.notice.message is not None
    assert window.notice.message.id == "gui.case_restored"
    # And what was seen of it: the step, slices, zoom, window and layout.
    state = window.viewer.state
    driver.wait_for(qtbot, lambda: [list(state.position), state.zoom, list(state.center), list(state.window)] == shown)
    assert shown[1] != 1.0
    assert window.step is Step.ROI
    assert window.viewer.layout_kind is ViewerLayout.EQUAL


def _renamed(path: Path, name: str, uid: str) -> None:
    dataset = pydicom.dcmread(path)
    dataset.PatientName, dataset.PatientID, dataset.SeriesInstanceUID = name, "X-1", uid
    dataset.save_as(path, enforce_file_format=True)
