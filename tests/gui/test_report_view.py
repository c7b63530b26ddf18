"""The preview as a person uses it: pages turn, zoom, save and print, by mouse and by keyboard."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
)

from apnet_desktop.gui.flow.report_flow import ReportOptions
from apnet_desktop.gui.report_options import usual_paper
from apnet_desktop.gui.report_review import ReviewDialog
from apnet_desktop.gui.report_view import ReportView
from apnet_desktop.language import Language, Message, text
from apnet_desktop.report.content import ReviewDecision
from apnet_desktop.report.pdf import render_pdf
from tests.report.factory import content

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return render_pdf(content())


def _opened(qtbot: QtBot, pdf: bytes, language: Language = Language.ENGLISH) -> ReportView:
    view = ReportView(language)
    qtbot.addWidget(view)
    view.resize(900, 700)
    view.show()
    qtbot.waitExposed(view)
    view.show_pdf(pdf)
    qtbot.waitUntil(lambda: not _sheet(view).pixmap().isNull())
    return view


def _sheet(view: ReportView) -> QLabel:
    widget = view.findChild(QScrollArea).widget()  # type: ignore[union-attr]
    assert isinstance(widget, QLabel)
    return widget


def _button(view: ReportView, name: str) -> QPushButton:
    button = view.findChild(QPushButton, f"report_{name}")
    assert isinstance(button, QPushButton)
    return button


def test_every_page_is_reached_by_mouse_and_by_keyboard(qtbot: QtBot, pdf: bytes) -> None:
    view = _opened(qtbot, pdf)
    pages = len(PdfReader(_file(pdf)).pages)
    assert view.pages == pages >= 3
    assert not _button(view, "previous").isEnabled()
    for page in range(2, pages + 1):
        QTest.mouseClick(_button(view, "next"), Qt.MouseButton.LeftButton)
        assert view.page == page
    assert not _button(view, "next").isEnabled()
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.page == 1
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    assert view.page == 2
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.page == pages


def test_the_page_shown_is_the_page_asked_for(qtbot: QtBot, pdf: bytes) -> None:
    view = _opened(qtbot, pdf)
    reader = PdfReader(_file(pdf))
    for page in range(view.pages, 0, -1):
        view.go_to(page)
        marker = f"Page {page} of {view.pages}"
        qtbot.waitUntil(lambda marker=marker: marker in _sheet(view).accessibleDescription())  # type: ignore[misc]
        assert marker in reader.pages[page - 1].extract_text()


def test_colours_are_not_swapped(qtbot: QtBot, pdf: bytes) -> None:
    """The big number is dark blue, not dark orange (PDFium gives BGR unless told)."""
    view = _opened(qtbot, pdf)
    image = _sheet(view).pixmap().toImage()
    colours = [image.pixelColor(x, y) for x in range(60, 300, 3) for y in range(200, 360, 3)]
    coloured = [colour for colour in colours if colour.saturation() > 100]
    assert coloured
    assert all(colour.blue() > colour.red() for colour in coloured)


def test_zoom_by_wheel_and_keys_changes_the_size_on_screen(qtbot: QtBot, pdf: bytes) -> None:
    view = _opened(qtbot, pdf)
    fitted = _sheet(view).pixmap().width()
    QTest.keyClick(view, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: _sheet(view).pixmap().width() > fitted * 1.2)
    viewport = view.findChild(QScrollArea).viewport()  # type: ignore[union-attr]
    middle = QPointF(viewport.rect().center())
    wheel = QWheelEvent(
        middle,
        viewport.mapToGlobal(middle),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, wheel)
    qtbot.waitUntil(lambda: abs(_sheet(view).pixmap().width() - fitted) <= 2)
    assert view.zoom == pytest.approx(fitted / 595.28 * 72 / view.logicalDpiX(), rel=0.01)


def test_save_writes_the_same_bytes(qtbot: QtBot, pdf: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = _opened(qtbot, pdf)
    target = tmp_path / "张三.pdf"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    with qtbot.waitSignal(view.saved) as saved:
        QTest.mouseClick(_button(view, "save"), Qt.MouseButton.LeftButton)
    assert saved.args == [str(target)]
    assert target.read_bytes() == pdf
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_a_file_that_cannot_be_written_is_named(qtbot: QtBot, pdf: bytes, tmp_path: Path) -> None:
    view = _opened(qtbot, pdf)
    target = tmp_path / "nowhere" / "report.pdf"
    with qtbot.waitSignal(view.failed) as failed:
        view.save_as(target)
    message = failed.args[0]
    assert isinstance(message, Message)
    assert str(target) in message.text()
    assert str(target) in message.text(Language.CHINESE)


def test_printing_puts_every_page_on_paper(qtbot: QtBot, pdf: bytes, tmp_path: Path) -> None:
    view = _opened(qtbot, pdf)
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    printer.setResolution(150)
    with qtbot.waitSignal(view.printed, timeout=20_000) as printed:
        view.print_to(printer)
    assert printed.args == [view.pages]
    sheets = PdfReader(tmp_path / "printed.pdf").pages
    assert len(sheets) == view.pages
    for sheet in sheets:
        assert sheet.images
        picture = sheet.images[0].image
        assert picture is not None
        assert picture.size[0] >= 150 * 8.2
    assert _button(view, "print").isEnabled()


def test_a_page_range_prints_only_that(qtbot: QtBot, pdf: bytes, tmp_path: Path) -> None:
    view = _opened(qtbot, pdf)
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    printer.setResolution(100)
    printer.setFromTo(2, 3)
    with qtbot.waitSignal(view.printed, timeout=20_000) as printed:
        view.print_to(printer)
    assert printed.args == [2]


@pytest.mark.parametrize("language", list(Language))
def test_buttons_are_labelled_in_full(qtbot: QtBot, pdf: bytes, language: Language) -> None:
    view = _opened(qtbot, pdf, language)
    for button in view.findChildren(QPushButton):
        assert button.text()
        assert button.width() >= button.fontMetrics().horizontalAdvance(button.text())
        assert "report_view." not in button.text()


def test_the_twins_are_saved_by_their_extension(
    qtbot: QtBot, pdf: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = _opened(qtbot, pdf)
    view.show_pdf(pdf, "report.pdf", {"json": b"{}", "html": b"<html>"})
    offered: list[str] = []

    def answer(_parent: object, _title: str, name: str, kinds: str) -> tuple[str, str]:
        offered.extend(kinds.split(";;"))
        return str(tmp_path / name), offered[1]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    QTest.keyClick(view, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert len(offered) == 3
    assert (tmp_path / "report.json").read_bytes() == b"{}"
    view.save_as(tmp_path / "copy.html")
    assert (tmp_path / "copy.html").read_bytes() == b"<html>"
    view.save_as(tmp_path / "copy.pdf")
    assert (tmp_path / "copy.pdf").read_bytes() == pdf


def test_review_and_dicom_are_offered_only_where_allowed(qtbot: QtBot, pdf: bytes) -> None:
    view = _opened(qtbot, pdf)
    assert not _button(view, "review").isVisible()
    assert not _button(view, "dicom").isVisible()
    view.allow(review=True, dicom=True)
    with qtbot.waitSignal(view.dicom_requested):
        QTest.mouseClick(_button(view, "dicom"), Qt.MouseButton.LeftButton)
    assert _button(view, "review").isVisible()
    view.clear()
    assert not _button(view, "review").isVisible()


def test_a_review_is_given_through_the_dialog(qtbot: QtBot, pdf: bytes) -> None:
    view = _opened(qtbot, pdf)
    view.allow(review=True, dicom=False)

    def fill() -> None:
        dialog = view.findChild(ReviewDialog)
        if not isinstance(dialog, ReviewDialog) or not dialog.isVisible():
            QTimer.singleShot(20, fill)
            return
        name = dialog.findChild(QLineEdit, "review_name")
        accept = dialog.findChild(QRadioButton, "review_accepted")
        assert isinstance(name, QLineEdit)
        assert isinstance(accept, QRadioButton)
        QTest.keyClicks(name, "Amara Okafor")
        QTest.mouseClick(accept, Qt.MouseButton.LeftButton, pos=QPoint(8, accept.height() // 2))
        QTest.mouseClick(_ok(dialog), Qt.MouseButton.LeftButton)
        if dialog.isVisible():  # else the test would wait for ever
            dialog.reject()

    QTimer.singleShot(0, fill)
    with qtbot.waitSignal(view.reviewed) as given:
        QTest.mouseClick(_button(view, "review"), Qt.MouseButton.LeftButton)
    review = given.args[0]
    assert (review.person, review.decision) == ("Amara Okafor", ReviewDecision.ACCEPTED)
    assert review.time.tzinfo is not None


def _ok(dialog: ReviewDialog) -> QPushButton:
    box = dialog.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    return box.button(QDialogButtonBox.StandardButton.Ok)


@pytest.mark.parametrize("language", list(Language))
def test_nobody_reviews_without_name_and_decision(qtbot: QtBot, language: Language) -> None:
    dialog = ReviewDialog(language)
    qtbot.addWidget(dialog)
    dialog.show()
    name, comment = dialog.findChild(QLineEdit, "review_name"), dialog.findChild(QPlainTextEdit)
    assert isinstance(name, QLineEdit)
    assert isinstance(comment, QPlainTextEdit)
    assert not _ok(dialog).isEnabled()
    QTest.keyClicks(name, "  ")
    only_comment = dialog.findChild(QRadioButton, "review_commented")
    assert isinstance(only_comment, QRadioButton)
    only_comment.click()
    assert not _ok(dialog).isEnabled()
    QTest.keyClicks(name, "Okafor")
    assert not _ok(dialog).isEnabled(), "a mere comment needs a comment"
    QTest.keyClicks(comment, "wide interval")
    assert _ok(dialog).isEnabled()
    review = dialog.review()
    assert review is not None
    assert (review.person, review.comment) == ("Okafor", "wide interval")


def test_two_previews_render_at_the_same_time(qtbot: QtBot, pdf: bytes) -> None:
    """PDFium is not safe to enter twice; the previews take turns."""
    views = [ReportView() for _ in range(3)]
    for view in views:
        qtbot.addWidget(view)
        view.resize(700, 500)
        view.show()
    for page in (1, 2, 3, 2, 1):
        for view in views:
            if page == 1:
                view.show_pdf(pdf)
            view.go_to(page)
    for view in views:
        qtbot.waitUntil(lambda view=view: "Page 1 of" in _sheet(view).accessibleDescription(), timeout=20_000)  # type: ignore[misc]


def test_another_report_replaces_the_first(qtbot: QtBot, pdf: bytes) -> None:
    view = _opened(qtbot, pdf)
    view.go_to(2)
    view.show_pdf(render_pdf(content(languages=(Language.CHINESE,))))
    assert view.page == 1
    qtbot.waitUntil(lambda: "第 1 页" in _sheet(view).accessibleDescription())


def test_turning_and_zooming_never_hold_up_the_window(qtbot: QtBot, pdf: bytes, event_loop_probe: object) -> None:
    view = _opened(qtbot, pdf)
    for page in range(1, view.pages + 1):
        view.go_to(page)
        qtbot.wait(120)


def _file(pdf: bytes) -> io.BytesIO:
    return io.BytesIO(pdf)


@pytest.mark.parametrize("language", list(Language))
def test_language_paper_and_file_names_are_chosen_in_the_menu(qtbot: QtBot, language: Language) -> None:
    view = ReportView(language)
    qtbot.addWidget(view)
    assert view.options.options() == ReportOptions((language,), usual_paper(), named_files=False)
    menu = view.options.menu()
    assert menu is not None
    actions = {action.text(): action for action in menu.actions() if action.text()}
    with qtbot.waitSignal(view.options.chosen) as chosen:
        actions["English + 中文" if language is Language.ENGLISH else "中文 + English"].trigger()
    other = Language.CHINESE if language is Language.ENGLISH else Language.ENGLISH
    assert chosen.args[0].languages == (language, other)
    actions[text("report_view.paper_letter", language)].trigger()
    actions[text("report_view.named_files", language)].trigger()
    assert view.options.options() == ReportOptions((language, other), "letter", named_files=True)


def test_another_report_does_not_disturb_the_one_that_is_being_printed(
    qtbot: QtBot, pdf: bytes, tmp_path: Path
) -> None:
    view = _opened(qtbot, pdf)
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    printer.setResolution(72)
    pages = view.pages
    with qtbot.waitSignal(view.printed, timeout=20_000) as printed:
        view.print_to(printer)
        view.clear()
    assert printed.args == [pages]
    assert len(PdfReader(tmp_path / "printed.pdf").pages) == pages
