"""The report as one HTML page: the same sentences in reading order, for screen readers.

Built as a tree of elements, so every text is text; no script, no link, nothing is loaded from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from apnet_desktop.report.composer import Composer
from apnet_desktop.report.content import ReportContent
from apnet_desktop.report.factor_table import entered_value, factor_notes
from apnet_desktop.report.fonts import printable
from apnet_desktop.report.furniture import status_sentence
from apnet_desktop.report.json_twin import typed_code
from apnet_desktop.report.pdf import DOCUMENT_LANGUAGE, document_title
from apnet_desktop.report.picture import Picture
from apnet_desktop.report.reasons import reason_sentences, share_steps
from apnet_desktop.report.sentences import (
    check_sentence,
    definition,
    framing,
    group,
    headline,
    interval_sentence,
    picture_caption,
    region_sentences,
    review_fields,
    route_lines,
    score_text,
    threshold,
)
from apnet_desktop.report.small_print import small_print
from apnet_desktop.report.typesetting import Typesetter
from apnet_desktop.report.wording import (
    STATUS,
    date_text,
    log_odds_text,
    outside_reference,
    reference_text,
    sex_text,
    whole_percent,
)

__all__ = ["render_html"]

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em;color:#111;background:#fff}"
    "table{border-collapse:collapse}th,td{text-align:left;padding:.2em .8em .2em 0;vertical-align:top}"
    ".answer{font-size:1.3em;font-weight:bold}.quiet{color:#555}.frame{border:2px solid #111;padding:.5em}"
    "img{max-width:100%}"
)


def render_html(content: ReportContent) -> bytes:
    """The page, UTF-8; equal for equal content."""
    first = content.languages[0]
    root = Element("html", lang=DOCUMENT_LANGUAGE[first])
    head = SubElement(root, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "title").text = printable(document_title(content, first))
    SubElement(head, "style").text = _STYLE
    body = SubElement(root, "body")
    for language in content.languages:
        main = SubElement(body, "main" if language is first else "article", lang=DOCUMENT_LANGUAGE[language])
        _write(main, Composer(content, language, Typesetter(), 0.0))
    page: bytes = tostring(root, encoding="utf-8", method="html")
    return b"<!DOCTYPE html>\n" + page + b"\n"


def _write(main: Element, composer: Composer) -> None:
    _text(main, "h1", composer.say("report.heading"))
    _identity(main, composer)
    if composer.content.is_finding:
        _finding(main, composer)
    else:
        _demonstration(main, composer)
    _region(main, composer)
    _checks(main, composer)
    _text(main, "p", composer.say("report.low_figure"))
    _text(main, "p", composer.say("report.not_alone"))
    _review(main, composer)
    _reasons(main, composer)
    _factors(main, composer)
    for section in small_print(composer):
        _text(main, "h2", composer.say(section.heading))
        for sentence in section.before:
            _text(main, "p", sentence)
        if section.rows:
            _rows(main, section.rows)
        for sentence in section.after:
            _text(main, "p", sentence)


def _text(parent: Element, name: str, words: str, **attributes: str) -> Element:
    element = SubElement(parent, name, attributes)
    element.text = printable(words)
    return element


def _rows(parent: Element, rows: Iterable[tuple[str, str]]) -> None:
    table = SubElement(parent, "table")
    for name, value in rows:
        row = SubElement(table, "tr")
        _text(row, "th", name, scope="row")
        _text(row, "td", value)


def _identity(main: Element, composer: Composer) -> None:
    content, language = composer.content, composer.language
    identity, series = content.identity, content.series
    blank = composer.say("report.not_stated")
    name = identity.name.strip() or composer.say("report.name_not_stated")
    if identity.entered_by_hand:
        name = f"{name} {composer.say('report.entered_by_hand')}"
    _text(main, "p", name)
    _text(main, "p", composer.say("report.header.patient_id", value=identity.patient_id or blank))
    sex = sex_text(identity.sex, language) if identity.sex else composer.say("report.header.sex_not_stated")
    _text(main, "p", sex)
    _text(main, "p", composer.say("report.header.born", value=date_text(identity.birth_date, language)))
    _text(main, "p", composer.say("report.header.study_date", value=date_text(series.study_date, language)))
    _text(main, "p", composer.say("report.header.accession", value=series.accession_number or blank))
    number = series.number if series.number is not None else "–"
    described = composer.say("report.header.series", number=number, description=series.description or blank)
    _text(main, "p", described)
    status = f"{composer.say(STATUS[content.status])}, {composer.say('report.header.version', version=content.version)}"
    _text(main, "p", status)
    sentence = status_sentence(composer)
    if sentence:
        _text(main, "p", sentence, **{"class": "frame", "role": "note"})


def _finding(main: Element, composer: Composer) -> None:
    content = composer.content
    lines = route_lines(composer)
    _text(main, "h2", headline(composer))
    _text(main, "p", lines[0].figure, **{"class": "answer"})
    _text(main, "p", interval_sentence(composer))
    _text(main, "p", framing(composer))
    _text(main, "p", composer.say("report.interval_covers"))
    _text(main, "p", threshold(composer))
    if content.group is not None:
        _text(main, "p", group(composer))
    _text(main, "p", definition(composer))
    _text(main, "h2", composer.say("report.routes"))
    _rows(main, [(line.name, line.figure) for line in lines])
    if content.prediction.position is not None:
        _text(main, "p", composer.say("report.position_is", lower=whole_percent(content.prediction.position)))
    sentences = reason_sentences(composer)
    if sentences:
        _text(main, "h2", composer.say("report.reasons"))
    for sentence in sentences:
        _text(main, "p", sentence)


def _demonstration(main: Element, composer: Composer) -> None:
    _text(main, "h2", composer.say("report.trained_on_simulated"))
    _text(main, "p", composer.say("report.not_a_finding"))
    _text(main, "p", headline(composer), **{"class": "quiet"})
    for line in route_lines(composer):
        _text(main, "p", f"{line.name}: {line.figure}", **{"class": "quiet"})
    _text(main, "p", definition(composer))


def _region(main: Element, composer: Composer) -> None:
    _text(main, "h2", composer.say("report.roi"))
    for sentence in region_sentences(composer):
        _text(main, "p", sentence)
    for picture in composer.content.pictures:
        _picture(main, composer, picture)


def _picture(parent: Element, composer: Composer, picture: Picture) -> None:
    figure = SubElement(parent, "figure")
    caption = printable(picture_caption(composer, picture))
    sides = composer.say("report.sides", left=picture.left, right=picture.right, top=picture.top, bottom=picture.bottom)
    SubElement(figure, "img", src=f"data:image/png;base64,{picture.png}", alt=f"{caption}. {printable(sides)}")
    _text(figure, "figcaption", caption)


def _checks(main: Element, composer: Composer) -> None:
    noteworthy = composer.content.noteworthy_checks
    if not noteworthy:
        _text(main, "p", composer.say("report.checks_passed", number=len(composer.content.prediction.checks)))
        return
    _text(main, "h2", composer.say("report.checks_noteworthy", number=len(noteworthy)))
    parent = SubElement(main, "ul")
    for check in noteworthy:
        _text(parent, "li", check_sentence(composer, check))


def _review(main: Element, composer: Composer) -> None:
    content = composer.content
    if not content.is_finding:
        _text(main, "p", composer.say("report.no_signature"))
    elif content.review is None:
        _text(main, "p", composer.say("report.sign_draft"))
    else:
        _text(main, "h2", composer.say("report.sign_reviewed"))
        _rows(main, review_fields(composer, content.review))
    _text(main, "p", composer.say("report.code_is", code=typed_code(content)))


def _reasons(main: Element, composer: Composer) -> None:
    content = composer.content
    labels = {factor.id: composer.label(factor.label) for factor in content.factors.factors}
    contributions = content.prediction.contributions
    if contributions:
        fused = all(each.fused_log_odds is not None for each in contributions)
        _text(main, "h2", composer.say("report.contributions"))
        _text(main, "p", composer.say("report.contributions_read_both" if fused else "report.contributions_read"))
        heads = ("report.column_factor", "report.in_clinical", "report.in_fused")[: 3 if fused else 2]
        _table(
            main,
            [composer.say(head) for head in heads],
            [
                (
                    labels.get(each.factor_id, each.factor_id),
                    log_odds_text(each.log_odds),
                    *((log_odds_text(each.fused_log_odds),) if each.fused_log_odds is not None else ()),
                )
                for each in contributions
            ],
        )
    steps = share_steps(composer)
    if steps:
        _text(main, "h2", composer.say("report.shares"))
        _text(main, "p", composer.say("report.shares_read"))
        heads = ("report.in_part", "report.in_log_odds", "report.risk_reached")[: 3 if content.is_finding else 2]
        rows = [(step.name, log_odds_text(step.log_odds), step.reached)[: len(heads)] for step in steps]
        _table(main, [composer.say(head) for head in heads], rows)
    if content.scores:
        _text(main, "h2", composer.say("report.scores"))
        _rows(main, [(composer.label(score.label), score_text(composer, score)) for score in content.scores])


def _table(parent: Element, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = SubElement(parent, "table")
    top = SubElement(table, "tr")
    for head in heads:
        _text(top, "th", head, scope="col")
    for name, *values in rows:
        row = SubElement(table, "tr")
        _text(row, "th", name, scope="row")
        for value in values:
            _text(row, "td", value)


def _factors(main: Element, composer: Composer) -> None:
    content = composer.content
    _text(main, "h2", composer.say("report.inputs"))
    names = ("report.column_factor", "report.column_value", "report.column_reference", "report.column_note")
    _table(
        main,
        [composer.say(name) for name in names],
        [
            (
                composer.label(factor.label),
                f"{entered_value(composer, factor)} {outside_reference(factor, content.record)}".strip(),
                reference_text(factor, content.record),
                composer.say("report.list_separator").join(factor_notes(composer, factor)),
            )
            for factor in content.factors.factors
        ],
    )
