"""The report as PDF: the same content gives the same bytes; no clock, no random id, no markup parser.

After PDF/A-2b as far as reportlab allows: fonts embedded, sRGB output intent, XMP metadata, no transparency, no
scripts, document language set.
"""

from __future__ import annotations

from typing import Any

from apnet_desktop.language import Language
from apnet_desktop.report.archive_metadata import add_archive_metadata
from apnet_desktop.report.composer import Composer
from apnet_desktop.report.content import ReportContent
from apnet_desktop.report.furniture import HEADER_TOP, footer, header, page_furniture
from apnet_desktop.report.json_twin import twin_digest
from apnet_desktop.report.page_one import page_one
from apnet_desktop.report.page_three import page_three
from apnet_desktop.report.page_two import page_two
from apnet_desktop.report.pen import MILLIMETRE
from apnet_desktop.report.sheet import Pages, Paper, Placed
from apnet_desktop.report.typesetting import Typesetter

__all__ = ["DOCUMENT_LANGUAGE", "document_title", "render_pdf"]

DOCUMENT_LANGUAGE = {Language.ENGLISH: "en", Language.CHINESE: "zh-CN"}


def document_title(content: ReportContent, language: Language) -> str:
    """The document's title: what it is about, no identity."""
    composer = Composer(content, language, Typesetter(), 0.0)
    return composer.say("report.title", outcome=composer.label(content.manifest.outcome.label))


def render_pdf(content: ReportContent, paper: Paper = Paper.A4) -> bytes:
    """The report as a PDF file.

    Each language gets its own run of pages, numbered through; the first one carries the signature.

    Args:
        content: What it says.
        paper: A4 or US Letter.

    Returns:
        The file; equal for equal arguments on one machine and set of libraries.
    """
    typesetter = Typesetter()
    pages = Pages(typesetter, paper)
    sheets: list[list[Placed]] = []
    composers: list[Composer] = []
    for language in content.languages:
        composer = Composer(content, language, typesetter, pages.width)
        for sheet in _language_pages(composer, pages):
            sheets.append(sheet)
            composers.append(composer)

    def furniture(number: int, total: int) -> list[Placed]:
        return page_furniture(composers[number - 1], paper.size[1], number, total)

    def finish(canvas: Any) -> None:
        title = document_title(content, content.languages[0])
        add_archive_metadata(
            canvas,
            title=title,
            subject=f"APNet report {content.report_id} version {content.version}",
            keywords=f"apnet-report:{content.report_id}:{twin_digest(content)}",
            creator=f"APNet Desktop {content.application_version}",
            language=DOCUMENT_LANGUAGE[content.languages[0]],
            time=content.time,
        )

    return pages.write(sheets, furniture, finish, DOCUMENT_LANGUAGE[content.languages[0]])


def _language_pages(composer: Composer, pages: Pages) -> list[list[Placed]]:
    items = [*page_one(composer), *page_two(composer), *page_three(composer)]
    top = HEADER_TOP + header(composer, 88, 88).height + 3.5 * MILLIMETRE
    bottom = pages.paper.size[1] - 8.5 * MILLIMETRE - footer(composer).height - 2.5 * MILLIMETRE
    return pages.paginate(items, top, bottom)
