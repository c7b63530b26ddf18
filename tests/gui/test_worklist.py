"""The worklist as a person uses it: keys, mouse, lists, bin and a patient's assessments over time."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pydicom
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from apnet_desktop.cases.follow_up import FollowUpEnd
from apnet_desktop.cases.listing import CaseState
from apnet_desktop.cases.open_case import OpenCase, PredictionContext
from apnet_desktop.cases.open_reading import OpenReading
from apnet_desktop.cases.readings import dice
from apnet_desktop.cases.spreadsheet import read_table
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import CaseError
from apnet_desktop.gui.worklist import WorklistView
from apnet_desktop.gui.worklist_filters import WorklistTab
from apnet_desktop.gui.worklist_follow_up import FollowUpDialog
from apnet_desktop.gui.worklist_import import ImportResultDialog
from apnet_desktop.gui.worklist_model import WorklistColumn
from apnet_desktop.gui.worklist_readings import ReadingsDialog
from apnet_desktop.gui.worklist_restore import RestoreDialog
from apnet_desktop.language import Language, Message
from tests.cases.dicom_files import SERIES, write_ct
from tests.cases.samples import SCHEMA, prediction, roi, series

CONTEXT = PredictionContext(schema=SCHEMA, bundle="b" * 64, compute="c", base_rate="r")
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
PEOPLE = (("Simulated Anna", "S-1"), ("Simulated Bo", "S-2"), ("模拟 张三", "S-3"), ("Simulated Anna", "S-1"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CaseStore]:
    with CaseStore(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def cases(store: CaseStore) -> list[str]:
    """Four cases of three patients; the last one is finished."""
    ids = []
    for number, (name, patient) in enumerate(PEOPLE):
        case = OpenCase.new(store, CONTEXT)
        case.set_series(series(PatientIdentity(name=name, patient_id=patient), date(2026, 1 + number, 1)))
        ids.append(case.case_id)
    finished = OpenCase(store, ids[3], CONTEXT)
    finished.set_roi(roi())
    finished.confirm_roi("Dr Reader")
    finished.set_value("age", 50.0)
    finished.set_value("smoking", False)
    inputs = finished.current_inputs()
    assert inputs is not None
    finished.set_prediction(prediction(inputs, risk=0.42))
    finished.add_report(b"%PDF", person="Dr Reader", language=Language.ENGLISH)
    return ids


@pytest.fixture
def worklist(qtbot: QtBot, store: CaseStore, cases: list[str]) -> WorklistView:
    view = WorklistView(store, Language.ENGLISH)
    qtbot.addWidget(view)
    view.resize(1200, 700)
    view.show()
    qtbot.waitExposed(view)
    return view


def _shown(view: WorklistView) -> list[str]:
    found = [view.model.summary(view.model.index(row, 0)) for row in range(view.model.rowCount())]
    return [case.case_id for case in found if case is not None]


def _cell(view: WorklistView, row: int, column: int) -> str:
    return view.model.data(view.model.index(row, column)) or ""


def _click(button: QPushButton) -> None:
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_it_opens_on_what_waits_for_somebody(worklist: WorklistView, cases: list[str]) -> None:
    assert _shown(worklist) == [cases[2], cases[1], cases[0]]
    assert worklist.count.text() == "3 in this list"
    assert _cell(worklist, 0, WorklistColumn.NEXT) == "Outline the pancreas, or import a mask."
    assert _cell(worklist, 0, WorklistColumn.STEPS) == "1 of 4 steps done"


@pytest.mark.parametrize(
    ("tab", "expected"),
    [
        (WorklistTab.FINISHED, [3]),
        (WorklistTab.ALL, [3, 2, 1, 0]),
        (WorklistTab.ARCHIVED, []),
        (WorklistTab.DELETED, []),
    ],
)
def test_each_list_shows_its_cases(
    worklist: WorklistView, cases: list[str], tab: WorklistTab, expected: list[int]
) -> None:
    _click(worklist.filters.tabs.buttons()[list(WorklistTab).index(tab)])  # type: ignore[arg-type]
    assert _shown(worklist) == [cases[number] for number in expected]
    assert worklist.empty.isVisible() is (not expected)


def test_typing_finds_and_enter_opens(qtbot: QtBot, worklist: WorklistView, cases: list[str]) -> None:
    QTest.keyClicks(worklist.table, "bo")
    assert worklist.filters.search.hasFocus()
    with qtbot.waitSignal(worklist.case_opened) as opened:
        QTest.keyClick(worklist.filters.search, Qt.Key.Key_Return)
    assert opened.args == [cases[1]]
    assert _shown(worklist) == [cases[1]]


def test_the_keyboard_leads_from_search_to_case(qtbot: QtBot, worklist: WorklistView, cases: list[str]) -> None:
    worklist.activateWindow()
    QTest.keyClick(worklist.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(worklist.filters.search, "S-")
    QTest.keyClick(worklist.filters.search, Qt.Key.Key_Down)
    assert worklist.table.hasFocus()
    QTest.keyClick(worklist.table, Qt.Key.Key_Down)
    with qtbot.waitSignal(worklist.case_opened) as opened:
        QTest.keyClick(worklist.table, Qt.Key.Key_Return)
    assert opened.args == [cases[1]]
    QTest.keyClick(worklist.filters.search, Qt.Key.Key_Escape)
    assert worklist.filters.search.text() == ""


def test_a_chinese_name_is_found(qtbot: QtBot, worklist: WorklistView, cases: list[str]) -> None:
    worklist.filters.search.setText("张三")
    qtbot.waitUntil(lambda: _shown(worklist) == [cases[2]])


def test_nothing_found_says_so(qtbot: QtBot, worklist: WorklistView) -> None:
    worklist.filters.search.setText("nobody")
    qtbot.waitUntil(worklist.empty.isVisible)
    assert worklist.empty.title.text() == "No case fits"
    assert not worklist.open_button.isEnabled()


def test_the_step_filter_shows_who_waits_there(qtbot: QtBot, worklist: WorklistView, cases: list[str]) -> None:
    worklist.filters.step.setCurrentIndex(worklist.filters.step.findData("clinical"))
    assert _shown(worklist) == []
    OpenCase(worklist._store, cases[1], CONTEXT).set_roi(roi())
    OpenCase(worklist._store, cases[1], CONTEXT).confirm_roi("Dr Reader")
    worklist.refresh()
    assert _shown(worklist) == [cases[1]]


def test_deleting_takes_a_key_and_taking_back_a_click(
    worklist: WorklistView, store: CaseStore, cases: list[str]
) -> None:
    QTest.keyClick(worklist.table, Qt.Key.Key_Delete)
    assert _shown(worklist) == [cases[1], cases[0]]
    assert "模拟 张三" in worklist.undo.sentence.text()
    selected = worklist.selected()
    assert selected is not None
    assert selected.case_id == cases[1]
    _click(worklist.undo.button)
    assert set(_shown(worklist)) == set(cases[:3])
    assert store.count_cases() == 4


def test_archive_and_back(worklist: WorklistView, cases: list[str]) -> None:
    _click(worklist.archive_button)
    worklist.show_tab(WorklistTab.ARCHIVED)
    assert _shown(worklist) == [cases[2]]
    assert not worklist.archive_button.isVisible()
    _click(worklist.restore_button)
    assert _shown(worklist) == []
    worklist.show_tab(WorklistTab.WAITING)
    assert _shown(worklist)[0] == cases[2]


@pytest.mark.parametrize("yes", [True, False])
def test_removing_for_good_asks_first(worklist: WorklistView, store: CaseStore, cases: list[str], yes: bool) -> None:
    _click(worklist.delete_button)
    worklist.show_tab(WorklistTab.DELETED)
    assert not worklist.open_button.isVisible()

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        wanted = QMessageBox.ButtonRole.DestructiveRole if yes else QMessageBox.ButtonRole.RejectRole
        assert box.buttonRole(box.defaultButton()) is QMessageBox.ButtonRole.RejectRole
        _click(next(button for button in box.buttons() if box.buttonRole(button) is wanted))  # type: ignore[arg-type]

    QTimer.singleShot(50, worklist, answer)
    _click(worklist.purge_button)
    assert _shown(worklist) == ([] if yes else [cases[2]])


def test_a_case_in_the_bin_does_not_open(qtbot: QtBot, worklist: WorklistView) -> None:
    _click(worklist.delete_button)
    worklist.show_tab(WorklistTab.DELETED)
    with qtbot.assertNotEmitted(worklist.case_opened, wait=50):
        QTest.keyClick(worklist.table, Qt.Key.Key_Return)


def test_a_duplicate_stands_first(worklist: WorklistView, store: CaseStore) -> None:
    _click(worklist.duplicate_button)
    assert len(_shown(worklist)) == 4
    assert store.list_cases()[0].name == "模拟 张三"
    assert not worklist.undo.button.isVisible()


def test_a_patients_assessments_over_time_and_the_way_into_them(
    qtbot: QtBot, worklist: WorklistView, cases: list[str]
) -> None:
    worklist.show_tab(WorklistTab.ALL)
    worklist.table.select_row(0)
    shown = [button.accessibleName() for button in worklist.history.buttons]
    assert shown == ["2026-04-01: 42%", "2026-01-01: no risk yet"]
    qtbot.waitUntil(worklist.history.buttons[1].isVisible)
    with qtbot.waitSignal(worklist.case_opened) as opened:
        _click(worklist.history.buttons[1])
    assert opened.args == [cases[0]]


def test_a_new_case_is_the_windows_to_begin(qtbot: QtBot, worklist: WorklistView) -> None:
    with qtbot.waitSignal(worklist.new_case_requested):
        _click(worklist.new_button)


def test_a_case_is_exported_without_identity(
    qtbot: QtBot,
    worklist: WorklistView,
    store: CaseStore,
    cases: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = write_ct(tmp_path / "ct")
    for path in source.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.BurnedInAnnotation = "YES"
        dataset.save_as(path)
    store.save_series(cases[2], series(uid=SERIES).model_copy(update={"path": str(source)}))
    worklist.refresh()
    target = tmp_path / "out.zip"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    _click(worklist.export_button)
    assert not worklist.export_button.isEnabled()
    assert worklist.undo.button.text() == "Stop"
    qtbot.waitUntil(lambda: worklist.findChild(QMessageBox) is not None, timeout=60_000)
    box = worklist.findChild(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert "burned" in box.informativeText()
    box.close()
    assert "out.zip" in worklist.undo.sentence.text()
    qtbot.waitUntil(worklist.export_button.isEnabled)
    with zipfile.ZipFile(target) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist()).lower()
    assert b"zyxwv" not in everything
    assert b"DICM" in archive_member(target, "ct/00001.dcm")


def archive_member(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def test_an_export_that_is_stopped_leaves_nothing(
    qtbot: QtBot,
    worklist: WorklistView,
    store: CaseStore,
    cases: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = write_ct(tmp_path / "ct")
    store.save_series(cases[2], series(uid=SERIES).model_copy(update={"path": str(source)}))
    worklist.refresh()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "out.zip"), ""))
    _click(worklist.export_button)
    with qtbot.waitSignal(worklist.refused, timeout=60_000) as refused:
        _click(worklist.undo.button)
    assert refused.args is not None
    assert refused.args[0].id == "worklist.export_stopped"
    assert not (tmp_path / "out.zip").exists()
    assert list((tmp_path / "store" / "partial").iterdir()) == []
    qtbot.waitUntil(worklist.export_button.isEnabled)


def test_readers_are_led_through_the_cohort(
    qtbot: QtBot, worklist: WorklistView, store: CaseStore, cases: list[str]
) -> None:
    assert not worklist.reading_button.isVisible()
    for number in (0, 1):
        store.cohort.add(cases[number], f"P-{number}")
    worklist.refresh()
    with qtbot.waitSignal(worklist.refused) as refused:
        _click(worklist.reading_button)
    assert refused.args is not None
    assert refused.args[0].id == "worklist.reading_nobody"
    store.audit.person = "Reader A"
    for number in (0, 1):
        with qtbot.waitSignal(worklist.reading_requested) as asked:
            _click(worklist.reading_button)
        assert asked.args == [cases[number]]
        reading = OpenReading(store, cases[number], "Reader A")
        reading.set_roi(roi(number))
        reading.confirm_roi("Reader A")
    _click(worklist.reading_button)
    assert "Reader A" in worklist.undo.sentence.text()


def test_the_cohort_is_exported_and_what_is_left_out_is_named(
    qtbot: QtBot,
    worklist: WorklistView,
    store: CaseStore,
    cases: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not worklist.cohort_button.isVisible()
    store.cohort.add(cases[0], "P-1")
    worklist.refresh()
    folder = tmp_path / "cohort"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    _click(worklist.cohort_button)
    qtbot.waitUntil(lambda: worklist.findChild(QMessageBox) is not None, timeout=60_000)
    box = worklist.findChild(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert "P-1" in box.informativeText()
    box.close()
    assert (folder / "cohort.csv").exists()


def _answer_modal(view: WorklistView, answer: Callable[[QWidget], None]) -> None:
    """Answers the next modal dialog when it is up."""

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        assert dialog is not None
        answer(dialog)

    QTimer.singleShot(50, view, look)


def test_a_list_is_imported_and_its_bad_rows_are_shown(
    qtbot: QtBot, worklist: WorklistView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "list.csv"
    table.write_text("patient,sex,ward\nN-1,F,3\nN-2,neither,3\n", encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(table), ""))
    _click(worklist.import_button)
    qtbot.waitUntil(lambda: worklist.findChild(ImportResultDialog) is not None)
    dialog = worklist.findChild(ImportResultDialog)
    assert isinstance(dialog, ImportResultDialog)
    assert dialog.summary.text() == "Cases made: 1. Rows refused: 1."
    cells = [dialog.table.item(0, column) for column in range(3)]
    assert [cell.text() for cell in cells if cell is not None][:2] == ["3", "sex"]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "refused.csv"), ""))
    _click(dialog.save_button)
    assert read_table(tmp_path / "refused.csv")[1][:2] == ["3", "sex"]
    dialog.reject()
    assert worklist.count.text() == "4 in this list"
    assert worklist.import_button.isEnabled()


def test_a_list_that_cannot_be_read_is_said(
    qtbot: QtBot, worklist: WorklistView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list.csv").write_bytes(b"")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "list.csv"), ""))
    with qtbot.waitSignal(worklist.refused) as refused:
        _click(worklist.import_button)
    assert refused.args is not None
    assert refused.args[0].id == "cases.table_unreadable"
    assert worklist.import_button.isEnabled()


def test_follow_up_is_entered_and_shown_again(worklist: WorklistView, store: CaseStore, cases: list[str]) -> None:
    def fill(dialog: QWidget) -> None:
        assert isinstance(dialog, FollowUpDialog)
        dialog.keep()
        assert dialog.fault.text() == "Say how follow-up ended."
        dialog.end.setCurrentIndex(dialog.end.findData("recurrence"))
        # A date that nobody entered is none: not today's either.
        dialog.keep()
        assert dialog.fault.text() == "Discharged on: enter the date."
        QTest.keyClicks(dialog.discharge, "2024-05-01")
        dialog.keep()
        assert dialog.fault.text() == "Recurrence on: enter the date."
        for typed, fault in (("soon", "is not a date"), ("2999-01-01", "future"), ("2024-04-01", "before discharge")):
            dialog.end_date.clear()
            QTest.keyClicks(dialog.end_date, typed)
            dialog.keep()
            assert fault in dialog.fault.text()
        dialog.end_date.clear()
        QTest.keyClicks(dialog.end_date, "2025-05-01")
        QTest.keyClicks(dialog.definition, "second attack")
        dialog.keep()

    _answer_modal(worklist, fill)
    _click(worklist.follow_up_button)
    kept = store.follow_ups.load(cases[2])
    assert kept is not None
    assert kept.end is FollowUpEnd.RECURRENCE
    assert kept.definition == "second attack"
    assert kept.months == pytest.approx(12, abs=0.05)
    case = worklist.selected()
    assert case is not None
    again = FollowUpDialog(store, case, Language.CHINESE, worklist)
    assert again.end_date.day() == date(2025, 5, 1)
    assert again.definition.text() == "second attack"
    again.end.setCurrentIndex(again.end.findData("death"))
    assert not again.definition.isEnabled()


def test_a_store_that_fails_is_said_and_the_rows_stay(
    qtbot: QtBot, worklist: WorklistView, cases: list[str], tmp_path: Path
) -> None:
    (tmp_path / "store").rename(tmp_path / "away")
    try:
        with qtbot.waitSignal(worklist.refused) as refused:
            QTest.keyClick(worklist.table, Qt.Key.Key_Delete)
        assert refused.args is not None
        assert refused.args[0].id == "cases.vanished"
        assert _shown(worklist) == [cases[2], cases[1], cases[0]]
    finally:
        (tmp_path / "away").rename(tmp_path / "store")


def test_thousands_of_rows_come_as_they_are_needed(qtbot: QtBot, store: CaseStore) -> None:
    with store.transaction():
        for _ in range(450):
            store.create()
    view = WorklistView(store, Language.ENGLISH)
    qtbot.addWidget(view)
    view.resize(1000, 600)
    view.show()
    assert view.count.text() == "450 in this list"
    assert view.model.rowCount() == 200
    QTest.keyClick(view.table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.model.rowCount() >= 400)
    view.table.scrollToBottom()
    qtbot.waitUntil(lambda: view.model.rowCount() == 450)
    assert not view.model.canFetchMore(view.model.index(-1, -1))


def test_it_speaks_chinese(qtbot: QtBot, store: CaseStore, cases: list[str]) -> None:
    view = WorklistView(store, Language.CHINESE)
    qtbot.addWidget(view)
    view.show()
    assert view.count.text() == "共 3 例"
    assert _cell(view, 0, WorklistColumn.NEXT) == "勾画胰腺，或导入掩膜。"


def test_every_row_and_state_can_be_drawn(qtbot: QtBot, worklist: WorklistView, store: CaseStore) -> None:
    for tab in WorklistTab:
        worklist.show_tab(tab)
        picture = worklist.grab().toImage()
        assert picture.width() >= 1200
    assert store.list_cases()[0].state is CaseState.ACTIVE


def test_a_damaged_store_goes_on_with_its_back_up(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    with CaseStore(folder) as opened:
        case = opened.create()
    (folder / "cases.db").write_bytes(b"no database" * 1000)
    with pytest.raises(CaseError) as caught:
        CaseStore(folder)
    dialog = RestoreDialog(folder, caught.value.message, Language.CHINESE)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.list.count() == 1
    with qtbot.waitSignal(dialog.accepted):
        _click(dialog.restore_button)
    with CaseStore(folder, read_only=True) as again:
        assert again.list_cases()[0].case_id == case


def test_without_a_back_up_nothing_can_be_put_back(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = RestoreDialog(tmp_path, Message.of("cases.damaged", path="x"), Language.ENGLISH)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.restore_button.isEnabled()
    assert dialog.fault.text()


def test_the_readings_show_progress_share_and_dice(
    qtbot: QtBot, worklist: WorklistView, store: CaseStore, cases: list[str]
) -> None:
    for number in range(3):
        store.cohort.add(cases[number], f"P-{number}")
    worklist.refresh()
    _click(worklist.readings_button)
    dialog = worklist.findChild(ReadingsDialog)
    assert dialog is not None
    assert "0 of 3" in dialog.progress.text()
    dialog.share.setValue(67)
    QTest.mouseClick(dialog.choose_button, Qt.MouseButton.LeftButton)
    assert dialog.share.value() == 67
    assert store.readings.progress().wanted_twice == 2
    dialog.close()
    for reader, seed in (("Reader A", 1), ("Reader B", 2)):
        while (waiting := store.readings.next_for(reader)) is not None:
            store.readings.save(waiting, reader, roi(seed), NOW, NOW, 3.0)
    expected = dice(roi(1), roi(2))
    again = ReadingsDialog(store, Language.CHINESE, worklist)
    qtbot.addWidget(again)
    qtbot.waitUntil(lambda: again.table.rowCount() == 2)
    cell = again.table.item(0, 3)
    assert cell is not None
    assert cell.text() == f"{expected:.3f}"
    assert f"{expected:.2f}" in again.summary.text()


def test_a_note_is_kept_for_the_case_it_was_typed_for(
    qtbot: QtBot, worklist: WorklistView, store: CaseStore, cases: list[str]
) -> None:
    note = worklist.history.note
    note.setFocus()
    QTest.keyClicks(note, "waits for triglycerides")
    # On to another row without Enter: the note stays with the case that was selected while it was typed.
    worklist.table.setFocus()
    worklist.table.select_row(1)
    qtbot.waitUntil(lambda: "waits for" in _cell(worklist, 0, WorklistColumn.PATIENT))
    assert [store.load(case).note for case in cases] == ["", "", "waits for triglycerides", ""]
    assert note.text() == ""
    worklist.table.select_row(0)
    assert note.text() == "waits for triglycerides"
    assert store.audit.entries(cases[2])[-1].details == {"before": "", "after": "waits for triglycerides"}
    QTest.keyClicks(worklist.table, "triglyc")
    qtbot.waitUntil(lambda: _shown(worklist) == [cases[2]])


def test_the_list_that_is_shown_has_room_for_its_bold_name(worklist: WorklistView) -> None:
    for button in worklist.filters.tabs.buttons():
        assert isinstance(button, QPushButton)
        font = QFont(button.font())
        font.setBold(True)
        assert button.width() >= QFontMetrics(font).horizontalAdvance(button.text()) + 16
