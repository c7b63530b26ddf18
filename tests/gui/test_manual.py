"""The manual: whole in both languages, its commands and buttons exist, and F1 opens it where one is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidget, QTextBrowser
from pytestqt.qtbot import QtBot

from apnet_desktop.cases.assessment import Step
from apnet_desktop.cli import application
from apnet_desktop.gui.manual.pages import MANUAL_PAGES, Place, Screen, headings, page_file, place_of
from apnet_desktop.gui.manual.window import ManualWindow
from apnet_desktop.language import Language, text
from apnet_desktop.language.catalogue import room_catalogue
from apnet_desktop.locations import manual_folder
from tests.gui import window_driver as driver
from tests.language.catalogue_reader import rooms

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = list(Language)
_LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`|^```\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BUTTON = re.compile(r"\*\*([^*\n]+…)\*\*")
_LARGEST = 1_000_000


def _markdown(page: str, language: Language) -> str:
    return page_file(page, language).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", MANUAL_PAGES)
def test_every_page_is_there_in_both_languages_with_the_same_parts(page: str) -> None:
    english, chinese = (_markdown(page, language) for language in (Language.ENGLISH, Language.CHINESE))
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 500
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"（[^）]*）|\([\u4e00-\u9fff]+\)", "", english))
    for pattern in (r"^#+ ", r"^\|", r"^- ", r"^!\[", r"^```"):
        found = [len(re.findall(pattern, words, re.MULTILINE)) for words in (english, chinese)]
        assert found[0] == found[1], pattern


def test_the_doctor_s_part_fits_on_two_pages() -> None:
    """Some 500 words a page; the pictures come on top."""
    words = re.sub(r"[#*|`]|!\[.*", " ", _markdown("doctor", Language.ENGLISH))
    assert len(words.split()) <= 1000


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_and_pictures_resolve_and_stay_small(language: Language) -> None:
    used = set()
    for page in MANUAL_PAGES:
        for picture, target in _LINK.findall(_markdown(page, language)):
            path = (page_file(page, language).parent / target).resolve()
            assert path.is_file(), target
            assert manual_folder().resolve() in path.parents
            if picture:
                used.add(path)
            else:
                assert path.suffix == ".md"
    pictures = set((manual_folder() / "pictures" / language.value).resolve().glob("*"))
    assert used == pictures
    assert sum(path.stat().st_size for path in (manual_folder() / "pictures").rglob("*.png")) <= _LARGEST


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_commands_that_it_names_exist_with_their_options(language: Language) -> None:
    found = 0
    for page in MANUAL_PAGES:
        for inline, block in _CODE.findall(_markdown(page, language)):
            for line in (inline or block).splitlines():
                words = line.split()
                if words[:1] == ["apnet"] and words[1:2] != ["COMMAND"]:
                    _check_command(words[1:])
                    found += 1
                elif words[:1] == ["make"]:
                    assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), line
    assert found >= 10


def _check_command(words: list[str]) -> None:
    command = typer.main.get_command(application)
    if words[:2] == ["report", "verify"]:  # rewritten by the entry point
        words = ["verify-report", *words[2:]]
    while words and hasattr(command, "commands"):
        assert words[0] in command.commands, words
        command, words = command.commands[words[0]], words[1:]
    options = {option for parameter in command.params for option in parameter.opts}
    for word in words:
        assert not word.startswith("--") or word in options, word


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_buttons_that_it_names_are_so_called(language: Language) -> None:
    code = language.value
    sentences = [words for room in rooms(code) for words in room_catalogue(code, room).values()]
    shown = {re.sub(r"\(&.\)|&", "", sentence) for sentence in sentences}
    named = {name for page in MANUAL_PAGES for name in _BUTTON.findall(_markdown(page, language))}
    assert len(named) >= 5
    assert named <= shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_screen_has_its_heading(language: Language) -> None:
    titles = {
        Screen.CT: text("gui.step_ct", language),
        Screen.ROI: text("gui.step_roi", language),
        Screen.CLINICAL: text("gui.step_clinical", language),
        Screen.RISK: text("gui.step_risk", language),
        Screen.SETTINGS: text("settings.title", language),
    }
    for screen, title in titles.items():
        place = place_of(screen)
        assert title in headings(_markdown(place.page, language))[place.heading]
    worklist = place_of(Screen.WORKLIST)
    expected = {Language.ENGLISH: "Your cases", Language.CHINESE: "您的病例"}[language]
    assert headings(_markdown(worklist.page, language))[worklist.heading] == expected


# The window


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_chosen_followed_and_searched(qtbot: QtBot, language: Language) -> None:
    window = ManualWindow(language)
    qtbot.addWidget(window)
    window.show_place(Place("doctor", 5))
    qtbot.waitExposed(window)
    page = window.findChild(QTextBrowser)
    assert page is not None
    qtbot.waitUntil(lambda: window.heading == headings(_markdown("doctor", language))[5])
    assert "!" + "[" not in page.toPlainText()
    chosen = window.findChild(QListWidget)
    assert chosen is not None
    chosen.setCurrentRow(2)
    assert window.page == "it"
    page.anchorClicked.emit(QUrl("research.md"))
    assert window.page == "research"
    window._words.setText("LOCALAPPDATA")
    window.find_next()
    assert window.page == "it"
    assert page.textCursor().selectedText() == "LOCALAPPDATA"
    window._words.setText("no such words")
    window.find_next()
    assert window._found.text()


def test_pictures_are_drawn_and_never_wider_than_the_page(qtbot: QtBot) -> None:
    window = ManualWindow(Language.ENGLISH)
    qtbot.addWidget(window)
    window.resize(620, 500)
    window.show_place(place_of(Screen.CT))
    qtbot.waitExposed(window)
    page = window.findChild(QTextBrowser)
    assert page is not None
    kind = QTextDocument.ResourceType.ImageResource.value
    picture = page.loadResource(kind, QUrl("../pictures/en/ct.png"))
    assert 200 < picture.width() / picture.devicePixelRatio() <= page.viewport().width()
    assert page.horizontalScrollBar().maximum() == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1/x.png", "file:///etc/passwd", "../../../README.md"])
def test_nothing_is_loaded_from_elsewhere(qtbot: QtBot, url: str) -> None:
    window = ManualWindow(Language.ENGLISH)
    qtbot.addWidget(window)
    window.show_place(Place("doctor"))
    page = window.findChild(QTextBrowser)
    assert page is not None
    for kind in (QTextDocument.ResourceType.ImageResource, QTextDocument.ResourceType.MarkdownResource):
        assert page.loadResource(kind.value, QUrl(url)) is None
    page.anchorClicked.emit(QUrl(url))
    assert window.page == "doctor"


def test_f1_opens_the_page_of_the_screen(qtbot: QtBot, tmp_path: Path, shipped_bundle: Path) -> None:
    window = driver.open_window(qtbot, tmp_path, shipped_bundle)

    def asks(page: str, heading: str) -> None:
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        QTest.keyClick(window, Qt.Key.Key_F1)
        manual = window.help.manual.window
        assert manual is not None
        assert manual.isVisible()
        qtbot.waitUntil(lambda: manual.page == page and manual.heading == heading)

    for number, step in enumerate(Step, start=1):
        window.show_step(step)
        asks("doctor", f"{number}. {text(f'gui.step_{step.value}')}")
    window.worklist.show()
    asks("doctor", "Your cases")
    window.settings.show()
    asks("it", "Settings")
    window.close()
    assert window.help.manual.window is not None
    assert window.help.manual.window.isHidden()
