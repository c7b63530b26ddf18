"""What stands on every page: whose report, page n of m, what the model is for, which version."""

from __future__ import annotations

from apnet_desktop.bundle.manifest import BundleStatus
from apnet_desktop.report.blocks import Block, Columns, Framed, Rule, Space, Stack
from apnet_desktop.report.composer import CAPTION, SMALL, Composer
from apnet_desktop.report.content import ReportStatus
from apnet_desktop.report.pen import MILLIMETRE
from apnet_desktop.report.sheet import Placed
from apnet_desktop.report.typesetting import BLACK, WHITE, Style
from apnet_desktop.report.wording import STATUS, date_text, sex_text, time_text

__all__ = ["HEADER_TOP", "footer", "header", "page_furniture", "status_sentence"]

HEADER_TOP = 9.5 * MILLIMETRE
_FOOTER_GAP = 8.5 * MILLIMETRE
_NAME = Style(11.0, bold=True, leading=1.25)
_SEPARATOR = "  ·  "
_RIGHT = Style(9.0, bold=True, align="right", leading=1.35)
_RIGHT_SMALL = Style(7.6, align="right", leading=1.35)


def header(composer: Composer, number: int, total: int) -> Block:
    """Identity to the left, page and status to the right, a line, and the bundle's status."""
    content, language = composer.content, composer.language
    identity, series = content.identity, content.series
    right_width = 92.0
    left_width = composer.width - right_width - 8
    name = identity.name.strip() or composer.say("report.name_not_stated")
    who = [
        composer.say("report.header.patient_id", value=identity.patient_id or composer.say("report.not_stated")),
        sex_text(identity.sex, language) if identity.sex else composer.say("report.header.sex_not_stated"),
        composer.say("report.header.born", value=date_text(identity.birth_date, language)),
    ]
    if identity.entered_by_hand:
        who.append(composer.say("report.entered_by_hand"))
    what = [
        composer.say("report.header.study_date", value=date_text(series.study_date, language)),
        composer.say("report.header.accession", value=series.accession_number or composer.say("report.not_stated")),
        composer.say(
            "report.header.series",
            number=series.number if series.number is not None else "–",
            description=series.description or composer.say("report.not_stated"),
        ),
    ]
    left = Stack(
        (
            composer.paragraph(name, _NAME, left_width, maximum=1),
            composer.paragraph(_SEPARATOR.join(who), SMALL, left_width, maximum=2),
            composer.paragraph(_SEPARATOR.join(what), SMALL, left_width, maximum=2),
        )
    )
    right = Stack(
        (
            composer.paragraph(composer.say("report.page", number=number, total=total), _RIGHT, right_width),
            Space(1.5),
            _status_chip(composer, right_width),
            Space(1.5),
            composer.paragraph(
                composer.say("report.header.version", version=content.version), _RIGHT_SMALL, right_width
            ),
        )
    )
    blocks: list[Block] = [
        Columns((left, right), (0.0, composer.width - right_width)),
        Rule(composer.width, height=5, line=1.0, colour=BLACK),
    ]
    status = status_sentence(composer)
    if status:
        blocks.append(composer.boxed(status, Style(8.6, bold=True, align="centre"), line=1.1))
    return Stack(tuple(blocks))


def _status_chip(composer: Composer, width: float) -> Block:
    """DRAFT in an outline, REVIEWED on dark ground: told apart at a glance, in black and white too."""
    reviewed = composer.content.status is ReportStatus.REVIEWED
    style = Style(8.6, bold=True, colour=WHITE if reviewed else BLACK, leading=1.3)
    words = composer.say(STATUS[composer.content.status])
    inner = composer.typesetter.width(words, style) + 0.5
    chip = Framed(
        composer.paragraph(words, style, inner),
        inner + 12,
        padding=6,
        padding_y=1.2,
        fill=BLACK if reviewed else None,
        stroke=BLACK,
        line=0.9,
    )
    return Columns((chip,), (width - chip.width,))


def status_sentence(composer: Composer) -> str:
    """What the bundle's status obliges every page to say; empty for a clinical bundle."""
    content = composer.content
    if content.trained_on_simulated:
        return composer.say("report.demonstration_model")
    if content.manifest.status is BundleStatus.RESEARCH:
        return composer.say("report.research_only")
    return ""


def footer(composer: Composer) -> Block:
    """A line; what the program is not, and where the page comes from."""
    content = composer.content
    approval = content.manifest.approval
    device = (
        composer.say("report.not_a_medical_device")
        if approval is None
        else composer.say("report.approved", authority=approval.authority, number=approval.number)
    )
    source = composer.say(
        "report.footer",
        report=content.report_id,
        version=content.version,
        time=time_text(content.time),
        bundle=content.manifest.name,
        bundle_version=content.manifest.version,
        application=content.application_version,
    )
    return Stack(
        (
            Rule(composer.width, height=4),
            composer.paragraph(device, Style(7.4, bold=True), maximum=2),
            composer.paragraph(source, CAPTION, maximum=2),
        )
    )


def page_furniture(composer: Composer, paper_height: float, number: int, total: int) -> list[Placed]:
    """Header and footer of one page."""
    foot = footer(composer)
    return [
        Placed(header(composer, number, total), HEADER_TOP),
        Placed(foot, paper_height - _FOOTER_GAP - foot.height),
    ]
