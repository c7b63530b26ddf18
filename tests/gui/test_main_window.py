from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pydicom
import pypdf
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QLineEdit, QPushButton, QRadioButton
from pytestqt.qtbot import QtBot

from apnet_desktop.cases.assessment import ReportVersion, Step, StepState
from apnet_desktop.commands.output import Output
from apnet_desktop.commands.predict import PatientFiles, Wishes, predict
from apnet_desktop.commands.verify_report import stored_reports
from apnet_desktop.gui.main_window import MainWindow
from apnet_desktop.gui.report_review import ReviewDialog
from apnet_desktop.report.verify import Verdict, verify
from apnet_desktop.report.wording import percent_text
from apnet_desktop.simulation.demo_case import DemoCase
from apnet_desktop.worker.reader_jobs import DemoCasePaths
from tests.gui import window_driver as driver
from tests.shared_data import shared_data


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, shipped_bundle: Path) -> MainWindow:
    return driver.open_window(qtbot, tmp_path / "store", shipped_bundle)


def _states(window: MainWindow) -> dict[Step, StepState]:
    return {step: card.state for step, card in window.rail.cards.items()}


def test_the_windows_process_imports_no_heavy_library() -> None:
    code = (
        "import apnet_desktop.gui.main_window, sys; "
        "assert not {'torch', 'lightgbm', 'timm', 'sklearn', 'SimpleITK', 'apnet_desktop.model'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr


def test_an_empty_window_says_what_to_do_first(window: MainWindow) -> None:
    assert set(_states(window).values()) == {StepState.TO_DO}
    assert all(card.sentence for card in window.rail.cards.values())
    assert "simulated patients" in window.banner.mark
    assert not window.risk_panel.predict_button.isEnabled()


@pytest.mark.parametrize("content", ["empty", "text"])
def test_a_folder_without_dicom_is_a_sentence(window: MainWindow, qtbot: QtBot, tmp_path: Path, content: str) -> None:
    folder = tmp_path / "患者"
    folder.mkdir()
    if content == "text":
        (folder / "notes.txt").write_text("no image")
    window.open_path(folder)
    driver.wait_for(qtbot, lambda: bool(window.notice.sentence))
    assert _states(window)[Step.CT] is StepState.TO_DO
    assert "Traceback" not in window.notice.sentence


def test_a_dropped_folder_opens(window: MainWindow, qtbot: QtBot, demo_case: DemoCase) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(demo_case.ct_folder))])
    window.dropEvent(
        QDropEvent(
            QPoint(100, 100),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    driver.wait_for(qtbot, lambda: window.ct_flow.open.shared is not None)
    assert _states(window)[Step.CT] is StepState.DONE
    assert window.ct_panel.series[0].description.simulated


def test_the_simulated_patient_goes_the_whole_way(
    window: MainWindow, qtbot: QtBot, demo_case: DemoCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.open_ct(qtbot, window, demo_case.ct_folder)
    window.ct.fill_demo(  # what Ctrl+D does once the case is made
        DemoCasePaths(ct=str(demo_case.ct_folder), roi=str(demo_case.roi_file), clinical=str(demo_case.clinical_file))
    )
    driver.wait_for(qtbot, lambda: window.viewer.roi is not None and not window.runner.busy)
    assert _states(window)[Step.ROI] is StepState.LOOK_HERE
    window.show_step(Step.ROI)
    driver.confirm_roi(window, "Dr Who")
    assert _states(window)[Step.ROI] is StepState.DONE
    assert _states(window)[Step.CLINICAL] is StepState.DONE
    window.show_step(Step.RISK)
    driver.press(window, window.risk_panel.predict_button)
    driver.wait_for(qtbot, lambda: window.keeper.assessment is not None and bool(window.keeper.assessment.prediction))
    assessment = window.keeper.assessment
    assert assessment is not None
    assert assessment.prediction is not None
    fused = assessment.prediction.fused
    assert fused is not None
    assert 0 < fused.lower <= fused.risk <= fused.upper < 1
    shown = percent_text(fused.risk, window._language)
    assert window.risk_panel.answer.number == shown
    assert not window.risk_panel.answer.muted  # our own simulator wrote this CT
    assert fused.risk == pytest.approx(_risk_from_the_command_line(demo_case), abs=1e-6)
    driver.wait_for(qtbot, lambda: not window.runner.busy)
    _ask_what_if(window, qtbot)
    driver.press(window, window.risk_panel.report_button)
    driver.wait_for(qtbot, lambda: window.report_view.pages > 0)
    done = window.keeper.assessment
    assert done is not None
    assert done.prediction is not None
    assert not done.prediction.unfinished  # the report followed the checks
    pdf = tmp_path / "report.pdf"
    window.report_view.save_as(pdf)
    words = "".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages)
    assert shown in words
    assert "Demonstration model: trained on simulated patients" in words
    assert [report.reviewed_by for report in _reports(window)] == [""]
    driver.wait_for(qtbot, lambda: not window.runner.busy)
    QTimer.singleShot(500, _sign)
    review = next(button for button in window.report_view.findChildren(QPushButton) if "eview" in button.text())
    driver.press(window, review)
    driver.wait_for(qtbot, lambda: len(_reports(window)) == 2)
    assert [report.reviewed_by for report in _reports(window)] == ["", "Dr Test"]
    driver.wait_for(qtbot, lambda: not window.runner.busy)
    window.report_view.save_as(pdf)
    words = "".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages)
    _export_to_dicom(window, qtbot, tmp_path, monkeypatch)
    assert "REVIEWED" in words
    assert "DRAFT" not in words
    assert "Gastroenterologist" in words


def _ask_what_if(window: MainWindow, qtbot: QtBot) -> None:
    """A factor is changed while the checks run: the answer moves, and record and prediction stay what they were."""
    panel, before = window.risk_panel, window.keeper.assessment
    assert before is not None
    assert before.prediction is not None
    panel.pages.setCurrentIndex(2)
    card = panel.what_if
    card.factor.setCurrentIndex(card.factor.findData("smoking"))
    card.factor.activated.emit(card.factor.currentIndex())
    assert card.field is not None
    control = card.field.focusProxy()
    assert control is not None
    QTest.keyClick(control, Qt.Key.Key_1)
    driver.wait_for(qtbot, lambda: "→" in card.shown)
    after = window.keeper.assessment
    assert after is not None
    assert after.prediction is not None
    assert after.record == before.record
    assert after.prediction.routes == before.prediction.routes
    assert panel.answer.number == percent_text(after.prediction.routes[0].risk, window._language)


def _export_to_dicom(window: MainWindow, qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = folder / "dicom"
    out.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(out))
    export = next(button for button in window.report_view.findChildren(QPushButton) if "DICOM" in button.text())
    driver.press(window, export)
    driver.wait_for(qtbot, lambda: str(out) in window.notice.sentence)
    filed = {one.Modality: one for one in map(pydicom.dcmread, out.iterdir())}
    assert set(filed) == {"DOC", "SEG", "SR"}
    assert not any("DEMO" in path.name for path in out.iterdir())
    # What is filed is what was signed, under the name that the CT carries.
    case = window.keeper.assessment
    assert case is not None
    signed = window._services.store.reports.read(case.case_id, case.reports[-1])
    assert filed["DOC"].EncapsulatedDocument[: len(signed)] == signed
    assert filed["DOC"].VerificationFlag == "VERIFIED"
    assert all(str(one.PatientName) == case.identity.dicom_name for one in filed.values())
    assert case.identity.dicom_name


def _earlier_versions_can_be_seen(window: MainWindow, qtbot: QtBot) -> None:
    view = window.report_view
    assert view.pages == 0  # what the inputs no longer say is not on the screen
    versions = view.findChild(QComboBox, "report_versions")
    assert versions is not None
    assert [versions.itemText(index).split(",")[1] for index in range(versions.count())] == [
        " draft",
        " reviewed by Dr Test",
    ]
    versions.setCurrentIndex(1)
    versions.activated.emit(1)
    driver.wait_for(qtbot, lambda: view.pages > 0)
    note = view.findChild(QLabel, "report_note")
    assert note is not None
    assert note.isVisible()
    for name in ("report_review", "report_dicom"):
        button = view.findChild(QPushButton, name)
        assert button is not None
        assert button.isHidden()


def _the_store_knows_its_reports(window: MainWindow) -> None:
    """A stored PDF is genuine, its draft superseded; a twin with another number is told from a stranger's."""
    store, case = window._services.store, window.keeper.assessment
    assert case is not None
    stored = tuple(stored_reports(store))
    draft, signed = case.reports
    found = [verify(store.reports.read(case.case_id, one), stored).verdict for one in (draft, signed)]
    assert found == [Verdict.SUPERSEDED, Verdict.GENUINE]
    twin = json.loads(store.reports.twins(case.case_id, signed)["json"])
    twin["prediction"]["routes"][0]["risk"] = 0.01
    assert verify(json.dumps(twin).encode(), stored).verdict is Verdict.ALTERED


def _reports(window: MainWindow) -> tuple[ReportVersion, ...]:
    return window.keeper.assessment.reports if window.keeper.assessment else ()


def _sign() -> None:
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ReviewDialog)
    for name, words in (("review_name", "Dr Test"), ("review_role", "Gastroenterologist")):
        edit = dialog.findChild(QLineEdit, name)
        assert edit is not None
        edit.clear()
        QTest.keyClicks(edit, words)
    QTest.mouseClick(dialog.findChildren(QRadioButton)[0], Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    dialog.accept()


def _risk_from_the_command_line(demo_case: DemoCase) -> float:
    files = PatientFiles(demo_case.ct_folder, demo_case.roi_file, demo_case.clinical_file)
    prediction = predict(files, Wishes(device="cpu"), Output(as_json=False))
    assert prediction.fused is not None
    return prediction.fused.risk


def test_a_changed_factor_greys_the_number_at_once(
    window: MainWindow, qtbot: QtBot, demo_case: DemoCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_the_simulated_patient_goes_the_whole_way(window, qtbot, demo_case, tmp_path, monkeypatch)
    assessment = window.keeper.assessment
    assert assessment is not None
    window.keeper.set_record(assessment.record.with_value("age", 77.0))
    assert window.risk_panel.answer.muted
    assert not window.risk_panel.report_button.isEnabled()
    assert _states(window)[Step.RISK] is StepState.LOOK_HERE
    _earlier_versions_can_be_seen(window, qtbot)
    _the_store_knows_its_reports(window)


def test_the_real_ct_goes_the_whole_way(window: MainWindow, qtbot: QtBot, tmp_path: Path, demo_case: DemoCase) -> None:
    driver.open_ct(qtbot, window, shared_data("abdomen-portal-venous"))
    window.show_step(Step.ROI)
    for k in range(2, 9):
        driver.paint_square(window, k, (285.0, 245.0), 18.0)
    roi = window.viewer.roi
    assert roi is not None
    assert set(range(2, 9)) == set(roi.slices().tolist())
    driver.confirm_roi(window, "Dr Test")
    window.show_step(Step.CLINICAL)
    assert window.form is not None
    window.form.import_file(_answers_of_a_woman(demo_case, tmp_path))
    driver.type_value(window, "body_mass_index", "27.4")
    driver.wait_for(qtbot, lambda: _states(window)[Step.CLINICAL] is StepState.DONE)
    window.show_step(Step.RISK)
    driver.wait_for(qtbot, window.risk_panel.predict_button.isEnabled)
    driver.press(window, window.risk_panel.predict_button)
    driver.wait_for(qtbot, lambda: window.keeper.assessment is not None and bool(window.keeper.assessment.prediction))
    assert window.risk_panel.answer.muted  # a demonstration number on a real CT is no finding
    driver.wait_for(qtbot, lambda: not window.runner.busy)
    driver.press(window, window.risk_panel.report_button)
    driver.wait_for(qtbot, lambda: window.report_view.pages > 0)
    window.report_view.save_as(tmp_path / "report.pdf")
    words = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "report.pdf").pages)
    assert "trained on simulated patients" in words


def _answers_of_a_woman(demo_case: DemoCase, folder: Path) -> Path:
    """The demo record as of the real CT's patient, a woman, and without the body mass index, which is typed."""
    content = json.loads(demo_case.clinical_file.read_text())
    content.pop("identity", None)
    content["values"]["sex"] = "F"
    for id in ("body_mass_index", "admission_date", "discharge_date"):  # the demo patient's CT is of another day
        del content["values"][id]
    path = folder / "answers.json"
    path.write_text(json.dumps(content))
    return path


def test_stop_gives_the_window_back_and_the_next_job_works(
    window: MainWindow, qtbot: QtBot, demo_case: DemoCase
) -> None:
    window.open_path(demo_case.ct_folder)
    driver.wait_for(qtbot, window.job_bar.isVisible)
    QTest.qWait(50)
    window.runner.stop()
    assert window.job_bar.isHidden()
    driver.open_ct(qtbot, window, demo_case.ct_folder)
    assert _states(window)[Step.CT] is StepState.DONE


def test_closing_in_the_middle_leaves_nothing(window: MainWindow, qtbot: QtBot, demo_case: DemoCase) -> None:
    window.open_path(demo_case.ct_folder)
    driver.wait_for(qtbot, lambda: window.ct_flow.open.volume is not None)
    window.close()
    assert not driver.children()
    assert not driver.shared_blocks()


def test_a_damaged_bundle_is_a_sentence_and_the_ct_still_opens(
    qtbot: QtBot, tmp_path: Path, demo_case: DemoCase, shipped_bundle: Path
) -> None:
    import shutil

    broken = tmp_path / "bundle"
    shutil.copytree(shipped_bundle, broken)
    card = broken / "MODEL_CARD.md"
    card.write_bytes(card.read_bytes()[:-1] + b"?")
    from apnet_desktop.cases.settings import Settings, SettingsFile
    from apnet_desktop.cases.store import CaseStore
    from apnet_desktop.gui.services import Services

    settings = Settings(bundle=str(broken), reviewer="Dr Test")
    services = Services.start(CaseStore(tmp_path / "store"), SettingsFile(tmp_path / "s.json"), settings, None)
    window = MainWindow(services)
    qtbot.addWidget(window)
    window.show()
    window.start()
    driver.wait_for(qtbot, lambda: "MODEL_CARD.md" in window.notice.sentence)
    driver.open_ct(qtbot, window, demo_case.ct_folder)
    assert _states(window)[Step.CT] is StepState.DONE
    assert not window.risk_panel.predict_button.isEnabled()
