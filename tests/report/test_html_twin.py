"""The twin for screen readers says what the page says, in reading order, and loads nothing."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from apnet_desktop.bundle.prediction import BaseRate
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.language import Language
from apnet_desktop.report.html_twin import render_html
from apnet_desktop.report.json_twin import json_twin
from tests.report.factory import content, prediction
from tests.report.figures import DEMONSTRATION, HOSTILE, figures
from tests.report.page_reader import squeezed


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)


def _read(page: bytes) -> _Reader:
    reader = _Reader()
    reader.feed(page.decode("utf-8"))
    return reader


@pytest.mark.parametrize("language", list(Language))
def test_it_says_the_figures_of_the_page(language: Language) -> None:
    said = content(languages=(language,))
    shown = squeezed("".join(_read(render_html(said)).words))
    for figure in figures(json.loads(json_twin(said)), language):
        assert squeezed(figure) in shown, figure
    assert squeezed(DEMONSTRATION[language]) in shown


def test_structure_for_a_screen_reader() -> None:
    reader = _read(render_html(content(languages=(Language.CHINESE, Language.ENGLISH))))
    tags = reader.tags
    assert next(attributes for tag, attributes in tags if tag == "html")["lang"] == "zh-CN"
    assert [attributes["lang"] for tag, attributes in tags if tag in ("main", "article")] == ["zh-CN", "en"]
    assert sum(tag == "h1" for tag, _ in tags) == 2
    for tag, attributes in tags:
        if tag == "img":
            assert attributes["alt"]
        if tag == "th":
            assert attributes["scope"] in ("row", "col")


def test_a_demonstration_number_is_no_finding_here_either() -> None:
    shown = "".join(_read(render_html(content(simulated_ct=False))).words)
    assert "this number is not a finding" in shown
    for words in ("Of 100 patients like this", "operating threshold"):
        assert words not in shown


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_text(hostile: str) -> None:
    plain = "n" * len(hostile)
    usual = _read(render_html(content(of=PatientIdentity(name=plain, patient_id=plain, sex="M")))).tags
    page = render_html(content(of=PatientIdentity(name=hostile, patient_id=hostile, sex="M")))
    reader = _read(page)
    assert [tag for tag, _ in reader.tags] == [tag for tag, _ in usual]
    for tag, attributes in reader.tags:
        assert tag not in ("script", "a", "link", "iframe", "form")
        assert not any(name.startswith("on") for name in attributes)
        assert str(attributes.get("src") or "data:image/png;base64,").startswith("data:image/png;base64,")


def test_same_content_same_page() -> None:
    assert render_html(content()) == render_html(content())


def test_a_sites_base_rate_moves_threshold_and_groups_alike() -> None:
    """The side of the threshold is the one that development saw, whatever the base rate."""
    site = BaseRate(development=0.289, site=0.15, site_source="registry", site_date="2026-01-01", site_patients=240)
    shifted = prediction(fused=0.37, base_rate=site)
    routes = tuple(
        route.model_copy(update={"risk": 0.2, "lower": 0.15, "upper": 0.26}) if route.unshifted == 0.37 else route
        for route in shifted.routes
    )
    page = render_html(content(says=shifted.model_copy(update={"routes": routes}))).decode()
    assert "16%" in page  # the threshold of 30 % on this base rate
    assert "This risk at the development base rate" in page
    assert "37%" in page
    assert "Of 100 patients above the threshold" in page
