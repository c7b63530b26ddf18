"""The printed page, read back by programs that did not write it."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

from apnet_desktop import report as report_room
from apnet_desktop.bundle.manifest import Approval, BundleStatus, RiskGroup
from apnet_desktop.bundle.prediction import BaseRate, Route
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.factor import Label
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.volume import SeriesDescription
from apnet_desktop.language import Language, Message
from apnet_desktop.locations import resources_folder
from apnet_desktop.report.content import ReportContent, Review, ReviewDecision, reviewed
from apnet_desktop.report.json_twin import json_twin
from apnet_desktop.report.pdf import render_pdf
from apnet_desktop.report.sheet import Paper
from tests.report import page_reader
from tests.report.factory import TIME, content, identity, manifest, many_factors, prediction
from tests.report.generated import generated
from tests.report.page_reader import squeezed

LANGUAGES = list(Language)
DEMONSTRATION = {
    Language.ENGLISH: "Demonstration model: trained on simulated patients. Not for clinical use.",
    Language.CHINESE: "演示模型：用模拟患者训练。不得用于临床。",
}
REVIEW = Review(
    person="Dr Amara Okafor",
    role="Gastroenterologist",
    time=TIME,
    decision=ReviewDecision.COMMENTED,
    comment="Fits the course.",
)


def _percent(probability: float, language: Language) -> str:
    """Independent of the package: whole percent, halves up, never 0 or 100."""
    if probability < 0.01:
        return "below 1%" if language is Language.ENGLISH else "低于 1%"
    if probability > 0.99:
        return "above 99%" if language is Language.ENGLISH else "高于 99%"
    return f"{int(probability * 100 + 0.5)}%"


def _signed(value: float) -> str:
    if f"{abs(value):.2f}" == "0.00":
        return "0.00"
    return f"{'+' if value > 0 else '−'}{abs(value):.2f}"


def _shift(base: dict[str, Any]) -> float:
    """Of the logit by the site's own base rate."""
    if base["site"] is None:
        return 0.0
    return math.log(base["site"] / (1 - base["site"])) - math.log(base["development"] / (1 - base["development"]))


def _reached(said: dict[str, Any], language: Language) -> list[str]:
    """The risk after each share: development average, with clinical factors, with the CT."""
    shares, logit, found = said["prediction"]["shares"], 0.0, []
    for name in ("baseline", "clinical", "image"):
        logit += shares[name]
        found.append(_percent(1 / (1 + math.exp(-logit)), language))
    return found


def _left_open(said: dict[str, Any], language: Language) -> list[str]:
    """The range that the usual values of each unknown factor leave open."""
    asked = {factor["id"] for factor in said["factors"]["factors"]}
    unknown = {id for id in asked if said["record"]["values"].get(id) is None}
    rows = [each for each in said["prediction"]["unknowns"] if each["factor_id"] in unknown]
    return [_percent(each[end], language) for each in rows for end in ("lower", "upper")]


def _figures(twin: dict[str, object], language: Language) -> list[str]:
    """Every figure that the page owes its reader, from the twin alone."""
    said = json.loads(json.dumps(twin))
    key = language.value
    figures = [
        said["identity"]["patient_id"],
        said["series"]["accession_number"],
        said["report_id"],
        said["case_id"],
        said["prediction"]["provenance"]["prediction_id"],
        said["prediction"]["provenance"]["bundle_sha256"],
        said["roi"]["digest"],
        said["series"]["series_uid"],
        f"{said['roi']['volume']:.1f} mL",
        f"{said['roi']['mean_hounsfield']:.0f} HU".replace("-", "−"),
        str(said["manifest"]["cohort"]["patients"]),
        str(said["manifest"]["cohort"]["events"]),
        _percent(said["prediction"]["base_rate"]["development"], language),
        said["manifest"]["outcome"]["definition"][key],
        said["manifest"]["name"],
        said["manifest"]["version"],
    ]
    for route in said["prediction"]["routes"]:
        figures += [_percent(route[end], language) for end in ("risk", "lower", "upper")]
    shares = said["prediction"]["shares"]
    figures += [_signed(shares[name]) for name in ("baseline", "clinical", "image")]
    figures.append(_signed(sum(shares.values()) + _shift(said["prediction"]["base_rate"])))
    for each in said["prediction"]["contributions"][:10]:
        figures += [_signed(each["log_odds"]), _signed(each["fused_log_odds"])]
    figures += [*_left_open(said, language), *(said["dates"][name] or "" for name in ("moment", "horizon_start"))]
    for factor in said["factors"]["factors"]:
        figures.append(factor["label"][key])
        value = said["record"]["values"].get(factor["id"])
        if isinstance(value, int | float) and not isinstance(value, bool):
            figures.append(f"{value:.{factor['decimals']}f}".replace("-", "−"))
    for figure in said["validation"]["figures"]:
        for end in ("value", "lower", "upper"):
            shown = f"{figure[end] * 100:.0f}%" if figure["percent"] else f"{figure[end]:.{figure['decimals']}f}"
            figures.append(shown)
    if said["review"] is not None:
        figures.append(said["review"]["comment"])
        # pypdf gives right-to-left names in the order in which they are drawn; they have a test of their own.
        if not any(unicodedata.bidirectional(character) in ("R", "AL") for character in said["review"]["person"]):
            figures.append(said["review"]["person"])
    if said["is_finding"]:
        count = min(99, max(1, int(said["prediction"]["routes"][0]["risk"] * 100 + 0.5)))
        figures += [
            *_reached(said, language),
            str(count),
            str(100 - count),
            _percent(said["manifest"]["threshold"]["risk"], language),
        ]
    return figures


def _check_page(said: ReportContent, language: Language, folder: Path) -> int:
    """Checks a whole report; the number of its pages."""
    pdf = render_pdf(said)
    shown = squeezed("".join(page_reader.pages(pdf)))
    for figure in _figures(json.loads(json_twin(said)), language):
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
    figures = pages = 0
    for seed in range(first, 300):
        said = generated(seed, language)
        pages += _check_page(said, language, tmp_path)
        figures += len(_figures(json.loads(json_twin(said)), language))
        with done.open("a") as file:
            file.write(f"{seed}\n")
    print(f"\nreports in {language.value}: {300 - first} of 200 now, {figures} figures found on {pages} pages")  # noqa: T201


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
    known |= {digits for figure in _figures(twin, language) for digits in re.findall(r"\d+", figure)}
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
    assert _signed(shift) in second
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
    assert "Raised most by" in full
    assert "Raised most by" not in first


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
    assert _percent(routes[0].risk, language) in first
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


# Same inputs, same bytes


def test_same_content_same_bytes_in_another_process(tmp_path: Path) -> None:
    said = content(languages=(Language.CHINESE,))
    (tmp_path / "content.json").write_text(said.model_dump_json(), encoding="utf-8")
    program = (
        "import sys, hashlib, pathlib\n"
        "from apnet_desktop.report.content import ReportContent\n"
        "from apnet_desktop.report.pdf import render_pdf\n"
        "said = ReportContent.model_validate_json(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(hashlib.sha256(render_pdf(said)).hexdigest())\n"
        "assert not {'torch', 'PySide6', 'timm', 'lightgbm'} & set(sys.modules)\n"
    )
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1", "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "7"}
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", program, str(tmp_path / "content.json")],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.stdout.strip() == hashlib.sha256(render_pdf(said)).hexdigest()


def test_many_reports_in_one_process_leave_no_fonts_behind() -> None:
    from reportlab.pdfbase import pdfmetrics

    render_pdf(content())
    before = set(pdfmetrics.getRegisteredFontNames())
    render_pdf(content(of=PatientIdentity(name="喆堃祎㛃𠅤", patient_id="1", sex="M")))
    assert set(pdfmetrics.getRegisteredFontNames()) == before


# Hostile text (C-53)

HOSTILE = (
    '<img src="/etc/passwd"/>',
    '<img src="http://127.0.0.1:9/x.png"/>',
    '<a href="javascript:alert(1)">click</a>',
    "</para><b>bold",
    "Doe<Jane & Söhne; (brackets) \\ backslash",
    "{braces} {0} {name!r} %s %(x)s",
    "a" * 500,
    "长" * 500,
    "word " * 4000,
    "abc\u202egpj.exe\u202c",
    "tab\tnew\nline\x00\x07\x1b[31m",
    "=HYPERLINK(1)",
    "e\u0301\u0323 \U0001f600 \ud7b0 \ufffe",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_comes_out_as_text(hostile: str, tmp_path: Path) -> None:
    warned = Check(
        id="x",
        state=CheckState.REFUSED,
        message=Message.of("report.check_blocks", check=hostile),
        override_reason=hostile,
    )
    base = content(
        of=PatientIdentity(name=hostile, patient_id=hostile, sex="M"), says=prediction(checks=(warned,)), report_id="r"
    )
    series = base.series.model_copy(update={"description": hostile, "accession_number": hostile, "kernel": hostile})
    factor_id = base.manifest.factors.factors[0].id
    record = base.record.model_copy(update={"typed": {factor_id: hostile}})
    facts = base.roi.model_copy(update={"author": hostile}) if base.roi is not None else None
    review = Review(person=hostile, role=hostile, time=TIME, decision=ReviewDecision.REJECTED, comment=hostile)
    said = base.model_copy(update={"series": series, "record": record, "roi": facts, "review": review})
    pdf = render_pdf(said)
    reader = PdfReader(io.BytesIO(pdf))
    _no_active_content(reader)
    pictures = len(content().pictures)
    assert sum(len(page.images) for page in reader.pages) == pictures
    shown = squeezed("".join(page.extract_text() for page in reader.pages))
    marker = {"<img": "<imgsrc=", "<a h": '<ahref="javascript', "</pa": "</para><b>bold", "{bra": "{braces}{0}{name!r}"}
    if hostile[:4] in marker:
        assert marker[hostile[:4]] in shown
    for word in page_reader.words(pdf, tmp_path):
        assert word.left >= 30, word
        assert word.right <= Paper.A4.size[0] - 30, word
        assert word.bottom <= Paper.A4.size[1] - 18, word


def _no_active_content(reader: PdfReader) -> None:
    """No link, script, form, attachment or external reference anywhere in the file."""
    for number in range(1, len(reader.xref[0]) + 1):
        thing = reader.get_object(IndirectObject(number, 0, reader))
        if isinstance(thing, DictionaryObject):
            forbidden = {"/URI", "/JS", "/JavaScript", "/Launch", "/AA", "/OpenAction", "/EmbeddedFiles", "/GoToR"}
            assert not forbidden & set(thing), thing
    assert all("/Annots" not in page for page in reader.pages)


def test_forty_factors_and_long_names_paginate(tmp_path: Path) -> None:
    factors, entered = many_factors(40)
    said = content(
        bundle=manifest(factors=factors), entered=entered, of=identity("Maximiliana-Theodora " * 12), says=prediction()
    )
    pdf = render_pdf(said, Paper.LETTER)
    shown = squeezed("".join(page_reader.pages(pdf)))
    for factor in factors.factors:
        assert squeezed(factor.label.en) in shown
    assert 3 <= len(PdfReader(io.BytesIO(pdf)).pages) <= 5
    bottom = Paper.LETTER.size[1] - 18
    assert all(word.bottom <= bottom for word in page_reader.words(pdf, tmp_path))


# PDF/A-2b, as far as reportlab allows. Rules of ISO 19005-2 that are checked here: 6.1.2 header; 6.1.3 trailer id and
# no encryption; 6.2.2 output intent with an embedded ICC profile; 6.2.10 no transparency groups or soft masks; 6.2.11.4
# every font embedded; 6.2.11.5 widths that agree with the font program; 6.2.11.6 symbolic fonts with one cmap and no
# Encoding; 6.3 no annotation; 6.5 no action; 6.6.2 XMP with part and conformance that agrees with the
# document information. veraPDF itself is not at hand.


def _catalogue(reader: PdfReader) -> Any:
    return reader.trailer["/Root"].get_object()


def test_rules_of_pdf_a() -> None:
    said = content(languages=(Language.CHINESE,))
    pdf = render_pdf(said)
    assert pdf.startswith(b"%PDF-1.7\n%")
    assert all(byte > 127 for byte in pdf.split(b"\n")[1][1:5])
    reader = PdfReader(io.BytesIO(pdf))
    catalogue = _catalogue(reader)
    assert not reader.is_encrypted
    assert len(reader.trailer["/ID"]) == 2  # type: ignore[arg-type]
    assert str(catalogue["/Lang"]) == "zh-CN"
    intent = catalogue["/OutputIntents"][0].get_object()
    assert intent["/S"] == "/GTS_PDFA1"
    profile = intent["/DestOutputProfile"].get_object()
    assert profile["/N"] == 3
    assert profile.get_data()[36:40] == b"acsp"
    xmp = catalogue["/Metadata"].get_object()
    assert "/Filter" not in xmp
    metadata = xmp.get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in metadata
    assert reader.metadata is not None
    assert reader.metadata.title == "复发风险报告：急性胰腺炎复发"
    assert reader.metadata.title in metadata
    assert reader.metadata.creation_date == TIME
    assert "2026-11-03T14:05:00+00:00" in metadata
    _no_active_content(reader)
    for page in reader.pages:
        resources: Any = page["/Resources"].get_object()
        assert "/Group" not in page
        for state in resources.get("/ExtGState", {}).values():
            assert not {"/SMask", "/CA", "/ca"} & set(state.get_object())
        for image in resources.get("/XObject", {}).values():
            assert "/SMask" not in image.get_object()


def test_font_rules_of_pdf_a() -> None:
    reader = PdfReader(io.BytesIO(render_pdf(content(languages=(Language.CHINESE,)))))
    seen = set()
    for page in reader.pages:
        resources: Any = page["/Resources"].get_object()
        for font in (entry.get_object() for entry in resources["/Font"].values()):
            seen.add(font["/BaseFont"])
            assert "/Encoding" not in font
            descriptor = font["/FontDescriptor"].get_object()
            assert descriptor["/Flags"] & 4
            program = TTFont(io.BytesIO(descriptor["/FontFile2"].get_object().get_data()))
            (table,) = program["cmap"].tables
            em = program["head"].unitsPerEm
            for code, glyph in table.cmap.items():
                width = font["/Widths"][code - font["/FirstChar"]]
                if glyph != ".notdef":
                    assert width == pytest.approx(program["hmtx"][glyph][0] * 1000 / em, abs=1)
    assert len(seen) >= 2


def test_no_identity_in_the_metadata() -> None:
    said = content()
    reader = PdfReader(io.BytesIO(render_pdf(said)))
    everything = f"{dict(reader.metadata or {})} {_catalogue(reader)['/Metadata'].get_object().get_data()}"
    assert said.identity.name.split()[0] not in everything
    assert said.identity.patient_id not in everything


@pytest.mark.parametrize("name", ["שרון כהן", "محمد بن سلمان", "김희중", "أحمد (Ahmed) 12"])
def test_right_to_left_names_are_drawn_that_way_and_found_again(name: str, tmp_path: Path) -> None:
    """Poppler reorders what is drawn from right to left into the order of speech."""
    pdf = render_pdf(content(of=PatientIdentity(name=name, patient_id="1", sex="M")))
    found = unicodedata.normalize("NFKC", page_reader.text(pdf, tmp_path))
    for word in re.findall(r"\w+", name):
        assert word in re.sub("[\u202a-\u202e]", "", found)


def test_rare_characters_are_found_again_in_the_text(tmp_path: Path) -> None:
    name = "喆堃祎㛃𠅤𬭎 Łukasz"
    pdf = render_pdf(content(of=PatientIdentity(name=name, patient_id="1", sex="M")))
    assert name in page_reader.text(pdf, tmp_path)
    assert squeezed(name) in squeezed(page_reader.pages(pdf)[0])
