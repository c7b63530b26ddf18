"""One PDF of an evaluation: measures, figures, subgroups, missing values, and TRIPOD+AI item by item."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.study.evaluation import Evaluation, RouteEvaluation
from apnet_desktop.study.statistics.estimate import Estimate
from apnet_desktop.study.tripod import tripod_items

__all__ = ["write_evaluation_report"]

_FONT = "DejaVuSansEvaluation"
_WIDTH = 500


def write_evaluation_report(evaluation: Evaluation, manifest: Manifest, pictures: tuple[Path, ...], path: Path) -> None:
    """Writes the report.

    Args:
        evaluation: What was measured.
        manifest: Of the bundle.
        pictures: PNG files of the figures.
        path: The PDF.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import SimpleDocTemplate

    _register_font()
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        title=f"Evaluation of {manifest.name} {manifest.version}",
        author="APNet Desktop",
        initialFontName=_FONT,
        invariant=1,
        leftMargin=46,
        rightMargin=46,
    )
    story: list[Any] = [
        *_opening(evaluation, manifest),
        *_measures(evaluation),
        *_figures(pictures),
        *_subgroups(evaluation),
        *_missing(evaluation),
        *_tripod(evaluation, manifest),
    ]
    banner = _banner(evaluation)
    document.build(story, onFirstPage=banner, onLaterPages=banner)


def _register_font() -> None:
    """DejaVu Sans, which matplotlib carries: it has every letter of Latin names, and it is embedded."""
    import matplotlib as mpl
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_FONT, str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")))


def _style(size: float, **options: Any) -> Any:
    from reportlab.lib.styles import ParagraphStyle

    settings = {"leading": size * 1.35, "spaceAfter": size * 0.5, **options}
    return ParagraphStyle(f"s{size}{sorted(options)}", fontName=_FONT, fontSize=size, **settings)


def _text(words: str, size: float = 9, **options: Any) -> Any:
    from reportlab.platypus import Paragraph

    return Paragraph(escape(words), _style(size, **options))


def _heading(words: str) -> Any:
    return _text(words, 12, spaceBefore=10, keepWithNext=1)


def _banner(evaluation: Evaluation) -> Any:
    parts = ["Simulated patients: says nothing about real patients"] if evaluation.simulated else []
    parts += ["fewer than 100 events: wide intervals"] if evaluation.few_events else []

    def draw(canvas: Any, document: Any) -> None:
        canvas.setFont(_FONT, 8)
        canvas.setFillColorRGB(0.69, 0, 0.13)
        canvas.drawString(46, 815, " · ".join(parts))
        canvas.setFillColorRGB(0.35, 0.35, 0.35)
        canvas.drawRightString(549, 28, str(document.page))

    return draw


def _table(rows: list[list[str]], widths: list[float]) -> Any:
    from reportlab.platypus import Table

    cells = [[_text(cell, 7.5, spaceAfter=0) for cell in row] for row in rows]
    grid = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, (0.2, 0.2, 0.2)),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, (0.8, 0.8, 0.8)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("FONT", (0, 0), (-1, -1), _FONT),
    ]
    return Table(cells, colWidths=widths, style=grid, repeatRows=1, hAlign="LEFT")


def _opening(evaluation: Evaluation, manifest: Manifest) -> list[Any]:
    flow = evaluation.flow
    return [
        _text(f"Evaluation of {manifest.name} {manifest.version}", 16),
        _text(f"{evaluation.cohort}; {manifest.outcome.label.en} within {evaluation.horizon_months} months."),
        _text(
            f"{flow.rows} rows → {flow.ineligible} ineligible, {flow.without_ct} without usable images → "
            f"{flow.evaluated} evaluated: {flow.events} events, {flow.deaths_before_recurrence} died without "
            f"recurrence, {flow.censored_before_horizon} censored before the horizon."
        ),
        *[_text(note.text()) for note in evaluation.notes],
    ]


def _cell(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    if estimate.lower is None or estimate.upper is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.lower:.3f} to {estimate.upper:.3f})"


def _measure_rows(entry: RouteEvaluation) -> list[tuple[str, str]]:
    shares, calibration = entry.classification, entry.calibration
    return [
        ("AUROC, DeLong", _cell(entry.auroc)),
        ("AUROC, bootstrap", _cell(entry.auroc_bootstrap)),
        ("Calibration intercept", _cell(calibration.intercept)),
        ("Calibration slope", _cell(calibration.slope)),
        ("O:E", _cell(calibration.observed_over_expected)),
        ("Brier", _cell(calibration.brier)),
        ("Scaled Brier", f"{calibration.scaled_brier:.3f}"),
        ("Sensitivity", _cell(shares.sensitivity)),
        ("Specificity", _cell(shares.specificity)),
        ("PPV", _cell(shares.positive_predictive_value)),
        ("NPV", _cell(shares.negative_predictive_value)),
        ("Accuracy", _cell(shares.accuracy)),
        ("F1", _cell(shares.f1)),
    ]


def _measures(evaluation: Evaluation) -> list[Any]:
    columns = [_measure_rows(entry) for entry in evaluation.routes]
    rows = [["Measure", *[entry.route.value for entry in evaluation.routes]]]
    for number, (name, _) in enumerate(columns[0]):
        rows.append([name, *[column[number][1] for column in columns]])
    threshold = evaluation.routes[0].classification.threshold
    story = [
        _heading("Measures"),
        _table(rows, [110, *[(_WIDTH - 110) / len(columns)] * len(columns)]),
        _text(
            f"95 % intervals. Shares from sensitivity down are at the fixed threshold of {threshold:.1%}.",
            spaceBefore=4,
        ),
    ]
    for comparison in evaluation.comparisons:
        shown = comparison.delong or comparison.bootstrap
        verdict = "" if shown.distinguishable else "; the interval holds 0: not distinguishable"
        words = f"AUROC {comparison.first.value} minus {comparison.second.value}: {_cell(shown.difference)}{verdict}"
        story.append(_text(words))
    return [*story, *_what_is_possible(evaluation)]


def _what_is_possible(evaluation: Evaluation) -> list[Any]:
    """Simulated patients only: optimum, limit of the reading, R² of each image cause."""
    story = []
    for route, best in evaluation.optimum.items():
        limit = evaluation.reading_limit.get(route)
        read = "" if limit is None else f"; from readings as exact as this network's: {limit:.3f}"
        story.append(_text(f"Best possible AUROC of the {route.value} route on this population: {best:.3f}{read}"))
    if evaluation.reading:
        words = ", ".join(f"{name} {value:.2f}" for name, value in evaluation.reading.items())
        story.append(_text(f"R² with which each image cause is read from the pictures: {words}"))
    return story


_CAPTIONS = {
    "roc": "ROC curves with AUROC and 95 % interval.",
    "calibration": "Observed against predicted risk; the band is the 95 % interval of the fused route.",
    "decision_curve": "Net benefit against treating all and treating none.",
    "risk_by_outcome": "Predicted risks of patients with (up) and without (down) recurrence; dotted: the threshold.",
    "follow_up": "Cumulative incidence of recurrence by risk group, death competing, with 95 % intervals.",
    "subgroups": "AUROC of the fused route by subgroup (events / patients).",
}


def _figures(pictures: tuple[Path, ...]) -> list[Any]:
    """Upright figures two abreast, then wide ones alone, each with its caption."""
    from reportlab.platypus import KeepTogether, Table

    rows: list[Any] = []
    waiting: list[Any] = []

    def abreast() -> None:
        if waiting:
            cells = [*waiting, *[""] * (2 - len(waiting))]
            rows.append(Table([cells], colWidths=[_WIDTH / 2] * 2, style=[("VALIGN", (0, 0), (-1, -1), "TOP")]))
            waiting.clear()

    # Upright ones first, so that they fill their rows.
    for ratio, picture in sorted(((_ratio(picture), picture) for picture in pictures), key=lambda one: one[0] > 1.4):
        if ratio > 1.4:
            abreast()
            rows.append(KeepTogether(_figure(picture, _WIDTH, ratio)))
            continue
        waiting.append(_figure(picture, _WIDTH / 2 - 14, ratio))
        if len(waiting) == 2:
            abreast()
    abreast()
    # A heading never stands alone at the foot of a page.
    return [KeepTogether([_heading("Figures"), *rows[:1]]), *rows[1:]]


def _ratio(picture: Path) -> float:
    from reportlab.lib.utils import ImageReader

    width, height = ImageReader(str(picture)).getSize()
    return float(width / height)


def _figure(picture: Path, width: float, ratio: float) -> list[Any]:
    from reportlab.platypus import Image

    image = Image(str(picture), width=width, height=width / ratio, hAlign="LEFT")
    return [image, _text(_CAPTIONS.get(picture.stem, picture.stem), 7.5)]


def _subgroups(evaluation: Evaluation) -> list[Any]:
    rows = [["Subgroup", "Patients", "Events", "AUROC", "O:E"]]
    for group in evaluation.subgroups:
        rows.append(
            [
                f"{group.variable}: {group.level}",
                str(group.patients),
                str(group.events),
                _cell(group.auroc),
                _cell(group.observed_over_expected),
            ]
        )
    note = "Below 20 patients or 5 events (or non-events): counts only."
    return [_heading("Subgroups"), _table(rows, [170, 50, 50, 115, 115]), _text(note, spaceBefore=4)]


def _missing(evaluation: Evaluation) -> list[Any]:
    rows = [["Factor", "Unknown", "Share"]]
    for entry in evaluation.missingness:
        rows.append([entry.factor_id, str(entry.unknown), f"{entry.unknown / max(entry.patients, 1):.0%}"])
    return [_heading("Missing values"), _table(rows, [200, 80, 80])]


def _tripod(evaluation: Evaluation, manifest: Manifest) -> list[Any]:
    rows = [["Item", "Asks for", "Answer"]]
    for item in tripod_items(evaluation, manifest):
        rows.append([item.number, item.topic, item.answer or "To be written by the authors: software cannot know it."])
    return [_heading("TRIPOD+AI, item by item"), _table(rows, [34, 150, _WIDTH - 184])]
