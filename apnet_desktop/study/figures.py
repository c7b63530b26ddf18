"""The figures of an evaluation, as SVG and PNG.

Colours are those of Okabe and Ito (2008), which colour-blind readers tell apart; each route also has its own line.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from apnet_desktop.bundle.prediction import Route
from apnet_desktop.language import Language, text
from apnet_desktop.study.evaluation import Evaluation, RouteEvaluation
from apnet_desktop.study.statistics.censoring import CumulativeIncidence

__all__ = ["FIGURES", "draw_figures"]

_COLOURS = {Route.FUSED: "#0072B2", Route.IMAGE: "#D55E00", Route.CLINICAL: "#009E73"}
_LINES: dict[Route, Any] = {Route.FUSED: "-", Route.IMAGE: "--", Route.CLINICAL: (0, (1, 1))}
_GREY = "#666666"
# Of the table under the incidence curves, in heights of the axes.
_AT_RISK_TOP = -0.16


def draw_figures(evaluation: Evaluation, folder: Path, language: Language = Language.ENGLISH) -> tuple[Path, ...]:
    """Writes every figure that the evaluation has values for, and gives the PNG paths.

    Args:
        evaluation: What to draw.
        folder: Where; made if absent.
        language: Of titles and axes. Chinese needs a Chinese font in matplotlib; without one English is drawn.
    """
    from matplotlib import rc_context

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    # A fixed salt and no date: the same evaluation gives the same bytes.
    style: Any = {
        "svg.hashsalt": "apnet",
        "svg.fonttype": "path",
        "font.size": 9,
        "axes.grid": True,
        "grid.alpha": 0.25,
    }
    with rc_context(style):
        for name, draw in FIGURES.items():
            figure = draw(evaluation, language)
            if figure is None:
                continue
            for suffix, metadata in (("svg", {"Date": None, "Creator": "APNet"}), ("png", {"Software": "APNet"})):
                figure.savefig(folder / f"{name}.{suffix}", dpi=200, bbox_inches="tight", metadata=metadata)
            written.append(folder / f"{name}.png")
    return tuple(written)


def _canvas(evaluation: Evaluation, language: Language, panels: int = 1) -> tuple[Any, Any]:
    """A figure that needs no window, with the banners that must not be cut off it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * panels, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    banners = [text("study.figure_simulated", language)] if evaluation.simulated else []
    banners += [text("study.figure_few_events", language)] if evaluation.few_events else []
    if banners:
        figure.suptitle(" · ".join(banners), fontsize=8, color="#B00020")
    return figure, figure.subplots(1, panels)


def _route_name(route: Route, language: Language) -> str:
    return text(f"study.route_{route.value}", language)


def _lines(axes: Any, route: Route, across: Any, up: Any, label: str) -> None:
    axes.plot(across, up, color=_COLOURS[route], linestyle=_LINES[route], label=label, linewidth=1.6)


def _roc(evaluation: Evaluation, language: Language) -> Any:
    figure, axes = _canvas(evaluation, language)
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8)
    for entry in evaluation.routes:
        area = entry.auroc or entry.auroc_bootstrap
        interval = f" ({area.lower:.2f}–{area.upper:.2f})" if area.lower is not None else ""
        label = f"{_route_name(entry.route, language)}: {area.value:.3f}{interval}"
        _lines(axes, entry.route, entry.roc.false_positive_share, entry.roc.true_positive_share, label)
    axes.set(xlabel=text("study.axis_false_positive", language), ylabel=text("study.axis_sensitivity", language))
    axes.set_aspect("equal")
    axes.legend(title=text("study.legend_auroc", language), loc="lower right", fontsize=8)
    return figure


def _calibration(evaluation: Evaluation, language: Language) -> Any:
    drawn = [entry for entry in evaluation.routes if entry.calibration.curve is not None]
    if not drawn:
        return None
    figure, axes = _canvas(evaluation, language)
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8)
    for entry in drawn:
        curve = entry.calibration.curve
        if curve is None:
            continue
        slope = entry.calibration.slope
        label = _route_name(entry.route, language)
        if slope is not None:
            label += f": {text('study.legend_slope', language)} {slope.value:.2f}"
        _lines(axes, entry.route, curve.predicted, curve.observed, label)
        if entry.route is Route.FUSED:
            axes.fill_between(curve.predicted, curve.lower, curve.upper, color=_COLOURS[Route.FUSED], alpha=0.15)
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel=text("study.axis_predicted", language),
        ylabel=text("study.axis_observed", language),
    )
    axes.set_aspect("equal")
    axes.legend(loc="upper left", fontsize=8)
    return figure


def _decision(evaluation: Evaluation, language: Language) -> Any:
    figure, axes = _canvas(evaluation, language)
    first = evaluation.routes[0].decision_curve
    axes.axhline(0, color=_GREY, linewidth=0.8, label=text("study.legend_none", language))
    axes.plot(first.thresholds, first.treat_all, color=_GREY, linestyle="-.", label=text("study.legend_all", language))
    for entry in evaluation.routes:
        curve = entry.decision_curve
        _lines(axes, entry.route, curve.thresholds, curve.model, _route_name(entry.route, language))
    highest = max(max(entry.decision_curve.model) for entry in evaluation.routes)
    axes.set(
        ylim=(-0.05, max(0.1, 1.15 * highest)),
        xlabel=text("study.axis_threshold", language),
        ylabel=text("study.axis_net_benefit", language),
    )
    axes.legend(fontsize=8)
    return figure


def _histograms(evaluation: Evaluation, language: Language) -> Any:
    figure, panels = _canvas(evaluation, language, len(evaluation.routes))
    axes_list = [panels] if len(evaluation.routes) == 1 else list(panels)
    for axes, entry in zip(axes_list, evaluation.routes, strict=True):
        _histogram(axes, entry, language)
    axes_list[0].legend(fontsize=8)
    return figure


def _histogram(axes: Any, entry: RouteEvaluation, language: Language) -> None:
    edges = entry.histogram.edges
    width = edges[1] - edges[0]
    axes.bar(
        edges[:-1],
        entry.histogram.events,
        width,
        align="edge",
        color="#D55E00",
        label=text("study.legend_events", language),
    )
    down = [-count for count in entry.histogram.non_events]
    axes.bar(edges[:-1], down, width, align="edge", color="#56B4E9", label=text("study.legend_others", language))
    axes.axvline(entry.classification.threshold, color=_GREY, linestyle=":", linewidth=1)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    axes.set(
        title=_route_name(entry.route, language),
        xlabel=text("study.axis_predicted", language),
        ylabel=text("study.axis_patients", language),
    )


def _follow_up(evaluation: Evaluation, language: Language) -> Any:
    if not evaluation.cumulative_incidence:
        return None
    figure, axes = _canvas(evaluation, language)
    colours = ("#D55E00", "#009E73", "#0072B2", "#CC79A7")  # the group at high risk comes first
    for colour, curve in zip(colours, evaluation.cumulative_incidence, strict=False):
        label = f"{curve.label} (n = {curve.patients})"
        axes.step(curve.months, curve.incidence, where="post", color=colour, label=label)
        axes.fill_between(curve.months, curve.lower, curve.upper, step="post", color=colour, alpha=0.15)
    axes.set(xlabel=text("study.axis_months", language), ylabel=text("study.axis_incidence", language))
    axes.set_ylim(0, 1)
    axes.legend(fontsize=8)
    _at_risk(axes, dict(zip(colours, evaluation.cumulative_incidence, strict=False)), language)
    return figure


def _at_risk(axes: Any, curves: dict[str, CumulativeIncidence], language: Language) -> None:
    """Below the time axis, the number still at risk in each group, in its curve's colour, at the marked months."""
    months = next(iter(curves.values())).at_risk_months
    axes.set_xticks(months)
    placed: Any = {"transform": axes.get_xaxis_transform(), "fontsize": 8, "clip_on": False, "va": "top"}
    axes.text(months[0], _AT_RISK_TOP, text("study.at_risk", language), ha="left", color=_GREY, **placed)
    for row, (colour, curve) in enumerate(curves.items(), start=1):
        for month, number in zip(curve.at_risk_months, curve.at_risk, strict=True):
            axes.text(month, _AT_RISK_TOP - 0.055 * row, str(number), ha="center", color=colour, **placed)


def _subgroups(evaluation: Evaluation, language: Language) -> Any:
    drawn = [group for group in evaluation.subgroups if group.auroc is not None]
    if not drawn:
        return None
    figure, axes = _canvas(evaluation, language)
    figure.set_size_inches(6.2, 1.2 + 0.3 * len(drawn))
    for row, group in enumerate(drawn):
        area = group.auroc
        if area is None or area.lower is None or area.upper is None:
            continue
        axes.plot([area.lower, area.upper], [row, row], color=_COLOURS[Route.FUSED], linewidth=1.4)
        axes.plot(area.value, row, "s", color=_COLOURS[Route.FUSED], markersize=5)
    names = [f"{group.variable}: {group.level} ({group.events}/{group.patients})" for group in drawn]
    axes.set_yticks(range(len(drawn)), names)
    axes.invert_yaxis()
    axes.axvline(0.5, color=_GREY, linewidth=0.8)
    axes.set(xlabel=text("study.axis_auroc", language))
    return figure


FIGURES: dict[str, Callable[[Evaluation, Language], Any]] = {
    "roc": _roc,
    "calibration": _calibration,
    "decision_curve": _decision,
    "risk_by_outcome": _histograms,
    "follow_up": _follow_up,
    "subgroups": _subgroups,
}
