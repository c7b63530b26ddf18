"""The printed page says the figures of the twin, read back by programs that did not write it."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import unicodedata
from pathlib import Path

import pytest

from apnet_desktop import report as report_room
from apnet_desktop.language import Language
from apnet_desktop.locations import resources_folder
from apnet_desktop.report.content import ReportContent
from apnet_desktop.report.json_twin import json_twin
from apnet_desktop.report.pdf import render_pdf
from apnet_desktop.report.sheet import Paper
from tests.report import page_reader
from tests.report.factory import content
from tests.report.figures import LANGUAGES, figures
from tests.report.generated import generated
from tests.report.page_reader import squeezed


def _check_page(said: ReportContent, language: Language, folder: Path) -> int:
    """Checks a whole report; the number of its pages."""
    pdf = render_pdf(said)
    shown = squeezed("".join(page_reader.pages(pdf)))
    for figure in figures(json.loads(json_twin(said)), language):
        assert squeezed(unicodedata.normalize("NFC", figure)) in shown, figure
    assert not {"\ufffd", "\0"} & set(shown)
    assert len(pdf) <= 1_500_000
    for font in page_reader.fonts(pdf, folder):
        assert font.embedded, font
        assert font.subset, font
        assert font.unicode, font
    size = Paper.A4.size
    for word in page_reader.words(pdf, folder):
        assert word.left >= 30, word
        assert word.right <= size[0] - 30, word
        assert word.top >= 20, word
        assert word.bottom <= size[1] - 18, word
    for page, horizontal, vertical in page_reader.images(pdf, folder):
        assert min(horizontal, vertical) >= 200, page
    return len(page_reader.pages(pdf))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", range(2))
def test_every_figure_of_the_twin_is_on_the_page(seed: int, language: Language, tmp_path: Path) -> None:
    _check_page(generated(seed, language), language, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_two_hundred_twins_is_on_the_page(language: Language, tmp_path: Path) -> None:
    """Goes on where it was stopped, as long as what makes a report is the same."""
    done = Path(tempfile.gettempdir()) / f"apnet-soak-report-{language.value}-{_makers_digest()}.txt"
    first = 100 + (len(done.read_text().split()) if done.exists() else 0)
    found = pages = 0
    for seed in range(first, 300):
        said = generated(seed, language)
        pages += _check_page(said, language, tmp_path)
        found += len(figures(json.loads(json_twin(said)), language))
        with done.open("a") as file:
            file.write(f"{seed}\n")
    print(f"\nreports in {language.value}: {300 - first} of 200 now, {found} figures found on {pages} pages")  # noqa: T201


def _makers_digest() -> str:
    """Of the code and the sentences that make a report."""
    room = Path(report_room.__file__).parent
    files = [*sorted(room.glob("*.py")), *sorted((resources_folder() / "translations").rglob("*.po"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_figure_on_the_page_comes_from_nowhere(language: Language) -> None:
    """Each number on page 1 is in the twin, follows from it by rounding, or belongs to a sentence of the catalogue."""
    said = content(languages=(language,))
    twin = json.loads(json_twin(said))
    known = set(re.findall(r"\d+", json_twin(said).decode()))
    known |= {digits for figure in figures(twin, language) for digits in re.findall(r"\d+", figure)}
    prediction_said = twin["prediction"]
    known |= {str(int(prediction_said["position"] * 100 + 0.5))}
    known |= set(re.findall(r"\d+", "-".join(str(day) for day in twin["dates"].values())))
    known |= {str(int(twin["manifest"]["threshold"][name] * 100 + 0.5)) for name in ("sensitivity", "specificity")}
    # Levels of the intervals, 100 patients, ticks of the axes, scale bar, pages, SHA-256.
    known |= {"90", "100", "0", "25", "50", "75", "1", "2", "3", "95", "256"}
    pages = page_reader.pages(render_pdf(said))
    code = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}")
    for number in re.findall(r"\d+", code.sub("", pages[0])):
        assert number in known or str(int(number)) in known, number
