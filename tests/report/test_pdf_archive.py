"""The PDF as a file that is kept: same bytes, PDF/A rules, fonts, no active content, hostile text."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.language import Language, Message
from apnet_desktop.report.content import Review, ReviewDecision
from apnet_desktop.report.pdf import render_pdf
from apnet_desktop.report.sheet import Paper
from tests.report import page_reader
from tests.report.factory import TIME, content, identity, manifest, many_factors, prediction
from tests.report.figures import HOSTILE
from tests.report.page_reader import squeezed

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
