"""What stands on the pages of the report, and what must never stand there."""

from __future__ import annotations

import io
import math
import re

import pytest
from pypdf import PdfReader

from apnet_desktop.bundle.manifest import Approval, BundleStatus, RiskGroup
from apnet_desktop.bundle.prediction import BaseRate, Route
from apnet_desktop.clinical.factor import Label
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.volume import SeriesDescription
from apnet_desktop.language import Language
from apnet_desktop.report.content import ReportContent, reviewed
from apnet_desktop.report.pdf import render_pdf
from apnet_desktop.report.sheet import Paper
from tests.report import page_reader
from tests.report.factory import TIME, content, manifest, prediction
from tests.report.figures import DEMONSTRATION, LANGUAGES, REVIEW, percent, signed
from tests.report.page_reader import squeezed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("paper", list(Paper))
def test_a_usual_report_is_three_pages_of_the_right_size(language: Language, paper: Paper) -> None:
    reader = PdfReader(io.BytesIO(render_pdf(content(languages=(language,)), paper)))
    assert len(reader.pages) == 3
    for page in reader.pages:
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(paper.size, abs=0.1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_says_whose_it_is_which_it_is_and_what_it_is_not(language: Language) -> None:
    said = content(languages=(language,))
    pages = page_reader.pages(render_pdf(said))
    for number, page in enumerate(pages, start=1):
        plain = squeezed(page)
        for words in (said.identity.name, said.identity.patient_id, "1968-04-09", DEMONSTRATION[language]):
            assert squeezed(words) in plain
        total = len(pages)
        numbering = f"Page {number} of {total}" if language is Language.ENGLISH else f"第 {number} 页，共 {total} 页"
        assert squeezed(numbering) in plain
        device = "Not a medical device." if language is Language.ENGLISH else "本软件不是医疗器械。"
        assert squeezed(device) in plain


def test_the_fixed_sentence_is_on_page_one() -> None:
    sentence = "A low figure is no reason to omit indicated cholecystectomy, alcohol or lipid treatment, or follow-up."
    for simulated in (True, False):
        assert squeezed(sentence) in squeezed(page_reader.pages(render_pdf(content(simulated_ct=simulated)))[0])


def test_no_verbal_risk_and_no_relative_risk() -> None:
    shown = " ".join(page_reader.pages(render_pdf(content()))).lower()
    for words in ("high risk", "low risk", "moderate risk", "times higher", "1 in ", "relative risk"):
        assert words not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_put_to_a_risk_only_where_the_bundle_defines_groups(language: Language) -> None:
    groups = (
        RiskGroup(label=Label(en="Group B", zh="乙组"), upper=0.6),
        RiskGroup(label=Label(en="Group A", zh="甲组"), upper=0.2),
        RiskGroup(label=Label(en="Group C", zh="丙组"), upper=1.0),
    )
    grouped = manifest().model_copy(update={"risk_groups": groups})
    named = {Language.ENGLISH: "Group B (20% to below 60%)", Language.CHINESE: "乙组（20%至60%以下）"}[language]
    first = squeezed(page_reader.pages(render_pdf(content(languages=(language,), bundle=grouped)))[0])
    assert squeezed(named) in first
    without = squeezed(page_reader.pages(render_pdf(content(languages=(language,))))[0])
    real = squeezed(
        page_reader.pages(render_pdf(content(languages=(language,), bundle=grouped, simulated_ct=False)))[0]
    )
    for words in (squeezed(named), "GroupB", "乙组"):
        assert words not in without
        assert words not in real  # a demonstration number on a real CT gets no verdict
    ends = [(0.1999, "Group A"), (0.2, "Group B"), (0.6, "Group C"), (1.0, "Group C")]
    for risk, label in ends:
        found = content(bundle=grouped, says=prediction(fused=risk)).group
        assert found is not None
        assert found.label.en == label


def test_the_site_s_base_rate_is_a_step_of_its_own() -> None:
    rate = BaseRate(development=0.289, site=0.5, site_source="audit", site_date="2026-01-01", site_patients=200)
    second = squeezed(page_reader.pages(render_pdf(content(says=prediction(base_rate=rate))))[1])
    shift = math.log(0.5 / 0.5) - math.log(0.289 / 0.711)
    assert "Baserateofthissite" in second
    assert signed(shift) in second
    assert "Baserateofthissite" not in squeezed(page_reader.pages(render_pdf(content()))[1])


def test_approval_fields_replace_the_disclaimer_only_when_filled() -> None:
    approval = Approval(authority="NMPA", number="20263210001", date=TIME.date(), intended_use="Planning of follow-up.")
    bundle = manifest(status=BundleStatus.CLINICAL, simulated=False, approval=approval)
    for page in page_reader.pages(render_pdf(content(bundle=bundle))):
        assert "Not a medical device" not in page
        assert "20263210001" in page
    plain = manifest(status=BundleStatus.CLINICAL, simulated=False)
    for page in page_reader.pages(render_pdf(content(bundle=plain))):
        assert "Not a medical device" in page
    research = manifest(status=BundleStatus.RESEARCH, simulated=False)
    for page in page_reader.pages(render_pdf(content(bundle=research))):
        assert "For research use only" in page


# The demonstration rule


def test_a_demonstration_number_on_a_real_ct_leaves_without_finding_or_signature() -> None:
    first = page_reader.pages(render_pdf(content(simulated_ct=False)))[0]
    full = page_reader.pages(render_pdf(content()))[0]
    for words in (
        "Of 100 patients like this",
        "Solid: recurrence",
        "operating threshold",
        "Date and signature",
        "threshold",
    ):
        assert words in full
        assert words not in first
    assert "Trained on simulated patients: this number is not a finding." in first
    assert "There is no signature block" in first
    assert "REVIEWED" not in first
    assert "37%" in first
    # Nor does the number, or a way to it, stand anywhere else in black.
    for page in page_reader.pages(render_pdf(content(simulated_ct=False)))[1:]:
        assert "37%" not in page
    assert "Raised most" in full
    assert "Raised most" not in first


def test_the_demonstration_number_is_grey_and_the_simulated_one_is_not() -> None:
    def darkest(said: ReportContent) -> int:
        import pypdfium2

        document = pypdfium2.PdfDocument(render_pdf(said))
        text_page = document[0].get_textpage()
        search = text_page.search("37%")
        boxes = []
        while (hit := search.get_next()) is not None:
            boxes.append(text_page.get_rect(text_page.count_rects(*hit) - 1))
        left, bottom, right, top = max(boxes, key=lambda box: box[3] - box[1])
        image = document[0].render(scale=2, grayscale=True).to_pil()
        high = image.height
        darkness: int = min(
            image.crop((int(left * 2), high - int(top * 2), int(right * 2), high - int(bottom * 2))).tobytes()
        )
        search.close()
        text_page.close()
        document.close()
        return darkness

    assert darkest(content()) < 90
    assert darkest(content(simulated_ct=False)) > 130


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_clinical_route_alone_says_so(language: Language) -> None:
    """No CT, no ROI, no shares, no position, nothing entered: the page still stands, and names what it lacks."""
    full = content(languages=(language,), bundle=manifest(clinical_only_allowed=True))
    routes = tuple(route for route in full.prediction.routes if route.route is Route.CLINICAL)
    says = full.prediction.model_copy(
        update={
            "routes": routes,
            "shares": None,
            "influential": (),
            "position": None,
            "contributions": (),
            "checks": (),
        }
    )
    said = full.model_copy(
        update={
            "prediction": says,
            "roi": None,
            "pictures": (),
            "scores": (),
            "validation": None,
            "distribution": None,
            "record": ClinicalRecord(),
            "identity": PatientIdentity(),
            "series": SeriesDescription(series_uid="", simulated=True),
        }
    )
    first, *_, last = page_reader.pages(render_pdf(said))
    assert percent(routes[0].risk, language) in first
    if language is Language.ENGLISH:
        assert "from clinical factors alone, without CT" in squeezed_spaces(first)
        assert "No CT was used for this risk" in first
        assert "Name not stated" in first
        assert "carries no validation" in last
    else:
        assert "未使用 CT" in first
        assert "姓名未注明" in first


def squeezed_spaces(words: str) -> str:
    return re.sub(r"\s+", " ", words)


# Review and languages


def test_a_reviewed_report_names_its_reviewer_and_a_draft_says_draft() -> None:
    draft = page_reader.pages(render_pdf(content()))
    done = page_reader.pages(render_pdf(reviewed(content(), REVIEW)))
    assert all("DRAFT" in page and "REVIEWED" not in page for page in draft)
    assert all("REVIEWED" in page and "DRAFT" not in page for page in done)
    for words in (REVIEW.person, REVIEW.role, REVIEW.comment, "commented on"):
        assert words in done[0]


def test_both_languages_on_one_report() -> None:
    both = page_reader.pages(render_pdf(content(languages=(Language.CHINESE, Language.ENGLISH))))
    assert len(both) == 6
    assert "第 1 页，共 6 页" in both[0]
    assert "Page 4 of 6" in both[3]
    assert "姓名与职务" in both[0]
    assert "Date and signature" not in both[3]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_the_other_language(language: Language) -> None:
    said = content(languages=(language,), of=PatientIdentity(name="A", patient_id="1", sex="M"))
    shown = "".join(page_reader.pages(render_pdf(said)))
    if language is Language.ENGLISH:
        assert not re.search(r"[\u4e00-\u9fff]", shown)
    else:
        assert len(re.findall(r"[\u4e00-\u9fff]", shown)) > 800
        for words in re.findall(r"(?:[a-z]+ ){5,}", shown):
            pytest.fail(f"untranslated: {words}")
