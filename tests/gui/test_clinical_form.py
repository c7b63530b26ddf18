"""The clinical form as a doctor uses it: with keys and mouse, at every width, in both languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from apnet_desktop.clinical.factor import Interval
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.record_files import write_record
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.gui.steps.clinical_form import ClinicalForm, SiteUnits
from apnet_desktop.gui.steps.clinical_form.choice_field import ChoiceField
from apnet_desktop.gui.steps.clinical_form.style import form_style
from apnet_desktop.gui.steps.clinical_form.text_field import TextField
from apnet_desktop.gui.theme import apply_theme
from apnet_desktop.language import Language

IDS = (
    "age",
    "sex",
    "body_mass_index",
    "aetiology",
    "contributing_causes",
    "smoking",
    "diabetes",
    "triglycerides",
    "c_reactive_protein",
    "creatinine",
    "urea",
    "glucose",
    "atlanta_grade",
    "organ_failure",
    "length_of_stay",
)
SCHEMA = default_schema().subset(IDS)
CT = PatientIdentity(name="Simulated One", patient_id="S-1", birth_date=date(1970, 5, 1), sex="M")

MakeForm = Callable[..., ClinicalForm]


@pytest.fixture
def make_form(qtbot: QtBot) -> MakeForm:
    def make(language: Language = Language.ENGLISH, width: int = 1280, height: int = 900) -> ClinicalForm:
        form = ClinicalForm(SCHEMA, language)
        qtbot.addWidget(form)
        form.resize(width, height)
        form.show()
        form.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is form)
        return form

    return make


@pytest.fixture
def form(make_form: MakeForm) -> ClinicalForm:
    return make_form()


def type_in(form: ClinicalForm, id: str, typed: str, *keys: Qt.Key) -> None:
    """Puts the cursor into a field as a person does, and types."""
    form.focus_factor(id)
    focused = cursor()
    QTest.keyClicks(focused, typed)
    for key in keys:
        QTest.keyClick(focused, key)


def cursor() -> QWidget:
    """The widget that keys go to."""
    focused = QApplication.focusWidget()
    assert focused is not None
    return focused


def visible(form: ClinicalForm) -> list[QLabel]:
    return [label for label in form.findChildren(QLabel) if label.isVisible()]


def differing(form: ClinicalForm) -> list[str]:
    return [difference.field for difference in form.differences]


def text_field(form: ClinicalForm, id: str) -> TextField:
    field = form.field(id)
    assert isinstance(field, TextField)
    return field


def choice_field(form: ClinicalForm, id: str) -> ChoiceField:
    field = form.field(id)
    assert isinstance(field, ChoiceField)
    return field


def test_nothing_has_a_default(form: ClinicalForm) -> None:
    assert form.record.values == {}
    assert form.state() == (0, len(IDS))
    assert form.problems == {}


def test_one_tab_stop_a_factor_and_all_by_keyboard(form: ClinicalForm) -> None:
    """Every factor is answered from the first to the last with Tab between, and nothing else is stopped at."""
    form.focus_first_open()
    answers = ["61", "1", "27.4", "2", " ", "3", "y", "5.2", "145", "106", "8.1", "7", "2", "2", "14"]
    for id, typed in zip(IDS[:3], answers[:3], strict=True):
        focused = cursor()
        assert focused is form.field(id).focusProxy()
        QTest.keyClicks(focused, typed)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    for _ in range(2):  # the dates of the admission, asked for whatever the bundle
        QTest.keyClick(cursor(), Qt.Key.Key_Tab)
    for id, typed in zip(IDS[3:], answers[3:], strict=True):
        focused = cursor()
        assert focused is form.field(id).focusProxy()
        QTest.keyClicks(focused, typed)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert form.state() == (len(IDS), len(IDS))
    assert form.record.values == {
        "age": 61.0,
        "sex": "M",
        "body_mass_index": 27.4,
        "aetiology": "hypertriglyceridaemia",
        "contributing_causes": ("biliary",),
        "smoking": "current",
        "diabetes": True,
        "triglycerides": 5.2,
        "c_reactive_protein": 145.0,
        "creatinine": 106.0,
        "urea": 8.1,
        "glucose": 7.0,
        "atlanta_grade": "moderately_severe",
        "organ_failure": "transient",
        "length_of_stay": 14.0,
    }


def test_enter_goes_on_to_the_next_factor(form: ClinicalForm) -> None:
    type_in(form, "age", "61", Qt.Key.Key_Return)
    assert QApplication.focusWidget() is form.field("sex").focusProxy()


def test_unknown_is_one_key_and_one_click_everywhere(form: ClinicalForm) -> None:
    for count, id in enumerate(IDS, 1):
        type_in(form, id, "u")
        assert form.record.answered(id)
        assert form.record.value(id) is None
        assert form.state().answered == count
        type_in(form, id, "u")
        assert not form.record.answered(id)
        QTest.mouseClick(form.field(id)._question, Qt.MouseButton.LeftButton)
        assert form.record.answered(id)


def test_an_answer_takes_unknown_back(form: ClinicalForm) -> None:
    type_in(form, "creatinine", "u")
    type_in(form, "creatinine", "90")
    assert form.record.value("creatinine") == 90
    type_in(form, "sex", "u")
    type_in(form, "sex", "2")
    assert form.record.value("sex") == "F"


def test_arrows_choose_and_delete_takes_back(form: ClinicalForm) -> None:
    type_in(form, "smoking", "", Qt.Key.Key_Right, Qt.Key.Key_Right)
    assert form.record.value("smoking") == "former"
    type_in(form, "smoking", "", Qt.Key.Key_Delete)
    assert not form.record.answered("smoking")


def test_a_click_chooses(form: ClinicalForm) -> None:
    bar = choice_field(form, "smoking").bar
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.cell(2).center())
    assert form.record.value("smoking") == "current"


def test_none_and_another_answer_contradict(make_form: MakeForm) -> None:
    form = make_form()
    form.show_extra()
    type_in(form, "extrapancreatic_complications", "12")
    assert not form.record.answered("extrapancreatic_complications")
    assert "extrapancreatic_complications" in form.problems
    type_in(form, "extrapancreatic_complications", "1")
    assert form.record.value("extrapancreatic_complications") == ("effusion",)


UNUSABLE = (
    ("age", "-3", "Age"),
    ("body_mass_index", "200", "Body mass index"),
    ("creatinine", "1o6", "Creatinine"),
    ("creatinine", "5,6", "Creatinine"),
    ("creatinine", "1.2 furlong", "furlong"),
    ("urea", "25 mg/dL", "urea nitrogen"),
    ("discharge_date", "2099-01-01", "future"),
    ("discharge_date", "yesterday", "date"),
)


def test_what_cannot_be_used_stays_and_is_explained(form: ClinicalForm) -> None:
    for id, typed, names in UNUSABLE:
        form.set_record(ClinicalRecord())
        type_in(form, id, typed, Qt.Key.Key_Tab)
        field = text_field(form, id)
        assert field.edit.text() == typed
        assert names in form.problems[id]
        assert field.line.isVisible()
        assert field.line._symbol.text() == "✕"
        assert not form.record.answered(id)


def test_nothing_is_said_while_typing(form: ClinicalForm) -> None:
    type_in(form, "creatinine", "1")
    assert form.problems == {}
    assert not form.record.answered("creatinine")
    QTest.keyClicks(cursor(), "06")
    assert form.record.value("creatinine") == 106
    QTest.keyClick(cursor(), Qt.Key.Key_Backspace)
    assert not form.record.answered("creatinine")


def test_a_wrong_unit_is_offered_and_taken_by_a_key(form: ClinicalForm) -> None:
    type_in(form, "creatinine", "1.2", Qt.Key.Key_Tab)
    assert "1.2 mg/dL (= 106.1 µmol/L)" in form.problems["creatinine"]
    assert not form.record.answered("creatinine")
    form.focus_factor("creatinine")
    QTest.keyClick(cursor(), Qt.Key.Key_U, Qt.KeyboardModifier.AltModifier)
    assert form.record.value("creatinine") == pytest.approx(106.08)
    assert form.record.typed["creatinine"] == "1.2 mg/dL"
    assert text_field(form, "creatinine").unit == "mg/dL"
    assert form.problems == {}


def test_a_wrong_unit_is_taken_by_its_button(form: ClinicalForm) -> None:
    type_in(form, "glucose", "180", Qt.Key.Key_Tab)
    (button,) = text_field(form, "glucose").line.buttons
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert form.record.value("glucose") == pytest.approx(9.9918)


def test_an_unusual_value_is_confirmed_in_its_line(form: ClinicalForm) -> None:
    type_in(form, "triglycerides", "20", Qt.Key.Key_Tab)
    assert text_field(form, "triglycerides").line._symbol.text() == "▲"
    assert not form.record.answered("triglycerides")
    type_in(form, "triglycerides", "", Qt.Key.Key_Return)
    assert form.record.value("triglycerides") == 20
    assert form.record.confirmed == ("triglycerides",)
    assert form.problems == {}
    type_in(form, "triglycerides", "0")
    assert not form.record.answered("triglycerides"), "200 mmol/L is another value and was not confirmed"


def test_switching_units_changes_what_is_shown_and_not_what_is_stored(form: ClinicalForm) -> None:
    form.set_record(ClinicalRecord(values={"creatinine": 123.456, "triglycerides": 5.6789}))
    for conventional in (True, False, True, False):
        form.units.use(SiteUnits(conventional))
        assert form.record.values == {"creatinine": 123.456, "triglycerides": 5.6789}
    form.units.use(SiteUnits(True))
    assert text_field(form, "creatinine").edit.text() == "1.4"
    assert form.units.shown["creatinine"] == "mg/dL"
    type_in(form, "creatinine", "", Qt.Key.Key_Tab)
    assert form.record.value("creatinine") == 123.456, "leaving a field untouched must not round its value"


def test_a_fields_own_unit_outlives_the_inputs_of_the_scores(form: ClinicalForm) -> None:
    form.focus_factor("creatinine")
    QTest.keyClick(cursor(), Qt.Key.Key_U, Qt.KeyboardModifier.AltModifier)
    form.show_extra()
    assert form.units.shown["creatinine"] == "mg/dL"
    assert form.units.shown["glucose"] == "mmol/L"
    form.units.use(SiteUnits(True, {"creatinine": "umol/L", "glucose": "furlong"}))
    assert form.units.shown["creatinine"] == "umol/L"
    assert form.units.shown["glucose"] == "mg/dL"


def test_the_reference_interval_follows_the_unit_and_marks_by_an_arrow(form: ClinicalForm) -> None:
    form.set_record(ClinicalRecord(values={"creatinine": 180.0}))
    field = text_field(form, "creatinine")
    assert field._side.text() == "↑ ref. 50–100"
    field.set_unit("mg/dL")
    assert field._side.text() == "↑ ref. 0.566–1.13"


def test_the_laboratory_s_own_interval_goes_first(form: ClinicalForm) -> None:
    record = ClinicalRecord(values={"creatinine": 95.0}, references={"creatinine": Interval(upper=84)})
    form.set_record(record)
    assert text_field(form, "creatinine")._side.text() == "↑ ref. < 84"


def test_age_and_sex_come_from_the_ct_and_say_so(form: ClinicalForm, qtbot: QtBot) -> None:
    with qtbot.waitSignal(form.record_changed) as changed:
        form.set_patient(CT, 54)
    assert changed.args[0].values == {"age": 54.0, "sex": "M"}
    assert form.field("age").source == "from the CT"
    type_in(form, "age", "", Qt.Key.Key_Delete)
    QTest.keyClick(cursor(), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(cursor(), "55")
    assert form.record.value("age") == 55
    assert form.field("age").source == ""
    assert form.differences == ()


def test_another_ct_takes_its_predecessor_s_age_and_sex_away(form: ClinicalForm) -> None:
    form.set_patient(CT, 54)
    form.set_patient(PatientIdentity(sex="F"), None)
    assert form.record.values == {"sex": "F"}


def test_a_record_of_another_patient_stops_with_both_values(form: ClinicalForm, qtbot: QtBot) -> None:
    form.set_patient(CT, 54)
    with qtbot.waitSignal(form.differences_changed):
        form.set_record(ClinicalRecord(values={"age": 70.0, "sex": "F"}))
    assert {(found.field, found.first, found.second) for found in form.differences} == {
        ("age", "54", "70"),
        ("sex", "M", "F"),
    }
    qtbot.waitUntil(lambda: {"54", "70", "male", "female"} <= {label.text() for label in visible(form)})
    button = next(found for found in form.findChildren(QPushButton) if "CT’s age" in found.text())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert form.record.values == {"age": 54.0, "sex": "M"}
    assert form.differences == ()


def test_the_record_is_handed_on_once_the_keys_rest(form: ClinicalForm, qtbot: QtBot) -> None:
    heard: list[ClinicalRecord] = []
    form.record_changed.connect(heard.append)
    type_in(form, "creatinine", "106")
    assert form.record.value("creatinine") == 106
    qtbot.waitUntil(lambda: len(heard) == 1)
    assert heard[0] == form.record
    form.set_record(ClinicalRecord(values={"age": 50.0}))
    form.flush()
    assert len(heard) == 1, "a record that was set is not told back"


def test_scores_follow_every_key_and_say_what_is_missing(form: ClinicalForm) -> None:
    assert "0 to 4" in form.scores.shown("marshall")
    type_in(form, "creatinine", "200")
    assert "2 to 4" in form.scores.shown("marshall")
    assert "organ failure" in form.scores.shown("marshall")
    assert "PaO2" in form.scores.shown("marshall")
    type_in(form, "creatinine", "", Qt.Key.Key_Backspace)
    assert "0 to 4" in form.scores.shown("marshall")


def test_a_missing_input_leads_to_its_field(form: ClinicalForm, qtbot: QtBot) -> None:
    form.scores.factor_wanted.emit("temperature")
    qtbot.waitUntil(lambda: QApplication.focusWidget() is form.field("temperature").focusProxy())
    QTest.keyClicks(cursor(), "38.9")
    assert form.record.value("temperature") == 38.9
    assert "1 to 4" in form.scores.shown("sirs")
    assert form.state() == (0, len(IDS)), "an input of scores is none of the model's factors"


def test_inspired_oxygen_of_60_means_60_per_cent(form: ClinicalForm) -> None:
    form.show_extra()
    type_in(form, "inspired_oxygen", "60", Qt.Key.Key_Tab)
    type_in(form, "arterial_oxygen", "72", Qt.Key.Key_Tab)
    assert form.record.value("inspired_oxygen") == 60
    assert "3 to 4" in form.scores.shown("marshall")
    assert "60 %" in (form.field("inspired_oxygen")._label.toolTip())


def test_a_row_pasted_into_a_field_fills_the_form(form: ClinicalForm) -> None:
    form.set_patient(CT, 54)
    QGuiApplication.clipboard().setText("Age\tCreatinine (mg/dL)\tSmoking\tColour\n55\t1.2\tnever\tred\n")
    form.focus_factor("triglycerides")
    QTest.keyClick(cursor(), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert form.record.value("creatinine") == pytest.approx(106.08)
    assert form.record.value("smoking") == "never"
    told = " ".join(form.notices)
    assert "Age: 54 years was replaced by 55 years" in told
    assert "Colour" in told
    undo = next(button for button in form.findChildren(QPushButton) if button.text() == "Undo")
    QTest.mouseClick(undo, Qt.MouseButton.LeftButton)
    assert form.record.values == {"age": 54.0, "sex": "M"}
    assert form.notices == ()


def test_an_emptied_form_can_be_had_back(form: ClinicalForm) -> None:
    type_in(form, "creatinine", "106")
    form.clear()
    assert form.record.values == {}
    undo = next(button for button in form.findChildren(QPushButton) if button.text() == "Undo")
    QTest.mouseClick(undo, Qt.MouseButton.LeftButton)
    assert form.record.values == {"creatinine": 106.0}


def test_what_was_typed_beside_one_ct_stops_beside_another_patient_s(form: ClinicalForm) -> None:
    form.set_patient(CT, 54)
    type_in(form, "creatinine", "106")
    assert differing(form) == []
    form.set_patient(PatientIdentity(name="Simulated Two", patient_id="S-2", sex="M"), 54)
    assert differing(form) == ["patient_id", "name"]


def test_a_name_typed_by_hand_may_be_corrected(form: ClinicalForm) -> None:
    form.set_patient(PatientIdentity(name="Smiht", entered_by_hand=True), None)
    type_in(form, "creatinine", "106")
    form.set_patient(PatientIdentity(name="Smith", entered_by_hand=True), None)
    assert form.differences == ()


def test_the_colours_follow_the_theme(form: ClinicalForm, qapp: QApplication) -> None:
    palette, font = qapp.palette(), qapp.font()
    light = form.styleSheet()
    try:
        apply_theme(qapp, "dark")
        qapp.processEvents()
        assert form.styleSheet() != light
        assert form.styleSheet() == form_style()
    finally:
        qapp.setPalette(palette)
        qapp.setFont(font)
        qapp.setStyleSheet("")


def test_one_cell_is_pasted_as_text(form: ClinicalForm) -> None:
    QGuiApplication.clipboard().setText("106")
    form.focus_factor("creatinine")
    QTest.keyClick(cursor(), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert form.record.value("creatinine") == 106


def test_an_imported_file_with_a_bad_value_keeps_what_was_typed(form: ClinicalForm, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps({"values": {"age": 61, "creatinine": 1.2, "triglycerides": 20, "smoking": None}}))
    form.import_file(path)
    assert form.record.values == {"age": 61.0, "smoking": None}
    assert text_field(form, "creatinine").edit.text() == "1.2"
    assert "mg/dL" in form.problems["creatinine"]
    assert "confirm" in form.problems["triglycerides"]
    type_in(form, "triglycerides", "", Qt.Key.Key_Return)
    assert form.record.value("triglycerides") == 20


def test_a_file_of_another_patient_is_refused_with_both_values(form: ClinicalForm, tmp_path: Path) -> None:
    form.set_patient(CT, 54)
    before = form.record
    identity = PatientIdentity(patient_id="S-2", name="Simulated Two")
    other = ClinicalRecord(values={"creatinine": 90.0}, identity=identity)
    write_record(other, tmp_path / "other.json")
    form.import_file(tmp_path / "other.json")
    assert form.record == before
    told = " ".join(form.notices)
    for word in ("another patient", "S-1", "S-2", "Simulated One", "Simulated Two"):
        assert word in told


def test_the_ct_s_row_is_taken_from_a_table_of_many(form: ClinicalForm, tmp_path: Path) -> None:
    form.set_patient(CT, 54)
    path = tmp_path / "many.csv"
    path.write_text("patient_id,creatinine\nS-0,80\nS-1,95\nS-2,110\n")
    form.import_file(path)
    assert form.record.value("creatinine") == 95


def test_a_file_that_cannot_be_used_is_one_sentence(form: ClinicalForm, tmp_path: Path) -> None:
    type_in(form, "creatinine", "95")
    path = tmp_path / "odd.json"
    for content in ("", "{", "a,b\n1,2\n", '{"resourceType": "Observation"}'):
        path.write_text(content)
        form.import_file(path)
        assert len(form.notices) == 1
        assert "odd.json" in form.notices[0]
        assert form.record.value("creatinine") == 95


def test_help_with_its_source_by_shift_f1(form: ClinicalForm) -> None:
    type_in(form, "smoking", "")
    QTest.keyClick(cursor(), Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    assert "HR 1.42" in form.field("smoking").line.sentence
    assert form.problems == {}


def test_a_set_record_with_an_impossible_value_shows_why(form: ClinicalForm) -> None:
    form.set_record(ClinicalRecord(values={"age": 300.0, "smoking": "sometimes"}))
    assert "Age" in form.problems["age"]


@pytest.mark.parametrize("language", list(Language))
def test_nothing_is_cut_off_at_any_width_and_size(make_form: MakeForm, qtbot: QtBot, language: Language) -> None:
    form = make_form(language)
    plain = form.font().pointSizeF()
    for id, typed in (("creatinine", "1.2"), ("triglycerides", "20"), ("age", "abc")):
        type_in(form, id, typed, Qt.Key.Key_Tab)
    for width, scale in ((420, 1.0), (900, 1.0), (900, 1.5), (1280, 1.0), (1600, 2.0)):
        font = QFont(form.font())
        font.setPointSizeF(plain * scale)
        form.setFont(font)
        form.resize(width, 900)
        qtbot.wait(30)
        for area in form.findChildren(QScrollArea):
            content = area.widget()
            assert content is None or content.width() <= area.viewport().width()
        for id in IDS:
            assert_all_shown(form, id)


def assert_all_shown(form: ClinicalForm, id: str) -> None:
    field = form.field(id)
    assert field.height() >= field.heightForWidth(field.width()), id
    assert field.width() >= field.minimumSizeHint().width(), id
    if isinstance(field, ChoiceField):
        cells = [field.bar.cell(place) for place in range(len(field.bar._labels))]
        assert all(field.bar.rect().contains(cell) for cell in cells), id


def test_chinese_has_no_english_label(make_form: MakeForm) -> None:
    form = make_form(Language.CHINESE)
    assert form.field("creatinine")._label.text() == "肌酐"
    type_in(form, "creatinine", "1.2", Qt.Key.Key_Tab)
    assert form.problems["creatinine"].startswith("肌酐")
    assert "改良 Marshall" in form.scores.shown("marshall")


def test_a_laboratory_trend_is_typed_and_survives_in_the_record(form: ClinicalForm) -> None:
    type_in(form, "creatinine", "90 2026-03-01; 180 2026-03-03", Qt.Key.Key_Tab)
    assert form.record.value("creatinine") == 180
    assert len(form.record.trends["creatinine"]) == 2
    assert form.field("creatinine").source == "highest of 2: 180 µmol/L"
    record = form.record
    form.set_record(ClinicalRecord())
    form.set_record(record)
    assert form.field("creatinine").source == "highest of 2: 180 µmol/L"
    type_in(form, "creatinine", "1")
    assert "creatinine" not in form.record.trends


def test_answers_that_contradict_each_other_are_told_and_kept(form: ClinicalForm) -> None:
    type_in(form, "atlanta_grade", "3")
    type_in(form, "organ_failure", "2")
    assert "severe means organ failure for more than 48 h" in form.field("atlanta_grade").line.sentence
    assert form.problems == {}
    assert form.record.values == {"atlanta_grade": "severe", "organ_failure": "transient"}
    type_in(form, "organ_failure", "3")
    assert form.field("atlanta_grade").line.sentence == ""


def test_the_lines_of_a_score_open_with_their_points(form: ClinicalForm, qtbot: QtBot) -> None:
    form.set_record(ClinicalRecord(values={"arterial_oxygen": 72.0, "inspired_oxygen": 60.0, "creatinine": 180.0}))
    opener = next(button for button in form.findChildren(QPushButton) if "Modified Marshall" in button.text())
    QTest.mouseClick(opener, Qt.MouseButton.LeftButton)
    lines = ("Respiratory: PaO2/FiO2", "PaO2/FiO2 = 120 (FiO2 60 %).", "Renal: creatinine", "3", "2", "?")
    qtbot.waitUntil(lambda: set(lines) <= {label.text() for label in visible(form)})


def test_groups_stand_in_the_order_of_the_schema_s_headings(qtbot: QtBot) -> None:
    """A bundle lists its factors in the order of its training; the form asks as a chart is read."""
    form = ClinicalForm(SCHEMA.subset(("organ_failure", "creatinine", "smoking", "age")), Language.ENGLISH)
    qtbot.addWidget(form)
    form.show()
    form.paste("61\tnever\t106\ttransient")
    assert form.record.values == {"age": 61.0, "smoking": "never", "creatinine": 106.0, "organ_failure": "transient"}
    heights = [form.field(id).mapTo(form, QPoint(0, 0)).y() for id in ("age", "smoking", "creatinine", "organ_failure")]
    assert heights == sorted(heights)


def test_the_form_shows_whose_ct_it_is(form: ClinicalForm) -> None:
    assert not any("CT of" in label.text() for label in visible(form))
    form.set_patient(CT, 54)
    assert "CT of Simulated One · S-1 · 1970-05-01" in [label.text() for label in visible(form)]
